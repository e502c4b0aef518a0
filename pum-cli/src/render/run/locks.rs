//! Which tables were locked in the rehearsal, when, how and by what.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use maud::{Markup, html};
use pum_core::humanize::{count, grouped, size, time};
use pum_core::manager::Limits;
use pum_core::upgrade::{LockMode, Measurements, ScriptMeasurement, TableEffect, TableUse};

use super::shown::{MOST, and_more, cut, place};
use crate::render::html::swimlanes::{Bar, Lane, Meaning, swimlanes};
use crate::render::rehearsal::done_by;
use crate::text::{file_name, printable};

/// More lanes than these are folded.
const MOST_LANES: usize = 25;

/// Whether a table was locked for longer than the limits allow.
pub(super) fn is_over(one: &TableUse, limits: &Limits) -> bool {
    let beyond = |limit: Option<Duration>| limit.is_some_and(|limit| one.held > limit);
    one.lock.blocks_reads() && beyond(limits.read_lock)
        || one.lock.blocks_writes() && beyond(limits.write_lock)
}

/// A use of a table, with its script.
type Use<'a> = (&'a ScriptMeasurement, &'a TableUse);

pub(super) fn locks(measured: &Measurements, limits: &Limits) -> Markup {
    let uses = measured
        .scripts
        .iter()
        .flat_map(|script| script.tables.iter().map(move |one| (script, one)));
    let (mut shown, others): (Vec<Use<'_>>, Vec<Use<'_>>) =
        uses.partition(|(_, one)| one.lock.blocks_writes() || one.rewritten.is_some());
    // What hurts most comes first.
    shown.sort_by_key(|(_, one)| Reverse((one.lock.blocks_reads(), one.held)));
    html! {
        h3.part { "Locks on existing tables" }
        @if shown.is_empty() {
            p { "None that blocked reads or writes." }
        } @else {
            p.faint {
                "Each bar is the time for which a table was locked: from the start of the statement that \
                 took the lock to the end of its transaction. " (limits_in_words(limits))
            }
            (picture(measured, &shown, limits))
            details.more {
                summary { "As a table, with what was done: " (count(shown.len(), "lock")) }
                table.data {
                    thead {
                        tr {
                            th { "Table" } th { "Blocks" } th.number { "Duration" }
                            th { "Lock" } th { "Effects" } th { "From" }
                        }
                    }
                    tbody {
                        @for (at, (script, one)) in shown.iter().take(MOST).enumerate() {
                            (row(at, script, one, limits))
                        }
                    }
                }
                (and_more(shown.len(), MOST))
            }
        }
        @if !others.is_empty() {
            p.faint { (count(others.len(), "other lock")) " blocked no reads or writes." }
        }
    }
}

fn limits_in_words(limits: &Limits) -> String {
    let limit = |limit: Option<Duration>, what: &str| {
        limit.map(|limit| format!("{what} may block for {}", time(limit)))
    };
    let known: Vec<String> = [limit(limits.read_lock, "reads"), limit(limits.write_lock, "writes")]
        .into_iter()
        .flatten()
        .collect();
    match known.as_slice() {
        [] => "No limit is set for locks.".to_owned(),
        known => format!("Limits: {}.", known.join(", ")),
    }
}

