//! Progress, questions and answers: all that touches the terminal.

use std::io::{self, BufRead, IsTerminal, Write};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use anstyle::{AnsiColor, Style};
use indicatif::{ProgressBar, ProgressState, ProgressStyle};
use pum_core::Interrupt;
use pum_core::humanize::{seconds, size};
use pum_core::progress::{Event, EventSink, LockHolder, LockWait, Observer, Progress};

use crate::error::CliError;
use crate::text::{printable, printable_lines};

/// Shows progress on standard error, live on a terminal and as plain lines elsewhere.
#[derive(Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each is an option of its own")]
pub(crate) struct Console {
    bar: Option<ProgressBar>,
    /// When the work is expected to end.
    ends: Arc<Mutex<Option<Instant>>>,
    verbose: bool,
    yes: bool,
    /// The upgrade of production was approved, and nothing else.
    approved: bool,
    interrupt: Interrupt,
    /// No questions are asked.
    silent: bool,
    /// What each line begins with, where several databases are worked on at once.
    prefix: String,
    /// The current action, and since when its progress is known.
    action: Option<(&'static str, Instant)>,
    /// When a line about the progress was last due, where there is no bar.
    told: Option<Instant>,
    /// A question without a terminal to answer it.
    pub(crate) unanswered: Option<String>,
}

impl Console {
    pub(crate) fn new(interrupt: &Interrupt, verbose: bool) -> Self {
        let ends = Arc::<Mutex<Option<Instant>>>::default();
        let bar = io::stderr().is_terminal().then(|| {
            let style =
                ProgressStyle::with_template("{spinner} {prefix}  {wide_msg} {left}{elapsed}");
            let bar = ProgressBar::new_spinner();
            let at = Arc::clone(&ends);
            let left = move |_: &ProgressState, out: &mut dyn std::fmt::Write| {
                let end = *at.lock().unwrap_or_else(PoisonError::into_inner);
                let left = end.map(|end| end.saturating_duration_since(Instant::now()));
                // Below a second nothing is worth to be told.
                if let Some(left) = left.filter(|left| *left >= Duration::from_secs(1)) {
                    let _ = write!(out, "about {} left, ", rounded(left));
                }
            };
            let style = style.unwrap_or_else(|_| ProgressStyle::default_spinner());
            bar.set_style(style.with_key("left", left));
            bar
        });
        Self {
            bar,
            ends,
            verbose,
            yes: false,
            approved: false,
            interrupt: interrupt.clone(),
            silent: false,
            prefix: String::new(),
            action: None,
            told: None,
            unanswered: None,
        }
    }

    /// Answers all questions with yes.
    pub(crate) fn agreeing(mut self, yes: bool) -> Self {
        self.yes = yes;
        self
    }

    /// The upgrade of production needs no answer any more.
    pub(crate) fn with_approval(mut self, approved: bool) -> Self {
        self.approved = approved;
        self
    }

    /// Asks no questions: a question then has no answer.
    pub(crate) fn not_asking(mut self, silent: bool) -> Self {
        self.silent = silent;
        self
    }

    /// One of several: without a bar, and each line tells which database it is about.
    pub(crate) fn one_of_several(mut self, label: &str) -> Self {
        self.bar = None;
        self.prefix = format!("{label}: ");
        self
    }

    /// A line that stays.
    fn line(&self, text: &str) {
        match &self.bar {
            Some(bar) => bar.println(printable_lines(text)),
            None => say(&format!("{}{text}", self.prefix)),
        }
    }

    fn begin(&self, title: &str) {
        self.expect_end(None);
        if let Some(bar) = &self.bar {
            bar.reset_elapsed();
            bar.set_message("");
            bar.set_prefix(printable(title));
            bar.enable_steady_tick(Duration::from_millis(100));
        }
    }

