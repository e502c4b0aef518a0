//! A column that gets another type, and whether a new one can take its place.

use super::super::super::side::Side;
use super::super::super::step::Step;
use super::super::names::{TemporaryNames, table_of, whole_of};
use super::updates::can_be_updated;
use super::world::World;
use crate::model::{
    Column, ColumnValue, Identity, Inheritance, Kind, Node, Nullability, Part, Table, TableKind,
    Trigger,
};
use crate::sql::{changes_only_catalog, quote_ident};

/// The old column, and what it is to become.
#[derive(Debug)]
pub(super) struct Retyped<'a> {
    pub(super) identity: &'a Identity,
    pub(super) to: &'a Column,
    /// The expression that gives the new value, with the old column's name in it.
    pub(super) conversion: String,
    /// The name of the new column until it takes the place of the old one, as the catalogs have it.
    pub(super) new: String,
}

/// Whether a step rewrites a column of a table.
pub(super) fn rewrites(step: &Step) -> bool {
    let Some([from, to]) = &step.types else { return false };
    from != to
        && type_statement(step)
            .is_some_and(|sql| sql.contains(" USING ") || !changes_only_catalog(from, to))
}

fn type_statement(step: &Step) -> Option<&String> {
    let own = quote_ident(&step.identity.name);
    let alter = format!("ALTER TABLE {} ALTER COLUMN {own} TYPE ", table_of(&step.identity));
    step.statements.iter().find(|sql| sql.starts_with(&alter))
}

/// The column that a step gives another type, or why no new one can take its place.
pub(super) fn retyped<'a>(
    step: &'a Step,
    world: World<'a>,
    names: &mut TemporaryNames<'_>,
) -> Result<Retyped<'a>, String> {
    let identity = &step.identity;
    let [from, to] = [world.left, world.right].map(|side| side.model.of::<Column>(identity));
    let (Some(from), Some(to)) = (from, to) else { return Err("it is another column".to_owned()) };
    let is_plain = |column: &Column| {
        matches!(column.value, ColumnValue::Null | ColumnValue::Default(_)) && !column.inherited
    };
    if !is_plain(from) || !is_plain(to) {
        return Err("its values are generated, or it is inherited".to_owned());
    }
    let is_whole = Nullability::NotNull { validated: true, no_inherit: false };
    if to.nullability != Nullability::Nullable && to.nullability != is_whole {
        return Err("its NOT NULL is not validated".to_owned());
    }
    let own = quote_ident(&identity.name);
    let collate = to.collation.as_ref().map(|name| format!(" COLLATE {name}"));
    let begin = format!(" TYPE {}{}", to.data_type, collate.unwrap_or_default());
    let conversion = type_statement(step).and_then(|sql| {
        let (_, behind) = sql.split_once(&begin)?;
        let behind = behind.strip_suffix(';')?;
        if behind.is_empty() {
            return Some(own);
        }
        behind.strip_prefix(" USING ").map(str::to_owned)
    });
    let conversion = conversion.ok_or("it is changed by other statements")?;
    check_table(identity, world)?;
    Ok(Retyped { identity, to, conversion, new: names.next_plain("pum_new_", identity) })
}

/// Whether rows of the table can be written without any other effect.
fn check_table(column: &Identity, World { left, right, .. }: World<'_>) -> Result<(), String> {
    let identity = whole_of(column, Kind::Table);
    let is_plain = |side: &Side| {
        side.model.of::<Table>(&identity).is_some_and(|table| {
            table.relation == TableKind::Table
                && table.inheritance == Inheritance::None
                && table.of_type.is_none()
        })
    };
    let name = identity.quoted_name();
    let has_children = |side: &Side| {
        side.model.all_of::<Table>().any(|(_, other)| other.inheritance.parents().contains(&name))
    };
    if [left, right].iter().any(|side| !is_plain(side) || has_children(side)) {
        return Err("its table is part of an inheritance or has a type".to_owned());
    }
    // Triggers are fired in the order of their names.
    let triggers = left.model.parts_of::<Trigger>(&identity);
    if let Some((trigger, _)) = triggers.into_iter().find(|(it, _)| *it.name >= *"~") {
        return Err(format!("{trigger} is fired last"));
    }
    can_be_updated(&identity, left)?;
    can_be_updated(&identity, right)
}

/// What needs a column, without what is part of it.
pub(super) fn needing(column: &Identity, side: &Side) -> Vec<Identity> {
    let node = Node::object(column.clone());
    let needing = side.dependencies.needed_by(&node).map(|(node, _)| node);
    let others = needing.filter(|node| node.identity != *column || node.part == Part::Members);
    let mut others: Vec<Identity> = others.map(|node| node.identity.clone()).collect();
    others.sort_unstable();
    others.dedup();
    others
}
