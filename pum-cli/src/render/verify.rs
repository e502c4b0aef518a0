//! Whether a database is whole.

use std::collections::BTreeMap;

use pum_core::humanize::{count, grouped, seconds};
use pum_core::verify::{
    Against, Check, CheckReport, Finding, SequenceState, Severity, Skip, TableContent, VerifyReport,
};

use crate::text::{line, new_table, printable};

/// The names of a database that was verified and of the one that it was held against, for lines.
#[derive(Debug, Clone)]
pub(crate) struct Names {
    pub(crate) verified: String,
    pub(crate) against: String,
}

/// The result for one database of a server.
pub(crate) enum Seen {
    Report(Box<VerifyReport>, Names),
    /// It does not accept connections, and why.
    Closed(String),
    /// It could not be looked at, and why.
    Failed(String),
}

impl Seen {
    /// Whether it was checked and has no finding, or is not to be checked.
    pub(crate) fn is_whole(&self) -> bool {
        match self {
            Self::Report(report, _) => report.findings() == 0,
            Self::Closed(_) => true,
            Self::Failed(_) => false,
        }
    }

    pub(crate) fn findings(&self) -> usize {
        match self {
            Self::Report(report, _) => report.findings(),
            _ => 0,
        }
    }
}

/// The reports of all databases, one after the other.
pub(crate) fn all_text(seen: &[(String, Seen)]) -> String {
    let mut out = String::new();
    for (name, seen) in seen {
        let name = printable(name);
        match seen {
            Seen::Report(report, names) => out += &text(report, names),
            Seen::Closed(reason) => line(&mut out, &format!("skipped: database {name}: {reason}")),
            Seen::Failed(err) => {
                line(&mut out, &format!("database {name} could not be checked: {err}"));
            }
        }
        line(&mut out, "");
    }
    let findings: usize = seen.iter().map(|(_, seen)| seen.findings()).sum();
    let failed = seen.iter().filter(|(_, seen)| matches!(seen, Seen::Failed(_))).count();
    let mut end = format!("{}, {}", count(seen.len(), "database"), count(findings, "finding"));
    if failed > 0 {
        end += &format!(", {failed} could not be checked");
    }
    line(&mut out, &end);
    out
}

/// A line for each check, under it what was found and what was left out.
pub(crate) fn text(report: &VerifyReport, names: &Names) -> String {
    let mut out = String::new();
    let VerifyReport { database, version, level, .. } = report;
    let Names { verified, against } = names;
    let standby = if report.in_recovery { ", a standby" } else { "" };
    let database = printable(database);
    line(
        &mut out,
        &format!(
            "{verified}: database {database} on PostgreSQL {version}{standby}, level {level}\n"
        ),
    );
    for check in &report.checks {
        let verdict = check.verdict().name();
        let (name, time) = (check.check.name(), seconds(check.duration));
        let counted = counted(report, check);
        line(&mut out, format!("{verdict:<8} {name:<19} {time:>8}  {counted}").trim_end());
        for finding in &check.findings {
            self::finding(&mut out, finding);
        }
        skipped(&mut out, &check.skipped);
    }
    if let Some(found) = &report.against {
        self::against(&mut out, found, against);
    }
    line(&mut out, &format!("\n{}", verdict(report, verified)));
    out
}

/// How much was looked at: `12 tables, 3,456 rows`.
fn counted(report: &VerifyReport, check: &CheckReport) -> String {
    let Some(number) = check.looked_at else { return String::new() };
    match check.check {
        Check::Tables => {
            let rows: u64 = report.tables.iter().map(|table| table.rows).sum();
            format!("{}, {}", count(number, "table"), count(rows, "row"))
        }
        Check::Heap => count(number, "table"),
        Check::Btree => count(number, "index"),
        _ => count(number, "sequence"),
    }
}

fn finding(out: &mut String, finding: &Finding) {
    let Finding { severity, object, problem, remedy, .. } = finding;
    let text = printable(&format!("{object} {problem}"));
    line(out, &format!("  {}: {text}", severity.name()));
    if let Some(remedy) = remedy {
        line(out, &format!("    -> {}", printable(remedy)));
    }
}