    /// On the bar, or a line now and then.
    fn progress(&mut self, progress: &Progress<'_>) {
        const PAUSE: Duration = Duration::from_secs(10);
        let now = Instant::now();
        if self.action.is_none_or(|(action, _)| action != progress.action) {
            self.action = Some((progress.action, now));
        }
        let elapsed = self.action.map_or(Duration::ZERO, |(_, begun)| now - begun);
        if let Some(bar) = &self.bar {
            if self.told.is_none() {
                bar.enable_steady_tick(Duration::from_millis(100));
            }
            self.told = Some(now);
            bar.set_prefix(progress.action);
            bar.set_message(format_progress(progress, elapsed));
            return;
        }
        match self.told {
            Some(told) if now - told < PAUSE => {}
            // The first tells nothing yet.
            None => self.told = Some(now),
            Some(_) => {
                self.told = Some(now);
                let shown = format_progress(progress, elapsed);
                say(&format!("{}{}: {shown}", self.prefix, progress.action));
            }
        }
    }

    fn expect_end(&self, left: Option<Duration>) {
        *self.ends.lock().unwrap_or_else(PoisonError::into_inner) =
            left.map(|left| Instant::now() + left);
    }

    fn message(&self, text: &str) {
        if let Some(bar) = &self.bar {
            bar.set_message(printable(text));
        }
    }
}

impl Observer for Console {
    fn notify(&mut self, event: Event<'_>) {
        match event {
            Event::StepStarted { title } => self.begin(title),
            Event::StepFinished { title, result, duration } => {
                let seconds = seconds(duration);
                self.line(&format!("{title:<26} {seconds:>8}  {result}"));
            }
            Event::ScriptStarted { path, position, count } => {
                let name = path.file_name().unwrap_or_default().to_string_lossy();
                self.message(&format!("{position}/{count} {name}"));
            }
            Event::StatementStarted { path, line, sql, position, count, remaining } => {
                let name = path.file_name().unwrap_or_default().to_string_lossy();
                self.message(&format!("{position}/{count} {name}:{line} {sql}"));
                self.expect_end(remaining);
                if let Some(bar) = &self.bar {
                    bar.enable_steady_tick(Duration::from_millis(100));
                }
            }
            Event::ScriptFinished { path, duration } => {
                let name = path.file_name().unwrap_or_default().to_string_lossy();
                self.line(&format!("  {name} {}", seconds(duration)));
            }
            Event::Output { line } => {
                if self.verbose {
                    self.line(line);
                } else if self.told.is_none() {
                    self.message(line);
                }
            }
            Event::Progress(progress) => self.progress(&progress),
            Event::IndexBuild { phase, done, all } => {
                self.message(&index_progress(phase, done, all));
            }
            Event::Waiting { reason } => self.line(&format!("waiting: {reason}")),
            Event::Note { message } => self.line(message),
            Event::Warning { message } => self.line(&format!("warning: {message}")),
            _ => {}
        }
    }

