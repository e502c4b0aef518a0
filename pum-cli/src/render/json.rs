//! Reports for programs. Each is one object with a `format_version`, which grows when a program
//! that reads the old form could be misled by the new one.

use std::time::Duration;

use pum_core::delta::PassedOver;
use pum_core::lint::{LintFinding, LintOptions, LintRule, lint};
use pum_core::upgrade::{Applied, HistoryMismatch, Record, Status, StepRole, Upgrade};
use serde_json::{Value, json};

pub(super) const FORMAT_VERSION: u32 = 1;

pub(crate) fn status(
    status: &Status,
    passed_over: &[PassedOver],
    database: &str,
    table: &str,
) -> String {
    let deltas: Vec<Value> = status
        .deltas
        .iter()
        .map(|delta| {
            json!({
                "version": delta.name.version.to_string(),
                "name": delta.name.name,
                "type": delta.name.type_code(),
                "file": delta.file_name,
                "state": delta.state.name(),
                "record": delta.record.as_ref().map(record),
            })
        })
        .collect();
    let others: Vec<Value> = status.other_records.iter().map(record).collect();
    pretty(&json!({
        "format_version": FORMAT_VERSION,
        "database": database,
        "table": table,
        "current_version": status.current_version.as_ref().map(ToString::to_string),
        "pending": status.pending(),
        "deltas": deltas,
        "other_records": others,
        "concerns": status.concerns.iter().map(concern).collect::<Vec<_>>(),
        "passed_over": words(passed_over),
        "repeatable": status
            .repeatable
            .iter()
            .map(|one| json!({ "script": one.name, "state": one.state.name() }))
            .collect::<Vec<_>>(),
    }))
}

/// What the configuration of a project asks for, and is not done.
pub(crate) fn words(passed_over: &[PassedOver]) -> Vec<String> {
    passed_over.iter().map(ToString::to_string).collect()
}

fn record(record: &Record) -> Value {
    json!({
        "version": record.version.to_string(),
        "description": record.description,
        "type": record.type_code,
        "script": record.script,
        "checksum": record.checksum,
        "installed_by": record.installed_by,
        "installed_on": record.installed_on,
        "execution_time": record.execution_time,
        "success": record.success,
    })
}

/// A plan of which nothing is applied, with what is risky in it.
pub(crate) fn dry_run(
    upgrade: &Upgrade<'_>,
    lint_options: &LintOptions,
    passed_over: &[PassedOver],
    database: &str,
) -> String {
    let mut value = upgrade_value(upgrade, &[], passed_over, database);
    let scripts = value["scripts"].as_array_mut().into_iter().flatten();
    for (step, script) in upgrade.plan().steps.iter().zip(scripts) {
        let findings = lint(&step.script, &step.header, lint_options);
        script["findings"] = findings.iter().map(finding).collect();
    }
    pretty(&value)
}

/// A plan, and what of it was applied.
pub(crate) fn upgrade(
    upgrade: &Upgrade<'_>,
    applied: &[Applied],
    passed_over: &[PassedOver],
    database: &str,
) -> String {
    pretty(&upgrade_value(upgrade, applied, passed_over, database))
}

fn upgrade_value(
    upgrade: &Upgrade<'_>,
    applied: &[Applied],
    passed_over: &[PassedOver],
    database: &str,
) -> Value {
    let plan = upgrade.plan();
    let scripts: Vec<Value> = plan
        .steps
        .iter()
        .map(|step| {
            let warnings: Vec<String> =
                step.script.warnings().iter().map(ToString::to_string).collect();
            let timeouts = upgrade.timeouts_of(step);
            json!({
                "file": step.path(),
                "statements": step.script.statements().len(),
                "lines": step.script.statements().iter().map(|one| one.line).collect::<Vec<_>>(),
                "transaction": !step.header.no_transaction,
                "recorded": matches!(step.role, StepRole::Delta(_)),
                "repeatable": match step.role {
                    StepRole::Drop { .. } => Some("dropped"),
                    StepRole::Repeatable(_) => Some("run"),
                    _ => None,
                },
                "lock_timeout": timeouts.lock.map(milliseconds),
                "statement_timeout": timeouts.statement.map(milliseconds),
                "warnings": warnings,
            })
        })
        .collect();
    json!({
        "format_version": FORMAT_VERSION,
        "database": database,
        "from": plan.current_version.to_string(),
        "to": plan.target_version().to_string(),
        "single_transaction": upgrade.is_one_transaction(),
        "rehearsal": upgrade.is_rehearsal(),
        "variable_form": plan.variable_form().map(|form| form.written("NAME")),
        "scripts": scripts,
        "applied": applied.iter().map(applied_value).collect::<Vec<_>>(),
        "concerns": plan.concerns.iter().map(concern).collect::<Vec<_>>(),
        "passed_over": words(passed_over),
    })
}

/// What is risky in scripts, of which there are so many.
pub(crate) fn lint_report(
    findings: &[LintFinding],
    scripts: usize,
    passed_over: &[PassedOver],
    database: Option<&str>,
) -> String {
    pretty(&json!({
        "format_version": FORMAT_VERSION,
        "database": database,
        "scripts": scripts,
        "findings": findings.iter().map(finding).collect::<Vec<_>>(),
        "passed_over": words(passed_over),
    }))
}

/// All rules.
pub(crate) fn rules() -> String {
    let rules = LintRule::ALL
        .iter()
        .map(|rule| json!({ "rule": rule.name(), "risk": rule.risk(), "instead": rule.instead() }));
    pretty(&json!({ "format_version": FORMAT_VERSION, "rules": rules.collect::<Vec<_>>() }))
}

fn finding(finding: &LintFinding) -> Value {
    json!({
        "file": finding.path,
        "line": finding.line,
        "rule": finding.rule.name(),
        "message": finding.message,
    })
}

fn concern(concern: &HistoryMismatch) -> Value {
    let (kind, file) = match concern {
        HistoryMismatch::Changed { file, .. } => ("changed", file.clone()),
        HistoryMismatch::Missing { record } => ("missing", record.script_name()),
        HistoryMismatch::HalfDone { record, .. } => ("half done", record.script_name()),
        HistoryMismatch::OutOfOrder { file, .. } => ("out of order", file.clone()),
        HistoryMismatch::BaselineVersion { file, .. } => ("baseline version", file.clone()),
    };
    json!({ "concern": kind, "file": file, "message": concern.to_string() })
}

pub(super) fn applied_value(applied: &Applied) -> Value {
    json!({ "file": applied.path, "milliseconds": milliseconds(applied.duration) })
}

pub(super) fn milliseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

pub(super) fn pretty(value: &Value) -> String {
    format!("{value:#}\n")
}
