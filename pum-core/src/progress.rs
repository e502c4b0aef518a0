//! What long operations tell while they run.

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
        /// What came of it.
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
    /// The operation waits for somebody else.
    Waiting {
        /// For whom.
        reason: &'a str,
    },
    /// Something that does not stop the operation, but that people should know.
    Warning {
        /// What.
        message: &'a str,
    },
}

/// Who is told.
pub trait Observer {
    /// Called for each event, on the thread that works.
    fn notify(&mut self, event: Event<'_>);
}

/// Nobody is told.
#[derive(Debug, Clone, Copy, Default)]
pub struct Silent;

impl Observer for Silent {
    fn notify(&mut self, _event: Event<'_>) {}
}
