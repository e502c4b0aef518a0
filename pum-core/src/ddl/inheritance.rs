//! Columns that tables inherit, and those that they keep when a parent loses them.

use super::name;
use super::statements::{Schemas, Statements};
use crate::model::{Column, Identity, Inheritance, Kind, Model, Table, quoted_name};
use crate::sql::quote_ident;

/// What drops a column of a table: without those of its children if one of them keeps its own.
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
    let stay = parents_of(column, wanted);
    !parents_of(column, current).iter().any(|parent| stay.contains(parent))
}

/// The columns of this name that the parents of the table have.
pub(super) fn parents_of(column: &Identity, model: &Model) -> Vec<Identity> {
    let parents: Vec<&String> = match model.parent_of::<Table>(column).map(|it| &it.inheritance) {
        Some(Inheritance::Parents(parents)) => parents.iter().collect(),
        Some(Inheritance::Partition { of, .. }) => vec![of],
        Some(Inheritance::None) | None => Vec::new(),
    };
    let of_parent = |parent: &&String| {
        let table = &model.named(Kind::Table, parent)?.identity;
        let (schema, parent) = (table.schema.clone(), Some(table.name.clone()));
        let column = Identity { schema, parent, ..column.clone() };
        model.get(&column).map(|_| column)
    };
    parents.iter().filter_map(of_parent).collect()
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
