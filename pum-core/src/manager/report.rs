use std::path::PathBuf;
use std::time::Duration;

use super::Question;
use crate::compare::Comparison;
use crate::delta::Version;
use crate::upgrade::Applied;

/// A step that is done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StepReport {
    /// What it did.
    pub title: String,
    /// What came of it.
    pub result: String,
    /// How long it took.
    pub duration: Duration,
}

/// How a run of the Manager ended, when it did not fail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// No delta was pending; nothing was dumped or changed.
    NothingPending,
    /// The upgraded test database is not what the reference is. Production was not touched.
    Different,
    /// The operator said no. What the question was about was not touched.
    Declined(Question),
    /// Production was upgraded.
    Upgraded,
}

/// What a run of the Manager did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// How it ended.
    pub outcome: Outcome,
    /// Its steps, in order.
    pub steps: Vec<StepReport>,
    /// Production's version before.
    pub from: Option<Version>,
    /// The version that the deltas lead to.
    pub to: Option<Version>,
    /// The dump of production, if there is one.
    pub dump: Option<PathBuf>,
    /// The comparison of test (left) and reference (right), if it came that far.
    pub comparison: Option<Comparison>,
    /// What was applied to production.
    pub applied: Vec<Applied>,
}
