//! What long operations report while they run.

use std::path::Path;
use std::time::Duration;

/// Something that happened.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub enum Event<'a> {
    /// A step of the Manager begins.
    StepStarted {
        /// What it does, for people.
        title: &'a str,
    },
    /// The step that began last is done.
    StepFinished {
        /// What it did.
        title: &'a str,
        /// The result.
        result: &'a str,
        /// How long it took.
        duration: Duration,
    },
    /// A script of an upgrade begins.
    ScriptStarted {
        /// Its file.
        path: &'a Path,
        /// Its place in the plan, from 1.
        position: usize,
        /// How many there are.
        count: usize,
    },
    /// The script that began last is committed.
    ScriptFinished {
        /// Its file.
        path: &'a Path,
        /// How long it took.
        duration: Duration,
    },
    /// A program such as `pg_dump` says something.
    Output {
        /// One line of its output.
        line: &'a str,
    },
    /// How far a dump, restore or clone is.
    Progress(Progress<'a>),
    /// The operation waits for another one.
    Waiting {
        /// For whom.
        reason: &'a str,
    },
    /// How the operation understands what it was given.
    Note {
        /// What.
        message: &'a str,
    },
    /// Something that does not stop the operation, but that people should know.
    Warning {
        /// What.
        message: &'a str,
    },
}

/// How far a dump, restore or clone is. The sizes are those that tables have on the server: what
/// comes out may be larger or smaller.
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
    /// The table at work, as `schema.table`; empty before the first.
    pub table: &'a str,
}

/// What events are reported to.
pub trait Observer {
    /// Called for each event, on the thread that works.
    fn notify(&mut self, event: Event<'_>);
}

/// Ignores all events.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoopObserver;

impl Observer for NoopObserver {
    fn notify(&mut self, _event: Event<'_>) {}
}
