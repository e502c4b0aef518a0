//! The measurements of a rehearsal, as text.

use std::path::Path;

use crate::text::{line, printable};
use pum_core::humanize::{count, grouped, seconds, size};
use pum_core::manager::{ClosingDelta, ClosingProof, Suggestion};
use pum_core::source::SourceLocation;
use pum_core::upgrade::{
    DroppedColumn, Measurements, ScriptMeasurement, TableChange, TableEffect, TableUse,
};

/// The locks that others notice, what was rewritten, and what became of the rows.
pub(crate) fn measured(measured: &Measurements) -> String {
    first_of(measured, MOST)
}

/// The same, however much it is.
pub(crate) fn all_measured(measured: &Measurements) -> String {
    first_of(measured, usize::MAX)
}

fn first_of(measured: &Measurements, number: usize) -> String {
    let mut out = String::new();
    let uses = measured.scripts.iter().flat_map(|script| {
        script.tables.iter().filter(|one| is_notable(one)).map(move |one| (script, one))
    });
    let mut uses: Vec<_> = uses.collect();
    // What hurts most comes first.
    uses.sort_by_key(|(_, one)| std::cmp::Reverse((one.lock.blocks_reads(), one.held)));
    if uses.is_empty() {
        line(&mut out, "the rehearsal blocked no reads or writes of existing tables");
    } else {
        line(&mut out, "locks in the rehearsal, on existing tables:");
    }
    for (script, one) in uses.iter().take(number) {
        line(&mut out, &format!("  {}", use_line(script, one)));
    }
    if let Some(longest) = uses.iter().skip(number).map(|(_, one)| one.held).max() {
        let (more, longest) = (uses.len() - number, seconds(longest));
        line(&mut out, &format!("  and {more} more, the longest {longest}"));
    }
    let changes: Vec<String> = measured.tables.iter().filter_map(change_line).collect();
    if !changes.is_empty() {
        line(&mut out, "changes to rows and columns:");
    }
    for change in changes.iter().take(number) {
        line(&mut out, &format!("  {change}"));
    }
    if changes.len() > number {
        line(&mut out, &format!("  and {} more", changes.len() - number));
    }
    out
}

/// What helps to correct differences: where the object was changed last, and what would do, of
/// which so many lines are shown.
pub(crate) fn hints(hints: &[Suggestion], lines: usize) -> String {
    let mut out = String::new();
    if !hints.is_empty() {
        line(&mut out, "\nsuggested SQL:");
    }
    for one in hints.iter().take(MOST) {
        let told = origin(one).map(|told| format!(": {told}")).unwrap_or_default();
        line(&mut out, &format!("  {}{told}", one.identity));
        if let Some(remedy) = &one.sql {
            for one in remedy.lines().take(lines) {
                line(&mut out, &format!("    {}", printable(one)));
            }
            match remedy.lines().count().saturating_sub(lines) {
                0 => {}
                more => line(&mut out, &format!("    … {more} more lines, shown in the report")),
            }
        }
    }
    if hints.len() > MOST {
        line(&mut out, &format!("  and {} more", hints.len() - MOST));
    }
    out
}

/// Which pending delta changed an object last: `changed last in delta_1.2.0.sql:3`.
pub(super) fn origin(hint: &Suggestion) -> Option<String> {
    if hint.unchanged {
        return Some("no pending delta changed it".to_owned());
    }
    let last = |found: &Option<SourceLocation>, what: &str| {
        let found = found.as_ref()?;
        Some(format!("{what} last in {}", place(&found.path, found.line)))
    };
    last(&hint.changed_in, "changed").or_else(|| last(&hint.named_in, "named"))
}

/// The delta that would close the gap: what came of it, and what to do with it.
pub(crate) fn closing(closing: &ClosingDelta) -> String {
    let mut out = String::new();
    line(&mut out, "\ndelta that would close the gap:");
    line(&mut out, &format!("  {}", printable(&proof(&closing.proof))));
    for measured in closing.measured.lines() {
        line(&mut out, &format!("  {}", printable(&measured)));
    }
    for answer in &closing.answers {
        let what = printable(&answer.question.what);
        line(&mut out, &format!("  to be decided in it: {} {what}", answer.count));
    }
    match closing.problem() {
        Some(problem) => line(&mut out, &format!("  not to be used: {}", printable(&problem))),
        None => line(&mut out, "  save it with --write-delta DIR"),
    }
    if !closing.losses.is_empty() {
        line(
            &mut out,
            "  what may be lost is allowed by --allow-loss; what was renamed, by --rename",
        );
    }
    out
}

