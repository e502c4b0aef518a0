//! What the rehearsal measured besides locks: statements, rows and sizes.

use std::cmp::Reverse;
use std::time::Duration;

use maud::{Markup, html};
use pum_core::humanize::{count, grouped, size, time};
use pum_core::upgrade::{DroppedColumn, Measurements, StatementMeasurement, TableChange};

use super::locks::locks;
use super::shown::{MOST, and_more, cut, place};
use super::view::Run;
use crate::render::html::growth::{Growth, growth};
use crate::render::html::histogram::histogram;
use crate::render::rehearsal::{dropped_column, dropped_table};
use crate::text::printable;

/// So many statements are seen at once.
const FIRST_STATEMENTS: usize = 10;

/// A script may have thousands; no more than these are behind them.
const MOST_STATEMENTS: usize = 40;

/// Of more tables the growth is not shown.
const MOST_GROWTH: usize = 15;

/// All that the rehearsal measured.
pub(super) fn rehearsed(run: &Run<'_>, measured: &Measurements) -> Markup {
    let statements: usize = measured.scripts.iter().map(|script| script.statements.len()).sum();
    html! {
        h2 { "In the rehearsal" }
        p {
            (count(measured.scripts.len(), "script")) " with " (count(statements, "statement"))
            " took " (time(measured.duration())) " and wrote " (size(measured.wal_bytes()))
            " of WAL, which is sent to standbys and archives."
        }
        (locks(measured, &run.bounds))
        (by_duration(run, measured))
        (sizes(measured))
        (tables(&measured.tables))
    }
}

fn by_duration(run: &Run<'_>, measured: &Measurements) -> Markup {
    let mut all: Vec<&StatementMeasurement> =
        measured.scripts.iter().flat_map(|script| &script.statements).collect();
    all.sort_by_key(|one| Reverse(one.duration));
    let times: Vec<Duration> = all.iter().map(|one| one.duration).collect();
    html! {
        @if !all.is_empty() {
            h3.part id="statements" { "Statements" }
            (histogram(&times, run.bounds.statement))
            h3.part { "The slowest statements" }
            @let (first, others) = all.split_at(all.len().min(FIRST_STATEMENTS));
            (statements(run, first))
            @if !others.is_empty() {
                @let others = &others[..others.len().min(MOST_STATEMENTS)];
                details.more {
                    summary { "The next " (count(others.len(), "statement")) }
                    (statements(run, others))
                }
            }
            (and_more(all.len(), FIRST_STATEMENTS + MOST_STATEMENTS))
        }
    }
}

fn statements(run: &Run<'_>, statements: &[&StatementMeasurement]) -> Markup {
    let is_over =
        |one: &StatementMeasurement| run.bounds.statement.is_some_and(|limit| one.duration > limit);
    html! {
            table.data {
                thead {
                    tr { th.number { "Took" } th { "Statement" } th.number { "WAL" } th { "From" } }
                }
                tbody {
                    @for one in statements {
                        tr {
                            td.number.bad[is_over(one)] { (time(one.duration)) }
                            td { code { (cut(&printable(&one.sql))) } }
                            td.number data-label="WAL" { (size(one.wal_bytes)) }
                            td.name data-label="from" { (place(&one.path, one.line)) }
                        }
                    }
                }
            }
    }
}

/// How large tables were and are, with those that are new.
fn sizes(measured: &Measurements) -> Markup {
    let changed = measured.tables.iter().map(|one| Growth {
        table: printable(&one.table),
        before: Some(one.bytes_before),
        after: (!one.dropped).then_some(one.bytes_after),
    });
    let new = measured.new_tables.iter().map(|one| Growth {
        table: printable(&one.table),
        before: None,
        after: Some(one.bytes),
    });
    let tables: Vec<Growth> = changed.chain(new).collect();
    html! {
        @if tables.iter().any(Growth::is_some) {
            h3.part { "Growth of tables, with their indexes" }
            (growth(tables, MOST_GROWTH))
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
