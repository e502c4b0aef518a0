//! Reports for people.

use std::fmt::Write;

use comfy_table::{ContentArrangement, Table, presets};
use pum_core::delta::Version;
use pum_core::manager::{RunOutcome, RunReport};
use pum_core::model::{Kind, is_spoofing_char};
use pum_core::upgrade::{DeltaState, HistoryMismatch, RepeatableStatus, Status};

use super::Styles;
use super::check::{self, Compared};
use super::run::Run;
use crate::console::seconds;

/// Of the statements that would help with one difference, so many lines are shown.
const SHOWN: usize = 12;

/// The names that filters know: of every kind, and under it of its attributes.
pub(crate) fn elements() -> String {
    let mut out = String::new();
    for kind in Kind::ALL {
        line(&mut out, kind.element());
        for attribute in kind.attribute_names() {
            line(&mut out, &format!("  {}.{attribute}", kind.element()));
        }
    }
    out
}

/// Characters that deceive, as escapes: a name must not be able to write on somebody's terminal.
pub(crate) fn printable(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if is_spoofing_char(c) && c != '\t' { out.extend(c.escape_default()) } else { out.push(c) }
    }
    out
}

/// Several lines, each without characters that deceive.
pub(crate) fn printable_lines(text: &str) -> String {
    text.split('\n').map(printable).collect::<Vec<_>>().join("\n")
}

/// Where each delta stands.
pub(crate) fn status(status: &Status, database: &str, table: &str) -> String {
    let mut out = String::new();
    let version = version(status.current_version.as_ref());
    let pending = status.pending();
    line(&mut out, &format!("{database} is at version {version}, {pending} pending ({table})"));
    let mut shown = new_table(&["Version", "Delta", "State", "Applied on", "By", "Time"]);
    for record in &status.other_records {
        let what = if record.type_code == 0 { "baseline" } else { "not in the directory" };
        let state = if record.success { what } else { "failed" };
        shown.add_row([
            record.version.to_string(),
            printable(&record.description),
            state.to_owned(),
            record.installed_on.clone(),
            printable(&record.installed_by),
            String::new(),
        ]);
    }
    for delta in &status.deltas {
        let (on, by, time) = match &delta.record {
            Some(record) => (
                record.installed_on.clone(),
                printable(&record.installed_by),
                format!("{} ms", record.execution_time),
            ),
            None => Default::default(),
        };
        shown.add_row([
            delta.name.version.to_string(),
            delta.file_name.clone(),
            delta.state.name().to_owned(),
            on,
            by,
            time,
        ]);
    }
    line(&mut out, &shown.trim_fmt());
    for RepeatableStatus { name, state } in &status.repeatable {
        line(&mut out, &format!("repeatable: {} ({})", printable(name), state.name()));
    }
    for concern in &status.concerns {
        line(&mut out, &format!("warning: {}", printable(&concern.to_string())));
    }
    if status.deltas.iter().any(|delta| delta.state == DeltaState::PassedOver) {
        line(
            &mut out,
            "passed over: older than the database and not recorded; an upgrade will not run them",
        );
    }
    out
}

/// Checksums that were recorded, and those of the files now.
pub(crate) fn repairs(changed: &[HistoryMismatch], database: &str, table: &str) -> String {
    let mut out = String::new();
    if changed.is_empty() {
        line(&mut out, &format!("{database}: all applied deltas are as {table} records them"));
        return out;
    }
    let mut shown = new_table(&["Version", "Delta", "Recorded", "Now"]);
    for concern in changed {
        if let HistoryMismatch::Changed { file, delta, recorded, now } = concern {
            let version = delta.version.to_string();
            shown.add_row([version, printable(file), printable(recorded), now.clone()]);
        }
    }
    line(&mut out, &shown.trim_fmt());
    out
}

pub(super) fn new_table(header: &[&str]) -> Table {
    let mut table = Table::new();
    table
        .load_preset(presets::NOTHING)
        .set_content_arrangement(ContentArrangement::Disabled)
        .set_header(header);
    table
}

fn version(version: Option<&Version>) -> String {
    version.map_or_else(|| "(none)".to_owned(), Version::to_string)
}

/// What a run of the Manager came to. Its steps are left out for those who saw them go by.
pub(crate) fn report(run: &Run<'_>, saw_the_steps: bool) -> String {
    let mut out = String::new();
    let report = run.report;
    line(&mut out, &run.verdict());
    if report.outcome == RunOutcome::NothingPending {
        return out;
    }
    if let Some(now) = run.production_now() {
        line(&mut out, &now);
    }
    let compared = run.compared();
    let is_shown = report.outcome == RunOutcome::Different;
    if let Some(limits) = compared.as_ref().and_then(Compared::not_compared).filter(|_| !is_shown) {
        line(&mut out, &limits);
    }
    if let RunOutcome::OverLimit(exceeded) = &report.outcome {
        let _ = writeln!(out);
        for one in exceeded {
            line(&mut out, &format!("  {}", printable(one)));
        }
    }
    if !saw_the_steps {
        steps(&mut out, report);
    }
    details(&mut out, run);
    if let (RunOutcome::Different, Some(compared)) = (&report.outcome, compared) {
        let _ = writeln!(out);
        out.push_str(&check::text::findings(&compared, 2, Styles::OFF));
        out.push_str(&super::rehearsal::hints(&report.hints, SHOWN));
    }
    if report.outcome != RunOutcome::Upgraded {
        let _ = writeln!(out);
        line(&mut out, &run.advice().what);
    }
    out
}

/// The same of a run that failed, for a file.
pub(crate) fn failed(run: &Run<'_>, error: &str) -> String {
    let mut out = String::new();
    line(&mut out, &run.verdict());
    line(&mut out, error);
    for way in &run.ways_on {
        line(&mut out, &format!("hint: {way}"));
    }
    steps(&mut out, run.report);
    details(&mut out, run);
    out
}

/// What was measured, and where the dump is.
fn details(out: &mut String, run: &Run<'_>) {
    let report = run.report;
    if let Some(found) = &report.measured {
        let _ = writeln!(out);
        out.push_str(&super::rehearsal::measured(found));
    }
    if let Some(dump) = &report.dump {
        let _ = writeln!(out);
        let restore = report.restore.map_or_else(String::new, |restore| {
            format!(", which took {} to restore{}", seconds(restore.took), restore.by())
        });
        line(out, &format!("the dump of {} is {}{restore}", run.production, dump.display()));
    }
}

/// What was done, and how long it took.
fn steps(out: &mut String, report: &RunReport) {
    let _ = writeln!(out);
    for step in &report.steps {
        line(
            out,
            &format!("  {:<26} {:>8}  {}", step.step.title(), seconds(step.duration), step.result),
        );
    }
    let total = report.steps.iter().map(|step| step.duration).sum();
    line(out, &format!("  {:<26} {:>8}", "total", seconds(total)));
}

pub(crate) fn line(out: &mut String, text: &str) {
    out.push_str(text);
    out.push('\n');
}
