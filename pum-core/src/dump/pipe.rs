//! Pipes `pg_dump` into `pg_restore`, without an intermediate file.

use std::os::unix::process::CommandExt;
use std::process::Stdio;

use super::DumpError;
use super::program::Program;
use crate::Interrupt;
use crate::process::{Listener, end_with, listen};

/// The results of two programs.
pub(super) struct Piped {
    /// The first did what it had to.
    pub(super) sent: bool,
    /// The second did, without any error.
    pub(super) received: bool,
    /// Their messages.
    pub(super) output: String,
}

/// Runs both to their ends, the output of the first being the input of the second.
pub(super) fn pipe(
    mut from: Program,
    mut to: Program,
    listener: &mut dyn Listener,
    interrupt: &Interrupt,
) -> Result<Piped, DumpError> {
    interrupt.check()?;
    let of = |program: &Program| {
        let program = program.path.clone();
        move |source| DumpError::Program { program, cause: source }
    };
    // A pipe for each: they write their lines in pieces.
    let (said_by_first, errors_of_first) = std::io::pipe().map_err(of(&from))?;
    let (said_by_second, errors_of_second) = std::io::pipe().map_err(of(&to))?;
    let mut first = from
        .command
        .process_group(0)
        .stdout(Stdio::piped())
        .stderr(errors_of_first)
        .spawn()
        .map_err(of(&from))?;
    let first_watch = end_with(&first, interrupt);
    let data = first.stdout.take().map_or_else(Stdio::null, Stdio::from);
    let second = to
        .command
        .process_group(0)
        .stdin(data)
        .stdout(Stdio::null())
        .stderr(errors_of_second)
        .spawn();
    // The commands keep their ends of the pipes open otherwise.
    from.command.stderr(Stdio::null());
    to.command.stdin(Stdio::null()).stderr(Stdio::null());
    // Without a reader the first ends by itself.
    let second = second.map_err(of(&to));
    let second_watch = second.as_ref().ok().map(|second| end_with(second, interrupt));
    let kept = listen([said_by_first, said_by_second], listener, || {});
    let first = first.wait().map_err(of(&from));
    let second = second.and_then(|mut second| second.wait().map_err(of(&to)));
    drop((first_watch, second_watch));
    interrupt.check()?;
    let (first, second) = (first?, second?);
    let output = if kept.is_empty() { format!("{first}; {second}") } else { kept };
    Ok(Piped { sent: first.success(), received: second.success(), output })
}
