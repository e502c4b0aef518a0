use std::time::Duration;

use super::finding::{Finding, SequenceState, Severity, Skip, TableContent};
use super::{Against, Check, Level};
use crate::connect::ServerVersion;

/// The result of a check in a word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Verdict {
    /// No problems.
    Ok,
    /// There are notes but no findings.
    Note,
    /// There are findings.
    Finding,
    /// Nothing could be checked.
    Skipped,
}

impl Verdict {
    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Note => "note",
            Self::Finding => "finding",
            Self::Skipped => "skipped",
        }
    }
}

/// The result of a check.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct CheckReport {
    /// The check.
    pub check: Check,
    /// The number of tables, indexes or sequences checked, if they are counted.
    pub looked_at: Option<u64>,
    /// The findings.
    pub findings: Vec<Finding>,
    /// The exclusions.
    pub skipped: Vec<Skip>,
    /// The duration; the total over all connections.
    pub duration: Duration,
}

impl CheckReport {
    pub(super) fn new(check: Check) -> Self {
        let (findings, skipped) = (Vec::new(), Vec::new());
        Self { check, looked_at: None, findings, skipped, duration: Duration::ZERO }
    }

    pub(super) fn skip(&mut self, object: Option<String>, reason: String) {
        self.skipped.push(Skip { object, reason });
    }

    /// The result in a word.
    pub fn verdict(&self) -> Verdict {
        let worst = self.findings.iter().map(|finding| finding.severity).min();
        match worst {
            Some(Severity::Finding) => Verdict::Finding,
            Some(Severity::Note) => Verdict::Note,
            None if self.skipped.iter().any(|skip| skip.object.is_none())
                && self.looked_at.unwrap_or(0) == 0 =>
            {
                Verdict::Skipped
            }
            None if self.looked_at == Some(0) && !self.skipped.is_empty() => Verdict::Skipped,
            None => Verdict::Ok,
        }
    }
}

/// The results of all checks of a database.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct VerifyReport {
    /// The connection.
    pub label: String,
    /// The database's name.
    pub database: String,
    /// The server's version.
    pub version: ServerVersion,
    /// Whether the server is a standby.
    pub in_recovery: bool,
    /// The level.
    pub level: Level,
    /// The checks, in the order of [`Check::ALL`].
    pub checks: Vec<CheckReport>,
    /// The tables that were read, by name.
    pub tables: Vec<TableContent>,
    /// The sequences that were read, by name.
    pub sequences: Vec<SequenceState>,
    /// The contents of the other database, if there is one to compare with.
    pub against: Option<Against>,
    /// The total duration.
    pub duration: Duration,
}

impl VerifyReport {
    /// The number of findings, without notes.
    pub fn findings(&self) -> usize {
        let compared = self.against.iter().flat_map(|against| &against.findings);
        let all = self.checks.iter().flat_map(|check| &check.findings).chain(compared);
        all.filter(|finding| finding.severity == Severity::Finding).count()
    }

    /// The result of a check, if the level includes it.
    pub fn check(&self, check: Check) -> Option<&CheckReport> {
        self.checks.iter().find(|report| report.check == check)
    }
}
