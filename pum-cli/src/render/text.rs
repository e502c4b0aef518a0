//! Reports for people.

use std::fmt::Write;

use comfy_table::{ContentArrangement, Table, presets};
use pum_core::compare::Comparison;
use pum_core::delta::Version;
use pum_core::diff::{Change, HiddenByRule, Rename};
use pum_core::manager::{Outcome, Report};
use pum_core::model::{Identity, Kind, Value};
use pum_core::upgrade::{Concern, DeltaState, RepeatableStatus, Status};
use similar::{ChangeTag, TextDiff};

use crate::console::seconds;

/// A comparison. `level` 0 gives the verdict alone, 1 cuts long values, 2 shows all.
pub(crate) fn comparison(comparison: &Comparison, left: &str, right: &str, level: u8) -> String {
    let mut out = String::new();
    let number = comparison.differences.len();
    if number == 0 {
        let objects = comparison.left_objects;
        line(&mut out, &format!("no differences between {left} and {right} ({objects} objects)"));
    } else {
        let plural = if number == 1 { "" } else { "s" };
        line(&mut out, &format!("{number} difference{plural} between {left} and {right}"));
    }
    if level > 0 {
        differences(&mut out, comparison, left, right, level);
        hidden(&mut out, &comparison.hidden);
    }
    if let Some(reason) = &comparison.not_respelled {
        line(&mut out, "");
        line(
            &mut out,
            "note: some definitions differ in their text. Whether they differ in meaning could not \
             be found out:",
        );
        line(&mut out, reason);
    }
    out
}

fn differences(out: &mut String, comparison: &Comparison, left: &str, right: &str, level: u8) {
    let mut group = None;
    for difference in &comparison.differences {
        let identity = &difference.identity;
        if group != Some(identity.group()) {
            group = Some(identity.group());
            let (schema, name) = identity.group();
            let dot = if schema.is_empty() { "" } else { "." };
            line(out, &format!("\n{}", printable(&format!("{schema}{dot}{name}"))));
        }
        let own_name = match &identity.arguments {
            Some(arguments) => format!("{}({arguments})", identity.name),
            None => identity.name.clone(),
        };
        let object = printable(&format!("{} {own_name}", identity.kind.name()));
        let renamed = renamed(&comparison.renames, identity);
        match &difference.change {
            Change::OnlyLeft => line(out, &format!("  {object}: only in {left}{renamed}")),
            Change::OnlyRight => line(out, &format!("  {object}: only in {right}{renamed}")),
            Change::Attribute { name, left: a, right: b } => {
                attribute(out, &format!("{object}: {name}"), (a, left), (b, right), level);
            }
        }
    }
}

/// What an object that only one side has may be called on the other.
fn renamed(renames: &[Rename], identity: &Identity) -> String {
    renames
        .iter()
        .find_map(|Rename { left, right }| match identity {
            one if one == left => Some(right),
            one if one == right => Some(left),
            _ => None,
        })
        .map_or_else(String::new, |other| {
            format!(" (perhaps the same as {})", other.qualified_name())
        })
}

fn hidden(out: &mut String, rules: &[HiddenByRule]) {
    if !rules.is_empty() {
        line(out, "\nhidden by rules:");
    }
    for HiddenByRule { reason, differences } in rules {
        let unused = if *differences == 0 { " (nothing matches this rule)" } else { "" };
        line(out, &format!("  {differences:>4}  {}{unused}", printable(reason)));
    }
}

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

fn attribute(
    out: &mut String,
    title: &str,
    (left, left_name): (&Value, &str),
    (right, right_name): (&Value, &str),
    level: u8,
) {
    let (left, right) = (left.to_string(), right.to_string());
    let single_line = !left.contains('\n') && !right.contains('\n');
    if single_line && left.len() + right.len() <= 50 {
        line(
            out,
            &format!(
                "  {title}: {} in {left_name}, {} in {right_name}",
                printable(&left),
                printable(&right)
            ),
        );
        return;
    }
    line(out, &format!("  {title}"));
    line(out, &format!("    - in {left_name}\n    + in {right_name}"));
    let diff = TextDiff::from_lines(&left, &right);
    let mut shown = 0;
    for group in diff.grouped_ops(2) {
        for change in group.iter().flat_map(|operation| diff.iter_changes(operation)) {
            let sign = match change.tag() {
                ChangeTag::Delete => '-',
                ChangeTag::Insert => '+',
                ChangeTag::Equal => ' ',
            };
            if level < 2 && shown >= SHORT {
                line(out, "      ...");
                return;
            }
            line(out, &format!("    {sign} {}", printable(change.value().trim_end_matches('\n'))));
            shown += 1;
        }
    }
}

