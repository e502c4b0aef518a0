//! What is still missing once the pending deltas of a database were run: on a copy of its schema.

use std::path::PathBuf;

use super::copy::Copier;
use super::error::MigrationError;
use super::online::{OnlineMode, TableSizes};
use super::prove::left_over;
use super::rename_spec::RenameSpec;
use super::renames::AppliedRename;
use super::sources::{Migration, PlanRequest, plan_prepared, plan_sources, see};
use crate::Context;
use crate::compare::{CompareError, read_side};
use crate::connect::{Session, quote_literal};
use crate::delta::{DeltaSet, VariableForm, VariableValue, Version};
use crate::diff::{Fingerprint, Rename, schema_fingerprint};
use crate::model::Model;
use crate::source::{Content, Opened, Toolchain};
use crate::upgrade::{
    DowngradePlan, History, PlanOptions, RunOptions, TableName, Upgrade, UpgradeError, UpgradePlan,
};

/// The deltas of a directory, for a database that has had some of them.
#[derive(Debug, Clone, Copy)]
pub struct PendingDeltas<'a> {
    deltas: &'a DeltaSet,
    table: &'a TableName,
    options: &'a PlanOptions,
    request: &'a PlanRequest,
    /// Whether what undoes the plan is planned too.
    with_down: bool,
    /// Whether passwords in the deltas are not the real ones.
    has_stand_ins: bool,
}

impl<'a> PendingDeltas<'a> {
    /// The deltas, the upgrades table of the database, how its deltas are chosen and prepared, and how
    /// what is missing is compared and planned.
    pub fn new(
        deltas: &'a DeltaSet,
        table: &'a TableName,
        options: &'a PlanOptions,
        request: &'a PlanRequest,
    ) -> Self {
        Self { deltas, table, options, request, with_down: false, has_stand_ins: false }
    }

    /// Plans also what undoes the plan.
    #[must_use]
    pub fn with_down(self, with_down: bool) -> Self {
        Self { with_down, ..self }
    }

    /// How what is missing is planned.
    pub(super) fn request(&self) -> &'a PlanRequest {
        self.request
    }

    /// The same, planned in another way.
    pub(super) fn with_request<'b>(self, request: &'b PlanRequest) -> PendingDeltas<'b>
    where
        'a: 'b,
    {
        PendingDeltas { request, ..self }
    }

    pub(super) fn plan(&self, session: &mut Session) -> Result<UpgradePlan, UpgradeError> {
        UpgradePlan::read(session, self.table, self.deltas, self.options)
    }
}

/// What is missing between a database after its pending deltas, and a reference.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct AfterDeltas {
    /// What brings the one to the other.
    pub migration: Migration,
    /// What brings the reference back to the database after its pending deltas, if that was asked for.
    pub down: Option<Migration>,
    /// The scripts that were run on the copy, in order; none if nothing is pending.
    pub applied: Vec<PathBuf>,
    /// The version of the database now.
    pub current_version: Version,
    /// The version that the pending deltas bring it to.
    pub target_version: Version,
    /// What the schema of the database is now.
    pub from: Fingerprint,
    /// The version of the server.
    pub server_version: String,
    /// The form in which the scripts refer to variables, if they have any.
    pub variable_form: Option<VariableForm>,
    /// The names of the database and of the reference.
    pub(super) labels: [String; 2],
    /// On what the statements are run before the delta is written.
    pub(super) proven_on: ProvenOn,
}

/// On what the statements of a delta were run.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum ProvenOn {
    /// A copy of the schema.
    #[default]
    Schema,
    /// The copy of a rehearsal, with the rows that it has.
    Rehearsal {
        /// Whether those are all.
        has_all_rows: bool,
    },
}

