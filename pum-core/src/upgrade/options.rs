use std::path::PathBuf;
use std::time::Duration;

use super::{DdlWatch, HistoryRules, Readings, Timeouts};
use crate::delta::{Variables, Version};

/// The program that runs deltas in Python, if none is named.
pub(super) const PYTHON: &str = "python3";

/// Options for choosing and preparing scripts.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct PlanOptions {
    /// Do not run deltas of higher versions.
    pub max_version: Option<Version>,
    /// Values for the variables in scripts.
    pub variables: Variables,
    /// The program that runs deltas in Python, if not `python3` in the search path.
    pub python: Option<PathBuf>,
    /// How the directory is checked against the history.
    pub rules: HistoryRules,
    /// Run deltas although something in them is to be decided: on a copy without rows.
    pub allow_undecided: bool,
    /// Record what is run as a beta test, in the table of a project of PUM 1: the database gets no
    /// later versions then.
    pub beta_testing: bool,
    /// Run the deltas of a project of PUM 1 also on a database that was made as a beta test.
    pub allow_beta_testing: bool,
}

/// Options for running scripts.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct RunOptions {
    /// How long to wait for another run to end.
    pub run_lock_timeout: Duration,
    /// All scripts in one transaction: all of them or none.
    pub single_transaction: bool,
    /// Timeouts for statements; those in a script's header take precedence.
    pub timeouts: Timeouts,
    /// How often to retry a transaction that could not acquire a lock in time; `None` means
    /// [`RunOptions::LOCK_RETRIES`].
    pub lock_retries: Option<u32>,
    /// If all attempts fail to acquire their locks, try once more and terminate the sessions that
    /// block it (`pg_terminate_backend`), with a warning for each. Otherwise no session is ever
    /// terminated.
    pub terminate_blockers: bool,
}

impl RunOptions {
    /// The default number of retries of a transaction that could not acquire a lock in time.
    pub const LOCK_RETRIES: u32 = 5;
}

/// An operator's decision about the statement at which an earlier run of a delta without a
/// transaction ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Resume {
    /// It did not run: run it again.
    Again,
    /// It did run, or was done by hand: continue after it.
    Done,
}

/// Options for measuring scripts on a database.
#[derive(Debug, Clone, Copy, Default)]
#[non_exhaustive]
pub struct MeasureOptions<'a> {
    /// Nothing was written to the database since its `ANALYZE`, so the row counts of that can be
    /// used.
    pub analyzed: bool,
    /// Watches the objects that statements change; the session must use its notice handler.
    pub watch: Option<&'a DdlWatch>,
    /// How often the figures are read.
    pub readings: Readings,
}
