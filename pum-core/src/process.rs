//! Runs programs to completion, with their messages passed on and with interrupts.

use std::collections::VecDeque;
use std::io::{BufRead, BufReader, PipeReader, Read, Write};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, ExitStatus, Stdio};
use std::sync::mpsc::{RecvTimeoutError, sync_channel};
use std::thread;
use std::time::Duration;

use nix::sys::signal::{Signal, killpg};
use nix::unistd::Pid;

use crate::progress::{Event, Observer};
use crate::{Context, Interrupt, Interrupted, Watch};

/// Why a program did not finish.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ProcessError {
    /// It could not be started.
    #[error("cannot run {}: {cause}", program.display())]
    Program {
        /// The program.
        program: PathBuf,
        /// The operating system's error.
        cause: std::io::Error,
    },
    /// The interrupt was triggered.
    #[error(transparent)]
    Interrupted(#[from] Interrupted),
}

/// How a program ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ProgramOutcome {
    /// Whether its exit status was 0.
    pub(crate) success: bool,
    /// The end of its output, without the progress messages of `--verbose`.
    pub(crate) output: String,
}

/// The end of a long output says why; the start is rarely of use.
const LINES_KEPT: usize = 30;

/// How often a listener is called while a program prints nothing.
const TICK: Duration = Duration::from_millis(500);

/// Receives the output of a program.
pub(crate) trait Listener {
    /// It printed a line.
    fn line(&mut self, line: &str);
    /// It printed nothing for a while.
    fn tick(&mut self) {}
}

/// Passes lines on and does nothing else.
pub(crate) struct PassOn<'a>(pub(crate) &'a mut dyn Observer);

impl Listener for PassOn<'_> {
    fn line(&mut self, line: &str) {
        self.0.notify(Event::Output { line });
    }
}

/// Two listeners for the same output.
pub(crate) struct Both<'a>(pub(crate) &'a mut dyn Listener, pub(crate) &'a mut dyn Listener);

impl Listener for Both<'_> {
    fn line(&mut self, line: &str) {
        self.0.line(line);
        self.1.line(line);
    }

    fn tick(&mut self) {
        self.0.tick();
        self.1.tick();
    }
}

/// Terminates the process and its children on an interrupt, until the result is dropped.
pub(crate) fn end_with(child: &Child, interrupt: &Interrupt) -> Watch {
    let group = group_of(child);
    interrupt.watch(move || end(group))
}

fn end_group(child: &Child) {
    end(group_of(child));
}

fn group_of(child: &Child) -> Option<Pid> {
    i32::try_from(child.id()).ok().map(Pid::from_raw)
}

fn end(group: Option<Pid>) {
    if let Some(group) = group {
        let _ = killpg(group, Signal::SIGTERM);
    }
}

/// Runs a command to completion. Each line that it prints is passed on; an interrupt terminates it.
pub(crate) fn run_to_end(
    command: &mut Command,
    context: &mut Context<'_>,
) -> Result<ProgramOutcome, ProcessError> {
    let interrupt = &context.interrupt().clone();
    run_listening(command, &mut PassOn(context), Leftovers::WaitFor, interrupt)
}

/// Processes that a program started and did not wait for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Leftovers {
    /// Their output is waited for.
    WaitFor,
    /// They are terminated: the children of a killed `pg_restore` would continue.
    End,
}

/// The same, with the listener for its lines, and the handling of its children.
pub(crate) fn run_listening(
    command: &mut Command,
    listener: &mut dyn Listener,
    leftovers: Leftovers,
    interrupt: &Interrupt,
) -> Result<ProgramOutcome, ProcessError> {
    interrupt.check()?;
    let program = Path::new(command.get_program()).to_owned();
    let io_error = |source| ProcessError::Program { program: program.clone(), cause: source };
    // One pipe for both streams: their lines come in the order in which they were written.
    let (output, writer) = std::io::pipe().map_err(io_error)?;
    let errors = writer.try_clone().map_err(io_error)?;
    let mut child =
        command.process_group(0).stdout(writer).stderr(errors).spawn().map_err(io_error)?;
    // The command keeps its ends of the pipe open otherwise.
    command.stdout(Stdio::null()).stderr(Stdio::null());
    let watch = end_with(&child, interrupt);
    let kept = listen([output], listener, || {
        if leftovers == Leftovers::End && matches!(child.try_wait(), Ok(Some(_))) {
            end_group(&child);
        }
    });
    let status = child.wait().map_err(io_error)?;
    drop(watch);
    interrupt.check()?;
    let output = if kept.is_empty() && !status.success() { status.to_string() } else { kept };
    Ok(ProgramOutcome { success: status.success(), output })
}