    fn sink(&self) -> Option<EventSink> {
        let (bar, prefix) = (self.bar.clone(), self.prefix.clone());
        let waits = Mutex::new(Waits::default());
        Some(Arc::new(move |event| {
            let line = |text: &str| match &bar {
                Some(bar) => bar.println(printable_lines(text)),
                None => say(&format!("{prefix}{text}")),
            };
            match event {
                Event::LockWait(wait) => {
                    let mut waits = waits.lock().unwrap_or_else(PoisonError::into_inner);
                    if waits.is_to_be_told(&wait, bar.is_some()) {
                        for text in describe_wait(&wait) {
                            line(&text);
                        }
                    }
                    if let Some(bar) = &bar {
                        let pids: Vec<String> =
                            wait.holders.iter().map(|one| one.pid.to_string()).collect();
                        let (waited, pids) = (rounded(wait.waited), pids.join(", "));
                        let object = printable(wait.object);
                        bar.set_message(format!("waiting {waited} for {object}: held by {pids}"));
                    }
                }
                Event::IndexBuild { phase, done, all } => {
                    if let Some(bar) = &bar {
                        bar.set_message(index_progress(phase, done, all));
                    }
                }
                _ => {}
            }
        }))
    }
}

/// The waits that were told.
#[derive(Default)]
struct Waits {
    told: Option<(String, Instant)>,
}

impl Waits {
    /// A new one is, and where nothing moves one that lasts is told again now and then.
    fn is_to_be_told(&mut self, wait: &LockWait<'_>, moves: bool) -> bool {
        const PAUSE: Duration = Duration::from_secs(10);
        let pids: Vec<i32> = wait.holders.iter().map(|one| one.pid).collect();
        let key = format!("{} {pids:?}", wait.object);
        let told = self.told.as_ref().filter(|(told, _)| *told == key);
        if told.is_some_and(|(_, at)| moves || at.elapsed() < PAUSE) {
            return false;
        }
        self.told = Some((key, Instant::now()));
        true
    }
}

/// What a statement waits for, who holds it, and what would end that.
fn describe_wait(wait: &LockWait<'_>) -> Vec<String> {
    const MOST: usize = 5;
    let holders: Vec<String> = wait.holders.iter().take(MOST).map(ToString::to_string).collect();
    let more = match wait.holders.len().saturating_sub(MOST) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    let (waited, holders) = (rounded(wait.waited), holders.join(", "));
    let mut lines = vec![format!("waiting {waited} for {}: held by {holders}{more}", wait.object)];
    let ends = wait.holders.iter().take(MOST).filter_map(LockHolder::end_sql);
    lines.extend(ends.map(|sql| format!("  to end that session: {sql}")));
    lines
}

/// `building index: scanning table, 42 %`
fn index_progress(phase: &str, done: u64, all: u64) -> String {
    let phase = printable(phase);
    match (done.min(all) * 100).checked_div(all) {
        Some(percent) => format!("{phase}, {percent} %"),
        None => phase,
    }
}

/// A time that changes each second.
fn rounded(duration: Duration) -> String {
    match duration.as_secs() {
        seconds if seconds < 60 => format!("{seconds} s"),
        seconds => format!("{} min {:02} s", seconds / 60, seconds % 60),
    }
}

impl Drop for Console {
    fn drop(&mut self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}

impl Console {
    /// Puts a question that is answered with yes or no.
    pub(crate) fn ask(&mut self, question: &str) -> bool {
        if let Some(answer) = self.known_answer(question, false) {
            return answer;
        }
        let answer = self.answer_to(question, &format!("{question} [y/N]"));
        answer.is_some_and(|answer| matches!(answer.as_str(), "y" | "yes"))
    }

    /// The answer that was given in advance, if one was; it is said. `is_approval`: the question is
    /// whether production is upgraded.
    pub(crate) fn known_answer(&mut self, question: &str, is_approval: bool) -> Option<bool> {
        let given = if self.yes {
            "yes (--yes)"
        } else if self.approved && is_approval {
            "yes (--approve)"
        } else {
            return None;
        };
        self.line(&format!("{question} {given}"));
        Some(true)
    }

    /// Puts a question whose last line tells the answers that there are; `None` if there is no
    /// answer.
    pub(crate) fn choose(&mut self, question: &str) -> Option<String> {
        self.answer_to(question, question)
    }

    /// What is answered, in small letters.
    fn answer_to(&mut self, question: &str, prompt: &str) -> Option<String> {
        let ask = || {
            if self.silent {
                return None;
            }
            let prompt = printable_lines(prompt) + " ";
            let mut stderr = io::stderr();
            // A question that cannot be read is not put.
            stderr.write_all(prompt.as_bytes()).and_then(|()| stderr.flush()).ok()?;
            let answer = read_line(&self.interrupt)?;
            // What is typed at a terminal is seen there already.
            if !io::stdin().is_terminal() {
                say(answer.trim_end());
            }
            Some(answer.trim().to_lowercase())
        };
        let answer = match &self.bar {
            Some(bar) => bar.suspend(ask),
            None => ask(),
        };
        if answer.is_none() && !self.interrupt.is_triggered() {
            say("");
            let first = question.lines().next().unwrap_or_default();
            self.unanswered = Some(first.to_owned());
        }
        answer
    }

