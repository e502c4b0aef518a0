//! Events as JSON lines on standard output, and answers on standard input, for a program that runs
//! this one.

use std::io::{self, Write};
use std::path::Path;
use std::sync::{Arc, Mutex, OnceLock, PoisonError, TryLockError};
use std::time::{Duration, Instant};

use pum_core::progress::{Event, EventSink, LockHolder, Observer, Progress};
use pum_core::{Interrupt, exit};

use super::face::{Face, Question, read_line};
use crate::error::CliError;
use crate::protocol::{
    Answer, AnswerSource, ChoiceJson, ErrorJson, Holder, Level, Line, PROTOCOL, ResultJson,
    StreamEvent,
};

/// The events of this process.
#[derive(Debug, Default)]
pub(crate) struct Stream {
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    /// What the command would print.
    output: String,
    /// The last message of an error.
    error: Option<String>,
    /// The number of the last question.
    questions: u64,
    /// The result was written.
    is_at_end: bool,
}

static CURRENT: OnceLock<Stream> = OnceLock::new();

impl Stream {
    /// From now on events are written, and nothing else. `command`: that which runs.
    pub(crate) fn begin(command: Option<&str>) {
        let stream = CURRENT.get_or_init(Self::default);
        stream.write(StreamEvent::Start {
            protocol: PROTOCOL,
            pum: env!("CARGO_PKG_VERSION"),
            command,
            pid: std::process::id(),
        });
    }

    /// The stream, if events are written.
    pub(crate) fn current() -> Option<&'static Self> {
        CURRENT.get()
    }

    fn write(&self, event: StreamEvent<'_>) {
        self.state().write(None, event);
    }

    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A text for people; its first word says how much it matters.
    pub(super) fn message(&self, text: &str) {
        self.message_about(None, text);
    }

    fn message_about(&self, database: Option<&str>, text: &str) {
        let text = text.trim_end();
        if text.is_empty() {
            return;
        }
        let (level, text) = match text.split_once(": ") {
            Some(("warning", rest)) => (Level::Warning, rest),
            Some(("error", rest)) => (Level::Error, rest),
            _ => (Level::Info, text),
        };
        let mut state = self.state();
        if level == Level::Error {
            state.error = Some(text.to_owned());
        }
        state.write(database, StreamEvent::Message { level, text });
    }

    /// Keeps what the command would print, for the result.
    pub(super) fn keep_output(&self, text: &str) {
        self.state().output += text;
    }

    /// The last event.
    pub(crate) fn end(&self, exit_code: u8, error: Option<&CliError>) {
        self.state().end(exit_code, error.map(of_error));
    }

    /// The last event after a command line that is not understood.
    pub(crate) fn end_of_wrong_usage(&self, message: String) {
        let error = ErrorJson { kind: "usage", ..of_message(message) };
        self.state().end(exit::ERROR, Some(error));
    }

    /// The last event after help or the version, which are printed before a command runs.
    pub(crate) fn end_with_output(&self, text: &str) {
        self.keep_output(text);
        self.state().end(exit::SUCCESS, None);
    }

    /// The last event where nothing may be waited for.
    pub(crate) fn end_at_once(&self) {
        let state = match self.state.try_lock() {
            Ok(state) => Some(state),
            Err(TryLockError::Poisoned(state)) => Some(state.into_inner()),
            Err(TryLockError::WouldBlock) => None,
        };
        if let Some(mut state) = state {
            let message = "interrupted twice: what was begun was not cleaned up".to_owned();
            let error = ErrorJson { kind: "interrupted", ..of_message(message) };
            state.end(exit::INTERRUPTED, Some(error));
        }
    }
}

impl State {
    /// Errors of writing are ignored: there is no other channel to report them, and what was begun is
    /// brought to its end.
    fn write(&mut self, database: Option<&str>, event: StreamEvent<'_>) {
        if self.is_at_end {
            return;
        }
        let time = jiff::Timestamp::now().strftime("%Y-%m-%dT%H:%M:%S%.3fZ").to_string();
        let Ok(mut line) = serde_json::to_vec(&Line { time, database, event }) else { return };
        line.push(b'\n');
        let mut stdout = io::stdout().lock();
        let _ = stdout.write_all(&line).and_then(|()| stdout.flush());
    }

    fn end(&mut self, exit_code: u8, error: Option<ErrorJson>) {
        let said = || self.error.take().filter(|_| exit_code == exit::ERROR).map(of_message);
        let error = error.or_else(said);
        let output = std::mem::take(&mut self.output);
        let report = serde_json::from_str(&output).ok().filter(serde_json::Value::is_object);
        let output = if report.is_some() { "" } else { &*output };
        self.write(None, StreamEvent::Result(ResultJson { exit_code, error, report, output }));
        self.is_at_end = true;
    }
}

fn of_message(message: String) -> ErrorJson {
    ErrorJson { message, hints: Vec::new(), kind: "other", file: None, line: None, column: None }
}

fn of_error(err: &CliError) -> ErrorJson {
    let (file, line, column) = match err.file_position() {
        Some((file, line, column)) => (Some(path(file)), line, column),
        None => (None, None, None),
    };
    ErrorJson { message: err.text(), hints: err.hints(), kind: err.kind(), file, line, column }
}

/// JSON has no place for a path that is not in UTF-8.
fn path(path: &Path) -> String {
    path.display().to_string()
}

fn milliseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

/// Writes what an operation reports, and puts its questions.
#[derive(Debug)]
pub(super) struct EventFace {
    stream: &'static Stream,
    interrupt: Interrupt,
    verbose: bool,
    /// Which of several databases it is.
    database: Option<String>,
    /// When progress was last written.
    told: Option<Instant>,
}

