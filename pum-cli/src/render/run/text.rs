//! A run of the Manager, on a terminal or in a file.

use std::fmt::Write;

use pum_core::humanize::seconds;
use pum_core::manager::{RunOutcome, RunReport, RunStep};

use super::decision::Decision;
use super::view::Run;
use crate::render::check::{self, Compared};
use crate::render::rehearsal;
use crate::render::role;
use crate::render::style::Styles;
use crate::text::{line, printable, printable_lines};

/// Of the statements that would help with one difference, so many lines are shown.
const SHOWN: usize = 12;

/// The width of a file, or of a terminal that is not asked.
const WIDTH: usize = 100;

/// What a run of the Manager came to. Its steps are left out for those who saw them go by.
pub(crate) fn report(run: &Run<'_>, saw_the_steps: bool) -> String {
    let mut out = String::new();
    let report = run.report;
    line(&mut out, &run.verdict());
    if report.outcome == RunOutcome::NothingPending {
        return out;
    }
    if report.outcome == RunOutcome::Stopped(RunStep::Approve)
        && let Some(decision) = Decision::new(run)
    {
        let _ = writeln!(out);
        out.push_str(&decision.text(run, WIDTH));
        let _ = writeln!(out);
        line(&mut out, &run.advice().what);
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
        out.push_str(&check::text::findings(&compared, 2, Styles::OFF, None));
        out.push_str(&rehearsal::hints(&report.suggestions, SHOWN));
        if let Some(closing) = &report.closing_delta {
            out.push_str(&rehearsal::closing(closing));
        }
    }
    if let (RunOutcome::Different, Some(roles)) = (&report.outcome, run.roles()) {
        let _ = writeln!(out);
        out.push_str(&role::findings(roles));
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

/// The measurements, and the location of the dump.
fn details(out: &mut String, run: &Run<'_>) {
    let report = run.report;
    if let Some(found) = &report.measured {
        let _ = writeln!(out);
        out.push_str(&rehearsal::measured(found));
    }
    if let Some(dump) = &report.dump {
        let _ = writeln!(out);
        let restore = report.restore.map_or_else(String::new, |restore| {
            format!(", which took {} to restore{}", seconds(restore.took), restore.by())
        });
        line(out, &format!("the dump of {} is {}{restore}", run.name, dump.display()));
    }
}

/// All that the screen has no room for.
pub(crate) fn all_details(run: &Run<'_>) -> String {
    let mut out = steps_of(run);
    if let Some(measured) = &run.report.measured {
        out.push('\n');
        out.push_str(&rehearsal::all_measured(measured));
    }
    for (title, lines) in [("\nnot checked:", &run.left_out), ("\nwarnings:", &run.report.warnings)]
    {
        if !lines.is_empty() {
            line(&mut out, title);
        }
        for one in lines {
            line(&mut out, &format!("  {}", printable(one)));
        }
    }
    out
}

/// What will be run, each script with its file.
pub(crate) fn sql(run: &Run<'_>) -> String {
    let mut out = String::new();
    for script in &run.report.scripts {
        let name = printable(&script.path.display().to_string());
        line(&mut out, &format!("-- {name}"));
        match script.sql.trim() {
            "" => line(&mut out, "-- a program"),
            sql => line(&mut out, &printable_lines(sql)),
        }
    }
    out
}

/// The steps by themselves.
fn steps_of(run: &Run<'_>) -> String {
    let mut out = String::new();
    steps(&mut out, run.report);
    out
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