/// Reads what programs print, each in a pipe of its own, and returns the end of it, without progress
/// messages. `idle` is called when nothing was printed for a while.
pub(crate) fn listen<R: Read + Send + 'static>(
    outputs: impl IntoIterator<Item = R>,
    listener: &mut dyn Listener,
    mut idle: impl FnMut(),
) -> String {
    let (sender, lines) = sync_channel(1000);
    let mut interleaved = Vec::new();
    for (program, output) in outputs.into_iter().enumerate() {
        interleaved.push(InterleavedLines::default());
        let sender = sender.clone();
        thread::spawn(move || {
            for line in BufReader::new(output).split(b'\n').map_while(Result::ok) {
                if sender.send((program, line)).is_err() {
                    break;
                }
            }
        });
    }
    drop(sender);
    let mut output = Output::default();
    loop {
        match lines.recv_timeout(TICK) {
            Ok((program, line)) => {
                let line = String::from_utf8_lossy(&line);
                output.line(interleaved[program].line(&line), listener);
            }
            Err(RecvTimeoutError::Timeout) => {
                listener.tick();
                idle();
            }
            Err(RecvTimeoutError::Disconnected) => break,
        }
    }
    output.end()
}

/// What a program printed so far.
#[derive(Default)]
struct Output {
    kept: VecDeque<String>,
}

impl Output {
    /// Hands a line on.
    fn line(&mut self, line: String, listener: &mut dyn Listener) {
        listener.line(&line);
        if !is_progress(&line) {
            self.kept.push_back(line);
            if self.kept.len() > LINES_KEPT {
                self.kept.pop_front();
            }
        }
    }

    /// Its end, without progress messages.
    fn end(mut self) -> String {
        self.kept.make_contiguous().join("\n")
    }
}

/// A program that runs others on request, one after the other, until it is dropped.
///
/// It reads a request a line, and answers in lines of a letter and a text: `o` a line that was
/// printed, `x` the end, as a number of `wait(2)`; other letters are its own.
#[derive(Debug)]
pub(crate) struct Worker {
    child: Child,
    requests: Option<ChildStdin>,
    answers: BufReader<PipeReader>,
    interrupt: Interrupt,
    _watch: Watch,
}

impl Worker {
    /// Starts it; an interrupt terminates it, with all that it runs.
    pub(crate) fn start(
        command: &mut Command,
        interrupt: &Interrupt,
    ) -> Result<Self, ProcessError> {
        interrupt.check()?;
        let program = Path::new(command.get_program()).to_owned();
        let io_error = |source| ProcessError::Program { program: program.clone(), cause: source };
        let (answers, writer) = std::io::pipe().map_err(io_error)?;
        let errors = writer.try_clone().map_err(io_error)?;
        let command = command.process_group(0).stdin(Stdio::piped()).stdout(writer).stderr(errors);
        let mut child = command.spawn().map_err(io_error)?;
        // The command keeps its ends of the pipe open otherwise.
        command.stdout(Stdio::null()).stderr(Stdio::null());
        let (requests, watch) = (child.stdin.take(), end_with(&child, interrupt));
        let (answers, interrupt) = (BufReader::new(answers), interrupt.clone());
        Ok(Self { child, requests, answers, interrupt, _watch: watch })
    }

    /// The next line that it prints; `None` when it has ended.
    pub(crate) fn answer(&mut self) -> Option<Vec<u8>> {
        let mut line = Vec::new();
        let read = self.answers.read_until(b'\n', &mut line).unwrap_or_default();
        if line.last() == Some(&b'\n') {
            line.pop();
        }
        (read > 0).then_some(line)
    }

