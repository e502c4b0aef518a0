use std::path::PathBuf;
use std::time::Duration;

use super::{DdlWatch, HistoryRules, Timeouts};
use crate::delta::{Variables, Version};

/// How to choose and prepare what is run.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct PlanOptions {
    /// Run nothing of a higher version.
    pub max_version: Option<Version>,
    /// Values for the variables in scripts.
    pub variables: Variables,
    /// The program that runs deltas in Python, if it is not `python3` of the search path.
    pub python: Option<PathBuf>,
    /// How the directory is held against the history.
    pub rules: HistoryRules,
}

/// How scripts are run, on whatever database.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct RunOptions {
    /// How long to wait for another run to end.
    pub run_lock_timeout: Duration,
    /// All scripts in one transaction: all of them or none.
    pub single_transaction: bool,
    /// Limits of time for statements; those in a script's header come before these.
    pub timeouts: Timeouts,
    /// How often a transaction that did not get a lock in time is run again; `None`: as often as
    /// [`RunOptions::LOCK_RETRIES`] says.
    pub lock_retries: Option<u32>,
    /// When no try acquired its locks: once more, and the sessions that block it then are
    /// terminated (`pg_terminate_backend`), each with a warning. Otherwise no session ever is.
    pub terminate_blockers: bool,
}

impl RunOptions {
    /// How often a transaction that did not get a lock in time is run again.
    pub const LOCK_RETRIES: u32 = 5;
}

/// What an operator decides about the statement at which an earlier run of a delta without a
/// transaction ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Resume {
    /// It did not run: run it again.
    Again,
    /// It did run, or was done by hand: go on behind it.
    Done,
}

/// What is known of the database on which scripts are measured.
#[derive(Debug, Clone, Copy, Default)]
#[non_exhaustive]
pub struct MeasureOptions<'a> {
    /// Nothing was written to it since its `ANALYZE`: the rows that it counted need not be counted
    /// again.
    pub analyzed: bool,
    /// What sees the objects that statements change; the session must have its notices.
    pub watch: Option<&'a DdlWatch>,
}
