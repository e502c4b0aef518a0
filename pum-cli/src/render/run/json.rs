//! A run for programs; `docs/schema/run.schema.json` describes it.

use pum_core::manager::{ProductionState, RunOutcome};
use serde_json::{Value, json};

use super::view::Run;
use crate::render::check::json::report_value;
use crate::render::json::{FORMAT_VERSION, applied_value, milliseconds, pretty};
use crate::text::describe;

pub(crate) fn report(run: &Run<'_>) -> String {
    let mut value = value(run);
    value["format_version"] = json!(FORMAT_VERSION);
    pretty(&value)
}

/// The report, without the version of its form.
pub(crate) fn value(run: &Run<'_>) -> Value {
    let report = run.report;
    let question = match &report.outcome {
        RunOutcome::Declined(question) => Some(question.to_string()),
        _ => None,
    };
    let steps: Vec<Value> = report
        .steps
        .iter()
        .map(|step| {
            json!({
                "step": step.step,
                "title": step.step.title(),
                "result": step.result,
                "begun_milliseconds": milliseconds(step.begun),
                "milliseconds": milliseconds(step.duration),
            })
        })
        .collect();
    let comparison = run.compared().map(|compared| report_value(&compared));
    let advice = run.advice();
    json!({
        "production": run.production,
        "run": run.id,
        "started": report.started,
        "outcome": outcome(&report.outcome),
        "verdict": run.verdict(),
        "failure": run.failure.map(|err| json!({
            "step": err.step,
            "production": production(&err.production),
            "message": describe(err),
        })),
        "declined": question,
        "unanswered": run.unanswered,
        "from": report.from.as_ref().map(ToString::to_string),
        "to": report.to.as_ref().map(ToString::to_string),
        "dump": report.dump,
        "restore_milliseconds": report.restore.map(|restore| milliseconds(restore.took)),
        "exceeded": match &report.outcome {
            RunOutcome::OverLimit(exceeded) => exceeded.as_slice(),
            _ => &[],
        },
        "resume": report.resume,
        "ways_on": run.ways_on,
        "next": { "what": advice.what, "command": advice.command },
        "way_back": run.way_back(),
        "warnings": report.warnings,
        "left_out": run.left_out,
        "steps": steps,
        "measured": report.measured,
        "hints": report.suggestions,
        "comparison": comparison,
        "applied": report.applied.iter().map(applied_value).collect::<Vec<_>>(),
    })
}

/// The word for how a run ended.
pub(crate) fn outcome(outcome: &RunOutcome) -> &'static str {
    match outcome {
        RunOutcome::NothingPending => "nothing pending",
        RunOutcome::Different => "different",
        RunOutcome::OverLimit(_) => "over limit",
        RunOutcome::Stopped(_) => "stopped",
        RunOutcome::Declined(_) => "declined",
        RunOutcome::Upgraded => "upgraded",
        RunOutcome::Failed => "failed",
    }
}

fn production(state: &ProductionState) -> &'static str {
    match state {
        ProductionState::Unchanged => "unchanged",
        ProductionState::BaselineSet => "baseline set",
        ProductionState::Upgraded => "upgraded",
        ProductionState::Upgrading => "upgrading",
    }
}
