//! A PostgreSQL program run to its end, its messages passed on, ended when somebody asks to stop.

use std::io::{BufRead, BufReader};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, Stdio};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use super::DumpError;
use crate::Interrupt;
use crate::connect::Settings;
use crate::progress::{Event, Observer};

/// How a program ended.
pub(super) struct Outcome {
    pub(super) success: bool,
    /// What it printed, without the messages about its progress.
    pub(super) output: String,
}

/// The end of a long output says why; the start is rarely of use.
const LINES_KEPT: usize = 30;

/// Runs a program on a connection, or on none.
pub(super) fn run(
    program: &Path,
    arguments: &[&str],
    connection: Option<&Settings>,
    observer: &mut dyn Observer,
    interrupt: &Interrupt,
) -> Result<Outcome, DumpError> {
    interrupt.check()?;
    let io_error = |source| DumpError::Program { program: program.to_owned(), source };
    // Holds the password file while the program runs.
    let private = tempfile::Builder::new().prefix("pum-").tempdir().map_err(io_error)?;
    let tool = connection.map(|settings| settings.for_tool(private.path())).transpose()?;
    let mut command = Command::new(program);
    command.args(arguments);
    if let Some(tool) = &tool {
        command.args(["--dbname", &tool.conninfo]);
        tool.apply(&mut command);
    }
    let mut child = command
        .env("LC_MESSAGES", "C")
        .env_remove("LC_ALL")
        .env_remove("LANGUAGE")
        .process_group(0)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(io_error)?;
    let pid = i32::try_from(child.id()).map(Pid::from_raw);
    let watch = interrupt.watch(move || {
        if let Ok(pid) = pid {
            let _ = kill(pid, Signal::SIGTERM);
        }
    });
    let mut kept = Vec::new();
    if let Some(errors) = child.stderr.take() {
        for line in BufReader::new(errors).split(b'\n').map_while(Result::ok) {
            let line = String::from_utf8_lossy(&line).into_owned();
            observer.notify(Event::Output { line: &line });
            if !is_progress(&line) {
                kept.push(line);
            }
        }
    }
    drop(watch);
    let status = child.wait().map_err(io_error)?;
    interrupt.check()?;
    let start = kept.len().saturating_sub(LINES_KEPT);
    let mut output = kept[start..].join("\n");
    if output.is_empty() && !status.success() {
        output = status.to_string();
    }
    Ok(Outcome { success: status.success(), output })
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
