//! The comparison of two sides that were read.

use std::collections::BTreeSet;

use super::canonicalize::canonicalize;
use super::comparison::{CompareError, Comparison};
use super::default_versions::drop_default_versions;
use super::overview::overview;
use super::partition_managers::ManagedTables;
use super::read_side::ReadSide;
use super::snapshot_canonical::drop_canonical_spelling;
use super::spelling::drop_majors_spelling;
use super::work::Work;
use crate::catalog::Addressed;
use crate::diff::{
    Change, Contents, Difference, Held, finish, hold_partitions, merge, sort, suggest_renames,
};
use crate::model::{Identity, Inheritance, Kind, Model, Table, TablePath};
use crate::upgrade::{TableName, looks_like_one};

/// The comparison of sides that were read.
pub(super) fn compare_read(
    mut left: ReadSide<'_, '_, '_>,
    mut right: ReadSide<'_, '_, '_>,
    work: &Work<'_>,
) -> Result<Comparison, CompareError> {
    let (left_whole, right_whole) = (left.compared, right.compared);
    let filters = &work.options.filters;
    let (held, unread_managers) = hold_managed(&mut left, &mut right, work);
    let of_partitions = held.as_ref().map(|held| held.differences.clone()).unwrap_or_default();
    let (left_model, right_model) = match &held {
        Some(held) => (&held.left, &held.right),
        None => (left_whole, right_whole),
    };
    let mut comparison = Comparison {
        differences: merge(left_model, right_model, filters),
        left_objects: left_whole.objects().len(),
        right_objects: right_whole.objects().len(),
        managed_partitions: held.as_ref().map(|held| held.parents.clone()).unwrap_or_default(),
        unread_managers,
        ..Comparison::default()
    };
    drop_schemas_of_left_out_tables(&mut comparison, left.read, right.read);
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
        canonicalize(&mut comparison, left.again(), right.again(), work)?;
    }
    // Not before: what is only another spelling explains nothing.
    finish(&mut comparison.differences, left_model, right_model);
    if !of_partitions.is_empty() {
        comparison.differences.extend(of_partitions);
        sort(&mut comparison.differences);
    }
    comparison.contents = Contents::new(&comparison.differences, left_whole, right_whole, filters);
    comparison.renames = suggest_renames(&comparison.differences, left_model, right_model);
    comparison.hidden = filters.apply_rules(&mut comparison.differences);
    let shown: BTreeSet<&Identity> =
        comparison.differences.iter().map(|difference| &difference.identity).collect();
    comparison.undecided.retain(|undecided| shown.contains(&undecided.identity));
    comparison.upgrades_tables = upgrades_tables(&comparison.differences, left_model, right_model);
    if work.options.overview {
        let renamed = right.renames.is_some();
        let sides = ((left.side, left_model), (right.side, right_model, renamed));
        comparison.overview = Some(overview(&comparison.differences, sides.0, sides.1, filters));
    }
    Ok(comparison)
}

/// A schema that one side has for nothing but tables that are left out, such as the upgrades table.
fn drop_schemas_of_left_out_tables(
    comparison: &mut Comparison,
    left: &Addressed,
    right: &Addressed,
) {
    comparison.differences.retain(|Difference { identity, change, .. }| {
        let side = match change {
            Change::OnlyLeft => left,
            Change::OnlyRight => right,
            Change::Attribute { .. } => return true,
        };
        identity.kind != Kind::Schema || !side.is_emptied(&identity.name)
    });
}

/// Holds the partitions of tables whose partitions come and go against these, where there are some. Gives
/// also why it may not be known of which they do.
fn hold_managed(
    left: &mut ReadSide<'_, '_, '_>,
    right: &mut ReadSide<'_, '_, '_>,
    work: &Work<'_>,
) -> (Option<Held>, Vec<String>) {
    let filters = &work.options.filters;
    let has_some = |model: &Model| {
        model.all_of::<Table>().any(|(_, table)| table.inheritance != Inheritance::None)
    };
    if !has_some(left.compared) && !has_some(right.compared) {
        return (None, Vec::new());
    }
    let mut managed = ManagedTables::default();
    if filters.recognizes_managers() {
        managed.read(left, work.scope.lock_timeout);
        managed.read(right, work.scope.lock_timeout);
    }
    let maker_of = |table: &Identity| {
        let path = TablePath { schema: table.schema.clone(), name: table.name.clone() };
        managed.tables.get(&path).copied()
    };
    let is_managed = |table: &Identity| match maker_of(table) {
        Some(maker) => Some(Some(maker)),
        None => filters.has_managed_partitions(table).then_some(None),
    };
    let held = hold_partitions(left.compared, right.compared, &is_managed, filters);
    (held, managed.unread)
}

/// The upgrades tables among the differences.
fn upgrades_tables(differences: &[Difference], left: &Model, right: &Model) -> Vec<TableName> {
    let mut tables: Vec<TableName> = Vec::new();
    for Difference { identity, change, .. } in differences {
        let table = match (change, &identity.parent) {
            (Change::OnlyLeft, None) => looks_like_one(identity, left),
            (Change::OnlyRight, None) => looks_like_one(identity, right),
            // As that of another version of the program that made it.
            (Change::Attribute { .. }, Some(table)) if identity.kind == Kind::Column => {
                let table = Identity {
                    kind: Kind::Table,
                    schema: identity.schema.clone(),
                    parent: None,
                    name: table.clone(),
                    arguments: None,
                };
                looks_like_one(&table, left)
            }
            _ => None,
        };
        tables.extend(table.filter(|table| !tables.contains(table)));
    }
    tables
}
