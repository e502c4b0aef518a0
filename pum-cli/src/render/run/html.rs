//! A run as a page, for people who were not there.

use std::cmp::Reverse;
use std::time::Duration;

use jiff::tz::TimeZone;
use maud::{Markup, html};
use pum_core::humanize::{count, grouped, seconds, size};
use pum_core::manager::{ClosingDelta, RunOutcome};
use pum_core::upgrade::{
    DroppedColumn, LockMode, Measurements, ScriptMeasurement, StatementMeasurement, TableChange,
    TableEffect, TableUse,
};

use super::timeline;
use super::view::Run;
use crate::render::check::html::{differences, footer, limits};
use crate::render::html::Page;
use crate::render::rehearsal;
use crate::render::rehearsal::{done_by, dropped_column, dropped_table};
use crate::text::{describe, printable, printable_lines};

/// Of a kind, no more than these are shown; the JSON report has all.
const MOST: usize = 100;

/// A script may have thousands of statements.
const MOST_STATEMENTS: usize = 25;

/// Longer statements are cut.
const MOST_SQL: usize = 200;

pub(crate) fn report(run: &Run<'_>) -> String {
    let report = run.report;
    let good = matches!(
        report.outcome,
        RunOutcome::Upgraded | RunOutcome::NothingPending | RunOutcome::Stopped(_)
    );
    let body = html! {
        (facts(run))
        (next(run))
        @if let Some(err) = run.failure {
            h2 { "Error" }
            pre { (printable_lines(&describe(err))) }
        }
        @if let RunOutcome::OverLimit(exceeded) = &report.outcome {
            h2 { "Beyond the limits" }
            ul { @for one in exceeded { li { (printable(one)) } } }
        }
        @if !report.steps.is_empty() {
            h2 { "Steps" }
            (timeline::steps(run))
        }
        // What stopped the run comes before what did not.
        @let different = report.outcome == RunOutcome::Different;
        @if different { (comparison(run)) }
        (warnings(run))
        @match &report.measured {
            Some(measured) => (rehearsed(measured)),
            None if report.outcome != RunOutcome::NothingPending => {
                h2 { "Locks, statements, rows" }
                p.faint { "Nothing was measured: the run ended before that." }
            }
            None => {}
        }
        @if !different { (comparison(run)) }
        (way_back(run))
    };
    let title = format!("pum: {}", run.verdict());
    Page { title, verdict: run.verdict(), good, body }.render()
}

/// The state of production, with time and place.
fn facts(run: &Run<'_>) -> Markup {
    let report = run.report;
    let took: Duration =
        report.steps.last().map(|last| last.begun + last.duration).unwrap_or_default();
    let started = report.started.to_zoned(TimeZone::system()).strftime("%Y-%m-%d %H:%M:%S %Z");
    html! {
        @if let Some(now) = run.production_now() { p.state { (now) } }
        p.faint {
            "Production is " b { (run.production) }
            @if let (Some(from), Some(to)) = (&report.from, &report.to) {
                ", version " (from.to_string()) " before"
                @if from != to { ", the deltas lead to " (to.to_string()) }
            }
            ". The run"
            @if let Some(id) = run.id { " " code { (printable(id)) } }
            " began at " (started.to_string()) " and took " (seconds(took)) "."
        }
    }
}

fn next(run: &Run<'_>) -> Markup {
    let advice = run.advice();
    html! {
        p.next {
            b { "Next: " } (advice.what)
            @if let Some(command) = advice.command { ": " code { (command) } }
        }
        @if !run.ways_on.is_empty() {
            p { "Or:" }
            ul { @for way in &run.ways_on { li { (way) } } }
        }
    }
}

fn warnings(run: &Run<'_>) -> Markup {
    html! {
        @if !run.report.warnings.is_empty() {
            h2 { "Warnings" }
            ul { @for one in &run.report.warnings { li { (printable(one)) } } }
        }
        @if !run.left_out.is_empty() {
            h2 { "Left out" }
            ul { @for one in &run.left_out { li { (one) } } }
        }
    }
}