/// The rehearsal of pending deltas, which are planned from.
pub(crate) struct Rehearsed {
    /// The scripts, in order.
    pub(crate) applied: Vec<PathBuf>,
    /// The versions of the database before and after them.
    pub(crate) versions: [Version; 2],
    /// What the schema of the database is before them.
    pub(crate) from: Fingerprint,
    /// The version of the server of the copy.
    pub(crate) server_version: String,
    /// The names of the database and of the reference.
    pub(crate) labels: [String; 2],
}

impl AfterDeltas {
    /// What is left, in words; none if the pending deltas bring the database to the reference.
    pub fn left_over(&self) -> Option<String> {
        let refused = self.migration.plan.refused.first();
        left_over(&self.migration, &self.labels[1])
            .or_else(|| refused.map(|one| format!("{}: {}", one.identity, one.reason)))
    }

    /// What is missing between a copy on which the pending deltas were rehearsed and the reference.
    pub(crate) fn rehearsed(
        migration: Migration,
        rehearsed: Rehearsed,
        proven_on: ProvenOn,
        (deltas, options): (&DeltaSet, &PlanOptions),
    ) -> Self {
        let Rehearsed { applied, versions, from, server_version, labels } = rehearsed;
        let [current_version, target_version] = versions;
        Self {
            migration,
            down: None,
            applied,
            current_version,
            target_version,
            from,
            server_version,
            variable_form: form_of(deltas, options),
            labels,
            proven_on,
        }
    }

    pub(super) fn labels(&self) -> [&str; 2] {
        self.labels.each_ref().map(|label| &**label)
    }
}

/// Runs the pending deltas of a database on a copy of its schema on a scratch server, by the same
/// runner as an upgrade, and plans what brings the copy to the reference. If nothing is pending, that
/// is planned from the database itself. The copy has no rows but those of the upgrades table; variables
/// of passwords that are not given have stand-ins.
///
/// # Errors
///
/// If `production` is no database or has no upgrades table, the reference is older than it, a delta
/// fails, or as [`plan_sources`].
pub fn plan_after_deltas(
    [production, reference]: [&mut Opened; 2],
    pending: PendingDeltas<'_>,
    toolchain: &Toolchain,
    context: &mut Context<'_>,
) -> Result<AfterDeltas, MigrationError> {
    let labels = [production.label().to_owned(), reference.label().to_owned()];
    let Content::Database(session) = &mut production.content else {
        return Err(MigrationError::NotADatabase { label: labels[0].clone() });
    };
    let plan = pending.plan(session)?;
    refuse_older(reference, pending.table, &plan.current_version, &labels)?;
    let mut request = pending.request.clone();
    request.compare.upgrades_table = Some(pending.table.clone());
    let before = read_side(production, reference, &request.compare, context)?;
    let from = schema_fingerprint(&before, &request.compare.filters);
    // The copy has no rows, and other object identifiers.
    if request.find_renames && !plan.is_empty() {
        request.seen = see([&mut *production, &mut *reference], &request, context)?;
        request.find_renames = false;
    }
    let run = RunOnCopy { pending, request: &request, toolchain };
    let (migration, down, applied) = if plan.is_empty() {
        let migration = plan_sources(production, reference, &request, Some(toolchain), context)?;
        let down = run.plan_down(production, [reference], &migration, context)?;
        (migration, down, Vec::new())
    } else {
        run.plan([production, reference], &plan, context)?
    };
    let now = read_side(production, reference, &request.compare, context)?;
    if schema_fingerprint(&now, &request.compare.filters) != from {
        return Err(MigrationError::Changed { label: labels[0].clone() });
    }
    Ok(AfterDeltas {
        migration,
        down,
        applied,
        current_version: plan.current_version.clone(),
        target_version: plan.target_version().clone(),
        from,
        server_version: production.version().to_string(),
        variable_form: form_of(pending.deltas, pending.options),
        labels,
        proven_on: ProvenOn::Schema,
    })
}

