//! The versions of a database as a page: when it came to which, and what is still to come.

use jiff::civil::DateTime;
use maud::{Markup, html};
use pum_core::humanize::count;
use pum_core::upgrade::{DeltaState, DeltaStatus, InstalledModule, Record, Status};

use crate::render::html::Page;
use crate::render::html::tiles::{Tile, Tone, tiles};
use crate::render::text;
use crate::text::{milliseconds, printable, without_fraction};

/// Labels in the picture are no nearer to each other than this, in percent.
const LABEL_ROOM: f64 = 9.0;

pub(crate) fn page(
    status: &Status,
    (database, table): (&str, &str),
    others: &[InstalledModule],
) -> String {
    let database = printable(database);
    let version = version(status);
    let verdict = match status.pending() {
        0 => format!("{database} is at version {version}, nothing pending"),
        number => format!("{database} is at version {version}, {number} pending"),
    };
    let body = html! {
        (tiles(&summary(status)))
        p.faint { "As the upgrades table " code { (printable(table)) } " and the delta directories have it." }
        (picture(status))
        h2 { "Versions" }
        (what_moments_are(status))
        (versions(status))
        (unlisted(status))
        (modules(others))
    };
    Page { title: format!("pum info: {verdict}"), verdict, good: is_good(status), body }.render()
}

fn is_good(status: &Status) -> bool {
    status.concerns.is_empty()
}

fn version(status: &Status) -> String {
    status.current_version.as_ref().map_or_else(|| "(none)".to_owned(), ToString::to_string)
}

fn summary(status: &Status) -> Vec<Tile> {
    let pending = status.pending();
    let next = status.deltas.iter().find(|delta| delta.state.is_pending());
    let last = status.deltas.iter().filter_map(|delta| delta.record.as_ref());
    let last = last.chain(&status.other_records).max_by_key(|record| record.installed_on.clone());
    let last_delta = status.deltas.iter().rfind(|delta| delta.state.is_pending());
    vec![
        Tile {
            label: "Version",
            value: version(status),
            detail: last.map(|record| format!("since {}", moment(record))).unwrap_or_default(),
            tone: Tone::Plain,
        },
        Tile {
            label: "Pending",
            value: if pending == 0 { "nothing".to_owned() } else { count(pending, "delta") },
            detail: match (next, last_delta) {
                (Some(next), Some(last)) if next.name.version != last.name.version => {
                    format!("{} to {}", next.name.version, last.name.version)
                }
                (Some(next), _) => next.name.version.to_string(),
                _ => "all deltas of the directories are applied".to_owned(),
            },
            tone: if pending == 0 { Tone::Good } else { Tone::Notice },
        },
        Tile {
            label: "Warnings",
            value: match status.concerns.len() {
                0 => "none".to_owned(),
                number => number.to_string(),
            },
            detail: if status.concerns.is_empty() {
                "table and directories agree".to_owned()
            } else {
                "table and directories do not agree".to_owned()
            },
            tone: if status.concerns.is_empty() { Tone::Good } else { Tone::Bad },
        },
    ]
}

/// `2026-11-21 15:17:38`, without parts of a second.
fn moment(record: &Record) -> String {
    without_fraction(&record.installed_on)
}

/// PUM 1 does not record who it was, nor how long it took.
fn when_and_who(record: &Record) -> String {
    match record.installed_by.as_str() {
        "" => moment(record),
        role => format!("{} by {}", moment(record), printable(role)),
    }
}

/// What the moments are, unless they have a zone. In the table of PUM they have none: `now()` as the session
/// had it that applied the delta, and its zone is not recorded.
fn what_moments_are(status: &Status) -> Markup {
    let records = status.deltas.iter().filter_map(|delta| delta.record.as_ref());
    let mut moments = records.chain(&status.other_records).map(moment);
    let is_without_zone = |moment: String| {
        moment.get(10..).is_some_and(|time| !time.is_empty() && !time.contains(['+', '-']))
    };
    html! {
        @if moments.any(is_without_zone) {
            p.faint {
                "Times are the local ones of the sessions that applied the deltas: the upgrades table \
                 records no time zone."
            }
        }
    }
}

fn parsed(record: &Record) -> Option<DateTime> {
    // With parts of a second; a time zone is the same in all rows, but for daylight saving time.
    let text = record.installed_on.get(..19)?;
    let rest = record.installed_on.get(19..)?;
    let fraction = rest.split(['+', '-', ' ']).next().unwrap_or_default();
    format!("{}{fraction}", text.replace(' ', "T")).parse().ok()
}

/// A version and the moment at which the last of it was applied.
struct Reached {
    version: String,
    at: DateTime,
    moment: String,
    failed: bool,
}

fn reached(status: &Status) -> Vec<Reached> {
    let applied = status.deltas.iter().filter(|delta| !delta.state.is_pending());
    let records = applied.filter_map(|delta| delta.record.as_ref()).chain(&status.other_records);
    let mut found: Vec<Reached> = Vec::new();
    for record in records {
        let Some(at) = parsed(record) else { continue };
        let version = record.version.to_string();
        let failed = !record.success;
        match found.iter_mut().find(|one| one.version == version && one.failed == failed) {
            Some(one) if one.at < at => (one.at, one.moment) = (at, moment(record)),
            Some(_) => {}
            None => found.push(Reached { version, at, moment: moment(record), failed }),
        }
    }
    found.sort_by_key(|one| one.at);
    found
}

