//! The JSON report of `pum diff`.

use pum_core::compare::Undecided;
use pum_core::diff::Fingerprint;
use pum_core::model::Identity;
use pum_core::plan::{
    Action, AppliedRename, Migration, MigrationPlan, Minimized, MissingCast, Placement, Proof,
    Refusal, RenameEvidence, Step, SuggestedRename, Variable,
};
use pum_core::source::Opened;
use pum_core::upgrade::LockMode;
use schemars::JsonSchema;
use serde::Serialize;

use super::on_copy::{DecideJson, WayJson};
use super::report::report;
use crate::render::migration::Script;

/// The statements from one schema to another.
#[derive(Serialize, JsonSchema)]
pub(super) struct MigrationReport<'a> {
    from: Side<'a>,
    to: Side<'a>,
    /// Whether all is there, nothing is lost that was not allowed, and it is proven if that was wanted.
    complete: bool,
    /// Why not.
    problem: Option<String>,
    /// In the order in which they are run.
    steps: Vec<PlannedStep<'a>>,
    /// Those that were asked for, or seen.
    renames: Vec<Renamed<'a>>,
    /// Objects that look renamed, and are dropped and created if that is not asked for.
    suggested_renames: Vec<Suggested<'a>>,
    /// How the values of columns are converted that get other types, as it was asked for.
    conversions: Vec<String>,
    /// Changes that no statement makes.
    refused: Vec<Refused<'a>>,
    /// Changes that could be made in two ways, with what was measured of them on a copy (--measure-for).
    ways: Vec<WayJson<'a>>,
    /// Rows of a copy (--on) that stand in the way of the statements.
    decide: Vec<DecideJson<'a>>,
    /// What came of leaving out what is rebuilt (--minimal); null if that was not tried.
    minimal: Option<MinimalJson<'a>>,
    /// What is left as it is.
    left_out: &'a [String],
    /// Definitions that differ in their text, of which it is not known whether they differ in meaning:
    /// they are rewritten.
    undecided: &'a [Undecided],
    /// Why that could be found out of none.
    not_canonicalized: Option<&'a str>,
    /// What must be given to psql: variables that stand for passwords.
    variables: Vec<PsqlVariable<'a>>,
    /// Roles that the statements name and the server of the first side does not have.
    missing_roles: &'a [String],
    /// Extensions that the statements create and the server of the first side does not have.
    missing_extensions: &'a [String],
    proof: ProofOutcome<'a>,
}

#[derive(Serialize, JsonSchema)]
struct Side<'a> {
    /// The name that the user gave.
    source: &'a str,
    server_version: String,
    /// What the schema was when it was read, as far as it is compared.
    #[schemars(regex(pattern = "^[0-9a-f]{32}$"))]
    fingerprint: String,
}

#[derive(Serialize, JsonSchema)]
struct PlannedStep<'a> {
    /// The statements, as psql takes them.
    sql: Vec<String>,
    object: &'a Identity,
    #[schemars(extend("enum" = ACTIONS))]
    action: &'static str,
    /// The steps that must be done before, by their numbers from 0.
    needs: &'a [usize],
    /// With what it is run: before all transactions, in one with the step before it, in a new one, or
    /// by itself without one.
    #[schemars(extend("enum" = ["before_transaction", "transaction", "new_transaction", "alone"]))]
    group: &'static str,
    /// The strongest lock on a table that was there before, by the documentation of PostgreSQL.
    lock: Option<LockMode>,
    /// Whether it may rewrite all rows of a table.
    may_rewrite: bool,
    /// What it destroys that cannot be computed again.
    loss: Option<&'a str>,
    /// Whether it destroys what may not be lost: then a script has it as a comment.
    commented_out: bool,
    /// What makes it necessary, where the object is not different itself.
    because: Option<&'a Identity>,
    /// Why it is done as it is, where it was asked for in another way.
    #[serde(skip_serializing_if = "Option::is_none")]
    remark: Option<&'a str>,
}

const ACTIONS: [&str; 12] = [
    "rename",
    "drop_default",
    "park",
    "drop",
    "shell_type",
    "create",
    "alter",
    "replace",
    "set_default",
    "attach_partition",
    "copy_rows",
    "finish",
];

