//! Columns that tables inherit, and those that they keep when a parent loses them.

use super::name;
use super::statements::{Schemas, Statements};
use crate::model::{Column, Identity, Inheritance, Model, Table, quoted_name};
use crate::sql::quote_ident;

/// Drops a column of a table: without those of its children if one of them keeps its own.
pub(super) fn drop_column(column: &Identity, schemas: &Schemas<'_>) -> Statements {
    let (own, table) = (quote_ident(&column.name), name::parent(column)?);
    let children = columns_of_children(column, schemas.current);
    let has = |child: &Identity| schemas.wanted.of::<Column>(child);
    if !children.iter().filter_map(has).any(|column| !column.inherited) {
        return Ok(vec![format!("ALTER TABLE {table} DROP COLUMN {own};")]);
    }
    let mut statements = vec![format!("ALTER TABLE ONLY {table} DROP COLUMN {own};")];
    let is_inherited =
        |child: &Identity| schemas.current.of::<Column>(child).is_some_and(|it| it.inherited);
    for child in children.iter().filter(|child| has(child).is_none() && is_inherited(child)) {
        statements.extend(drop_column(child, schemas)?);
    }
    Ok(statements)
}

/// Whether a column that is inherited becomes one of the table's own: a table keeps the columns of a
/// parent that loses them, or that is its parent no more. There is no statement for it alone.
pub(crate) fn becomes_local(column: &Identity, current: &Model, wanted: &Model) -> bool {
    let stay = wanted.inherited_from(column);
    !current.inherited_from(column).iter().any(|parent| stay.contains(parent))
}

/// Whether an inherited column or constraint must be there before its table can inherit it: the table
/// is there, and none of those that it inherits this from is its parent yet.
pub(crate) fn is_needed_to_join(part: &Identity, current: &Model, wanted: &Model) -> bool {
    let Some(table) = current.parent_of::<Table>(part) else { return false };
    let parents = table.inheritance.parents();
    let is_parent = |inherited: &Identity| {
        let parent = inherited.parent.as_deref().unwrap_or_default();
        parents.contains(&quoted_name([&*inherited.schema, parent]))
    };
    let inherited = wanted.inherited_from(part);
    !inherited.is_empty() && !inherited.iter().any(is_parent)
}

/// The columns of this name of the tables that inherit from the table.
fn columns_of_children(column: &Identity, model: &Model) -> Vec<Identity> {
    let Some(table) = &column.parent else { return Vec::new() };
    let name = quoted_name([&*column.schema, table]);
    let is_child = |(_, child): &(&Identity, &Table)| matches!(&child.inheritance, Inheritance::Parents(parents) if parents.contains(&name));
    let of_child = |(child, _): (&Identity, _)| Identity {
        schema: child.schema.clone(),
        parent: Some(child.name.clone()),
        ..column.clone()
    };
    let columns = model.all_of::<Table>().filter(is_child).map(of_child);
    columns.filter(|column| model.of::<Column>(column).is_some()).collect()
}
