//! Two sources, read and compared.
//!
//! A dump and restore rewrites some expressions without changing their meaning: `x IN ('a', 'b')`
//! on a `varchar` column comes back as another text. So when two databases differ in SQL that the
//! server printed, both schemas are dumped and restored once more, without data, on one scratch
//! server, and such a difference counts only if it is still there between the two results. A second
//! round trip changes nothing any more, so equal schemas become equal texts, whichever of them had
//! been restored before; and different schemas stay different. A snapshot has kept what comes of
//! its own round trip: against a restored database it needs no server.

#[cfg_attr(not(feature = "scratch"), path = "no_canonicalize.rs")]
mod canonicalize;
mod comparison;
mod default_versions;
mod side;
mod sides;
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
pub use comparison::{CompareError, CompareOptions, Comparison, ExtensionVersions};
pub(crate) use default_versions::versions_by_default;
#[cfg(feature = "scratch")]
pub use sources::{compare_sources, compare_with_deltas};

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

/// Compares a database with a snapshot of what it should be, which a program can have embedded: a
/// check at its start. The session may be on a connection of the program's, see
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