/// All that the rehearsal measured.
fn rehearsed(measured: &Measurements) -> Markup {
    let statements: usize = measured.scripts.iter().map(|script| script.statements.len()).sum();
    html! {
        h2 { "In the rehearsal" }
        p {
            (count(measured.scripts.len(), "script")) " with " (count(statements, "statement"))
            " took " (seconds(measured.duration())) " and wrote " (size(measured.wal_bytes()))
            " of WAL, which is sent to standbys and archives."
        }
        (locks(measured))
        (by_duration(measured))
        (tables(&measured.tables))
    }
}

fn locks(measured: &Measurements) -> Markup {
    let uses = measured
        .scripts
        .iter()
        .flat_map(|script| script.tables.iter().map(move |one| (script, one)));
    let (mut shown, others): (Vec<_>, Vec<_>) =
        uses.partition(|(_, one)| one.lock.blocks_writes() || one.rewritten.is_some());
    // What hurts most comes first.
    shown.sort_by_key(|(_, one)| Reverse((one.lock.blocks_reads(), one.held)));
    html! {
        h3.part { "Locks on existing tables" }
        @if shown.is_empty() {
            p { "None that blocked reads or writes." }
        } @else {
            table.data {
                thead {
                    tr {
                        th { "Table" } th { "Blocks" } th.number { "Duration" }
                        th { "Lock" } th { "Effects" } th { "From" }
                    }
                }
                tbody { @for (script, one) in shown.iter().take(MOST) { (lock(script, one)) } }
            }
            (and_more(shown.len(), MOST))
        }
        @if !others.is_empty() {
            p.faint {
                (count(others.len(), "other lock")) "  blocked no reads or writes."
            }
        }
    }
}

fn lock(script: &ScriptMeasurement, one: &TableUse) -> Markup {
    type Rows = fn(&TableEffect) -> u64;
    let rows: [(u64, &str, Rows); 4] = [
        (one.rows_scanned, "read", |effect| effect.rows_scanned),
        (one.rows_inserted, "inserted", |effect| effect.rows_inserted),
        (one.rows_updated, "updated", |effect| effect.rows_updated),
        (one.rows_deleted, "deleted", |effect| effect.rows_deleted),
    ];
    let mut done: Vec<String> = Vec::new();
    done.extend(one.rewritten.map(|bytes| {
        let by = done_by(script, one, |effect| effect.rewritten.is_some());
        format!("rewritten ({}){by}", size(bytes))
    }));
    for (number, what, of) in rows.into_iter().filter(|(number, ..)| *number > 0) {
        let by = done_by(script, one, |effect| of(effect) > 0);
        done.push(format!("{} rows {what}{by}", grouped(number)));
    }
    html! {
        tr {
            td.name { code { (printable(&one.table)) } }
            td.bad[one.lock.blocks_reads()] { (who_waits(one.lock)) }
            td.number data-label="for" { (seconds(one.held)) }
            td.word data-label="lock" { (one.lock.name()) }
            td { (done.join(", ")) }
            td.name data-label="from" { (place(&one.path, one.line)) }
        }
    }
}

/// What a lock means for others, in words.
fn who_waits(lock: LockMode) -> &'static str {
    if lock.blocks_reads() {
        "all reads and writes"
    } else if lock.blocks_writes() {
        "writes"
    } else {
        "no reads or writes"
    }
}

fn by_duration(measured: &Measurements) -> Markup {
    let mut all: Vec<&StatementMeasurement> =
        measured.scripts.iter().flat_map(|script| &script.statements).collect();
    all.sort_by_key(|one| Reverse(one.duration));
    html! {
        @if !all.is_empty() {
            h3.part { "Statements, the slowest first" }
            table.data {
                thead {
                    tr { th.number { "Took" } th { "Statement" } th.number { "WAL" } th { "From" } }
                }
                tbody {
                    @for one in all.iter().take(MOST_STATEMENTS) {
                        tr {
                            td.number { (seconds(one.duration)) }
                            td { code { (cut(&printable(&one.sql))) } }
                            td.number data-label="WAL" { (size(one.wal_bytes)) }
                            td.name data-label="from" { (place(&one.path, one.line)) }
                        }
                    }
                }
            }
            (and_more(all.len(), MOST_STATEMENTS))
        }
    }
}