/// When it came to which version, on one line from the first to the last.
fn picture(status: &Status) -> Markup {
    let reached = reached(status);
    let (Some(first), Some(last)) = (reached.first(), reached.last()) else { return html! {} };
    let seconds = |at: DateTime| at.duration_since(first.at).as_secs_f64();
    let whole = seconds(last.at);
    if whole <= 0.0 {
        return html! {};
    }
    // From 3 to 97 percent, so that the labels at the ends have room.
    let percent = |at: DateTime| 3.0 + seconds(at) / whole * 94.0;
    // The last one has a label in any case.
    let mut free_to = f64::INFINITY;
    let mut labelled: Vec<bool> = Vec::new();
    for one in reached.iter().rev() {
        let at = percent(one.at);
        labelled.push(at <= free_to);
        if at <= free_to {
            free_to = at - LABEL_ROOM;
        }
    }
    labelled.reverse();
    let on_one_day = date(&first.moment) == date(&last.moment);
    let when = |one: &Reached| {
        if on_one_day { one.moment.clone() } else { date(&one.moment).to_owned() }
    };
    html! {
        h2 { "When" }
        svg.versions width="100%" height="76" role="img"
            aria-label=(format!("Versions from {} to {}", first.moment, last.moment)) {
            line.axis x1="3%" x2="97%" y1="40" y2="40" {}
            @for (one, labelled) in reached.iter().zip(labelled) {
                @let x = format!("{:.2}%", percent(one.at));
                circle.(if one.failed { "failed" } else { "production" }) cx=(x) cy="40" r="6" {
                    title { (one.version) ": " (one.moment) @if one.failed { ", failed" } }
                }
                @if labelled { text x=(x) y="24" text-anchor="middle" { (one.version) } }
            }
            text.date x="1%" y="66" { (when(first)) }
            text.date x="99%" y="66" text-anchor="end" { (when(last)) }
        }
    }
}

fn date(moment: &str) -> &str {
    moment.split(' ').next().unwrap_or_default()
}

/// Each version with its deltas, the newest last.
fn versions(status: &Status) -> Markup {
    let groups = status.deltas.chunk_by(|a, b| a.name.version == b.name.version);
    let baselines = status.other_records.iter().filter(|record| record.type_code == 0);
    html! {
        ol.timeline {
            @for record in baselines {
                li.applied {
                    h3 { b { (record.version.to_string()) } " baseline" }
                    p.faint { (when_and_who(record)) }
                }
            }
            @for deltas in groups {
                @if let Some(first) = deltas.first() {
                    li.(class(deltas)) {
                        h3 {
                            b { (first.name.version.to_string()) } " "
                            span.faint { (state(deltas)) }
                        }
                        ul { @for delta in deltas { (one(delta)) } }
                    }
                }
            }
        }
    }
}

fn class(deltas: &[DeltaStatus]) -> &'static str {
    let has = |wanted: DeltaState| deltas.iter().any(|delta| delta.state == wanted);
    if has(DeltaState::HalfDone) || has(DeltaState::Changed) {
        "attention"
    } else if has(DeltaState::Pending) {
        "pending"
    } else if has(DeltaState::PassedOver) {
        "skipped"
    } else {
        "applied"
    }
}

fn state(deltas: &[DeltaStatus]) -> String {
    let mut states: Vec<&str> = deltas.iter().map(|delta| delta.state.name()).collect();
    states.dedup();
    states.join(", ")
}

fn one(delta: &DeltaStatus) -> Markup {
    html! {
        li {
            code { (printable(&delta.file_name)) }
            @if let Some(record) = &delta.record {
                span.faint {
                    " " (when_and_who(record))
                    @if !record.installed_by.is_empty() { ", " (milliseconds(record.execution_time)) }
                }
            }
        }
    }
}

/// What is in the table and in no directory, warnings, and scripts that run again.
fn unlisted(status: &Status) -> Markup {
    let others: Vec<&Record> =
        status.other_records.iter().filter(|record| record.type_code != 0).collect();
    html! {
        @if !status.concerns.is_empty() {
            h2 { "Warnings" }
            ul { @for one in &status.concerns { li { (printable(&one.to_string())) } } }
        }
        @if !others.is_empty() {
            h2 { "In the table only" }
            ul {
                @for record in &others {
                    li {
                        (record.version.to_string()) " " (printable(&record.description)) " "
                        span.faint {
                            @if record.success { "not in the directory" } @else { "failed" }
                            ", " (when_and_who(record))
                        }
                    }
                }
            }
        }
        @if !status.repeatable.is_empty() {
            h2 { "Repeatable scripts" }
            ul {
                @for one in &status.repeatable {
                    li { code { (printable(&one.name)) } " " span.faint { (one.state.name()) } }
                }
            }
        }
    }
}

/// The other upgrades tables of the database.
fn modules(others: &[InstalledModule]) -> Markup {
    html! {
        @if !others.is_empty() {
            h2 { "Other upgrades tables" }
            pre { (text::modules(others).trim()) }
        }
    }
}
