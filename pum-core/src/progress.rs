//! Progress of long operations.

use std::path::Path;
use std::time::Duration;

/// An event in a long operation.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub enum Event<'a> {
    /// A step of the Manager starts.
    StepStarted {
        /// Its title.
        title: &'a str,
    },
    /// The current step is done.
    StepFinished {
        /// Its title.
        title: &'a str,
        /// The result.
        result: &'a str,
        /// How long it took.
        duration: Duration,
    },
    /// A script of an upgrade starts.
    ScriptStarted {
        /// Its file.
        path: &'a Path,
        /// Its place in the plan, from 1.
        position: usize,
        /// How many there are.
        count: usize,
    },
    /// The current script is committed.
    ScriptFinished {
        /// Its file.
        path: &'a Path,
        /// How long it took.
        duration: Duration,
    },
    /// Output of a program such as `pg_dump`.
    Output {
        /// One line of its output.
        line: &'a str,
    },
    /// Progress of a dump, restore or clone.
    Progress(Progress<'a>),
    /// The operation waits for another one.
    Waiting {
        /// Who holds the lock.
        reason: &'a str,
    },
    /// How the operation interprets its input.
    Note {
        /// What.
        message: &'a str,
    },
    /// A problem that does not stop the operation.
    Warning {
        /// What.
        message: &'a str,
    },
}

/// Progress of a dump, restore or clone. Sizes are those of the tables on the server; the output
/// can be larger or smaller.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct Progress<'a> {
    /// The action, such as `dump`.
    pub action: &'static str,
    /// How many tables are done.
    pub tables: usize,
    /// How many there are.
    pub all_tables: usize,
    /// The size of those that are done, in bytes.
    pub bytes: u64,
    /// The size of all of them, if it is known.
    pub all_bytes: Option<u64>,
    /// How much has been written to files so far, in bytes.
    pub written: Option<u64>,
    /// The current table, as `schema.table`; empty before the first.
    pub table: &'a str,
}

/// Receives events.
pub trait Observer {
    /// Called for each event, on the thread of the operation.
    fn notify(&mut self, event: Event<'_>);
}

/// Ignores all events.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoopObserver;

impl Observer for NoopObserver {
    fn notify(&mut self, _event: Event<'_>) {}
}