/// A lane for the scripts, and one for each table.
fn picture(measured: &Measurements, shown: &[Use<'_>], limits: &Limits) -> Markup {
    let mut lanes = vec![scripts(measured)];
    for (at, (script, one)) in shown.iter().enumerate() {
        let name = printable(&one.table);
        let bar = bar(at, script, one, limits);
        let over = is_over(one, limits);
        if let Some(lane) = lanes.iter_mut().skip(1).find(|lane| lane.name == name) {
            lane.bars.push(bar);
            lane.over |= over;
        } else {
            // The first one is the worst.
            let note = format!("{} {}", time(one.held), one.lock.name());
            lanes.push(Lane { name, note, over, bars: vec![bar] });
        }
    }
    let others = lanes.split_off(lanes.len().min(MOST_LANES));
    let meanings = meanings(shown, limits);
    html! {
        (swimlanes("Table", &lanes, &meanings))
        @if !others.is_empty() {
            details.more {
                summary { (count(others.len(), "more table")) ", locked for a shorter time" }
                (swimlanes("Table", &others, &meanings))
            }
        }
    }
}

/// When which delta ran.
fn scripts(measured: &Measurements) -> Lane {
    let bar = |(at, script): (usize, &ScriptMeasurement)| {
        let first = script.statements.first()?;
        let last = script.statements.last()?;
        let took = (last.began + last.duration).saturating_sub(first.began);
        let name = printable(&file_name(&script.path));
        let statements = count(script.statements.len(), "statement");
        Some(Bar {
            from: first.began,
            took,
            class: if at % 2 == 0 { "script" } else { "script odd" },
            told: format!("{name}\n{statements}, {}", time(took)),
            link: "#statements".to_owned(),
        })
    };
    let bars: Vec<Bar> = measured.scripts.iter().enumerate().filter_map(bar).collect();
    let longest = bars.iter().map(|bar| bar.took).max().unwrap_or_default();
    Lane { name: "deltas".to_owned(), note: time(longest), over: false, bars }
}

fn bar(at: usize, script: &ScriptMeasurement, one: &TableUse, limits: &Limits) -> Bar {
    let from = one.began;
    let until = one.began + one.held;
    let statement = script.statements.iter().find(|it| it.path == one.path && it.line == one.line);
    let mut told = format!(
        "{}\n{}: blocks {}\n{} to {}: {}",
        printable(&one.table),
        one.lock.name(),
        who_waits(one.lock),
        time(from),
        time(until),
        time(one.held),
    );
    if is_over(one, limits) {
        told += ", more than the limit";
    }
    told += &format!("\n{}", place(&one.path, one.line));
    if let Some(statement) = statement {
        told += &format!("\n{}", cut(&printable(&statement.sql)));
    }
    let class = if is_over(one, limits) { "over" } else { class(one.lock) };
    Bar { from, took: one.held, class, told, link: format!("#lock-{at}") }
}

/// The colour of a mode: those that keep out the same are alike.
fn class(lock: LockMode) -> &'static str {
    match lock {
        LockMode::AccessExclusive => "blocks-reads",
        LockMode::Exclusive => "exclusive",
        LockMode::ShareRowExclusive => "share-row-exclusive",
        LockMode::Share => "share",
        _ => "blocks-none",
    }
}

fn meanings(shown: &[Use<'_>], limits: &Limits) -> Vec<Meaning> {
    let inside = shown.iter().filter(|(_, one)| !is_over(one, limits));
    let modes: BTreeSet<Reverse<LockMode>> = inside.map(|(_, one)| Reverse(one.lock)).collect();
    let mut by_class: BTreeMap<usize, (&'static str, Vec<&str>, LockMode)> = BTreeMap::new();
    for (at, Reverse(mode)) in modes.into_iter().enumerate() {
        let class = class(mode);
        match by_class.values_mut().find(|(known, ..)| *known == class) {
            Some((_, names, _)) => names.push(mode.name()),
            None => {
                by_class.insert(at, (class, vec![mode.name()], mode));
            }
        }
    }
    let told = |(class, names, mode): (&'static str, Vec<&str>, LockMode)| Meaning {
        class,
        text: format!("{}: blocks {}", names.join(", "), who_waits(mode)),
    };
    let mut meanings: Vec<Meaning> = by_class.into_values().map(told).collect();
    if shown.iter().any(|(_, one)| is_over(one, limits)) {
        meanings.insert(0, Meaning { class: "over", text: "longer than the limit".to_owned() });
    }
    meanings.push(Meaning { class: "script", text: "a delta at work".to_owned() });
    meanings
}

fn row(at: usize, script: &ScriptMeasurement, one: &TableUse, limits: &Limits) -> Markup {
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
        tr id=(format!("lock-{at}")) {
            td.name { code { (printable(&one.table)) } }
            td { (who_waits(one.lock)) }
            td.number.bad[is_over(one, limits)] data-label="for" { (time(one.held)) }
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
