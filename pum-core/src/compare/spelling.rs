//! Differences that are only another spelling.

use super::comparison::Comparison;
use crate::diff::Difference;

/// Drops the differences that only come from the majors that printed the same SQL.
pub(super) fn drop_majors_spelling(comparison: &mut Comparison, left: u32, right: u32) {
    let before = comparison.differences.len();
    comparison.differences.retain(|difference| !difference.is_spelling_of_majors(left, right));
    comparison.canonicalized += before - comparison.differences.len();
}

/// Keeps of the differences in printed SQL those that are there after a round trip too.
pub(super) fn drop_spelling(comparison: &mut Comparison, after: &[Difference]) {
    let before = comparison.differences.len();
    comparison.differences.retain(|difference| {
        !difference.may_be_spelling()
            || after.iter().any(|other| other.is_about_the_same(difference))
    });
    comparison.canonicalized += before - comparison.differences.len();
}
