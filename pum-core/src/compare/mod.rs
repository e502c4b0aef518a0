//! Two sources, read and compared.
//!
//! A dump and restore rewrites some expressions without changing their meaning: `x IN ('a', 'b')`
//! on a `varchar` column is printed differently afterwards. So if two sides differ in SQL that the
//! server printed, both definitions are created on one scratch server, with what they need and
//! nothing else, and only differences that remain there are reported. A second time changes nothing,
//! so equal definitions end up with the same text, no matter which of them was restored before, and
//! different ones stay different. What cannot be created is [`Undecided`]. A snapshot can have
//! recorded what would come of it ([`Snapshot::canonicalize`]), so comparing it with a restored
//! database needs no server.

#[cfg(feature = "scratch")]
mod canonical;
#[cfg_attr(not(feature = "scratch"), path = "no_canonicalize.rs")]
mod canonicalize;
mod comparison;
mod default_versions;
mod mapped;
mod overview;
mod partition_managers;
mod read_side;
mod schema_map;
mod side;
mod sides;
mod sides_read;
mod snapshot_canonical;
#[cfg(feature = "scratch")]
mod sources;
mod spelling;
mod work;

use crate::Context;
use crate::connect::{Session, SessionOn};
use crate::snapshot::Snapshot;
use side::Side;
use sides::compare_sides;
use work::Work;

pub use canonicalize::Toolchain;
pub use comparison::{
    CompareError, CompareOptions, ComparedSchema, Comparison, ExtensionVersions, Undecided,
};
pub(crate) use default_versions::versions_by_default;
pub use overview::{OneSided, Overview, OverviewKey, OverviewTable, Presence};
pub use schema_map::{SchemaMap, SchemaMapError, SchemaMapping};
#[cfg(feature = "scratch")]
pub(crate) use sources::{Compared, compare_with_dependencies, read_side};
#[cfg(feature = "scratch")]
pub use sources::{compare_sources, compare_with_deltas};
#[cfg(feature = "scratch")]
pub(crate) use work::scope_of;

/// Reads both databases, at the same time, and compares them.
///
/// # Errors
///
/// If one side cannot be read, or the context is interrupted.
pub fn compare_sessions(
    left: &mut Session,
    right: &mut Session,
    options: &CompareOptions,
    toolchain: Option<&Toolchain>,
    context: &mut Context<'_>,
) -> Result<Comparison, CompareError> {
    let work = Work::new(options, [], toolchain, context.interrupt())?;
    compare_sides(Side::Live(left), Side::Live(right), &work)
}

/// Compares a database with a snapshot of its expected schema, which can be embedded in a program
/// for a check at its start. The session can use the program's own connection, see
/// [`SessionOn::borrowed`]. The database is the left side.
///
/// # Errors
///
/// If the database cannot be read, a filter of the snapshot cannot be applied, or the context is
/// interrupted.
pub fn compare_with_snapshot(
    session: &mut SessionOn<'_>,
    snapshot: &Snapshot,
    options: &CompareOptions,
    context: &mut Context<'_>,
) -> Result<Comparison, CompareError> {
    let work = Work::new(options, [snapshot.left_out()], None, context.interrupt())?;
    compare_sides(Side::Live(session), Side::Snapshot(snapshot), &work)
}
