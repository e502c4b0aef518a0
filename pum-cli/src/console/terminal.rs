//! Progress and questions at a terminal, or as plain lines where standard error is none.

use std::io::{self, IsTerminal, Write};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressState, ProgressStyle};
use pum_core::Interrupt;
use pum_core::humanize::{grouped, seconds, size};
use pum_core::progress::{Event, EventSink, LockHolder, LockWait, Observer, Progress};

use super::face::{Face, Question, read_line};
use super::lines::say;
use crate::text::{printable, printable_lines};

/// Shows progress on standard error, live on a terminal and as plain lines elsewhere.
#[derive(Debug)]
pub(super) struct Terminal {
    bar: Option<ProgressBar>,
    /// When the work is expected to end.
    ends: Arc<Mutex<Option<Instant>>>,
    verbose: bool,
    interrupt: Interrupt,
    /// What each line begins with, where several databases are worked on at once.
    prefix: String,
    /// The current action, and since when its progress is known.
    action: Option<(&'static str, Instant)>,
    /// When a line about the progress was last due, where there is no bar.
    told: Option<Instant>,
}

impl Terminal {
    pub(super) fn new(interrupt: &Interrupt, verbose: bool) -> Self {
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
            interrupt: interrupt.clone(),
            prefix: String::new(),
            action: None,
            told: None,
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

    /// On the bar, or a line now and then; `shown` gets for how long the action goes on.
    fn progress(&mut self, action: &'static str, shown: impl FnOnce(Duration) -> String) {
        const PAUSE: Duration = Duration::from_secs(10);
        let now = Instant::now();
        if self.action.is_none_or(|(known, _)| known != action) {
            self.action = Some((action, now));
        }
        let elapsed = self.action.map_or(Duration::ZERO, |(_, begun)| now - begun);
        if let Some(bar) = &self.bar {
            if self.told.is_none() {
                bar.enable_steady_tick(Duration::from_millis(100));
            }
            self.told = Some(now);
            bar.set_prefix(action);
            bar.set_message(shown(elapsed));
            return;
        }
        match self.told {
            Some(told) if now - told < PAUSE => {}
            // The first tells nothing yet.
            None => self.told = Some(now),
            Some(_) => {
                self.told = Some(now);
                say(&format!("{}{action}: {}", self.prefix, shown(elapsed)));
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

impl Observer for Terminal {
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
            Event::Progress(progress) => {
                self.progress(progress.action, |elapsed| format_progress(&progress, elapsed));
            }
            Event::DatabaseCopy { bytes, all_bytes, elapsed } => {
                self.progress("copy", |_| format_copy(bytes, all_bytes, elapsed));
            }
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
impl Face for Terminal {
    fn line(&self, text: &str) {
        match &self.bar {
            Some(bar) => bar.println(printable_lines(text)),
            None => say(&format!("{}{text}", self.prefix)),
        }
    }

    fn show(&self, text: &str) {
        match &self.bar {
            Some(bar) => bar.suspend(|| say(text)),
            None => self.line(text),
        }
    }

    fn put(&mut self, question: &Question<'_>) -> Option<&'static str> {
        let ask = || {
            let mut prompt = question.prompt();
            loop {
                let shown = printable_lines(&prompt) + " ";
                let mut stderr = io::stderr();
                // A question that cannot be read is not put.
                stderr.write_all(shown.as_bytes()).and_then(|()| stderr.flush()).ok()?;
                let answer = read_line(&self.interrupt)?;
                // What is typed at a terminal is seen there already.
                if !io::stdin().is_terminal() {
                    say(answer.trim_end());
                }
                match question.chosen(&answer) {
                    Some(chosen) => return Some(chosen),
                    // The text of the question is still on the screen.
                    None => prompt = question.choices_line()?,
                }
            }
        };
        match &self.bar {
            Some(bar) => bar.suspend(ask),
            None => ask(),
        }
    }

    fn tell_no_answer(&self) {
        say("");
    }

    fn one_of_several(&mut self, _: &str, name: &str) {
        self.bar = None;
        self.prefix = format!("{name}: ");
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
impl Drop for Terminal {
    fn drop(&mut self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}
/// `35 % of 3.4 GB, 85.0 MB/s, about 26 s left, 3 of 12 tables, 350.0 MB written, public.t`: what matters
/// most stands first, for a narrow terminal cuts the end.
fn format_progress(progress: &Progress<'_>, elapsed: Duration) -> String {
    let mut text = String::new();
    if let Some(all) = progress.all_bytes {
        for part in format_part(progress.bytes, all, elapsed) {
            text += &part;
            text += ", ";
        }
    }
    text += &format!("{} of {} tables", grouped(progress.tables), grouped(progress.all_tables));
    if let Some(written) = progress.written {
        text += &format!(", {} written", size(written));
    }
    if !progress.table.is_empty() {
        text += &format!(", {}", progress.table.escape_debug());
    }
    text
}

/// `35 % of 3.4 GB`, and once they say something `85.0 MB/s` and `about 26 s left`.
fn format_part(bytes: u64, all: u64, elapsed: Duration) -> Vec<String> {
    let mut parts = Vec::new();
    if let Some(percent) = (bytes.min(all) * 100).checked_div(all) {
        parts.push(format!("{percent} % of {}", size(all)));
    }
    if let Some((rate, left)) = rate(bytes, all, elapsed) {
        parts.push(format!("{}/s", size(rate)));
        parts.push(format!("about {} left", rounded(left)));
    }
    parts
}

/// The same of a copy that the server makes, with the time where it does not tell how far it is.
fn format_copy(bytes: Option<u64>, all: u64, elapsed: Duration) -> String {
    match bytes {
        Some(bytes) => format_part(bytes, all, elapsed).join(", "),
        None => {
            format!(
                "of {}, {} so far; how much is done cannot be seen",
                size(all),
                rounded(elapsed)
            )
        }
    }
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
