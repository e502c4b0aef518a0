//! A run for programs; `docs/schema/run.schema.json` describes it.

use pum_core::delta::DeltaSection;
use pum_core::manager::{
    ClosingDelta, ClosingProof, ManagerError, ProductionState, RunOutcome, RunStep, StepReport,
    Suggestion,
};
use pum_core::upgrade::Measurements;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use super::decision::Decision;
use super::view::Run;
use crate::render::check::Compared;
use crate::render::check::json::CheckJson;
use crate::render::json::{
    self, AppliedScript, DecideJson, RoleFindings, WayJson, milliseconds, path,
};
use crate::text::describe;

/// A run of the Manager.
#[derive(Serialize, JsonSchema)]
pub(crate) struct RunJson<'a> {
    /// The name that the user gave.
    production: &'a str,
    /// The identifier; null for a run without a directory.
    run: Option<&'a str>,
    /// When, in UTC.
    #[schemars(regex(pattern = r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d"))]
    started: String,
    #[schemars(extend("enum" = [
        "nothing pending", "different", "over limit", "stopped", "declined", "upgraded", "failed"
    ]))]
    outcome: &'static str,
    /// The outcome in words.
    verdict: String,
    /// Null unless the outcome is failed.
    failure: Option<Failure>,
    /// The question that was declined.
    declined: Option<String>,
    /// Whether that is because there was no terminal to ask on.
    unanswered: bool,
    from: Option<String>,
    to: Option<String>,
    /// The file.
    dump: Option<String>,
    /// How long its restore took in the rehearsal.
    restore_milliseconds: Option<u64>,
    /// The test database that was kept; null if none was.
    kept_test: Option<KeptTestJson>,
    /// The limits that were exceeded, in words.
    exceeded: &'a [String],
    /// What --resume takes to go on.
    resume: Option<&'a str>,
    /// Alternatives after a failure whose cause need not be removed.
    ways_on: &'a [String],
    next: Next,
    /// The command that restores the dump next to production; null if there is no complete dump.
    way_back: Option<String>,
    warnings: &'a [String],
    /// Exclusions by options, in words.
    left_out: &'a [String],
    /// In order; the last one is the one that failed, if one did.
    steps: Vec<CompletedStep<'a>>,
    /// What the rehearsal measured; null where it did not come that far.
    measured: Option<&'a Measurements>,
    /// What there is to decide on; null where the rehearsal did not come out right.
    decision: Option<Decision>,
    /// What helps to correct the differences. One for each of which something is known.
    hints: &'a [Suggestion],
    /// The delta that would close the gap between test and reference; null if there is no gap, or
    /// none could be planned.
    closing_delta: Option<ClosingDeltaJson<'a>>,
    /// Of test (left) and reference (right); null where it did not come that far. As in the report
    /// of pum check.
    comparison: Option<CheckJson<'a>>,
    /// Permissions of the project's roles in the upgraded copy that are not as declared; null where they
    /// were not looked at.
    roles: Option<RoleFindings<'a>>,
    /// The scripts that production got.
    applied: Vec<AppliedScript>,
}

/// A test database that was kept.
#[derive(Serialize, JsonSchema)]
struct KeptTestJson {
    /// The command that connects to it.
    connect: String,
    /// The command that removes it.
    remove: String,
}

#[derive(Serialize, JsonSchema)]
struct Failure {
    step: RunStep,
    /// What the run did to it. upgrading: some deltas were committed, or may have been.
    #[schemars(extend("enum" = ["unchanged", "baseline set", "upgrading", "upgraded"]))]
    production: &'static str,
    message: String,
}

/// A delta.
#[derive(Serialize, JsonSchema)]
struct ClosingDeltaJson<'a> {
    name: &'a str,
    version: String,
    /// Its parts, in order, each as the text of a file.
    parts: Vec<String>,
    /// Why it is not to be used; null if it can be.
    problem: Option<String>,
    /// On what it was run, and was the reference then.
    #[schemars(extend("enum" = ["copy with all rows", "copy without all rows", "schema", "failed"]))]
    proof: &'static str,
    /// Why it was not run on the copy, or what went wrong.
    reason: Option<&'a str>,
    /// What it destroys without being allowed to.
    losses: Vec<LossJson<'a>>,
    /// Rows of which it must be decided what becomes of them before it is applied.
    decide: Vec<DecideJson<'a>>,
    /// Changes that could be made in two ways, with what was measured of them (--measure-for).
    ways: Vec<WayJson<'a>>,
}

