//! A plan from one source to another.

use std::collections::HashSet;
use std::time::Duration;

use super::apply::run_in_transaction;
use super::conversion_spec::ConversionSpec;
use super::copy::{Copier, SchemaCopy};
use super::error::MigrationError;
use super::measured_ways::MeasuredWays;
use super::migration_plan::{MigrationOptions, MigrationPlan};
use super::minimized::Minimized;
use super::online::{Online, OnlineMode, TableSizes};
use super::planner::plan;
use super::questions::Question;
use super::rename_spec::RenameSpec;
use super::renames::{AppliedRename, Renames, before, is_there, renames};
use super::seen::{SeenRename, seen_renames};
use super::side::Side;
use crate::Context;
use crate::compare::{
    CompareError, CompareOptions, Compared, Comparison, compare_with_dependencies, read_side,
};
use crate::ddl::{self, NO_COLUMNS, NO_CONVERSIONS, Schemas};
use crate::diff::{Change, Difference, Fingerprint, Rename, all_differences, schema_fingerprint};
use crate::model::{Attributes, Identity, Kind, Model};
use crate::source::{Content, Opened, Toolchain};

/// What brings one source to another one, and in what they differ.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Migration {
    /// The differences, after the renames.
    pub comparison: Comparison,
    /// The statements.
    pub plan: MigrationPlan,
    /// What the left schema was when it was read.
    pub from: Fingerprint,
    /// What the right one was.
    pub to: Fingerprint,
    /// Roles that the statements name and that the server of the left side, or the snapshot, does not
    /// have.
    pub missing_roles: Vec<String>,
    /// Extensions that the statements create and that the server of the left side does not have.
    pub missing_extensions: Vec<String>,
    /// What rows may stand in the way.
    pub questions: Vec<Question>,
    /// Objects that look renamed, and are dropped and created if that is not asked for.
    pub suggested: Vec<SuggestedRename>,
    /// The renames that were seen and not asked for: the plan makes them.
    pub seen: Vec<SeenRename>,
    /// What was measured of the ways in which the plan could make its changes.
    pub measured: MeasuredWays,
    /// What need not be rebuilt, if that was tried.
    pub minimized: Option<Minimized>,
}

/// A rename that was not asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct SuggestedRename {
    /// What is dropped.
    pub dropped: Identity,
    /// What is created.
    pub created: Identity,
    /// How to ask for it, in addition to the renames that were asked for.
    pub spec: RenameSpec,
    /// The statements of the rename.
    pub statements: Vec<String>,
}

/// What is compared and planned.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct PlanRequest {
    /// What counts as a difference.
    pub compare: CompareOptions,
    /// The objects that get other names. They are renamed on a copy of the left schema on a scratch
    /// server, from which all else is planned.
    pub renames: Vec<RenameSpec>,
    /// Look for renames that can be seen, and make them too.
    pub find_renames: bool,
    /// Renames that were seen already, of which those are made that there are still.
    pub seen: Vec<SeenRename>,
    /// By which expressions the values of columns are converted that get other types.
    pub conversions: Vec<ConversionSpec>,
    /// For which tables the statements let others read and write meanwhile.
    pub online: OnlineMode,
    /// What was measured of them: of these each is done in its better way ([`measure_ways`](super::measure_ways)).
    pub ways: MeasuredWays,
    /// How large the tables of the left side are, if not as it says itself.
    pub sizes: Option<TableSizes>,
    /// The role that runs the statements, and so owns what they create: the one that is connected to
    /// the left side if none is given.
    pub role: Option<String>,
    /// For how long what is rebuilt is left out, one after the other, to see whether it must be
    /// ([`Migration::minimize`]). Not at all if nothing is said, or there are no PostgreSQL programs.
    pub minimal: Option<Duration>,
}

/// Compares two sources and plans what brings the left one to the right one.
///
/// # Errors
///
/// If one of them cannot be read or is a snapshot of an older version of pum, which does not hold what
/// depends on what; if a rename is not possible; if the steps cannot be put in order; or if the context
/// is interrupted.
pub fn plan_sources(
    left: &mut Opened,
    right: &mut Opened,
    request: &PlanRequest,
    toolchain: Option<&Toolchain>,
    context: &mut Context<'_>,
) -> Result<Migration, MigrationError> {
    plan_prepared((left, |_| ()), right, request, toolchain, context)
}

