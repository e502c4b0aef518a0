//! Lines on standard error and text on standard output.

use std::io::{self, IsTerminal, Write};
use std::sync::atomic::{AtomicBool, Ordering};

use anstyle::{AnsiColor, Style};

use super::events::Stream;
use crate::error::CliError;
use crate::text::printable_lines;

/// How wide the terminal is to which messages are written; a usual width elsewhere.
pub(crate) fn width() -> usize {
    const USUAL: usize = 100;
    terminal_size::terminal_size_of(io::stderr()).map_or(USUAL, |(width, _)| usize::from(width.0))
}

/// How wide the terminal is that standard output is; `None` if it is none, where lines are not wrapped.
pub(crate) fn columns() -> Option<usize> {
    const LEAST: u16 = 40;
    let size = is_terminal().then(|| terminal_size::terminal_size_of(io::stdout())).flatten();
    size.map(|(width, _)| usize::from(width.0.max(LEAST)))
}

/// Whether a person at a terminal sees both the progress and the answer.
pub(crate) fn on_terminal() -> bool {
    is_terminal() && io::stderr().is_terminal()
}

/// Whether a person at a terminal reads standard output.
pub(crate) fn is_terminal() -> bool {
    Stream::current().is_none() && io::stdout().is_terminal()
}

/// A line on standard error, or several; a message where events are written. Errors of writing are
/// ignored: there is no other channel to report them. Whatever is in it, a server's words too, cannot
/// write on the terminal.
pub(crate) fn say(text: &str) {
    if let Some(stream) = Stream::current() {
        return stream.message(text);
    }
    let text = printable_lines(text);
    let text = if COLORED_MESSAGES.load(Ordering::Relaxed) { colored(&text) } else { text };
    let _ = writeln!(io::stderr().lock(), "{text}");
}

/// Whether text on standard output has colours.
static COLORED_OUTPUT: AtomicBool = AtomicBool::new(false);

/// Whether the first words of messages have colours.
static COLORED_MESSAGES: AtomicBool = AtomicBool::new(false);

/// Says whether there are colours; `None`: on a terminal, unless `NO_COLOR` is set
/// (<https://no-color.org>).
pub(crate) fn choose_colors(forced: Option<bool>) {
    let are_unwanted = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    let choose = |is_terminal: bool| forced.unwrap_or(is_terminal && !are_unwanted);
    COLORED_OUTPUT.store(choose(is_terminal()), Ordering::Relaxed);
    COLORED_MESSAGES.store(choose(io::stderr().is_terminal()), Ordering::Relaxed);
}

/// Whether text on standard output has colours.
pub(crate) fn is_output_colored() -> bool {
    COLORED_OUTPUT.load(Ordering::Relaxed)
}

/// A message with its first word in the colour of what it is.
fn colored(text: &str) -> String {
    let color = |word: &str| match word {
        "error" => Some(AnsiColor::Red),
        "warning" => Some(AnsiColor::Yellow),
        "hint" | "next" | "note" => Some(AnsiColor::Cyan),
        _ => None,
    };
    let line = |line: &str| match line.split_once(':') {
        Some((word, rest)) if color(word).is_some() => {
            let style = Style::new().fg_color(color(word).map(Into::into)).bold();
            format!("{style}{word}:{style:#}{rest}")
        }
        _ => line.to_owned(),
    };
    text.split('\n').map(line).collect::<Vec<_>>().join("\n")
}

/// Text on standard output; part of the result where events are written. A reader that went away is no error.
pub(crate) fn print(text: &str) -> Result<(), CliError> {
    if let Some(stream) = Stream::current() {
        stream.keep_output(text);
        return Ok(());
    }
    let mut stdout = io::stdout().lock();
    written(stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()))
}

/// The result of writing to standard output; a closed pipe is not an error.
pub(crate) fn written(outcome: io::Result<()>) -> Result<(), CliError> {
    match outcome {
        Err(err) if err.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        outcome => outcome.map_err(|source| CliError::Output { cause: source }),
    }
}
