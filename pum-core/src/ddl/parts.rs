//! What belongs to an object that is made.

use super::statements::{Ddl, Schemas, Statements};
use crate::model::{
    Column, Constraint, ConstraintType, Identity, Index, OfKind, Policy, Rule, Statistics, Trigger,
};

/// The columns that something is to have, in their order.
pub(super) fn columns<'a>(
    parent: &Identity,
    schemas: &Schemas<'a>,
) -> Vec<(&'a Identity, &'a Column)> {
    let mut columns: Vec<_> = schemas.wanted.parts_of::<Column>(parent).collect();
    columns.sort_by_key(|(_, column)| column.position);
    columns
}

/// What makes its constraints. A foreign key to the same table needs its primary key.
pub(super) fn constraints(parent: &Identity, schemas: &Schemas<'_>) -> Statements {
    let is_own = |(_, constraint): &(_, &Constraint)| {
        !constraint.inherited && constraint.partition_of.is_none()
    };
    let parts = schemas.wanted.parts_of::<Constraint>(parent).filter(is_own);
    let mut parts: Vec<_> = parts.collect();
    parts.sort_by_key(|(_, it)| it.constraint_type == ConstraintType::ForeignKey);
    create(parts, schemas)
}

/// What makes its indexes, but those that are made with its partitioned table's.
pub(super) fn indexes(parent: &Identity, schemas: &Schemas<'_>) -> Statements {
    let parts = schemas.wanted.parts_of::<Index>(parent);
    create(parts.filter(|(_, index)| index.partition_of.is_none()), schemas)
}

/// What makes its triggers and rules.
pub(super) fn triggers_and_rules(parent: &Identity, schemas: &Schemas<'_>) -> Statements {
    let mut statements = create(schemas.wanted.parts_of::<Trigger>(parent), schemas)?;
    statements.extend(create(schemas.wanted.parts_of::<Rule>(parent), schemas)?);
    Ok(statements)
}

/// What makes its policies.
pub(super) fn policies(parent: &Identity, schemas: &Schemas<'_>) -> Statements {
    create(schemas.wanted.parts_of::<Policy>(parent), schemas)
}

/// What makes the extended statistics of a table, which follow it without belonging to it.
pub(super) fn statistics(table: &Identity, schemas: &Schemas<'_>) -> Statements {
    let name = table.quoted_name();
    let all = schemas.wanted.all_of::<Statistics>();
    create(all.filter(|(_, statistics)| statistics.table == name), schemas)
}

/// What makes each of these.
pub(super) fn create<'a, T: Ddl + OfKind + 'a>(
    objects: impl IntoIterator<Item = (&'a Identity, &'a T)>,
    schemas: &Schemas<'_>,
) -> Statements {
    let mut statements = Vec::new();
    for (identity, object) in objects {
        statements.extend(object.create(identity, schemas)?);
    }
    Ok(statements)
}
