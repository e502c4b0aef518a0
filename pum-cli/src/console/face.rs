//! What shows events and puts questions, and what a question is.

use std::fmt::Debug;
use std::io::{self, BufRead};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::Duration;

use pum_core::Interrupt;
use pum_core::progress::Observer;

/// What shows events and puts questions: a terminal, or a stream of events for a program.
pub(super) trait Face: Observer + Debug {
    /// A line that stays.
    fn line(&self, text: &str);

    /// A text that stays.
    fn show(&self, text: &str);

    /// Puts a question, and gives the answer that was chosen; `None` if there is none.
    fn put(&mut self, question: &Question<'_>) -> Option<&'static str>;

    /// A question has no answer.
    fn tell_no_answer(&self);

    /// One of several works: each line tells which database it is about, people by its name, programs by
    /// how it was given.
    fn one_of_several(&mut self, label: &str, name: &str);
}

/// A question with its answers.
#[derive(Debug)]
pub(crate) struct Question<'a> {
    pub(crate) text: &'a str,
    /// The last one is the safe one, which an empty line means.
    pub(crate) choices: &'a [Choice],
    /// It was put before, and what was asked for was shown.
    pub(crate) is_repeated: bool,
}

/// An answer that can be given to a question.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Choice {
    pub(crate) answer: &'static str,
    /// What it does.
    pub(crate) label: &'static str,
}

pub(super) const YES: &str = "yes";
pub(super) const NO: &str = "no";

/// The answers to a question that is answered with yes or no.
pub(super) const YES_OR_NO: [Choice; 2] =
    [Choice { answer: YES, label: "yes" }, Choice { answer: NO, label: "no" }];

impl Question<'_> {
    /// The safe answer.
    pub(super) fn default(&self) -> &'static str {
        self.choices.last().map_or(NO, |choice| choice.answer)
    }

    fn is_yes_or_no(&self) -> bool {
        self.choices == YES_OR_NO
    }

    /// What stands on the terminal.
    pub(super) fn prompt(&self) -> String {
        match self.choices_line() {
            None => format!("{} [y/N]", self.text),
            Some(choices) if self.is_repeated => choices,
            Some(choices) => format!("{}\n{choices}", self.text),
        }
    }

    /// `[y] upgrade  [d] details  [N] stop`; `None` for what is answered with yes or no.
    pub(super) fn choices_line(&self) -> Option<String> {
        let shown = |choice: &Choice| {
            let key = &choice.answer[..1];
            let is_default = choice.answer == self.default();
            let key = if is_default { key.to_uppercase() } else { key.to_owned() };
            format!("[{key}] {}", choice.label)
        };
        let choices = || self.choices.iter().map(shown).collect::<Vec<_>>().join("  ");
        (!self.is_yes_or_no()).then(choices)
    }

    /// What a line at a terminal means: an answer or its first letter; `None` if it is none of them.
    pub(super) fn chosen(&self, line: &str) -> Option<&'static str> {
        let line = line.trim().to_lowercase();
        let is_it = |choice: &&Choice| line == choice.answer || line == choice.answer[..1];
        let found = self.choices.iter().find(is_it).map(|choice| choice.answer);
        found.or_else(|| (line.is_empty() || self.is_yes_or_no()).then(|| self.default()))
    }
}

/// A line of standard input; `None` at its end, or when the user wants to stop.
pub(super) fn read_line(interrupt: &Interrupt) -> Option<String> {
    const LOOK: Duration = Duration::from_millis(50);
    let (sender, line) = channel();
    // A read cannot be interrupted: this thread is left to itself then.
    std::thread::spawn(move || {
        let mut line = Vec::new();
        let read = io::stdin().lock().read_until(b'\n', &mut line);
        let is_line = read.is_ok_and(|length| length > 0);
        let _ = sender.send(is_line.then(|| String::from_utf8_lossy(&line).into_owned()));
    });
    while !interrupt.is_triggered() {
        match line.recv_timeout(LOOK) {
            Err(RecvTimeoutError::Timeout) => {}
            answer => return answer.ok().flatten(),
        }
    }
    None
}
