//! A run as a page, for people who were not there.

use std::time::Duration;

use jiff::tz::TimeZone;
use maud::{Markup, html};
use pum_core::humanize::{count, seconds};
use pum_core::manager::{ClosingDelta, RunOutcome};

use super::measured::rehearsed;
use super::tiles;
use super::timeline;
use super::view::Run;
use crate::render::check::Compared;
use crate::render::check::html::{differences, footer, limits, list, overview};
use crate::render::html::Page;
use crate::render::html::tiles::tiles;
use crate::render::rehearsal;
use crate::render::role;
use crate::text::{describe, printable, printable_lines};

pub(crate) fn report(run: &Run<'_>) -> String {
    let report = run.report;
    let good = matches!(
        report.outcome,
        RunOutcome::Upgraded | RunOutcome::NothingPending | RunOutcome::Stopped(_)
    );
    let body = html! {
        (tiles(&tiles::tiles(run)))
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
        @if different { (comparison(run)) (roles(run)) }
        (warnings(run))
        @match &report.measured {
            Some(measured) => (rehearsed(run, measured)),
            None if report.outcome != RunOutcome::NothingPending => {
                h2 { "Locks, statements, rows" }
                p.faint { "Nothing was measured: the run ended before that." }
            }
            None => {}
        }
        @if !different { (changes(run)) (comparison(run)) (roles(run)) }
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

/// What the deltas change in the schema.
fn changes(run: &Run<'_>) -> Markup {
    let Some(found) = &run.report.changes else { return html! {} };
    let compared = Compared::new(found, "the old schema", "the new schema");
    html! {
        h2 { "What the deltas change" }
        @if compared.same() {
            p { "Nothing in the schema." }
        } @else {
            (overview(&compared, 3))
            details.more {
                summary { "All changes: " (count(compared.differences().len(), "difference")) }
                (list(&compared, 3))
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
            (differences(&compared, 3))
            @if let Some(closing) = &run.report.closing_delta { (closing_delta(closing)) }
            (footer(&compared))
        } @else if run.report.outcome != RunOutcome::NothingPending {
            h2 { "The upgraded copy and the reference" }
            @if !run.has_reference {
                p.faint { "There is no reference: the result was compared with nothing." }
            } @else { p.faint {
                "Not compared in this run"
                @if run.report.measured.is_some() && run.failure.is_none() {
                    ": it resumed an earlier run, which had compared them"
                }
                "."
            } }
        }
    }
}

/// In what the permissions of the project's roles are not as declared.
fn roles(run: &Run<'_>) -> Markup {
    html! {
        @if let Some(found) = run.roles() {
            h2 { "Roles of the project" }
            p.faint { "Their permissions in the upgraded copy, held against what is declared." }
            (role::html_findings(found))
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
        @if let Some([connect, remove]) = run.kept_test() {
            h2 { "The rehearsed copy" }
            p { "It was kept. To look at it: " code { (connect) } }
            p { "To remove it: " code { (remove) } }
        }
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
