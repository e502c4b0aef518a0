//! A snapshot knows how its SQL reads after a dump and restore.

use super::comparison::Comparison;
use super::side::Side;
use super::spelling::drop_spelling;
use super::work::{Work, without_tables};
use crate::diff::merge;
use crate::model::Model;
use crate::snapshot::Snapshot;

/// Drops the differences in printed SQL between a database and a snapshot where the database has
/// what the snapshot kept of its dump and restore: the database is a restored one. So a restored
/// database needs no scratch server.
pub(super) fn drop_canonical_spelling(
    comparison: &mut Comparison,
    left: (&Side<'_, '_>, &Model),
    right: (&Side<'_, '_>, &Model),
    work: &Work<'_>,
) {
    let filters = &work.options.filters;
    let (majors, mut after) = match (left, right) {
        ((live @ Side::Live(_), model), (Side::Snapshot(snapshot), _)) => {
            let kept = canonical_model(snapshot, work);
            ((live.major(), canonical_major(snapshot)), merge(model, &kept, filters))
        }
        ((Side::Snapshot(snapshot), _), (live @ Side::Live(_), model)) => {
            let kept = canonical_model(snapshot, work);
            ((canonical_major(snapshot), live.major()), merge(&kept, model, filters))
        }
        _ => return,
    };
    after.retain(|difference| !difference.is_spelling_of_majors(majors.0, majors.1));
    drop_spelling(comparison, &after);
}

/// The schema of a snapshot after the dump and restore that it went through.
pub(super) fn canonical_model(snapshot: &Snapshot, work: &Work<'_>) -> Model {
    let mut model = snapshot.canonical_model();
    without_tables(&mut model, &work.left_out);
    model
}

/// The major version of the server that printed that.
pub(super) fn canonical_major(snapshot: &Snapshot) -> u32 {
    snapshot.canonicalized_by().unwrap_or(snapshot.server_version()).major()
}