/// How many objects are named for a reason.
const NAMED: usize = 3;

/// The exclusions, one line for each reason.
fn skipped(out: &mut String, skipped: &[Skip]) {
    let mut reasons: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for skip in skipped {
        reasons.entry(&skip.reason).or_default().extend(skip.object.as_deref());
    }
    for (reason, objects) in reasons {
        let more = match objects.len().saturating_sub(NAMED) {
            0 => String::new(),
            more => format!(" and {more} more"),
        };
        let named = objects.into_iter().take(NAMED).collect::<Vec<_>>().join(", ");
        let colon = if named.is_empty() { "" } else { ": " };
        line(out, &format!("  skipped: {}", printable(&format!("{named}{more}{colon}{reason}"))));
    }
}

/// The contents of both databases: the differences, and how much is the same.
fn against(out: &mut String, against: &Against, name: &str) {
    let Against { database, version, tables, sequences, .. } = against;
    let (verdict, same) =
        (if against.findings.is_empty() { "ok" } else { "finding" }, against.same());
    let (same, all) = (grouped(same), grouped(tables.len() + sequences.len()));
    let database = printable(database);
    line(
        out,
        &format!(
            "\n{verdict:<8} against {name}: database {database} on PostgreSQL {version}; {same} of \
             {all} tables and sequences are the same"
        ),
    );
    for finding in &against.findings {
        self::finding(out, finding);
    }
    skipped(out, &against.skipped);
    side_by_side(out, against);
}

/// All tables and sequences of both, with a mark at those that are not the same.
fn side_by_side(out: &mut String, against: &Against) {
    let mut shown = new_table(&["", "", "here", "there"]);
    let mut add = |same: bool, name: &str, left: Option<String>, right: Option<String>| {
        let mark = if same { "" } else { "!" };
        let [left, right] = [left, right].map(|side| side.unwrap_or_else(|| "-".to_owned()));
        shown.add_row([mark.to_owned(), printable(name), left, right]);
    };
    for pair in &against.tables {
        let Some(name) = pair.left.as_ref().or(pair.right.as_ref()).map(|one| &one.name) else {
            continue;
        };
        let state = |table: &TableContent| {
            let hash = table.hash.as_deref().unwrap_or_default();
            format!("{} {hash}", count(table.rows, "row"))
        };
        let (left, right) = (pair.left.as_ref().map(state), pair.right.as_ref().map(state));
        add(against.is_same_table(pair), name, left, right);
    }
    for pair in &against.sequences {
        let Some(name) = pair.left.as_ref().or(pair.right.as_ref()).map(|one| &one.name) else {
            continue;
        };
        let state = |sequence: &SequenceState| {
            let at = if sequence.is_called { "at" } else { "starts at" };
            format!("{at} {}", sequence.last_value)
        };
        let (left, right) = (pair.left.as_ref().map(state), pair.right.as_ref().map(state));
        add(against.is_same_sequence(pair), name, left, right);
    }
    line(out, "");
    for row in shown.lines() {
        line(out, row.trim_end());
    }
}

fn verdict(report: &VerifyReport, name: &str) -> String {
    let all = report.checks.iter().flat_map(|check| &check.findings);
    let notes = all.filter(|finding| finding.severity == Severity::Note).count();
    let skipped: usize = report.checks.iter().map(|check| check.skipped.len()).sum();
    let skipped = skipped + report.against.as_ref().map_or(0, |against| against.skipped.len());
    let mut text = match report.findings() {
        0 => format!("no problems found in {name}"),
        findings => format!("{} in {name}", count(findings, "finding")),
    };
    if notes > 0 {
        text += &format!(", {}", count(notes, "note"));
    }
    if skipped > 0 {
        text += &format!(", {skipped} skipped");
    }
    format!("{text} ({})", seconds(report.duration))
}