#[derive(Serialize, JsonSchema)]
pub(super) struct Renamed<'a> {
    /// As it was asked for.
    rename: String,
    from: &'a Identity,
    to: &'a Identity,
    /// Why it is one, if it was seen and not asked for.
    evidence: Option<EvidenceJson>,
}

#[derive(Serialize, JsonSchema)]
struct EvidenceJson {
    /// By what it was seen: the scripts of the second side, object identifiers of databases of one
    /// template, equal values with equal keys.
    #[schemars(extend("enum" = ["build", "identifiers", "values"]))]
    kind: &'static str,
    /// In words.
    text: String,
}

impl EvidenceJson {
    fn new(evidence: &RenameEvidence) -> Self {
        let kind = match evidence {
            RenameEvidence::Build { .. } => "build",
            RenameEvidence::Identifiers { .. } => "identifiers",
            _ => "values",
        };
        Self { kind, text: evidence.to_string() }
    }
}

#[derive(Serialize, JsonSchema)]
pub(super) struct Suggested<'a> {
    dropped: &'a Identity,
    created: &'a Identity,
    /// How to ask for it.
    rename: String,
}

#[derive(Serialize, JsonSchema)]
pub(super) struct MinimalJson<'a> {
    /// What need not be rebuilt, and is not.
    left_out: &'a [Identity],
    /// What the rest fails without.
    needed: &'a [Identity],
    /// What was not tried, because the time was over.
    not_tried: &'a [Identity],
}

impl<'a> MinimalJson<'a> {
    pub(super) fn new(minimized: &'a Minimized) -> Self {
        let Minimized { left_out, needed, not_tried, .. } = minimized;
        Self { left_out, needed, not_tried }
    }
}

#[derive(Serialize, JsonSchema)]
pub(super) struct Refused<'a> {
    object: &'a Identity,
    reason: &'a str,
    /// Whether it is possible if it is said how the values of the column are converted.
    needs_conversion: bool,
}

#[derive(Serialize, JsonSchema)]
pub(super) struct PsqlVariable<'a> {
    name: &'a str,
    object: &'a Identity,
}

#[derive(Serialize, JsonSchema)]
struct ProofOutcome<'a> {
    #[schemars(extend("enum" = ["proven", "failed", "missing", "no_cast", "not_tried"]))]
    outcome: &'static str,
    /// The version of the server on which it was proven.
    server_version: Option<&'a str>,
    /// Whether what a snapshot holds was created by pum's own statements, and not copied by a dump.
    of_snapshot: bool,
    /// Why it is not proven.
    reason: Option<&'a str>,
    /// The columns for which there is no cast, if that is why.
    no_cast: Vec<NoCast<'a>>,
}

#[derive(Serialize, JsonSchema)]
struct NoCast<'a> {
    column: &'a Identity,
    /// The type that it has.
    from: &'a str,
    /// The type that it gets.
    to: &'a str,
}

pub(crate) fn migration(script: &Script<'_>) -> String {
    report(MigrationReport::new(script))
}

impl<'a> MigrationReport<'a> {
    pub(super) fn new(script: &'a Script<'_>) -> Self {
        let migration = script.migration;
        let plan = &migration.plan;
        let [left, right] = script.sides;
        let problem = script.problem();
        Self {
            from: Side::new(left, migration.from),
            to: Side::new(right, migration.to),
            complete: problem.is_none(),
            problem,
            steps: plan.steps.iter().map(|step| PlannedStep::new(step, plan, script)).collect(),
            renames: plan.renames.iter().map(|one| Renamed::new(one, migration)).collect(),
            suggested_renames: migration.suggested.iter().map(Suggested::new).collect(),
            conversions: plan.conversions.iter().map(ToString::to_string).collect(),
            refused: plan.refused.iter().map(Refused::new).collect(),
            ways: WayJson::all(&migration.measured),
            decide: script.answers.iter().map(DecideJson::new).collect(),
            minimal: migration.minimized.as_ref().map(MinimalJson::new),
            left_out: &plan.left_out,
            undecided: &migration.comparison.undecided,
            not_canonicalized: migration.comparison.not_canonicalized.as_deref(),
            variables: plan.variables.iter().map(PsqlVariable::new).collect(),
            missing_roles: &migration.missing_roles,
            missing_extensions: &migration.missing_extensions,
            proof: ProofOutcome::new(script.proof),
        }
    }
}

