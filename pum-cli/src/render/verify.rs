//! Whether a database is whole, for people and for programs.

use std::collections::BTreeMap;

use pum_core::verify::{
    Check, CheckReport, Finding, Report, SequenceState, Severity, TableContent,
};
use serde_json::{Value, json};

use super::json::{FORMAT_VERSION, milliseconds, pretty};
use super::text::{line, printable};
use crate::console::seconds;

/// A line for each check, under it what was found and what was left out.
pub(crate) fn text(report: &Report) -> String {
    let mut out = String::new();
    let Report { label, database, version, level, .. } = report;
    let standby = if report.in_recovery { ", a standby" } else { "" };
    let database = printable(database);
    line(
        &mut out,
        &format!("{label}: database {database} on PostgreSQL {version}{standby}, level {level}\n"),
    );
    for check in &report.checks {
        let verdict = check.verdict().name();
        let (name, time) = (check.check.name(), seconds(check.duration));
        let counted = counted(report, check);
        line(&mut out, format!("{verdict:<8} {name:<19} {time:>8}  {counted}").trim_end());
        for finding in &check.findings {
            self::finding(&mut out, finding);
        }
        skipped(&mut out, check);
    }
    line(&mut out, &format!("\n{}", verdict(report)));
    out
}

/// How much was looked at: `12 tables, 3456 rows`.
fn counted(report: &Report, check: &CheckReport) -> String {
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

fn count(number: u64, thing: &str) -> String {
    match (number, thing) {
        (1, _) => format!("1 {thing}"),
        (_, "index") => format!("{number} indexes"),
        _ => format!("{number} {thing}s"),
    }
}

fn finding(out: &mut String, finding: &Finding) {
    let Finding { severity, object, problem, remedy } = finding;
    let text = printable(&format!("{object} {problem}"));
    line(out, &format!("  {}: {text}", severity.name()));
    if let Some(remedy) = remedy {
        line(out, &format!("    -> {}", printable(remedy)));
    }
}

/// How many objects are named for a reason.
const NAMED: usize = 3;

/// What was left out, a line for each reason.
fn skipped(out: &mut String, check: &CheckReport) {
    let mut reasons: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for skip in &check.skipped {
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

fn verdict(report: &Report) -> String {
    let all = report.checks.iter().flat_map(|check| &check.findings);
    let notes = all.filter(|finding| finding.severity == Severity::Note).count();
    let skipped: usize = report.checks.iter().map(|check| check.skipped.len()).sum();
    let number = |number: usize, thing| count(u64::try_from(number).unwrap_or(u64::MAX), thing);
    let mut text = match report.findings() {
        0 => format!("nothing wrong was found in {}", report.label),
        findings => format!("{} in {}", number(findings, "finding"), report.label),
    };
    if notes > 0 {
        text += &format!(", {}", number(notes, "note"));
    }
    if skipped > 0 {
        text += &format!(", {skipped} skipped");
    }
    format!("{text} ({})", seconds(report.duration))
}

pub(crate) fn json(report: &Report) -> String {
    let mut value = json!({ "format_version": FORMAT_VERSION });
    if let (Value::Object(into), Value::Object(from)) = (&mut value, report_value(report)) {
        into.extend(from);
    }
    pretty(&value)
}

fn report_value(report: &Report) -> Value {
    json!({
        "source": report.label,
        "database": report.database,
        "server_version": report.version.to_string(),
        "standby": report.in_recovery,
        "level": report.level.name(),
        "whole": report.findings() == 0,
        "checks": report.checks.iter().map(check_value).collect::<Vec<_>>(),
        "tables": report.tables.iter().map(table_value).collect::<Vec<_>>(),
        "sequences": report.sequences.iter().map(sequence_value).collect::<Vec<_>>(),
        "milliseconds": milliseconds(report.duration),
    })
}

fn check_value(check: &CheckReport) -> Value {
    let findings = check.findings.iter().map(|finding| {
        json!({
            "severity": finding.severity.name(),
            "object": finding.object,
            "problem": finding.problem,
            "remedy": finding.remedy,
        })
    });
    let skipped =
        check.skipped.iter().map(|skip| json!({ "object": skip.object, "reason": skip.reason }));
    json!({
        "check": check.check.name(),
        "level": check.check.level().name(),
        "result": check.verdict().name(),
        "looked_at": check.looked_at,
        "findings": findings.collect::<Vec<_>>(),
        "skipped": skipped.collect::<Vec<_>>(),
        "milliseconds": milliseconds(check.duration),
    })
}

fn table_value(table: &TableContent) -> Value {
    json!({ "table": table.name, "rows": table.rows, "hash": table.hash })
}

fn sequence_value(sequence: &SequenceState) -> Value {
    json!({
        "sequence": sequence.name,
        "last_value": sequence.last_value,
        "is_called": sequence.is_called,
    })
}