/// How many lines of a definition are shown in the short form.
const SHORT: usize = 6;

/// Control characters as escapes: a name must not be able to write on somebody's terminal.
pub(super) fn printable(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if c.is_control() && c != '\t' { out.extend(c.escape_default()) } else { out.push(c) }
    }
    out
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
pub(crate) fn repairs(changed: &[Concern], database: &str, table: &str) -> String {
    let mut out = String::new();
    if changed.is_empty() {
        line(&mut out, &format!("{database}: all applied deltas are as {table} records them"));
        return out;
    }
    let mut shown = new_table(&["Version", "Delta", "Recorded", "Now"]);
    for concern in changed {
        if let Concern::Changed { file, delta, recorded, now } = concern {
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
pub(crate) fn report(report: &Report, production: &str, saw_the_steps: bool) -> String {
    let mut out = String::new();
    let (from, to) = (version(report.from.as_ref()), version(report.to.as_ref()));
    match &report.outcome {
        Outcome::NothingPending => {
            line(&mut out, &format!("{production} is at version {from}: nothing pending"));
            return out;
        }
        Outcome::Upgraded => {
            line(&mut out, &format!("{production} was upgraded from {from} to {to}"));
        }
        Outcome::Declined(question) => {
            line(&mut out, &format!("declined: {question}"));
            line(&mut out, &format!("{production} was not upgraded, it is at version {from}"));
        }
        Outcome::OverLimit(exceeded) => {
            line(&mut out, "the rehearsal went beyond the limits");
            line(&mut out, &format!("{production} was not touched, it is at version {from}"));
            let _ = writeln!(out);
            for one in exceeded {
                line(&mut out, &format!("  {}", printable(one)));
            }
        }
        Outcome::Stopped(step) => {
            line(&mut out, &format!("ended after the step {step}, as asked"));
            line(&mut out, &format!("{production} was not touched, it is at version {from}"));
        }
        Outcome::Different => {
            line(&mut out, "the upgraded copy is not what the reference is");
            line(&mut out, &format!("{production} was not touched, it is at version {from}"));
        }
    }
    if !saw_the_steps {
        steps(&mut out, report);
    }
    if let Some(found) = &report.measured {
        let _ = writeln!(out);
        out.push_str(&super::rehearsal::measured(found));
    }
    if let Some(dump) = &report.dump {
        let _ = writeln!(out);
        let restore = report
            .restore
            .map_or_else(String::new, |took| format!(", which took {} to restore", seconds(took)));
        line(&mut out, &format!("the dump of {production} is {}{restore}", dump.display()));
    }
    match (&report.outcome, &report.comparison) {
        (Outcome::Different, Some(found)) => {
            let _ = writeln!(out);
            out.push_str(&comparison(found, "test", "reference", 2));
            let _ = writeln!(out);
            line(
                &mut out,
                "correct the deltas or the reference and run the same command again; what may \
                 differ can be left out with --ignore",
            );
        }
        (Outcome::OverLimit(_), _) => {
            let _ = writeln!(out);
            line(
                &mut out,
                "correct the deltas, or the limits in pum.toml, and run the same command again",
            );
        }
        (Outcome::Declined(_) | Outcome::Stopped(_), _) => {
            let _ = writeln!(out);
            line(
                &mut out,
                &match &report.resume {
                    Some(id) => format!(
                        "run the same command again to upgrade, with --resume {id} to go on \
                         where this run ended"
                    ),
                    None => "run the same command again to upgrade".to_owned(),
                },
            );
        }
        _ => {}
    }
    out
}

/// What was done, and how long it took.
fn steps(out: &mut String, report: &Report) {
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

pub(super) fn line(out: &mut String, text: &str) {
    out.push_str(text);
    out.push('\n');
}
