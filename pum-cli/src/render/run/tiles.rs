//! What matters most of a run, for the top of its page.

use std::time::Duration;

use pum_core::humanize::{count, size, time};
use pum_core::manager::{RunOutcome, RunStep};
use pum_core::upgrade::{Measurements, TableUse};

use super::decision::{Loss, losses};
use super::view::Run;
use crate::render::html::growth::Growth;
use crate::render::html::tiles::{Tile, Tone};
use crate::text::printable;

pub(super) fn tiles(run: &Run<'_>) -> Vec<Tile> {
    let mut tiles = vec![verdict(run)];
    if let Some(measured) = &run.report.measured {
        let limits = &run.bounds;
        tiles.push(waits(measured, "Longest wait of readers", limits.read_lock, |one| {
            one.lock.blocks_reads()
        }));
        tiles.push(waits(measured, "Longest wait of writers", limits.write_lock, |one| {
            one.lock.blocks_writes()
        }));
        tiles.push(lost(measured));
    }
    tiles.push(duration(run));
    tiles.extend(run.report.measured.as_ref().and_then(size_of_database));
    tiles
}

fn verdict(run: &Run<'_>) -> Tile {
    let report = run.report;
    let (value, tone) = match &report.outcome {
        RunOutcome::NothingPending => ("nothing pending".to_owned(), Tone::Good),
        RunOutcome::Upgraded => ("upgraded".to_owned(), Tone::Good),
        RunOutcome::Different if run.only_roles_differ() => {
            ("roles lack permissions".to_owned(), Tone::Bad)
        }
        RunOutcome::Different => ("copy and reference differ".to_owned(), Tone::Bad),
        RunOutcome::Declined(_) if run.unanswered => ("not answered".to_owned(), Tone::Notice),
        RunOutcome::Declined(_) => ("declined".to_owned(), Tone::Notice),
        RunOutcome::OverLimit(_) => ("beyond the limits".to_owned(), Tone::Bad),
        RunOutcome::Stopped(RunStep::Approve) => ("waits for approval".to_owned(), Tone::Good),
        RunOutcome::Stopped(RunStep::Plan) => ("rehearsed".to_owned(), Tone::Good),
        RunOutcome::Stopped(_) => ("stopped as requested".to_owned(), Tone::Plain),
        RunOutcome::Failed => ("failed".to_owned(), Tone::Bad),
    };
    let detail = match (run.failure, &report.from, &report.to) {
        (Some(err), ..) => format!("in the step \"{}\"", err.step.title()),
        (None, Some(from), Some(to)) if from != to => format!("{from} \u{2192} {to}"),
        (None, Some(from), _) => format!("version {from}"),
        _ => String::new(),
    };
    Tile { label: "Verdict", value, detail, tone }
}

/// The longest lock of those that keep others out.
fn waits(
    measured: &Measurements,
    label: &'static str,
    limit: Option<Duration>,
    keeps_out: fn(&TableUse) -> bool,
) -> Tile {
    let uses = measured.scripts.iter().flat_map(|script| &script.tables);
    let mut uses: Vec<&TableUse> = uses.filter(|one| keeps_out(one)).collect();
    uses.sort_by_key(|one| std::cmp::Reverse(one.held));
    let Some(longest) = uses.first() else {
        let detail = "no table was locked for them".to_owned();
        return Tile { label, value: "none".to_owned(), detail, tone: Tone::Good };
    };
    let table = printable(&longest.table);
    let others = match uses.len() - 1 {
        0 => String::new(),
        others => format!("; {} shorter", count(others, "other lock")),
    };
    let allowed = limit.map(|limit| format!("; limit {}", time(limit))).unwrap_or_default();
    let is_over = limit.is_some_and(|limit| longest.held > limit);
    Tile {
        label,
        value: time(longest.held),
        detail: format!("on {table}{others}{allowed}"),
        tone: if is_over { Tone::Bad } else { Tone::Plain },
    }
}

fn lost(measured: &Measurements) -> Tile {
    let all: Vec<Loss> = measured.tables.iter().flat_map(losses).collect();
    let label = "Data lost";
    let of = |is: fn(&Loss) -> bool| all.iter().filter(|one| is(one)).count();
    let tables = of(|one| one.dropped);
    let columns = of(|one| one.column.is_some());
    let rows: u64 = all.iter().filter_map(|one| one.rows).sum();
    let mut parts = Vec::new();
    if tables > 0 {
        parts.push(count(tables, "table"));
    }
    if columns > 0 {
        parts.push(count(columns, "column"));
    }
    if rows > 0 {
        parts.push(count(rows, "row"));
    }
    if parts.is_empty() {
        let detail = "all rows, and all columns with data, are kept".to_owned();
        return Tile { label, value: "nothing".to_owned(), detail, tone: Tone::Good };
    }
    let name = |one: &Loss| match &one.column {
        Some(column) => printable(&format!("{}.{column}", one.table)),
        None => printable(&one.table),
    };
    let names: Vec<String> = all.iter().take(2).map(name).collect();
    let more = all.len().saturating_sub(names.len());
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    Tile {
        label,
        value: parts.join(", "),
        detail: format!("{}{more}", names.join(", ")),
        tone: Tone::Notice,
    }
}

fn duration(run: &Run<'_>) -> Tile {
    let steps = &run.report.steps;
    let whole: Duration = steps.last().map(|last| last.begun + last.duration).unwrap_or_default();
    let whole = time(whole);
    let label = "Duration";
    match &run.report.measured {
        Some(measured) => Tile {
            label,
            value: time(measured.duration()),
            detail: format!(
                "in {}, as rehearsed; the whole run took {whole}",
                count(
                    measured.scripts.iter().map(|script| script.statements.len()).sum::<usize>(),
                    "statement"
                )
            ),
            tone: Tone::Plain,
        },
        None => Tile {
            label,
            value: whole,
            detail: format!("of the run, in {}", count(steps.len(), "step")),
            tone: Tone::Plain,
        },
    }
}

fn size_of_database(measured: &Measurements) -> Option<Tile> {
    let (before, after) = (measured.database_bytes_before?, measured.database_bytes_after?);
    Some(Tile {
        label: "Size of the database",
        value: size(after),
        detail: match i128::from(after) - i128::from(before) {
            0 => "as before".to_owned(),
            change => format!("{} before: {}", size(before), Growth::signed(change)),
        },
        tone: Tone::Plain,
    })
}
