//! Progress, questions and answers: all that touches the terminal.

use std::fmt::Write as _;
use std::io::{self, BufRead, IsTerminal, Write};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};
use pum_core::humanize::{seconds, size};
use pum_core::manager::{Approver, Question};
use pum_core::progress::{Event, Observer, Progress};

use crate::error::CliError;
use crate::text::{printable, printable_lines};

/// Shows progress on standard error, live on a terminal and as plain lines elsewhere.
#[derive(Debug)]
pub(crate) struct Console {
    bar: Option<ProgressBar>,
    verbose: bool,
    yes: bool,
    /// No questions are asked.
    silent: bool,
    /// What each line begins with, where several databases are worked on at once.
    prefix: String,
    /// When a line about the progress was last due, where there is no bar.
    told: Option<Instant>,
    /// A question without a terminal to answer it.
    pub(crate) unanswered: Option<String>,
}

impl Console {
    pub(crate) fn new(verbose: bool) -> Self {
        let bar = io::stderr().is_terminal().then(|| {
            let style = ProgressStyle::with_template("{spinner} {prefix}  {wide_msg} {elapsed}");
            let bar = ProgressBar::new_spinner();
            bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_spinner()));
            bar
        });
        Self {
            bar,
            verbose,
            yes: false,
            silent: false,
            prefix: String::new(),
            told: None,
            unanswered: None,
        }
    }

    /// Answers all questions with yes.
    pub(crate) fn agreeing(mut self, yes: bool) -> Self {
        self.yes = yes;
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
        if let Some(bar) = &self.bar {
            bar.reset_elapsed();
            bar.set_prefix(printable(title));
            bar.set_message("");
            bar.enable_steady_tick(Duration::from_millis(100));
        }
    }

    /// On the bar, or a line now and then.
    fn progress(&mut self, progress: &Progress<'_>) {
        const PAUSE: Duration = Duration::from_secs(10);
        let now = Instant::now();
        if let Some(bar) = &self.bar {
            if self.told.is_none() {
                bar.enable_steady_tick(Duration::from_millis(100));
            }
            self.told = Some(now);
            bar.set_prefix(progress.action);
            bar.set_message(format_progress(progress));
            return;
        }
        match self.told {
            Some(told) if now - told < PAUSE => {}
            // The first tells nothing yet.
            None => self.told = Some(now),
            Some(_) => {
                self.told = Some(now);
                say(&format!("{}: {}", progress.action, format_progress(progress)));
            }
        }
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
            Event::Waiting { reason } => self.line(&format!("waiting: {reason}")),
            Event::Note { message } => self.line(message),
            Event::Warning { message } => self.line(&format!("warning: {message}")),
            _ => {}
        }
    }
}

impl Drop for Console {
    fn drop(&mut self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}

impl Approver for Console {
    fn approve(&mut self, question: &Question) -> bool {
        self.ask(&question.to_string())
    }
}

impl Console {
    /// Puts a question that is answered with yes or no.
    pub(crate) fn ask(&mut self, question: &str) -> bool {
        if self.yes {
            self.line(&format!("{question} yes (--yes)"));
            return true;
        }
        let ask = || {
            if self.silent {
                return None;
            }
            let mut prompt = String::new();
            // Writing to a `String` cannot fail.
            let _ = write!(prompt, "{} [y/N] ", printable_lines(question));
            let mut stderr = io::stderr().lock();
            // A question that cannot be read is not put.
            stderr.write_all(prompt.as_bytes()).and_then(|()| stderr.flush()).ok()?;
            let mut answer = String::new();
            match io::stdin().lock().read_line(&mut answer) {
                Ok(length) if length > 0 => {
                    // What is typed at a terminal is seen there already.
                    if !io::stdin().is_terminal() {
                        say(answer.trim_end());
                    }
                    Some(answer)
                }
                _ => None,
            }
        };
        let answer = match &self.bar {
            Some(bar) => bar.suspend(ask),
            None => ask(),
        };
        if answer.is_none() {
            say("");
            self.unanswered = Some(question.to_owned());
        }
        answer.is_some_and(|answer| matches!(answer.trim().to_lowercase().as_str(), "y" | "yes"))
    }
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
    let _ = writeln!(io::stderr().lock(), "{}", printable_lines(text));
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

/// `3 of 12 tables, 1.2 of about 3.4 GB on the server, 350.0 MB written, public.t`
fn format_progress(progress: &Progress<'_>) -> String {
    let mut text = format!("{} of {} tables", progress.tables, progress.all_tables);
    if let Some(all) = progress.all_bytes {
        text += &format!(", {} of about {}", size(progress.bytes), size(all));
    }
    if let Some(written) = progress.written {
        text += &format!(", {} written", size(written));
    }
    if !progress.table.is_empty() {
        text += &format!(", {}", progress.table.escape_debug());
    }
    text
}
