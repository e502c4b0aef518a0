use std::path::PathBuf;
use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{ClosingDelta, DumpedData, Question, RunStep, Suggestion};
use crate::compare::Comparison;
use crate::delta::Version;
use crate::diff::HiddenByRule;
use crate::roles::RoleCheck;
use crate::upgrade::{Applied, Measurements};

/// A step that is done, or was tried.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct StepReport {
    /// Which.
    pub step: RunStep,
    /// The result.
    pub result: String,
    /// How long after the start of the run it began.
    pub begun: Duration,
    /// How long it took.
    pub duration: Duration,
}

/// How long it took to restore the dump in the rehearsal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct RestoreTime {
    /// How long.
    pub took: Duration,
    /// How many connections did it at once.
    pub jobs: usize,
}

impl RestoreTime {
    /// ` by 2 connections`; nothing of a single one.
    pub fn by(self) -> String {
        match self.jobs {
            0 | 1 => String::new(),
            jobs => format!(" by {jobs} connections"),
        }
    }
}

/// A test database that was kept.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct KeptTest {
    /// How to connect to it, as keywords and values of libpq: without a password.
    pub connection: Vec<(&'static str, String)>,
    /// How it is removed.
    pub removal: TestRemoval,
}

/// How a test database is removed that was kept.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum TestRemoval {
    /// By ending this process, the server that was started for it: all that it has goes then.
    EndProcess(u32),
    /// By dropping the database.
    Drop,
    /// By this shell command, which finds the connection in `PUM_TEST`.
    Command(String),
}

/// A script that is to be run.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct PendingScript {
    /// Its file.
    pub path: PathBuf,
    /// What is run, with that of included files; nothing of a program.
    pub sql: String,
    /// How many statements that is.
    pub statements: usize,
}

/// How a run of the Manager ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RunOutcome {
    /// No delta was pending; nothing was dumped or changed.
    NothingPending,
    /// The upgraded test database is not what the reference is, or roles of the project lack permissions in
    /// it. Production was not touched.
    Different,
    /// The operator said no. What the question was about was not touched.
    Declined(Question),
    /// The rehearsal went beyond these limits. Production was not touched.
    OverLimit(Vec<String>),
    /// The run ended after this step, as it was asked to. Production was not touched. After
    /// [`Approve`](RunStep::Approve) all that is missing is the decision.
    Stopped(RunStep),
    /// Production was upgraded.
    Upgraded,
    /// It failed; the [`ManagerError`](super::ManagerError) that has this report says why.
    Failed,
}

impl RunReport {
    /// Of a run that found nothing to do.
    pub fn nothing_pending() -> Self {
        Self {
            outcome: RunOutcome::NothingPending,
            started: Timestamp::now(),
            steps: Vec::new(),
            from: None,
            to: None,
            scripts: Vec::new(),
            one_transaction: false,
            dump: None,
            dump_taken_at: None,
            data: DumpedData::All,
            comparison: None,
            changes: None,
            hidden: Vec::new(),
            roles: None,
            suggestions: Vec::new(),
            closing_delta: None,
            measured: None,
            restore: None,
            kept_test: None,
            applied: Vec::new(),
            warnings: Vec::new(),
            resume: None,
        }
    }
}

/// What a run of the Manager did.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct RunReport {
    /// How it ended.
    pub outcome: RunOutcome,
    /// When it began.
    pub started: Timestamp,
    /// Its steps, in order; the last one is the one that failed, if one did.
    pub steps: Vec<StepReport>,
    /// Production's version before.
    pub from: Option<Version>,
    /// The version that the deltas lead to.
    pub to: Option<Version>,
    /// The scripts that are pending, in the order in which they run.
    pub scripts: Vec<PendingScript>,
    /// Whether all of them are one transaction, at whose end their locks end.
    pub one_transaction: bool,
    /// The dump of production, if there is one.
    pub dump: Option<PathBuf>,
    /// The moment whose state the dump has, in UTC: `2026-11-21T14:03:12Z`.
    pub dump_taken_at: Option<String>,
    /// What of production the dump has, and the rehearsal had.
    pub data: DumpedData,
    /// The comparison of test (left) and reference (right), if it came that far.
    pub comparison: Option<Comparison>,
    /// What the deltas change in the schema: the copy before the upgrade (left) and after it (right).
    pub changes: Option<Comparison>,
    /// What the rules of the filters hid in that comparison, or in that of the run that this one
    /// continues.
    pub hidden: Vec<HiddenByRule>,
    /// What the roles of the project may do in the upgraded copy, held against what is declared, if it
    /// came that far and the deltas grant permissions.
    pub roles: Option<RoleCheck>,
    /// What helps to correct the differences.
    pub suggestions: Vec<Suggestion>,
    /// The delta that would close the gap, if there is one and it can be planned.
    pub closing_delta: Option<ClosingDelta>,
    /// What the scripts did in the rehearsal, if it came that far.
    pub measured: Option<Measurements>,
    /// How long the restore took in the rehearsal.
    pub restore: Option<RestoreTime>,
    /// The test database, if it was to be kept and there is one.
    pub kept_test: Option<KeptTest>,
    /// What was applied to production.
    pub applied: Vec<Applied>,
    /// What was warned of.
    pub warnings: Vec<String>,
    /// The identifier of the run, if a later one can go on with it.
    pub resume: Option<String>,
}