    /// Has it carry out a request.
    pub(crate) fn run(
        &mut self,
        request: &str,
        context: &mut Context<'_>,
    ) -> Result<ProgramOutcome, ProcessError> {
        self.interrupt.check()?;
        if let Some(requests) = &mut self.requests {
            // If it has ended there is no answer.
            let _ = writeln!(requests, "{request}");
        }
        let (mut output, mut status) = (Output::default(), None);
        let text = |line: &[u8]| String::from_utf8_lossy(line).into_owned();
        while let Some(line) = self.answer() {
            match line.split_first() {
                Some((b'x', number)) => {
                    status = std::str::from_utf8(number).ok().and_then(|text| text.parse().ok());
                    break;
                }
                Some((b'o', line)) => output.line(text(line), &mut PassOn(context)),
                _ => output.line(text(&line), &mut PassOn(context)),
            }
        }
        self.interrupt.check()?;
        let (success, ended) = match status.map(ExitStatus::from_raw) {
            Some(status) => (status.success(), status.to_string()),
            None => (false, self.ended()),
        };
        let output = output.end();
        let output = if output.is_empty() && !success { ended } else { output };
        Ok(ProgramOutcome { success, output })
    }

    /// How it ended, if it has closed its output.
    pub(crate) fn ended(&mut self) -> String {
        self.requests = None;
        self.child.wait().map_or_else(|err| err.to_string(), |status| status.to_string())
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        // The end of its requests is the sign.
        self.requests = None;
        let _ = self.child.wait();
    }
}

/// Lines of several processes at once. The workers of `pg_restore -j` share one pipe, and each
/// writes a line in up to three pieces (its name, the level, the message): the line of another one
/// may stand between them.
#[derive(Debug, Default)]
struct InterleavedLines {
    /// The first pieces of lines whose messages did not come yet.
    begun: Vec<String>,
}

impl InterleavedLines {
    /// The line that this one ends.
    fn line(&mut self, line: &str) -> String {
        let mut message = line;
        while let Some(length) = first_pieces(message) {
            let (pieces, rest) = message.split_at(length);
            self.begun.push(pieces.to_owned());
            message = rest;
        }
        self.begun.pop().unwrap_or_default() + message
    }
}

/// The length of `pg_dump: ` or `pg_restore: error: ` at the start of a text.
fn first_pieces(text: &str) -> Option<usize> {
    let message = text.strip_prefix("pg_dump: ").or_else(|| text.strip_prefix("pg_restore: "))?;
    let level = ["error: ", "warning: ", "detail: ", "hint: "]
        .iter()
        .find(|level| message.starts_with(**level));
    Some(text.len() - message.len() + level.map_or(0, |level| level.len()))
}

/// A line that `--verbose` adds: `pg_dump: dumping contents of table …`. Errors, warnings,
/// details and hints have a word of their own after the program's name.
pub(crate) fn is_progress(line: &str) -> bool {
    let message = line.strip_prefix("pg_dump: ").or_else(|| line.strip_prefix("pg_restore: "));
    message.is_some_and(|message| {
        !["error:", "warning:", "detail:", "hint:", "while ", "from TOC", "options "]
            .iter()
            .any(|start| message.starts_with(start))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_in_the_middle_of_another_one_stands_before_it() {
        struct Lines(Vec<String>);
        impl Listener for Lines {
            fn line(&mut self, line: &str) {
                self.0.push(line.to_owned());
            }
        }
        let mut lines = Lines(Vec::new());
        let said = "pg_restore: from TOC entry 3; 1 2 TABLE DATA u bob\n\
            pg_restore: error: pg_restore: finished item 3392 SEQUENCE SET s\n\
            COPY failed for table \"u\": ERROR:  no\n\
            DETAIL:  Failing row contains (1).\n\
            pg_restore: pg_restore: pg_restore: warning: one\n\
            error: two\n\
            finished item 3 TABLE DATA u\n";
        listen([said.as_bytes()], &mut lines, || {});
        assert_eq!(
            lines.0,
            [
                "pg_restore: from TOC entry 3; 1 2 TABLE DATA u bob",
                "pg_restore: finished item 3392 SEQUENCE SET s",
                "pg_restore: error: COPY failed for table \"u\": ERROR:  no",
                "DETAIL:  Failing row contains (1).",
                "pg_restore: warning: one",
                "pg_restore: error: two",
                "pg_restore: finished item 3 TABLE DATA u",
            ]
        );
    }
}