impl<'a> Side<'a> {
    fn new(opened: &'a Opened, fingerprint: Fingerprint) -> Self {
        Self {
            source: opened.label(),
            server_version: opened.version().to_string(),
            fingerprint: fingerprint.to_string(),
        }
    }
}

impl<'a> PlannedStep<'a> {
    fn new(step: &'a Step, plan: &MigrationPlan, script: &Script<'_>) -> Self {
        Self {
            sql: plan.psql_statements(step),
            object: &step.identity,
            action: action(step.action),
            needs: &step.needs,
            group: group(step),
            lock: step.lock,
            may_rewrite: step.may_rewrite,
            loss: step.loss,
            commented_out: script.is_left_out(step),
            because: step.because.as_ref(),
            remark: step.remark.as_deref(),
        }
    }
}

fn group(step: &Step) -> &'static str {
    match step.placement {
        _ if step.before_transaction => "before_transaction",
        Placement::NewTransaction => "new_transaction",
        Placement::Alone => "alone",
        _ => "transaction",
    }
}

fn action(action: Action) -> &'static str {
    match action {
        Action::Rename => "rename",
        Action::DropDefault => "drop_default",
        Action::Park => "park",
        Action::Drop => "drop",
        Action::Shell => "shell_type",
        Action::Create => "create",
        Action::Alter => "alter",
        Action::Replace => "replace",
        Action::SetDefault => "set_default",
        Action::Attach => "attach_partition",
        Action::CopyRows => "copy_rows",
        _ => "finish",
    }
}

impl<'a> Renamed<'a> {
    pub(super) fn new(rename: &'a AppliedRename, migration: &Migration) -> Self {
        let seen = migration.seen.iter().find(|seen| seen.spec == rename.spec);
        let evidence = seen.map(|seen| EvidenceJson::new(&seen.evidence));
        Self { rename: rename.spec.to_string(), from: &rename.from, to: &rename.to, evidence }
    }
}

impl<'a> Suggested<'a> {
    pub(super) fn new(suggested: &'a SuggestedRename) -> Self {
        Self {
            dropped: &suggested.dropped,
            created: &suggested.created,
            rename: suggested.spec.to_string(),
        }
    }
}

impl<'a> Refused<'a> {
    pub(super) fn new(refusal: &'a Refusal) -> Self {
        let Refusal { identity, reason, needs_conversion, .. } = refusal;
        Self { object: identity, reason, needs_conversion: *needs_conversion }
    }
}

impl<'a> PsqlVariable<'a> {
    pub(super) fn new(variable: &'a Variable) -> Self {
        Self { name: &variable.name, object: &variable.identity }
    }
}

impl<'a> NoCast<'a> {
    fn new(missing: &'a MissingCast) -> Self {
        Self { column: &missing.column, from: &missing.from, to: &missing.to }
    }
}

impl<'a> ProofOutcome<'a> {
    fn new(proof: Option<&'a Proof>) -> Self {
        let (outcome, server_version, of_snapshot, reason) = match proof {
            None => ("not_tried", None, false, None),
            Some(Proof::Proven { version, is_built }) => {
                ("proven", Some(&**version), *is_built, None)
            }
            Some(Proof::Missing { reason }) => ("missing", None, false, Some(&**reason)),
            Some(Proof::NoCast { reason, .. }) => ("no_cast", None, false, Some(&**reason)),
            Some(Proof::Failed { reason }) => ("failed", None, false, Some(&**reason)),
            Some(_) => ("failed", None, false, None),
        };
        let no_cast = match proof {
            Some(Proof::NoCast { columns, .. }) => columns.iter().map(NoCast::new).collect(),
            _ => Vec::new(),
        };
        Self { outcome, server_version, of_snapshot, reason, no_cast }
    }
}
