//! Two sides, read and compared.

use std::collections::BTreeSet;

use super::canonicalize::canonicalize;
use super::comparison::{CompareError, Comparison};
use super::default_versions::drop_default_versions;
use super::overview::overview;
use super::side::Side;
use super::snapshot_canonical::drop_canonical_spelling;
use super::spelling::drop_majors_spelling;
use super::work::{Work, both};
use crate::catalog::Addressed;
use crate::diff::{Change, Contents, Difference, finish, merge, suggest_renames};
use crate::model::{Identity, Model};
use crate::upgrade::{TableName, looks_like_one};

pub(super) fn compare_sides<'c>(
    mut left: Side<'_, 'c>,
    mut right: Side<'_, 'c>,
    work: &Work<'_>,
) -> Result<Comparison, CompareError> {
    let (left_read, right_read) = both(|| work.read(&mut left), || work.read(&mut right));
    work.interrupt.check()?;
    compare_read((&mut left, &left_read?), (&mut right, &right_read?), work)
}

/// The same of sides that were read.
pub(super) fn compare_read<'c>(
    (left, left_read): (&mut Side<'_, 'c>, &Addressed),
    (right, right_read): (&mut Side<'_, 'c>, &Addressed),
    work: &Work<'_>,
) -> Result<Comparison, CompareError> {
    let (left_model, right_model) = (left_read.model(), right_read.model());
    let filters = &work.options.filters;
    let mut comparison = Comparison {
        differences: merge(left_model, right_model, filters),
        left_objects: left_model.objects().len(),
        right_objects: right_model.objects().len(),
        contents: Contents::default(),
        renames: Vec::new(),
        upgrades_tables: Vec::new(),
        hidden: Vec::new(),
        default_versions: Vec::new(),
        canonicalized: 0,
        undecided: Vec::new(),
        not_canonicalized: None,
        overview: None,
    };
    drop_majors_spelling(&mut comparison, left.major(), right.major());
    if left.major() != right.major() {
        drop_default_versions(&mut comparison, left_model, right_model);
    }
    let in_doubt = |found: &Comparison| found.differences.iter().any(Difference::may_be_spelling);
    if in_doubt(&comparison) {
        drop_canonical_spelling(&mut comparison, (left, left_model), (right, right_model), work);
    }
    if in_doubt(&comparison) {
        canonicalize(&mut comparison, (left, left_read), (right, right_read), work)?;
    }
    // Not before: what is only another spelling explains nothing.
    finish(&mut comparison.differences, left_model, right_model);
    comparison.contents = Contents::new(&comparison.differences, left_model, right_model, filters);
    comparison.renames = suggest_renames(&comparison.differences, left_model, right_model);
    comparison.hidden = filters.apply_rules(&mut comparison.differences);
    let shown: BTreeSet<&Identity> =
        comparison.differences.iter().map(|difference| &difference.identity).collect();
    comparison.undecided.retain(|undecided| shown.contains(&undecided.identity));
    comparison.upgrades_tables = upgrades_tables(&comparison.differences, left_model, right_model);
    if work.options.overview {
        let sides = ((left, left_model), (right, right_model));
        comparison.overview = Some(overview(&comparison.differences, sides.0, sides.1, filters));
    }
    Ok(comparison)
}

/// The upgrades tables among the differences.
fn upgrades_tables(differences: &[Difference], left: &Model, right: &Model) -> Vec<TableName> {
    let tables = differences.iter().filter_map(|difference| match difference.change {
        Change::OnlyLeft => looks_like_one(&difference.identity, left),
        Change::OnlyRight => looks_like_one(&difference.identity, right),
        Change::Attribute { .. } => None,
    });
    tables.collect()
}