fn tables(tables: &[TableChange]) -> Markup {
    let differs = |one: &&TableChange| {
        one.dropped
            || one.rows_before != one.rows_after
            || one.bytes_before != one.bytes_after
            || !one.dropped_columns.is_empty()
    };
    let (mut shown, others): (Vec<_>, Vec<_>) = tables.iter().partition(differs);
    // What is lost comes first.
    shown.sort_by_key(|one| !one.dropped_columns.iter().any(DroppedColumn::is_lost));
    html! {
        @if !tables.is_empty() { h3.part { "Rows, sizes and columns" } }
        @if !shown.is_empty() {
            table.data {
                thead {
                    tr {
                        th { "Table" } th.number { "Rows before" } th.number { "after" }
                        th.number { "Size before" } th.number { "after" } th { "Gone" }
                    }
                }
                tbody { @for one in shown.iter().take(MOST) { (table(one)) } }
            }
            (and_more(shown.len(), MOST))
        }
        @if !others.is_empty() {
            p.faint { (count(others.len(), "table")) " kept rows and size." }
        }
    }
}

fn table(one: &TableChange) -> Markup {
    let rows = |rows: Option<u64>| rows.map_or_else(|| "not known".to_owned(), grouped);
    let lost = one.dropped_columns.iter().any(DroppedColumn::is_lost);
    html! {
        tr {
            td.name { code { (printable(&one.table)) } }
            td.number data-label="rows before" { (rows(one.rows_before)) }
            td.number data-label="rows after" {
                @if !one.dropped { (rows(one.rows_after)) }
            }
            td.number data-label="size before" { (size(one.bytes_before)) }
            td.number data-label="size after" { @if !one.dropped { (size(one.bytes_after)) } }
            td {
                @if one.dropped {
                    p.bad[lost] { "the table is " (printable(&dropped_table(one, one.rows_before))) }
                }
                @for column in one.dropped_columns.iter().filter(|_| !one.dropped) {
                    p.bad[column.is_lost()] {
                        "column " code { (printable(&column.name)) } " " (dropped_column(column))
                    }
                }
            }
        }
    }
}

fn comparison(run: &Run<'_>) -> Markup {
    html! {
        @if let Some(compared) = run.compared() {
            h2 { "The upgraded copy and the reference" }
            p { (compared.verdict()) }
            (limits(&compared))
            (differences(&compared))
            @if !run.report.suggestions.is_empty() { pre { (rehearsal::hints(&run.report.suggestions, usize::MAX).trim()) } }
            @if let Some(closing) = &run.report.closing_delta { (closing_delta(closing)) }
            (footer(&compared))
        } @else if run.report.outcome != RunOutcome::NothingPending {
            h2 { "The upgraded copy and the reference" }
            p.faint {
                "Not compared in this run"
                @if run.report.measured.is_some() && run.failure.is_none() {
                    ": it resumed an earlier run, which had compared them"
                }
                "."
            }
        }
    }
}

fn closing_delta(closing: &ClosingDelta) -> Markup {
    html! {
        h3.part { "The delta that would close the gap" }
        pre { (rehearsal::closing(closing).trim()) }
        @if closing.losses.is_empty() && closing.refused.is_empty() {
            @for section in &closing.delta.sections { pre { (printable_lines(&section.text())) } }
        }
    }
}

fn way_back(run: &Run<'_>) -> Markup {
    html! {
        @if let Some(dump) = run.dump() {
            h2 { "How to go back" }
            p {
                "The dump of production before the upgrade is  "
                code { (printable(&dump.display().to_string())) }
                @if let Some(restore) = run.report.restore {
                    ". To restore it took " (seconds(restore.took)) " in the rehearsal" (restore.by())
                }
                "."
            }
            @if let Some(command) = run.way_back() {
                p {
                    "To restore it next to production, into a new database:  "
                    code { (command) }
                }
            } @else {
                p.bad { "It is not a backup: see what was left out." }
            }
        }
    }
}

/// `delta_1.2.0.sql, line 3`
fn place(path: &std::path::Path, line: usize) -> String {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    format!("{}, line {line}", printable(&name))
}

fn and_more(number: usize, shown: usize) -> Markup {
    html! {
        @if number > shown { p.faint { "and " (number - shown) "  more, listed in the JSON report" } }
    }
}

fn cut(text: &str) -> String {
    let mut shown: String = text.chars().take(MOST_SQL).collect();
    if shown.len() < text.len() {
        shown.push('…');
    }
    shown
}