/// How it was proven.
pub(crate) fn proof(proof: &ClosingProof) -> String {
    match proof {
        ClosingProof::OnCopy { has_all_rows } => {
            let rows = if *has_all_rows { "with all its rows" } else { "which has not all rows" };
            format!("run on the copy, {rows}, which was the same as the reference then")
        }
        ClosingProof::OnSchema { reason } => {
            format!("run on a copy of the schema, without rows: {reason}")
        }
        ClosingProof::Failed { reason } => format!("not proven: {reason}"),
        _ => "not proven".to_owned(),
    }
}

/// More of a kind only hide what matters; the reports in files have all.
const MOST: usize = 10;

fn is_notable(one: &TableUse) -> bool {
    one.lock.blocks_writes() || one.rewritten.is_some()
}

/// `public.orders: AccessExclusive 41.0 s, rewritten (12 GB) by line 5 (delta_1.2.0.sql:3)`
fn use_line(script: &ScriptMeasurement, one: &TableUse) -> String {
    let mut text = format!("{}: {} {}", printable(&one.table), one.lock, seconds(one.held));
    if let Some(bytes) = one.rewritten {
        let by = done_by(script, one, |effect| effect.rewritten.is_some());
        text += &format!(", rewritten ({}){by}", size(bytes));
    }
    if one.rows_scanned > 0 {
        let by = done_by(script, one, |effect| effect.rows_scanned > 0);
        text += &format!(", scanned{by}");
    }
    text + &format!(" ({})", place(&one.path, one.line))
}

/// The statements that did something with a table, where that is not the one that locked it.
pub(super) fn done_by(
    script: &ScriptMeasurement,
    one: &TableUse,
    did: impl Fn(&TableEffect) -> bool,
) -> String {
    let mut places: Vec<String> = Vec::new();
    for statement in script.statements_that(&one.table, did) {
        let is_near = statement.path == one.path;
        if is_near && statement.line == one.line {
            return String::new();
        }
        places.push(if is_near {
            format!("line {}", statement.line)
        } else {
            place(&statement.path, statement.line)
        });
    }
    places.dedup();
    match places.as_slice() {
        [] => String::new(),
        [only] => format!(" by {only}"),
        [first, others @ ..] => format!(" by {first} and {} more", others.len()),
    }
}

/// `delta_1.2.0.sql:3`
fn place(path: &Path, line: usize) -> String {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    format!("{}:{line}", printable(&name))
}

/// What became of a table that is gone.
pub(super) fn dropped_table(change: &TableChange, rows: Option<u64>) -> String {
    if change.derived {
        return "dropped, a materialized view".to_owned();
    }
    let may_hold_data = change.dropped_columns.iter().any(DroppedColumn::may_hold_data);
    if may_hold_data && !change.dropped_columns.iter().any(DroppedColumn::is_lost) {
        return "dropped, all its values moved to other tables".to_owned();
    }
    rows.map_or("dropped".to_owned(), |rows| format!("dropped with {}", count(rows, "row")))
}

/// What became of a column that is gone.
pub(super) fn dropped_column(column: &DroppedColumn) -> String {
    match (&column.moved_to, column.held_data) {
        _ if column.derived => "dropped, was computed from other columns".to_owned(),
        (Some(to), _) => format!("dropped, its values moved to {}", printable(to)),
        (None, Some(true)) => "dropped, held data".to_owned(),
        (None, Some(false)) => "dropped, was empty".to_owned(),
        (None, None) => "dropped, may have held data".to_owned(),
    }
}

/// What is other than before in a table's rows and columns; `None` if nothing is.
fn change_line(change: &TableChange) -> Option<String> {
    let mut parts = Vec::new();
    match (change.rows_before, change.rows_after) {
        (before, _) if change.dropped => parts.push(dropped_table(change, before)),
        (Some(before), Some(after)) if before != after => {
            parts.push(format!("{} rows before, {} after", grouped(before), grouped(after)));
        }
        _ => {}
    }
    for column in change.dropped_columns.iter().filter(|_| !change.dropped) {
        let name = printable(&column.name);
        parts.push(format!("column {name} {}", dropped_column(column)));
    }
    (!parts.is_empty()).then(|| format!("{}: {}", printable(&change.table), parts.join("; ")))
}