    /// A text that stays.
    pub(crate) fn show(&self, text: &str) {
        match &self.bar {
            Some(bar) => bar.suspend(|| say(text.trim_end())),
            None => self.line(text.trim_end()),
        }
    }
}

/// A line of standard input; `None` at its end, or when the user wants to stop.
fn read_line(interrupt: &Interrupt) -> Option<String> {
    const LOOK: Duration = Duration::from_millis(50);
    let (sender, line) = channel();
    // A read cannot be interrupted: this thread is left to itself then.
    std::thread::spawn(move || {
        let mut line = String::new();
        let read = io::stdin().lock().read_line(&mut line);
        let _ = sender.send(read.is_ok_and(|length| length > 0).then_some(line));
    });
    while !interrupt.is_triggered() {
        match line.recv_timeout(LOOK) {
            Err(RecvTimeoutError::Timeout) => {}
            answer => return answer.ok().flatten(),
        }
    }
    None
}

/// How wide the terminal is to which messages are written; a usual width elsewhere.
pub(crate) fn width() -> usize {
    const USUAL: usize = 100;
    terminal_size::terminal_size_of(io::stderr()).map_or(USUAL, |(width, _)| usize::from(width.0))
}

/// How wide the terminal is that standard output is; `None` if it is none, where lines are not wrapped.
pub(crate) fn columns() -> Option<usize> {
    const LEAST: u16 = 40;
    let size = terminal_size::terminal_size_of(io::stdout());
    size.map(|(width, _)| usize::from(width.0.max(LEAST)))
}

/// Whether a person at a terminal sees both the progress and the answer.
pub(crate) fn on_terminal() -> bool {
    io::stdout().is_terminal() && io::stderr().is_terminal()
}

/// Whether a person at a terminal reads standard output.
pub(crate) fn is_terminal() -> bool {
    io::stdout().is_terminal()
}

/// A line on standard error, or several. Errors of writing are ignored: there is no other channel
/// to report them. Whatever is in it, a server's words too, cannot write on the terminal.
pub(crate) fn say(text: &str) {
    let text = printable_lines(text);
    let text = if COLORED.load(Ordering::Relaxed) { colored(&text) } else { text };
    let _ = writeln!(io::stderr().lock(), "{text}");
}

/// Whether messages have colours.
static COLORED: AtomicBool = AtomicBool::new(false);

/// Colours the first words of errors and warnings, if standard error is a terminal.
pub(crate) fn color_messages(allowed: bool) {
    COLORED.store(allowed && io::stderr().is_terminal(), Ordering::Relaxed);
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

/// Text on standard output. A reader that went away is no error.
pub(crate) fn print(text: &str) -> Result<(), CliError> {
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

/// `35 % of 3.4 GB, 85.0 MB/s, about 26 s left, 3 of 12 tables, 350.0 MB written, public.t`: what matters
/// most stands first, for a narrow terminal cuts the end.
fn format_progress(progress: &Progress<'_>, elapsed: Duration) -> String {
    let mut text = String::new();
    if let Some(all) = progress.all_bytes {
        if let Some(percent) = (progress.bytes.min(all) * 100).checked_div(all) {
            text += &format!("{percent} % of {}, ", size(all));
        }
        if let Some((rate, left)) = rate(progress.bytes, all, elapsed) {
            text += &format!("{}/s, about {} left, ", size(rate), rounded(left));
        }
    }
    text += &format!("{} of {} tables", progress.tables, progress.all_tables);
    if let Some(written) = progress.written {
        text += &format!(", {} written", size(written));
    }
    if !progress.table.is_empty() {
        text += &format!(", {}", progress.table.escape_debug());
    }
    text
}

/// Bytes in a second, and how long the rest will take; `None` as long as that says little.
fn rate(bytes: u64, all: u64, elapsed: Duration) -> Option<(u64, Duration)> {
    let milliseconds = u64::try_from(elapsed.as_millis()).ok().filter(|it| *it >= 1000)?;
    let rate = bytes.saturating_mul(1000) / milliseconds;
    let left = all.checked_sub(bytes).filter(|left| *left > 0)?.checked_div(rate)?;
    Some((rate, Duration::from_secs(left)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rate_and_time_left_are_told_once_they_say_something() {
        let after = |bytes, milliseconds| rate(bytes, 1000, Duration::from_millis(milliseconds));
        assert_eq!(after(100, 999), None, "too early");
        assert_eq!(after(0, 5000), None, "nothing is done");
        assert_eq!(after(1000, 5000), None, "all is done");
        assert_eq!(after(200, 2000), Some((100, Duration::from_secs(8))));
    }
}
