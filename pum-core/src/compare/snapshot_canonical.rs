//! What a snapshot has kept of how its SQL reads after a dump and restore.

use super::comparison::Comparison;
use super::side::Side;
use super::spelling::drop_spelling;
use super::work::{Work, without_tables};
use crate::diff::merge;
use crate::model::Model;

/// Drops the differences in printed SQL that are none in the spelling which snapshots have kept: of
/// both sides, or of one where the other is a restored database. That needs no scratch server.
pub(super) fn drop_canonical_spelling(
    comparison: &mut Comparison,
    (left, left_model): (&Side<'_, '_>, &Model),
    (right, right_model): (&Side<'_, '_>, &Model),
    work: &Work<'_>,
) {
    let (left_kept, right_kept) = (kept(left, work), kept(right, work));
    let left_read = (left_model, left.major());
    let right_read = (right_model, right.major());
    let mut drop_same = |left: (&Model, u32), right: (&Model, u32)| {
        let mut after = merge(left.0, right.0, &work.options.filters);
        after.retain(|difference| !difference.is_spelling_of_majors(left.1, right.1));
        drop_spelling(comparison, &after);
    };
    let left_kept = left_kept.as_ref().map(|(model, major)| (model, *major));
    let right_kept = right_kept.as_ref().map(|(model, major)| (model, *major));
    if let Some(left) = left_kept {
        drop_same(left, right_read);
    }
    if let Some(right) = right_kept {
        drop_same(left_read, right);
    }
    if let (Some(left), Some(right)) = (left_kept, right_kept) {
        drop_same(left, right);
    }
}

/// The schema of a snapshot after the dump and restore that it went through, if it did, and the major
/// version of the server that printed that.
fn kept(side: &Side<'_, '_>, work: &Work<'_>) -> Option<(Model, u32)> {
    let Side::Snapshot(snapshot) = side else { return None };
    let version = snapshot.canonicalized_by()?;
    let mut model = snapshot.canonical_model();
    without_tables(&mut model, &work.left_out);
    Some((model, version.major()))
}