#[derive(Clone, Copy)]
struct RunOnCopy<'a> {
    pending: PendingDeltas<'a>,
    request: &'a PlanRequest,
    toolchain: &'a Toolchain,
}

impl RunOnCopy<'_> {
    fn plan(
        &self,
        [production, reference]: [&mut Opened; 2],
        plan: &UpgradePlan,
        context: &mut Context<'_>,
    ) -> Result<(Migration, Option<Migration>, Vec<PathBuf>), MigrationError> {
        let name = "pum_after_deltas";
        let (mut copy, applied) =
            self.upgraded_copy([production, reference], plan, name, context)?;
        let mut request = self.request.clone();
        if let Content::Database(session) = &mut production.content {
            request.role = Some(session.settings().user().to_owned());
            // The copy has no rows.
            let sizes = TableSizes::read(session).map_err(CompareError::from)?;
            request.sizes.get_or_insert(sizes);
        }
        let left = (&mut copy, self.prepare());
        let migration = plan_prepared(left, reference, &request, Some(self.toolchain), context)?;
        let down = self.plan_down(&mut copy, [reference], &migration, context)?;
        Ok((migration, down, applied))
    }

    /// What makes of the copy what is compared.
    fn prepare(&self) -> fn(&mut Model) {
        if self.pending.has_stand_ins { Model::forget_secrets } else { |_| () }
    }

    /// A copy of the schema of production on which the deltas were run, and their scripts.
    fn upgraded_copy(
        &self,
        [production, reference]: [&mut Opened; 2],
        plan: &UpgradePlan,
        name: &str,
        context: &mut Context<'_>,
    ) -> Result<(Opened, Vec<PathBuf>), MigrationError> {
        let label = production.label().to_owned();
        let failed = |reason: String| MigrationError::Copy { label: label.clone(), reason };
        let copier = Copier { options: &self.request.compare, toolchain: self.toolchain };
        let copy = copier.copy(production, reference, name, context);
        context.check().map_err(CompareError::from)?;
        let mut copy = copy.map_err(failed)?.session;
        if let Content::Database(session) = &mut production.content {
            for table in self.pending.table.all() {
                copy_rows(session, &mut copy, &table).map_err(failed)?;
            }
        }
        let own = self.pending.plan(&mut copy)?;
        if !own.runs_the_same(plan) {
            return Err(MigrationError::Changed { label });
        }
        let quiet = &mut Context::silent(context.interrupt());
        let report = Upgrade::new(&own).options(RunOptions::default()).run(&mut copy, quiet);
        context.check().map_err(CompareError::from)?;
        let applied = report.map_err(|cause| MigrationError::Pending { label, cause })?.applied;
        let left_out = production.left_out().clone();
        let copy = Opened::database(copy).excluding(left_out).labelled(production.label());
        Ok((copy, applied.into_iter().map(|one| one.path).collect()))
    }

    /// What brings the reference back to the left side of a plan.
    fn plan_down(
        &self,
        left: &mut Opened,
        [reference]: [&mut Opened; 1],
        migration: &Migration,
        context: &mut Context<'_>,
    ) -> Result<Option<Migration>, MigrationError> {
        if !self.pending.with_down {
            return Ok(None);
        }
        let label = left.label().to_owned();
        let no_way =
            |reason: String| Err(MigrationError::NoWayBack { label: label.clone(), reason });
        let (from, to) = (reference.version().major(), left.version().major());
        if from != to {
            return no_way(format!("the reference is of PostgreSQL {from}, and it of {to}"));
        }
        let mut request = self.request.clone();
        request.find_renames = false;
        request.seen.clear();
        request.renames = migration.plan.renames.iter().rev().map(reversed).collect();
        // They are of the way there.
        request.conversions.clear();
        if let Content::Database(session) = &left.content {
            request.role = Some(session.settings().user().to_owned());
        }
        let toolchain = Some(self.toolchain);
        let down = plan_sources(reference, left, &request, toolchain, context)?;
        match down.plan.refused.first() {
            Some(one) => no_way(format!("{}: {}", one.identity, one.reason)),
            None => Ok(Some(down)),
        }
    }

    /// Whether the scripts that undo the deltas above a version lead back to what was before them: the
    /// deltas that are pending in `before` were. Says what is left if not.
    fn prove_down(
        &self,
        [production, reference]: [&mut Opened; 2],
        before: &PendingDeltas<'_>,
        version: &Version,
        context: &mut Context<'_>,
    ) -> Result<Option<String>, MigrationError> {
        let Content::Database(session) = &mut production.content else { return Ok(None) };
        let (all, earlier) = (self.pending.plan(session)?, before.plan(session)?);
        let sides = [&mut *production, &mut *reference];
        let (mut copy, _) = self.upgraded_copy(sides, &all, "pum_down", context)?;
        let Content::Database(session) = &mut copy.content else { return Ok(None) };
        let PendingDeltas { deltas, table, options, .. } = self.pending;
        let plan = DowngradePlan::read(session, table, deltas, options, version)?;
        let quiet = &mut Context::silent(context.interrupt());
        let undone = plan.run(session, (&RunOptions::default(), None), quiet);
        context.check().map_err(CompareError::from)?;
        if let Err(err) = undone {
            return Ok(Some(err.to_string()));
        }
        let mut request = self.request.clone();
        request.online = OnlineMode::Never;
        request.conversions.clear();
        request.find_renames = false;
        request.seen.clear();
        request.minimal = None;
        let toolchain = Some(self.toolchain);
        let left = (&mut copy, self.prepare());
        let again = if earlier.is_empty() {
            plan_prepared(left, production, &request, toolchain, context)?
        } else {
            let run = RunOnCopy { pending: *before, ..*self };
            let sides = [&mut *production, &mut *reference];
            let (mut wanted, _) = run.upgraded_copy(sides, &earlier, "pum_before", context)?;
            plan_prepared(left, &mut wanted, &request, toolchain, context)?
        };
        Ok(left_over(&again, production.label()))
    }
}

