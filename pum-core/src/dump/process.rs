//! A PostgreSQL program run to its end, its messages passed on, ended when somebody asks to stop.

use std::io::{BufRead, BufReader};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, Stdio};

use nix::sys::signal::{Signal, killpg};
use nix::unistd::Pid;

use super::DumpError;
use crate::Interrupt;
use crate::connect::Settings;
use crate::progress::{Event, Observer};

/// How a program ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProgramOutcome {
    /// Whether its exit status was 0.
    pub success: bool,
    /// The end of what it printed, without the messages of `--verbose` about its progress.
    pub output: String,
}

/// The end of a long output says why; the start is rarely of use.
const LINES_KEPT: usize = 30;

/// Runs a PostgreSQL program on a connection, or on none.
pub(super) fn run(
    program: &Path,
    arguments: &[&str],
    connection: Option<&Settings>,
    observer: &mut dyn Observer,
    interrupt: &Interrupt,
) -> Result<ProgramOutcome, DumpError> {
    // Holds the password file while the program runs.
    let private = tempfile::Builder::new()
        .prefix("pum-")
        .tempdir()
        .map_err(|source| DumpError::Program { program: program.to_owned(), source })?;
    let tool = connection.map(|settings| settings.for_tool(private.path())).transpose()?;
    let mut command = Command::new(program);
    command.args(arguments).stdin(Stdio::null());
    if let Some(tool) = &tool {
        command.args(["--dbname", &tool.conninfo]);
        tool.apply(&mut command);
    }
    // Its messages are read, so they must be in a language that is known.
    command.env("LC_MESSAGES", "C").env_remove("LC_ALL").env_remove("LANGUAGE");
    run_to_end(&mut command, observer, interrupt)
}

/// Runs a command to its end. Each line that it prints is passed on; an interrupt ends it.
pub fn run_to_end(
    command: &mut Command,
    observer: &mut dyn Observer,
    interrupt: &Interrupt,
) -> Result<ProgramOutcome, DumpError> {
    interrupt.check()?;
    let program = Path::new(command.get_program()).to_owned();
    let io_error = |source| DumpError::Program { program: program.clone(), source };
    // One pipe for both streams: their lines come in the order in which they were written.
    let (output, writer) = std::io::pipe().map_err(io_error)?;
    let errors = writer.try_clone().map_err(io_error)?;
    let mut child =
        command.process_group(0).stdout(writer).stderr(errors).spawn().map_err(io_error)?;
    // The command keeps its ends of the pipe open otherwise.
    command.stdout(Stdio::null()).stderr(Stdio::null());
    let group = i32::try_from(child.id()).map(Pid::from_raw);
    let watch = interrupt.watch(move || {
        if let Ok(group) = group {
            let _ = killpg(group, Signal::SIGTERM);
        }
    });
    let mut kept = Vec::new();
    for line in BufReader::new(output).split(b'\n').map_while(Result::ok) {
        let line = String::from_utf8_lossy(&line).into_owned();
        observer.notify(Event::Output { line: &line });
        if !is_progress(&line) {
            kept.push(line);
        }
    }
    let status = child.wait().map_err(io_error)?;
    drop(watch);
    interrupt.check()?;
    let start = kept.len().saturating_sub(LINES_KEPT);
    let mut output = kept[start..].join("\n");
    if output.is_empty() && !status.success() {
        output = status.to_string();
    }
    Ok(ProgramOutcome { success: status.success(), output })
}

/// A line that `--verbose` adds: `pg_dump: dumping contents of table …`. Errors, warnings,
/// details and hints have a word of their own after the program's name.
fn is_progress(line: &str) -> bool {
    let message = line.strip_prefix("pg_dump: ").or_else(|| line.strip_prefix("pg_restore: "));
    message.is_some_and(|message| {
        !["error:", "warning:", "detail:", "hint:", "while ", "from TOC", "options "]
            .iter()
            .any(|start| message.starts_with(start))
    })
}
