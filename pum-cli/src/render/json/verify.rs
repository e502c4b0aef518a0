//! The JSON report of `pum verify`.

use pum_core::verify::{self, Check, CheckReport, Pair, Severity, Skip, VerifyReport};
use schemars::JsonSchema;
use serde::Serialize;

use super::report::{milliseconds, report};
use crate::render::verify::Seen;

/// Whether a database is intact.
#[derive(Serialize, JsonSchema)]
pub(super) struct Verify<'a> {
    /// The name that the user gave.
    source: &'a str,
    database: &'a str,
    server_version: String,
    standby: bool,
    #[schemars(extend("enum" = LEVELS))]
    level: &'static str,
    /// Whether there is no finding; notes are none.
    whole: bool,
    checks: Vec<CheckResult<'a>>,
    /// Null hashes below the level that reads all rows.
    tables: Vec<HeldTable<'a>>,
    sequences: Vec<HeldSequence<'a>>,
    /// The contents of the other database; null if there is none.
    against: Option<Against<'a>>,
    milliseconds: u64,
}

const LEVELS: [&str; 3] = ["quick", "standard", "deep"];

/// All databases of a server.
#[derive(Serialize, JsonSchema)]
pub(super) struct VerifyAll<'a> {
    /// The name that the user gave the server.
    source: &'a str,
    /// Whether each database that accepts connections could be checked, and has no finding.
    whole: bool,
    databases: Vec<Database<'a>>,
}

#[derive(Serialize, JsonSchema)]
#[serde(untagged)]
enum Database<'a> {
    Checked(Box<Verify<'a>>),
    Skipped {
        database: &'a str,
        /// Why.
        skipped: &'a str,
    },
    Failed {
        database: &'a str,
        error: &'a str,
    },
}

#[derive(Serialize, JsonSchema)]
struct CheckResult<'a> {
    #[schemars(extend("enum" = Check::ALL.iter().map(|check| check.name()).collect::<Vec<_>>()))]
    check: &'static str,
    #[schemars(extend("enum" = LEVELS))]
    level: &'static str,
    #[schemars(extend("enum" = ["ok", "note", "finding", "skipped"]))]
    result: &'static str,
    /// How many tables, indexes or sequences; null where they are not counted.
    looked_at: Option<u64>,
    findings: Vec<Finding<'a>>,
    skipped: Vec<Skipped<'a>>,
    milliseconds: u64,
}

#[derive(Serialize, JsonSchema)]
struct Finding<'a> {
    #[schemars(extend("enum" = [Severity::Finding.name(), Severity::Note.name()]))]
    severity: &'static str,
    /// The kind of object, and its name as written in SQL.
    object: &'a str,
    problem: &'a str,
    remedy: Option<&'a str>,
}

/// What was not checked.
#[derive(Serialize, JsonSchema)]
struct Skipped<'a> {
    /// Null for all of a check.
    object: Option<&'a str>,
    reason: &'a str,
}

/// What this database (left) and the other one (right) hold.
#[derive(Serialize, JsonSchema)]
struct Against<'a> {
    source: &'a str,
    database: &'a str,
    server_version: String,
    same: bool,
    tables: Vec<Sides<HeldTable<'a>>>,
    sequences: Vec<Sides<HeldSequence<'a>>>,
    findings: Vec<Finding<'a>>,
    skipped: Vec<Skipped<'a>>,
}

/// Null on the side that does not have it.
#[derive(Serialize, JsonSchema)]
struct Sides<T> {
    left: Option<T>,
    right: Option<T>,
}

#[derive(Serialize, JsonSchema)]
struct HeldTable<'a> {
    table: &'a str,
    rows: u64,
    /// Of all rows, whatever their order.
    hash: Option<&'a str>,
}

#[derive(Serialize, JsonSchema)]
struct HeldSequence<'a> {
    sequence: &'a str,
    last_value: i64,
    is_called: bool,
}

pub(crate) fn verify(verified: &VerifyReport) -> String {
    report(Verify::new(verified))
}

pub(crate) fn verify_all(seen: &[(String, Seen)], label: &str) -> String {
    report(VerifyAll {
        source: label,
        whole: seen.iter().all(|(_, seen)| seen.is_whole()),
        databases: seen.iter().map(|(name, seen)| Database::new(name, seen)).collect(),
    })
}

impl<'a> Database<'a> {
    fn new(database: &'a str, seen: &'a Seen) -> Self {
        match seen {
            Seen::Report(report, _) => Self::Checked(Box::new(Verify::new(report))),
            Seen::Closed(reason) => Self::Skipped { database, skipped: reason },
            Seen::Failed(error) => Self::Failed { database, error },
        }
    }
}

impl<'a> Verify<'a> {
    fn new(report: &'a VerifyReport) -> Self {
        Self {
            source: &report.label,
            database: &report.database,
            server_version: report.version.to_string(),
            standby: report.in_recovery,
            level: report.level.name(),
            whole: report.findings() == 0,
            checks: report.checks.iter().map(CheckResult::new).collect(),
            tables: report.tables.iter().map(HeldTable::new).collect(),
            sequences: report.sequences.iter().map(HeldSequence::new).collect(),
            against: report.against.as_ref().map(Against::new),
            milliseconds: milliseconds(report.duration),
        }
    }
}

impl<'a> CheckResult<'a> {
    fn new(check: &'a CheckReport) -> Self {
        Self {
            check: check.check.name(),
            level: check.check.level().name(),
            result: check.verdict().name(),
            looked_at: check.looked_at,
            findings: check.findings.iter().map(Finding::new).collect(),
            skipped: check.skipped.iter().map(Skipped::new).collect(),
            milliseconds: milliseconds(check.duration),
        }
    }
}

impl<'a> Finding<'a> {
    fn new(finding: &'a verify::Finding) -> Self {
        Self {
            severity: finding.severity.name(),
            object: &finding.object,
            problem: &finding.problem,
            remedy: finding.remedy.as_deref(),
        }
    }
}

impl<'a> Skipped<'a> {
    fn new(skip: &'a Skip) -> Self {
        Self { object: skip.object.as_deref(), reason: &skip.reason }
    }
}

impl<'a> Against<'a> {
    fn new(against: &'a verify::Against) -> Self {
        Self {
            source: &against.label,
            database: &against.database,
            server_version: against.version.to_string(),
            same: against.findings.is_empty(),
            tables: against.tables.iter().map(|pair| Sides::new(pair, HeldTable::new)).collect(),
            sequences: against
                .sequences
                .iter()
                .map(|pair| Sides::new(pair, HeldSequence::new))
                .collect(),
            findings: against.findings.iter().map(Finding::new).collect(),
            skipped: against.skipped.iter().map(Skipped::new).collect(),
        }
    }
}

impl<T> Sides<T> {
    fn new<'a, S>(pair: &'a Pair<S>, side: impl Fn(&'a S) -> T) -> Self {
        Self { left: pair.left.as_ref().map(&side), right: pair.right.as_ref().map(&side) }
    }
}

impl<'a> HeldTable<'a> {
    fn new(table: &'a verify::TableContent) -> Self {
        Self { table: &table.name, rows: table.rows, hash: table.hash.as_deref() }
    }
}

impl<'a> HeldSequence<'a> {
    fn new(sequence: &'a verify::SequenceState) -> Self {
        Self {
            sequence: &sequence.name,
            last_value: sequence.last_value,
            is_called: sequence.is_called,
        }
    }
}