#[derive(Serialize, JsonSchema)]
struct LossJson<'a> {
    object: String,
    what: &'a str,
}

impl<'a> ClosingDeltaJson<'a> {
    fn new(closing: &'a ClosingDelta) -> Self {
        let (proof, reason) = match &closing.proof {
            ClosingProof::OnCopy { has_all_rows: true } => ("copy with all rows", None),
            ClosingProof::OnCopy { has_all_rows: false } => ("copy without all rows", None),
            ClosingProof::OnSchema { reason } => ("schema", Some(&**reason)),
            ClosingProof::Failed { reason } => ("failed", Some(&**reason)),
            _ => ("failed", None),
        };
        let losses = closing.losses.iter();
        let losses = losses.map(|(what, object)| LossJson { object: object.to_string(), what });
        let decide = closing.answers.iter().map(DecideJson::new);
        Self {
            name: &closing.delta.name,
            version: closing.delta.version.to_string(),
            parts: closing.delta.sections.iter().map(DeltaSection::text).collect(),
            problem: closing.problem(),
            proof,
            reason,
            losses: losses.collect(),
            decide: decide.collect(),
            ways: WayJson::all(&closing.measured),
        }
    }
}

/// What to do now.
#[derive(Serialize, JsonSchema)]
struct Next {
    what: String,
    /// A command for it, if there is one.
    command: Option<String>,
}

#[derive(Serialize, JsonSchema)]
struct CompletedStep<'a> {
    step: RunStep,
    title: &'static str,
    result: &'a str,
    /// How long after the start of the run it began.
    begun_milliseconds: u64,
    milliseconds: u64,
}

pub(crate) fn report(run: &Run<'_>) -> String {
    let compared = run.compared();
    json::report(RunJson::new(run, compared.as_ref()))
}

/// The report, without the version of its form.
pub(crate) fn value(run: &Run<'_>) -> Value {
    let compared = run.compared();
    json::value(&RunJson::new(run, compared.as_ref()))
}

impl<'a> RunJson<'a> {
    fn new(run: &'a Run<'_>, compared: Option<&'a Compared<'_>>) -> Self {
        let report = run.report;
        let advice = run.advice();
        Self {
            production: &run.production,
            run: run.id,
            started: report.started.to_string(),
            outcome: outcome(&report.outcome),
            verdict: run.verdict(),
            failure: run.failure.map(Failure::new),
            declined: match &report.outcome {
                RunOutcome::Declined(question) => Some(question.to_string()),
                _ => None,
            },
            unanswered: run.unanswered,
            from: report.from.as_ref().map(ToString::to_string),
            to: report.to.as_ref().map(ToString::to_string),
            dump: report.dump.as_deref().map(path),
            restore_milliseconds: report.restore.map(|restore| milliseconds(restore.took)),
            kept_test: run.kept_test().map(|[connect, remove]| KeptTestJson { connect, remove }),
            exceeded: match &report.outcome {
                RunOutcome::OverLimit(exceeded) => exceeded,
                _ => &[],
            },
            resume: report.resume.as_deref(),
            ways_on: &run.ways_on,
            next: Next { what: advice.what, command: advice.command },
            way_back: run.way_back(),
            warnings: &report.warnings,
            left_out: &run.left_out,
            steps: report.steps.iter().map(CompletedStep::new).collect(),
            measured: report.measured.as_ref(),
            decision: Decision::new(run),
            hints: &report.suggestions,
            closing_delta: report.closing_delta.as_ref().map(ClosingDeltaJson::new),
            comparison: compared.map(CheckJson::new),
            roles: report.roles.as_ref().map(RoleFindings::of),
            applied: report.applied.iter().map(AppliedScript::new).collect(),
        }
    }
}

impl Failure {
    fn new(err: &ManagerError) -> Self {
        Self { step: err.step, production: production(&err.production), message: describe(err) }
    }
}

impl<'a> CompletedStep<'a> {
    fn new(step: &'a StepReport) -> Self {
        Self {
            step: step.step,
            title: step.step.title(),
            result: &step.result,
            begun_milliseconds: milliseconds(step.begun),
            milliseconds: milliseconds(step.duration),
        }
    }
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
