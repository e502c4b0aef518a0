//! The lines of a stream of events, and those that answer its questions. `docs/events.md` describes
//! them; `docs/schema/` has their schemas, which are made from these types.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The version of the protocol.
pub(crate) const PROTOCOL: u32 = 1;

/// A line of standard output.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Line<'a> {
    /// When, in UTC.
    #[schemars(regex(pattern = r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$"))]
    pub(crate) time: String,
    /// The database that it is about, where several are worked on at once.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) database: Option<&'a str>,
    #[serde(flatten)]
    pub(crate) event: StreamEvent<'a>,
}

/// What happened.
#[derive(Serialize, JsonSchema)]
#[serde(tag = "event", rename_all = "snake_case")]
pub(crate) enum StreamEvent<'a> {
    /// The first line.
    Start {
        /// The version of this protocol. It grows when a program that reads the old form could be
        /// misled by the new one.
        #[schemars(extend("const" = PROTOCOL))]
        protocol: u32,
        /// The version of pum.
        pum: &'a str,
        /// The command, such as upgrade or role check; null if the command line is not understood.
        command: Option<&'a str>,
        /// The process, which SIGINT stops.
        pid: u32,
    },
    /// A step of test-and-upgrade starts.
    StepStarted {
        /// Its title.
        title: &'a str,
    },
    /// The current step is done.
    StepFinished {
        /// Its title.
        title: &'a str,
        /// The result, in words.
        result: &'a str,
        /// How long it took.
        milliseconds: u64,
    },
    /// A script starts.
    ScriptStarted {
        /// Its path.
        file: String,
        /// Its place, from 1.
        position: usize,
        /// How many there are.
        count: usize,
    },
    /// The current script is done, and committed unless the whole run is one transaction.
    ScriptFinished {
        /// Its path.
        file: String,
        /// How long it took.
        milliseconds: u64,
    },
    /// A statement starts.
    StatementStarted {
        /// The path of its script.
        file: String,
        /// Its line there, from 1.
        line: usize,
        /// Its first words.
        sql: &'a str,
        /// Its place among all statements of the run, from 1.
        position: usize,
        /// How many there are.
        count: usize,
        /// How long it and all that follow it took in the rehearsal; null without one.
        remaining_milliseconds: Option<u64>,
    },
    /// The progress of a dump, restore or copy. Sizes are those of the tables on the server.
    Progress {
        /// What is done, such as dump.
        action: &'a str,
        /// How many tables are done.
        tables: usize,
        /// How many there are.
        all_tables: usize,
        /// The size of those that are done, in bytes.
        bytes: u64,
        /// The size of all of them, in bytes; null if it is not known.
        all_bytes: Option<u64>,
        /// How much was written to files, in bytes; null if nothing is.
        written: Option<u64>,
        /// The current table; empty before the first.
        table: &'a str,
    },
    /// The server copies a whole database; repeated twice a second.
    DatabaseCopy {
        /// How much is copied, in bytes; null if the role may not know.
        bytes: Option<u64>,
        /// The size of the database that is copied.
        all_bytes: u64,
        /// For how long already.
        milliseconds: u64,
    },
    /// The current statement waits for a lock; repeated about every second.
    LockWait {
        /// For how long already.
        milliseconds: u64,
        /// What is locked.
        object: &'a str,
        /// The sessions that are in the way.
        holders: Vec<Holder>,
    },
    /// An index is built; repeated about every second.
    IndexBuild {
        /// What is done now, in the server's words.
        phase: &'a str,
        /// How many blocks or rows of this phase are done.
        done: u64,
        /// Of how many; 0 if that is not known.
        all: u64,
    },
    /// The run waits for another run.
    Waiting {
        /// For which.
        reason: &'a str,
    },
    /// A text for people, of one line or several.
    Message { level: Level, text: &'a str },
    /// A line that a program such as pg_dump printed; only with -vv.
    Output { line: &'a str },
    /// A question, which waits for an answer on standard input.
    Question {
        /// What the answer names.
        id: u64,
        text: &'a str,
        /// The answers that there are.
        choices: Vec<ChoiceJson>,
        /// The safe one, which is taken at the end of standard input.
        default: &'a str,
    },
    /// The answer that was taken.
    Answer {
        /// The question.
        id: u64,
        answer: &'a str,
        /// Where it is from.
        from: AnswerSource,
    },
    /// A line of standard input was not understood; the question follows once more.
    InputError {
        /// What is wrong with it.
        message: &'a str,
    },
    /// The last line.
    Result(ResultJson<'a>),
}

/// How the command ended.
#[derive(Serialize, JsonSchema)]
pub(crate) struct ResultJson<'a> {
    /// 0 same, nothing pending, intact, done; 1 differences or damage found, or declined; 2 an error;
    /// 130 stopped by a signal.
    pub(crate) exit_code: u8,
    /// Null unless there was an error.
    pub(crate) error: Option<ErrorJson>,
    /// The report of the command, if --format json was given; null without one.
    pub(crate) report: Option<Value>,
    /// What the command would print otherwise; empty if there is a report.
    pub(crate) output: &'a str,
}

/// Why the command failed.
#[derive(Serialize, JsonSchema)]
pub(crate) struct ErrorJson {
    /// The whole text: what failed, on what, why, and what is unchanged.
    pub(crate) message: String,
    /// What can be done, one sentence each.
    pub(crate) hints: Vec<String>,
    /// What sort of error it is.
    #[schemars(extend("enum" = [
        "usage", "input", "connection", "server", "script", "program", "refused", "busy",
        "interrupted", "system", "other"
    ]))]
    pub(crate) kind: &'static str,
    /// The file in which the cause is; null if there is none.
    pub(crate) file: Option<String>,
    /// The line in that file, from 1; null if the whole file is meant.
    pub(crate) line: Option<usize>,
    /// The column in characters, from 1; null if the whole line is meant.
    pub(crate) column: Option<usize>,
}

/// How much a message matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Level {
    Info,
    Warning,
    Error,
}

/// Who gave an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum AnswerSource {
    /// A line of standard input.
    StandardInput,
    /// Standard input has ended: the safe answer.
    EndOfInput,
}

/// An answer that there is.
#[derive(Serialize, JsonSchema)]
pub(crate) struct ChoiceJson {
    /// What the answer says.
    pub(crate) answer: &'static str,
    /// What it does, in words.
    pub(crate) label: &'static str,
}

/// A session that is in the way.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Holder {
    /// Its process; 0 for a prepared transaction.
    pub(crate) pid: i32,
    /// Who it is and what it does, in words.
    pub(crate) description: String,
    /// The statement that ends the session; null if there is none.
    pub(crate) end_sql: Option<String>,
}

/// A line of standard input.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Answer {
    /// The id of the question.
    pub(crate) id: u64,
    /// One of its choices.
    pub(crate) answer: String,
}
