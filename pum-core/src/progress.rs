//! Progress of long operations.

use std::fmt;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use crate::humanize::time;

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
    /// A statement of a script starts.
    StatementStarted {
        /// The file that it stands in.
        path: &'a Path,
        /// Its line there, from 1.
        line: usize,
        /// Its first words; strings beside a password are stars.
        sql: &'a str,
        /// Its place among all statements of the run, from 1.
        position: usize,
        /// How many there are.
        count: usize,
        /// How long it and all that follow it took in the rehearsal, if there was one.
        remaining: Option<Duration>,
    },
    /// The current statement waits for a lock; repeated about every second. Only to an
    /// [`Observer::sink`].
    LockWait(LockWait<'a>),
    /// An index is built; repeated about every second. That of a statement only to an
    /// [`Observer::sink`].
    IndexBuild {
        /// What it does now, in the server's words.
        phase: &'a str,
        /// How many blocks or rows of this phase are done.
        done: u64,
        /// Of how many; 0 if that is not known.
        all: u64,
    },
    /// Output of a program such as `pg_dump`.
    Output {
        /// One line of its output.
        line: &'a str,
    },
    /// Progress of a dump, restore or clone.
    Progress(Progress<'a>),
    /// The server copies a whole database; repeated twice a second.
    DatabaseCopy {
        /// How much is copied, in bytes; `None` if the role may not know.
        bytes: Option<u64>,
        /// The size of the database that is copied.
        all_bytes: u64,
        /// For how long already.
        elapsed: Duration,
    },
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

/// A wait for a lock.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct LockWait<'a> {
    /// For how long already, as far as it was seen.
    pub waited: Duration,
    /// What is locked: a table or an index as `schema.name`, or what the server calls it.
    pub object: &'a str,
    /// The sessions that hold it, or are before this one in the queue for it.
    pub holders: &'a [LockHolder],
}

/// A session that is in the way.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct LockHolder {
    /// Its process; 0 for a prepared transaction.
    pub pid: i32,
    /// Its program, if that said its name.
    pub application: String,
    /// Its role, or what else it is.
    pub user: String,
    /// What it does, such as `idle in transaction`; empty if the role may not see it.
    pub state: String,
    /// Since when it does.
    pub since: Option<Duration>,
}

impl LockHolder {
    /// The statement that would end the session; `None` for a prepared transaction.
    pub fn end_sql(&self) -> Option<String> {
        (self.pid != 0).then(|| format!("SELECT pg_terminate_backend({})", self.pid))
    }
}

impl fmt::Display for LockHolder {
    /// `18249 (psql, user ann, idle in transaction for 3 min 02 s)`
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.pid == 0 {
            return f.write_str("a prepared transaction (see pg_prepared_xacts)");
        }
        let mut parts: Vec<String> = Vec::new();
        if !self.application.is_empty() {
            parts.push(self.application.clone());
        }
        if !self.user.is_empty() {
            parts.push(format!("user {}", self.user));
        }
        if !self.state.is_empty() {
            let since = self.since.map_or_else(String::new, |it| format!(" for {}", time(it)));
            parts.push(format!("{}{since}", self.state));
        }
        write!(f, "{}", self.pid)?;
        if parts.is_empty() { Ok(()) } else { write!(f, " ({})", parts.join(", ")) }
    }
}

/// Takes events on any thread.
pub type EventSink = Arc<dyn Fn(Event<'_>) + Send + Sync>;

/// Receives events.
pub trait Observer {
    /// Called for each event, on the thread of the operation.
    fn notify(&mut self, event: Event<'_>);

    /// What takes the events that are seen while the thread of the operation waits for the server:
    /// [`Event::LockWait`] and [`Event::IndexBuild`]. Without one the server is not asked about them.
    fn sink(&self) -> Option<EventSink> {
        None
    }
}

/// Ignores all events.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoopObserver;

impl Observer for NoopObserver {
    fn notify(&mut self, _event: Event<'_>) {}
}
