//! The comparison of two sides that were read.

use std::collections::BTreeSet;

use super::canonicalize::canonicalize;
use super::comparison::{CompareError, Comparison};
use super::default_versions::drop_default_versions;
use super::read_side::ReadSide;
use super::snapshot_canonical::drop_canonical_spelling;
use super::spelling::drop_majors_spelling;
use super::work::Work;
use crate::diff::{Change, Contents, Difference, finish, merge, suggest_renames};
use crate::model::{Identity, Model};
use crate::upgrade::{TableName, looks_like_one};

/// The comparison of sides that were read.
pub(super) fn compare_read(
    left: ReadSide<'_, '_, '_>,
    right: ReadSide<'_, '_, '_>,
    work: &Work<'_>,
) -> Result<Comparison, CompareError> {
    let (left_model, right_model) = (left.compared, right.compared);
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
        schemas: Vec::new(),
    };
    let majors = (left.side.major(), right.side.major());
    drop_majors_spelling(&mut comparison, majors.0, majors.1);
    if majors.0 != majors.1 {
        drop_default_versions(&mut comparison, left_model, right_model);
    }
    let in_doubt = |found: &Comparison| found.differences.iter().any(Difference::may_be_spelling);
    // What a snapshot has kept has the names that it was taken with.
    if in_doubt(&comparison) && right.renames.is_none() {
        let (left, right) = ((&*left.side, left_model), (&*right.side, right_model));
        drop_canonical_spelling(&mut comparison, left, right, work);
    }
    if in_doubt(&comparison) {
        canonicalize(&mut comparison, left, right, work)?;
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