/// The same with a left side that is not compared as it is read.
pub(super) fn plan_prepared(
    (left, prepare): (&mut Opened, fn(&mut Model)),
    right: &mut Opened,
    request: &PlanRequest,
    toolchain: Option<&Toolchain>,
    context: &mut Context<'_>,
) -> Result<Migration, MigrationError> {
    check_dependencies([left, right])?;
    let role = request.role.as_deref().unwrap_or_else(|| role_of(left));
    let mut run = MigrationOptions::new(role, left.version().major());
    run.conversions.clone_from(&request.conversions);
    let sizes = match (request.online, &request.sizes, &mut left.content) {
        (OnlineMode::Auto, None, Content::Database(session)) => {
            Some(TableSizes::read(session).map_err(CompareError::from)?)
        }
        (_, given, _) => given.clone(),
    };
    let seen = if request.find_renames || !request.seen.is_empty() {
        see([&mut *left, &mut *right], request, context)?
    } else {
        Vec::new()
    };
    let online = request.online;
    let ways = &request.ways;
    let planner = Planner { options: &request.compare, run, toolchain, online, ways, sizes };
    let specs: Vec<RenameSpec> =
        request.renames.iter().chain(seen.iter().map(|one| &one.spec)).cloned().collect();
    if specs.is_empty() {
        let mut migration = planner.plan((&mut *left, prepare), right, &[], context)?;
        migration.note_what_is_missing(left, right)?;
        migration.minimize_if_wanted([left, right], request, toolchain, context)?;
        return Ok(migration);
    }
    let renamed = planner.renamed(left, right, &specs, context);
    // Those that were only seen are not made if they cannot be.
    let (copy, applied, whole) = match renamed {
        Err(MigrationError::Rename { .. } | MigrationError::RenamedCopy { .. })
            if !seen.is_empty() =>
        {
            let request = PlanRequest { find_renames: false, seen: Vec::new(), ..request.clone() };
            return plan_prepared((left, prepare), right, &request, toolchain, context);
        }
        other => other?,
    };
    let is_built = copy.is_built;
    let mut copy = Opened::database(copy.session).excluding(left.left_out().clone());
    let prepare = |model: &mut Model| {
        if is_built {
            model.forget_secrets();
        }
        keep_versions(model, &whole);
    };
    let mut migration = planner.plan((&mut copy, prepare), right, &applied.applied, context)?;
    migration.from = planner.fingerprint(&whole);
    // What was copied is what was read before it.
    if planner.fingerprint(&read_side(left, right, &request.compare, context)?) != migration.from {
        return Err(MigrationError::Changed { label: left.label().to_owned() });
    }
    migration.plan.put_renames_first(applied, &whole);
    migration.seen = seen;
    migration.note_what_is_missing(left, right)?;
    migration.minimize_if_wanted([left, right], request, toolchain, context)?;
    Ok(migration)
}

/// Plans from a copy of the left side after its statements, with stand-ins for passwords, to the right
/// side.
pub(super) fn plan_again(
    copy: &mut Opened,
    right: &mut Opened,
    request: &PlanRequest,
    toolchain: &Toolchain,
    context: &mut Context<'_>,
) -> Result<Migration, MigrationError> {
    let run = MigrationOptions::new(role_of(copy), copy.version().major());
    let planner = Planner {
        options: &request.compare,
        run,
        toolchain: Some(toolchain),
        online: OnlineMode::Never,
        ways: &MeasuredWays::default(),
        sizes: None,
    };
    planner.plan((copy, Model::forget_secrets), right, &[], context)
}

/// The renames that are seen.
pub(super) fn see(
    [left, right]: [&mut Opened; 2],
    request: &PlanRequest,
    context: &mut Context<'_>,
) -> Result<Vec<SeenRename>, MigrationError> {
    let models = [
        read_side(left, right, &request.compare, context)?,
        read_side(right, left, &request.compare, context)?,
    ];
    if !request.find_renames {
        // Some may have been made by pending deltas.
        let is_there = |one: &&SeenRename| is_there(&one.spec, &models[0]);
        return Ok(request.seen.iter().filter(is_there).cloned().collect());
    }
    let [one, other] = &models;
    Ok(seen_renames([left, right], [one, other], &request.renames))
}

fn check_dependencies(sides: [&Opened; 2]) -> Result<(), MigrationError> {
    for side in sides {
        if let Content::Snapshot(snapshot) = &side.content
            && snapshot.dependencies().is_none()
        {
            return Err(MigrationError::Snapshot { label: side.label().to_owned() });
        }
    }
    Ok(())
}

struct Planner<'a> {
    options: &'a CompareOptions,
    run: MigrationOptions,
    toolchain: Option<&'a Toolchain>,
    online: OnlineMode,
    ways: &'a MeasuredWays,
    sizes: Option<TableSizes>,
}

