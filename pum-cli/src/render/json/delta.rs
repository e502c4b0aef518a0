//! The JSON reports of `pum delta`.

use std::path::PathBuf;

use pum_core::model::Identity;
use pum_core::plan::{AfterDeltas, Answer};
use schemars::JsonSchema;
use serde::Serialize;

use super::migration::{MigrationReport, MinimalJson, PsqlVariable, Refused, Renamed, Suggested};
use super::on_copy::{DecideJson, WayJson};
use super::report::{path, report};
use crate::render::migration::Script;

/// What came of writing a delta.
pub(crate) struct NewDeltaOutcome<'a> {
    /// What was planned; none for a delta without statements.
    pub(crate) after: Option<(&'a AfterDeltas, [&'a str; 2])>,
    /// Its version, if it has one.
    pub(crate) version: Option<String>,
    /// Rows that stand in the way.
    pub(crate) answers: &'a [Answer],
    /// The files.
    pub(crate) written: &'a [PathBuf],
    /// Why nothing was written.
    pub(crate) problem: Option<String>,
    /// Whether it was run, and led to the reference; none if it was not run.
    pub(crate) is_proven: Option<bool>,
}

/// A delta that was written, or why none was.
#[derive(Serialize, JsonSchema)]
pub(super) struct NewDeltaReport<'a> {
    /// The files, in the order in which they are run, each with what undoes it behind it; none if nothing was
    /// written.
    written: Vec<String>,
    /// Its version; null if nothing was written.
    version: Option<String>,
    /// Why nothing was written; null if something was, or there was nothing to write.
    problem: Option<String>,
    /// What the statements are from and for; null for a delta without statements.
    plan: Option<DeltaPlan<'a>>,
}

#[derive(Serialize, JsonSchema)]
struct DeltaPlan<'a> {
    from: DeltaFrom<'a>,
    to: DeltaTo<'a>,
    /// The pending scripts that were run before, on a copy.
    after: Vec<String>,
    /// How many parts the delta has.
    parts: usize,
    /// Whether there is what undoes it.
    down: bool,
    /// Changes that could be made in two ways, with what was measured of them on a copy (--measure-for).
    ways: Vec<WayJson<'a>>,
    /// Rows of a copy (--on) of which it must be decided what becomes of them before it is applied.
    decide: Vec<DecideJson<'a>>,
    /// Those that were asked for, or seen, with the evidence.
    renames: Vec<Renamed<'a>>,
    /// Objects that look renamed, and are dropped and created if that is not asked for.
    suggested_renames: Vec<Suggested<'a>>,
    /// What is destroyed that cannot be computed again.
    losses: Vec<LossJson<'a>>,
    /// Changes that no statement makes.
    refused: Vec<Refused<'a>>,
    /// What is left as it is.
    left_out: &'a [String],
    /// What came of leaving out what is rebuilt (--minimal); null if that was not tried.
    minimal: Option<MinimalJson<'a>>,
    /// Variables that stand for passwords, which must be given.
    variables: Vec<PsqlVariable<'a>>,
    /// Roles that the statements name and the server does not have.
    missing_roles: &'a [String],
    /// Extensions that the statements create and the server does not have.
    missing_extensions: &'a [String],
    /// Whether the delta was run on a copy of the schema, after what is pending, and led to the reference, and
    /// what undoes it back; null if it was not run.
    proven: Option<bool>,
    /// The version of the server on which it was run.
    server_version: &'a str,
}

#[derive(Serialize, JsonSchema)]
struct DeltaFrom<'a> {
    /// The name that the user gave.
    database: &'a str,
    /// The version that it is at.
    version: String,
    /// What its schema was when it was read, as far as it is compared.
    #[schemars(regex(pattern = "^[0-9a-f]{32}$"))]
    fingerprint: String,
}

#[derive(Serialize, JsonSchema)]
struct DeltaTo<'a> {
    /// The name that the user gave.
    source: &'a str,
    /// What its schema was when it was read, as far as it is compared.
    #[schemars(regex(pattern = "^[0-9a-f]{32}$"))]
    fingerprint: String,
}

#[derive(Serialize, JsonSchema)]
struct LossJson<'a> {
    object: &'a Identity,
    what: &'a str,
}

/// Whether the pending deltas bring a database to a reference.
#[derive(Serialize, JsonSchema)]
pub(super) struct ProveReport<'a> {
    from: DeltaFrom<'a>,
    /// Whether they do.
    proven: bool,
    /// What is left, in words; null if they do.
    left: Option<String>,
    /// The scripts that were run, on a copy of the schema.
    applied: Vec<String>,
    /// The version that they bring the database to.
    version: String,
    /// The version of the server on which they were run.
    server_version: &'a str,
    /// The statements from there to the reference.
    missing: MigrationReport<'a>,
}

/// The report of `pum delta new`.
pub(crate) fn delta_new(outcome: &NewDeltaOutcome<'_>) -> String {
    report(NewDeltaReport {
        written: outcome.written.iter().map(|file| path(file)).collect(),
        version: outcome.version.clone(),
        problem: outcome.problem.clone(),
        plan: outcome.after.map(|(after, labels)| DeltaPlan::new(after, labels, outcome)),
    })
}

/// The report of `pum delta prove`.
pub(crate) fn delta_prove(after: &AfterDeltas, script: &Script<'_>) -> String {
    let left = after.left_over();
    report(ProveReport {
        from: DeltaFrom::new(after, script.sides[0].label()),
        proven: left.is_none(),
        left,
        applied: after.applied.iter().map(|file| path(file)).collect(),
        version: after.target_version.to_string(),
        server_version: &after.server_version,
        missing: MigrationReport::new(script),
    })
}

impl<'a> DeltaPlan<'a> {
    fn new(after: &'a AfterDeltas, labels: [&'a str; 2], outcome: &NewDeltaOutcome<'a>) -> Self {
        let migration = &after.migration;
        let plan = &migration.plan;
        let loss = |step: &'a pum_core::plan::Step| {
            Some(LossJson { object: &step.identity, what: step.loss? })
        };
        Self {
            from: DeltaFrom::new(after, labels[0]),
            to: DeltaTo { source: labels[1], fingerprint: migration.to.to_string() },
            after: after.applied.iter().map(|file| path(file)).collect(),
            parts: plan.groups().len(),
            down: after.down.is_some(),
            ways: WayJson::all(&migration.measured),
            decide: outcome.answers.iter().map(DecideJson::new).collect(),
            renames: plan.renames.iter().map(|one| Renamed::new(one, migration)).collect(),
            suggested_renames: migration.suggested.iter().map(Suggested::new).collect(),
            losses: plan.losses().filter_map(loss).collect(),
            refused: plan.refused.iter().map(Refused::new).collect(),
            left_out: &plan.left_out,
            minimal: migration.minimized.as_ref().map(MinimalJson::new),
            variables: plan.variables.iter().map(PsqlVariable::new).collect(),
            missing_roles: &migration.missing_roles,
            missing_extensions: &migration.missing_extensions,
            proven: outcome.is_proven,
            server_version: &after.server_version,
        }
    }
}

impl<'a> DeltaFrom<'a> {
    fn new(after: &AfterDeltas, database: &'a str) -> Self {
        Self {
            database,
            version: after.current_version.to_string(),
            fingerprint: after.from.to_string(),
        }
    }
}
