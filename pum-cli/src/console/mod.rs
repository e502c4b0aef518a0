//! Progress, questions and answers: all that touches the terminal, or a program in its place.

mod events;
mod face;
mod lines;
mod terminal;

use pum_core::Interrupt;
use pum_core::progress::{Event, EventSink, Observer};

use crate::error::CliError;
use events::EventFace;
pub(crate) use events::Stream;
pub(crate) use face::{Choice, Question};
use face::{Face, YES, YES_OR_NO};
pub(crate) use lines::{
    choose_colors, columns, is_output_colored, on_terminal, print, say, width, written,
};
use terminal::Terminal;

/// Shows progress and puts questions, with the answers that were given in advance.
#[derive(Debug)]
pub(crate) struct Console {
    face: Box<dyn Face>,
    yes: bool,
    /// The upgrade of production was approved, and nothing else.
    approved: bool,
    interrupt: Interrupt,
    /// No questions are asked.
    silent: bool,
    /// A question without anybody to answer it.
    pub(crate) unanswered: Option<String>,
}

impl Console {
    pub(crate) fn new(interrupt: &Interrupt, verbose: bool) -> Self {
        let face: Box<dyn Face> = match Stream::current() {
            Some(stream) => Box::new(EventFace::new(stream, interrupt, verbose)),
            None => Box::new(Terminal::new(interrupt, verbose)),
        };
        let interrupt = interrupt.clone();
        Self { face, yes: false, approved: false, interrupt, silent: false, unanswered: None }
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

    /// One of several: without a bar, and each line tells which database it is about. `label` is how it was
    /// given, `name` what lines call it.
    pub(crate) fn one_of_several(mut self, label: &str, name: &str) -> Self {
        self.face.one_of_several(label, name);
        self
    }

    /// Puts a question that is answered with yes or no; gives whether it was agreed to.
    ///
    /// # Errors
    ///
    /// If there is no answer.
    pub(crate) fn confirm(&mut self, text: &str) -> Result<bool, CliError> {
        let agreed = self.ask(text);
        match self.unanswered.take() {
            Some(question) => Err(CliError::Unanswered { question }),
            None => Ok(agreed),
        }
    }

    /// The same where the lack of an answer is told later: see [`unanswered`](Self::unanswered).
    pub(crate) fn ask(&mut self, text: &str) -> bool {
        if let Some(answer) = self.known_answer(text, false) {
            return answer;
        }
        let question = Question { text, choices: &YES_OR_NO, is_repeated: false };
        self.choose(&question) == Some(YES)
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
        self.face.line(&format!("{question} {given}"));
        Some(true)
    }

    /// Puts a question, and gives the answer that was chosen; `None` if there is no answer.
    pub(crate) fn choose(&mut self, question: &Question<'_>) -> Option<&'static str> {
        let answer = if self.silent { None } else { self.face.put(question) };
        if answer.is_none() && !self.interrupt.is_triggered() {
            self.face.tell_no_answer();
            let first = question.text.lines().next().unwrap_or_default();
            self.unanswered = Some(first.to_owned());
        }
        answer
    }

    /// A text that stays.
    pub(crate) fn show(&self, text: &str) {
        self.face.show(text.trim_end());
    }
}

impl Observer for Console {
    fn notify(&mut self, event: Event<'_>) {
        self.face.notify(event);
    }

    fn sink(&self) -> Option<EventSink> {
        self.face.sink()
    }
}