impl EventFace {
    pub(super) fn new(stream: &'static Stream, interrupt: &Interrupt, verbose: bool) -> Self {
        let interrupt = interrupt.clone();
        Self { stream, interrupt, verbose, database: None, told: None }
    }

    fn write(&self, event: StreamEvent<'_>) {
        self.stream.state().write(self.database.as_deref(), event);
    }

    /// Often enough for a bar that moves.
    fn progress(&mut self, progress: &Progress<'_>) {
        const PAUSE: Duration = Duration::from_millis(100);
        let now = Instant::now();
        let is_whole = progress.tables == progress.all_tables;
        if !is_whole && self.told.is_some_and(|told| now - told < PAUSE) {
            return;
        }
        self.told = Some(now);
        let Progress { action, tables, all_tables, bytes, all_bytes, written, table, .. } =
            *progress;
        self.write(StreamEvent::Progress {
            action,
            tables,
            all_tables,
            bytes,
            all_bytes,
            written,
            table,
        });
    }

    /// What a line of standard input chooses, or what is wrong with it.
    fn chosen(id: u64, question: &Question<'_>, line: &str) -> Result<&'static str, String> {
        let wrong =
            |err| format!("not an answer such as {{\"id\": {id}, \"answer\": \"no\"}}: {err}");
        let given: Answer = serde_json::from_str(line).map_err(wrong)?;
        if given.id != id {
            return Err(format!("the question is {id}, and this answers {}", given.id));
        }
        let mut choices = question.choices.iter().map(|choice| choice.answer);
        choices.find(|answer| *answer == given.answer).ok_or_else(|| {
            let known: Vec<&str> = question.choices.iter().map(|choice| choice.answer).collect();
            format!("\"{}\" is no answer to question {id}: {}", given.answer, known.join(", "))
        })
    }
}

impl Face for EventFace {
    fn line(&self, text: &str) {
        self.stream.message_about(self.database.as_deref(), text);
    }

    fn show(&self, text: &str) {
        self.line(text);
    }

    fn put(&mut self, question: &Question<'_>) -> Option<&'static str> {
        let id = {
            let mut state = self.stream.state();
            state.questions += 1;
            state.questions
        };
        loop {
            let choice =
                |it: &super::face::Choice| ChoiceJson { answer: it.answer, label: it.label };
            self.write(StreamEvent::Question {
                id,
                text: question.text,
                choices: question.choices.iter().map(choice).collect(),
                default: question.default(),
            });
            let (answer, from) = match read_line(&self.interrupt) {
                Some(line) => match Self::chosen(id, question, &line) {
                    Ok(answer) => (answer, AnswerSource::StandardInput),
                    Err(message) => {
                        self.write(StreamEvent::InputError { message: &message });
                        continue;
                    }
                },
                None if self.interrupt.is_triggered() => return None,
                None => (question.default(), AnswerSource::EndOfInput),
            };
            self.write(StreamEvent::Answer { id, answer, from });
            return Some(answer);
        }
    }

    fn tell_no_answer(&self) {}

    fn one_of_several(&mut self, label: &str, _: &str) {
        self.database = Some(label.to_owned());
    }
}

impl Observer for EventFace {
    fn notify(&mut self, event: Event<'_>) {
        match event {
            Event::StepStarted { title } => self.write(StreamEvent::StepStarted { title }),
            Event::StepFinished { title, result, duration } => {
                let milliseconds = milliseconds(duration);
                self.write(StreamEvent::StepFinished { title, result, milliseconds });
            }
            Event::ScriptStarted { path: file, position, count } => {
                self.write(StreamEvent::ScriptStarted { file: path(file), position, count });
            }
            Event::ScriptFinished { path: file, duration } => {
                let milliseconds = milliseconds(duration);
                self.write(StreamEvent::ScriptFinished { file: path(file), milliseconds });
            }
            Event::StatementStarted { path: file, line, sql, position, count, remaining } => {
                self.write(StreamEvent::StatementStarted {
                    file: path(file),
                    line,
                    sql,
                    position,
                    count,
                    remaining_milliseconds: remaining.map(milliseconds),
                });
            }
            Event::Output { line } if self.verbose => self.write(StreamEvent::Output { line }),
            Event::Progress(progress) => self.progress(&progress),
            Event::DatabaseCopy { bytes, all_bytes, elapsed } => {
                let milliseconds = milliseconds(elapsed);
                self.write(StreamEvent::DatabaseCopy { bytes, all_bytes, milliseconds });
            }
            Event::Waiting { reason } => self.write(StreamEvent::Waiting { reason }),
            Event::Note { message } => self.line(message),
            Event::Warning { message } => self.line(&format!("warning: {message}")),
            event => watched(self.stream, self.database.as_deref(), event),
        }
    }

    fn sink(&self) -> Option<EventSink> {
        let (stream, database) = (self.stream, self.database.clone());
        Some(Arc::new(move |event| watched(stream, database.as_deref(), event)))
    }
}

/// What is seen while the server works.
fn watched(stream: &Stream, database: Option<&str>, event: Event<'_>) {
    let event = match event {
        Event::LockWait(wait) => StreamEvent::LockWait {
            milliseconds: milliseconds(wait.waited),
            object: wait.object,
            holders: wait.holders.iter().map(holder).collect(),
        },
        Event::IndexBuild { phase, done, all } => StreamEvent::IndexBuild { phase, done, all },
        _ => return,
    };
    stream.state().write(database, event);
}

fn holder(holder: &LockHolder) -> Holder {
    Holder { pid: holder.pid, description: holder.to_string(), end_sql: holder.end_sql() }
}