/// What gives an object, or a value of an enumeration, its former name.
fn reversed(rename: &AppliedRename) -> RenameSpec {
    let (left, right) = (rename.to.clone(), rename.from.clone());
    let spec = RenameSpec::suggested(&Rename { left, right });
    match &rename.spec.value {
        None => spec,
        Some((old, new)) => spec.of_value(new, old),
    }
}

/// The form in which scripts of the directory refer to the variables that are given.
fn form_of(deltas: &DeltaSet, options: &PlanOptions) -> Option<VariableForm> {
    let variables = &options.variables;
    let own = deltas.project.as_ref().map(|project| project.variables(variables, |_| None));
    let (variables, default) = match &own {
        Some(Ok(own)) => (own, VariableForm::Braces),
        _ => (variables, VariableForm::Classic),
    };
    if variables.is_empty() {
        return None;
    }
    deltas.variable_form(variables).or(Some(default))
}

impl AfterDeltas {
    /// Whether the deltas, the new one among them, bring the database to the reference: they are run on
    /// a copy of its schema, and what comes of it is compared and planned again. Says what is left if
    /// they do not. Passwords that are not given have stand-ins. What undoes the new delta must lead back
    /// to where the deltas `before` lead, which are those without the new one.
    ///
    /// # Errors
    ///
    /// As [`plan_after_deltas`]; and if one of the schemas was changed since this was planned.
    pub fn prove(
        &self,
        sides: [&mut Opened; 2],
        (before, pending): (&DeltaSet, PendingDeltas<'_>),
        toolchain: &Toolchain,
        context: &mut Context<'_>,
    ) -> Result<Option<String>, MigrationError> {
        let variables = &self.migration.plan.variables;
        let mut options = pending.options.clone();
        for variable in variables {
            if options.variables.names().all(|name| name != variable.name) {
                options.variables.set(&variable.name, VariableValue::String(variable.stand_in()));
            }
        }
        let has_stand_ins = !variables.is_empty();
        let mut request = pending.request.clone();
        request.renames.clear();
        request.conversions.clear();
        request.minimal = None;
        request.find_renames = false;
        request.seen.clear();
        let (options, request) = (&options, &request);
        let pending = PendingDeltas { options, request, has_stand_ins, ..pending };
        let [production, reference] = sides;
        let sides = [&mut *production, &mut *reference];
        let proof = plan_after_deltas(sides, pending, toolchain, context)?;
        let changed = [
            (self.from != proof.from, &self.labels[0]),
            (self.migration.to != proof.migration.to, &self.labels[1]),
        ];
        if let Some((_, label)) = changed.into_iter().find(|(is_changed, _)| *is_changed) {
            return Err(MigrationError::Changed { label: label.clone() });
        }
        match (proof.left_over(), &self.down) {
            (None, Some(_)) => {
                let mut request = request.clone();
                request.compare.upgrades_table = Some(pending.table.clone());
                let run = RunOnCopy { pending, request: &request, toolchain };
                let before = PendingDeltas { deltas: before, ..pending };
                let sides = [production, reference];
                run.prove_down(sides, &before, &self.target_version, context)
            }
            (left, _) => Ok(left),
        }
    }
}

/// Whether the reference is not as far as the database.
fn refuse_older(
    reference: &mut Opened,
    table: &TableName,
    current: &Version,
    labels: &[String; 2],
) -> Result<(), MigrationError> {
    let recorded = match &mut reference.content {
        Content::Database(session) => History::read(session, table)?,
        Content::Snapshot(_) => None,
    };
    let own = recorded.as_ref().and_then(History::current_version).or(reference.reached());
    match own {
        Some(own) if own < current => Err(MigrationError::OlderReference {
            labels: labels.clone(),
            versions: Box::new([current.clone(), own.clone()]),
        }),
        _ => Ok(()),
    }
}

/// Copies the rows of a table, if there is one, into the same table of the copy.
fn copy_rows(from: &mut Session, to: &mut Session, table: &TableName) -> Result<(), String> {
    let text = |err: postgres::Error| {
        let said = err.as_db_error().map(|it| it.message().to_owned());
        format!("the rows of {table}: {}", said.unwrap_or_else(|| err.to_string()))
    };
    let name = table.to_sql();
    let is_there = format!("SELECT pg_catalog.to_regclass({}) IS NOT NULL", quote_literal(&name));
    if !from.client().query_one(&is_there, &[]).map_err(text)?.get::<_, bool>(0) {
        return Ok(());
    }
    let mut rows = from.client().copy_out(&format!("COPY {name} TO STDOUT")).map_err(text)?;
    let mut into = to.client().copy_in(&format!("COPY {name} FROM STDIN")).map_err(text)?;
    std::io::copy(&mut rows, &mut into).map_err(|err| format!("the rows of {table}: {err}"))?;
    into.finish().map_err(text)?;
    drop(rows);
    // The next rows get higher numbers.
    let sequence = format!(
        "SELECT pg_catalog.pg_get_serial_sequence({name}, a.attname) \
         FROM pg_catalog.pg_attribute a \
         WHERE a.attrelid = pg_catalog.to_regclass({name}) AND a.attname = 'id'",
        name = quote_literal(&name)
    );
    let found = to.client().query_opt(&sequence, &[]).map_err(text)?;
    let Some(sequence) = found.and_then(|row| row.get::<_, Option<String>>(0)) else {
        return Ok(());
    };
    let next = format!(
        "SELECT pg_catalog.setval({}, pg_catalog.max(id)) FROM {name} HAVING pg_catalog.max(id) > 0",
        quote_literal(&sequence)
    );
    to.client().batch_execute(&next).map_err(text)
}
