//! A PostgreSQL program, optionally with a connection, and its output.

use std::ffi::OsString;
use std::io::Read;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;

use tempfile::TempDir;

use super::DumpError;
use crate::Interrupt;
use crate::connect::{Settings, ToolConnection};
use crate::process::{Leftovers, Listener, ProgramOutcome, end_with, run_listening};

/// A PostgreSQL program to be run, perhaps on a connection.
pub(super) struct Program {
    pub(super) command: Command,
    pub(super) path: PathBuf,
    /// Holds the password file while the program runs.
    _tool: Option<(ToolConnection, TempDir)>,
}

impl Program {
    /// Options come first, so that what is put in last may look like one.
    pub(super) fn new(
        program: &Path,
        options: impl IntoIterator<Item = OsString>,
        connection: Option<&Settings>,
        file: Option<&Path>,
    ) -> Result<Self, DumpError> {
        let mut command = Command::new(program);
        command.args(options).stdin(Stdio::null());
        let mut kept = None;
        if let Some(settings) = connection {
            let private = tempfile::Builder::new().prefix("pum-").tempdir().map_err(|source| {
                DumpError::Program { program: program.to_owned(), cause: source }
            })?;
            let tool = settings.for_tool(private.path())?;
            command.args(["--no-password", "--dbname", &tool.conninfo]);
            tool.apply(&mut command);
            kept = Some((tool, private));
        }
        if let Some(file) = file {
            command.arg("--").arg(file);
        }
        // Its messages are read, so they must be in a language that is known.
        command.env("LC_MESSAGES", "C").env_remove("LC_ALL").env_remove("LANGUAGE");
        Ok(Self { command, path: program.to_owned(), _tool: kept })
    }

    /// Runs it to its end.
    pub(super) fn run(
        mut self,
        listener: &mut dyn Listener,
        interrupt: &Interrupt,
    ) -> Result<ProgramOutcome, DumpError> {
        Ok(run_listening(&mut self.command, listener, Leftovers::End, interrupt)?)
    }

    /// Runs it to its end and gives what it wrote on standard output.
    pub(super) fn capture(mut self, interrupt: &Interrupt) -> Result<Captured, DumpError> {
        interrupt.check()?;
        let io_error = |source| DumpError::Program { program: self.path.clone(), cause: source };
        let mut child = self
            .command
            .process_group(0)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .map_err(io_error)?;
        let watch = end_with(&child, interrupt);
        let errors = child.stderr.take();
        let reader = thread::spawn(move || read_all(errors));
        let stdout = read_all(child.stdout.take());
        let status = child.wait().map_err(io_error)?;
        drop(watch);
        interrupt.check()?;
        let errors = String::from_utf8_lossy(&reader.join().unwrap_or_default()).into_owned();
        let output = if errors.is_empty() { status.to_string() } else { errors };
        Ok(Captured { stdout, outcome: ProgramOutcome { success: status.success(), output } })
    }
}

/// The output of a program, and how it ended.
pub(super) struct Captured {
    pub(super) stdout: Vec<u8>,
    pub(super) outcome: ProgramOutcome,
}

fn read_all(stream: Option<impl Read>) -> Vec<u8> {
    let mut bytes = Vec::new();
    if let Some(mut stream) = stream {
        // What was read before an error is worth having.
        let _ = stream.read_to_end(&mut bytes);
    }
    bytes
}