impl Planner<'_> {
    fn plan(
        &self,
        (left, prepare): (&mut Opened, impl FnOnce(&mut Model)),
        right: &mut Opened,
        applied: &[AppliedRename],
        context: &mut Context<'_>,
    ) -> Result<Migration, MigrationError> {
        let sides = (left, prepare);
        let compared =
            compare_with_dependencies(sides, right, self.options, self.toolchain, context)?;
        let Compared { comparison, left, right } = compared;
        let [left, right] = [left, right].map(|(model, dependencies)| Side { model, dependencies });
        let differences = unreduced(&comparison, &left, &right, self.options);
        let mut plan = plan(&left, &right, &differences, &self.run)?;
        let questions = plan.questions(&left, &right);
        let online = Online {
            mode: self.online,
            measured: &self.ways.ways,
            sizes: self.sizes.as_ref(),
            renames: applied,
            left: &left,
            right: &right,
            role: &self.run.role,
            major: self.run.major,
        };
        plan.steps = online.rewrite(plan.steps, &mut plan.left_out);
        let suggested = self.suggested(&comparison.renames, &left.model, applied);
        let [from, to] = [&left, &right].map(|side| self.fingerprint(&side.model));
        Ok(Migration {
            comparison,
            plan,
            from,
            to,
            suggested,
            seen: Vec::new(),
            measured: self.ways.clone(),
            minimized: None,
            questions,
            missing_roles: Vec::new(),
            missing_extensions: Vec::new(),
        })
    }

    fn fingerprint(&self, model: &Model) -> Fingerprint {
        schema_fingerprint(model, &self.options.filters)
    }

    /// A copy of the left side with the renames made, and the schema before that.
    fn renamed(
        &self,
        left: &mut Opened,
        right: &mut Opened,
        specs: &[RenameSpec],
        context: &mut Context<'_>,
    ) -> Result<(SchemaCopy, Renames, Model), MigrationError> {
        let left_model = read_side(left, right, self.options, context)?;
        let right_model = read_side(right, left, self.options, context)?;
        let sides = [(&left_model, left.label()), (&right_model, right.label())];
        let made = renames(specs, sides, self.run.major)?;
        let label = left.label().to_owned();
        let failed = |reason: String| MigrationError::RenamedCopy { label: label.clone(), reason };
        let Some(toolchain) = self.toolchain else {
            return Err(failed("no PostgreSQL programs were given".to_owned()));
        };
        let copier = Copier { options: self.options, toolchain };
        let mut copy = copier.copy(left, right, "pum_renamed", context).map_err(failed)?;
        context.check().map_err(crate::compare::CompareError::from)?;
        let statements = made.statements.iter().map(|(_, statement)| &**statement);
        run_in_transaction(&mut copy.session, statements).map_err(|it| failed(it.to_string()))?;
        Ok((copy, made, left_model))
    }

    /// Those that can be made.
    fn suggested(
        &self,
        renames: &[Rename],
        left: &Model,
        applied: &[AppliedRename],
    ) -> Vec<SuggestedRename> {
        let schemas = Schemas {
            current: left,
            wanted: left,
            role: &self.run.role,
            major: self.run.major,
            late_defaults: &NO_COLUMNS,
            recreated: &NO_COLUMNS,
            conversions: &NO_CONVERSIONS,
        };
        let suggest = |rename: &Rename| {
            let object = left.get(&rename.left)?;
            let statements = ddl::rename(object, &rename.right, &schemas).ok()?;
            let left = before(&rename.left, applied);
            // In the words of the left schema.
            let schema = before(&rename.right, applied).schema;
            let right = Identity { schema, ..rename.right.clone() };
            Some(SuggestedRename {
                dropped: rename.left.clone(),
                created: rename.right.clone(),
                spec: RenameSpec::suggested(&Rename { left, right }),
                statements,
            })
        };
        renames.iter().filter_map(suggest).collect()
    }
}

/// A copy has the versions of extensions that its server installs.
fn keep_versions(copy: &mut Model, left: &Model) {
    copy.change(|object| {
        if let Attributes::Extension(own) = &mut object.attributes
            && let Some(Attributes::Extension(left)) =
                left.get(&object.identity).map(|object| &object.attributes)
        {
            own.version.clone_from(&left.version);
        }
    });
}

/// The role that runs the statements: the one that is connected. Who will bring up to date what a
/// snapshot was taken of is not known; what is created gets its owner by a statement then.
fn role_of(left: &Opened) -> &str {
    match &left.content {
        Content::Database(session) => session.settings().user(),
        Content::Snapshot(_) => "",
    }
}

/// What the comparison found, with all that belongs to what only one side has.
fn unreduced(
    comparison: &Comparison,
    left: &Side,
    right: &Side,
    options: &CompareOptions,
) -> Vec<Difference> {
    let mut all = all_differences(&left.model, &right.model, &options.filters);
    // Of SQL that only looks different the comparison knows.
    let told: HashSet<(&Identity, &str)> =
        comparison.differences.iter().filter_map(about).collect();
    all.retain(|difference| {
        !difference.may_be_spelling() || about(difference).is_some_and(|one| told.contains(&one))
    });
    options.filters.apply_rules(&mut all);
    // What makes the partitions makes and drops them.
    if !comparison.managed_partitions.is_empty() {
        let managed = comparison.managed_partitions.iter();
        let tables = managed.flat_map(|table| table.left.iter().chain(&table.right));
        let tables: HashSet<(&str, &str)> =
            tables.map(|table| (&*table.schema, &*table.name)).collect();
        all.retain(|difference| {
            let identity = &difference.identity;
            let own = match (identity.kind, &identity.parent) {
                (Kind::Table, _) => &*identity.name,
                (_, Some(parent)) => &**parent,
                _ => return true,
            };
            !tables.contains(&(&*identity.schema, own))
        });
    }
    all
}

fn about(difference: &Difference) -> Option<(&Identity, &'static str)> {
    match difference.change {
        Change::Attribute { name, .. } => Some((&difference.identity, name)),
        Change::OnlyLeft | Change::OnlyRight => None,
    }
}
