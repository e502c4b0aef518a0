use super::canonicalize::Toolchain;
use super::comparison::{CompareError, CompareOptions, Comparison};
use super::read_side::ReadSide;
use super::schema_map::SchemaMapError;
use super::side::Side;
use super::sides::compare_sides;
use super::sides_read::compare_read;
use super::work::{Work, both};
use crate::Context;
use crate::connect::SessionOn;
use crate::delta::DeltaSet;
use crate::model::{Dependencies, Model};
use crate::snapshot::Snapshot;
use crate::source::{Content, OpenOptions, Opened, SnapshotOptions, open_deltas};
use crate::upgrade::{PlanOptions, TableName};

/// Reads two sources of any kind at the same time and compares them. Objects that one of them
/// excludes (see [`Excluded`](crate::snapshot::Excluded)) are ignored on the other side too.
///
/// # Errors
///
/// If one side cannot be read, its exclusions cannot be applied to the other one, or the context is
/// interrupted.
pub fn compare_sources(
    left: &mut Opened,
    right: &mut Opened,
    options: &CompareOptions,
    toolchain: Option<&Toolchain>,
    context: &mut Context<'_>,
) -> Result<Comparison, CompareError> {
    let left_out = [left.left_out().clone(), right.left_out().clone()];
    let work = Work::new(options, left_out, toolchain, context.interrupt())?;
    compare_sides(side_of(left), side_of(right), &work)
}

/// Compares a database with the result of deltas, which are embedded in the program or read by it.
/// The deltas are built on a scratch server of `toolchain`, with the major version of the database.
/// The database is the left side, and the session can use the program's own connection, see
/// [`SessionOn::borrowed`].
///
/// All deltas are applied, so a database with pending deltas differs. Where no server can be
/// started, as in production, use [`compare_with_snapshot`](super::compare_with_snapshot) with a
/// snapshot that was taken of the deltas before.
///
/// # Errors
///
/// If the deltas cannot be built on a scratch server, the database cannot be read, or the context
/// is interrupted.
///
/// ```no_run
/// # use pum_core::connect::SessionOn;
/// # use pum_core::dump::ToolOverrides;
/// # use pum_core::installation::{Installations, SearchPath};
/// # use pum_core::scratch::{OnDemand, ServerOptions};
/// # use pum_core::source::Toolchain;
/// use pum_core::Context;
/// use pum_core::compare::{CompareOptions, compare_with_deltas};
/// use pum_core::delta::DeltaSet;
/// use pum_core::upgrade::PlanOptions;
///
/// # fn check(client: &mut postgres::Client) -> Result<(), Box<dyn std::error::Error>> {
/// # let installations = Installations::find(&SearchPath::default());
/// # let toolchain = Toolchain {
/// #     scratch: OnDemand::new(ServerOptions::new(installations.clone())),
/// #     overrides: ToolOverrides::default(),
/// #     installations,
/// # };
/// let deltas = DeltaSet::embedded([("delta_1.0.0.sql", "create table pipes (id int)")])?;
/// let mut session = SessionOn::borrowed(client)?;
/// let mut options = CompareOptions::default();
/// options.upgrades_table = Some("public.upgrades".parse()?);
/// let found = compare_with_deltas(
///     &mut session,
///     (&deltas, &PlanOptions::default()),
///     &options,
///     &toolchain,
///     &mut Context::default(),
/// )?;
/// assert!(found.differences.is_empty(), "{:?}", found.differences);
/// # Ok(())
/// # }
/// ```
pub fn compare_with_deltas(
    session: &mut SessionOn<'_>,
    (deltas, plan): (&DeltaSet, &PlanOptions),
    options: &CompareOptions,
    toolchain: &Toolchain,
    context: &mut Context<'_>,
) -> Result<Comparison, CompareError> {
    let build =
        OpenOptions { deltas: plan.clone(), knows_upgrades_table: true, ..OpenOptions::default() };
    let tables: Vec<&str> = options.upgrades_table.iter().map(TableName::name).collect();
    let taken = open_deltas((deltas, &tables), session, &build, toolchain, context)
        .and_then(|mut built| {
            let take =
                SnapshotOptions { allow_unknown: options.allow_unknown, ..Default::default() };
            Snapshot::capture(&mut built, &take, context)
        })
        .map_err(Box::new)?;
    let work = Work::new(options, [taken.left_out()], Some(toolchain), context.interrupt())?;
    compare_sides(Side::Live(session), Side::Snapshot(&taken), &work)
}

/// Two sides that were compared, each with what depends on what in it. A snapshot that does not hold
/// its dependencies has none.
pub(crate) struct Compared {
    pub(crate) comparison: Comparison,
    pub(crate) left: (Model, Dependencies),
    pub(crate) right: (Model, Dependencies),
}

/// Compares two sources, and gives what was read of them. `prepare` can change the left model first.
pub(crate) fn compare_with_dependencies(
    (left, prepare): (&mut Opened, impl FnOnce(&mut Model)),
    right: &mut Opened,
    options: &CompareOptions,
    toolchain: Option<&Toolchain>,
    context: &mut Context<'_>,
) -> Result<Compared, CompareError> {
    if !options.schema_map.is_empty() {
        return Err(SchemaMapError::NotForPlans.into());
    }
    let left_out = [left.left_out().clone(), right.left_out().clone()];
    let work = Work::new(options, left_out, toolchain, context.interrupt())?;
    let (mut left, mut right) = (side_of(left), side_of(right));
    let (read_left, read_right) =
        both(|| work.with_dependencies(&mut left), || work.with_dependencies(&mut right));
    work.interrupt.check()?;
    let (mut read_left, read_right) = (read_left?, read_right?);
    prepare(read_left.0.model_mut());
    let comparison = compare_read(
        ReadSide::whole(&mut left, &read_left.0),
        ReadSide::whole(&mut right, &read_right.0),
        &work,
    )?;
    let [left, right] =
        [read_left, read_right].map(|(read, dependencies)| (read.into_model(), dependencies));
    Ok(Compared { comparison, left, right })
}

/// One side as it is read for a comparison with the other one.
pub(crate) fn read_side(
    side: &mut Opened,
    other: &Opened,
    options: &CompareOptions,
    context: &Context<'_>,
) -> Result<Model, CompareError> {
    let left_out = [side.left_out().clone(), other.left_out().clone()];
    let work = Work::new(options, left_out, None, context.interrupt())?;
    Ok(work.read(&mut side_of(side))?.into_model())
}

fn side_of(opened: &mut Opened) -> Side<'_, 'static> {
    match &mut opened.content {
        Content::Database(session) => Side::Live(session),
        Content::Snapshot(snapshot) => Side::Snapshot(snapshot),
    }
}
