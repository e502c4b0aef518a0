//! What needs a column, built beside it for the column that takes its place.

use super::super::index::{concurrently, renamed};
use super::super::names::{TemporaryNames, full, table_of, whole_of};
use super::super::way::Part;
use super::other_name::with_other_name;
use super::retyped::Retyped;
use crate::ddl::{self, Schemas};
use crate::model::{Constraint, ConstraintType, Identity, Index, Kind, Object};
use crate::sql::quote_ident;

/// What is done for an object that needs the old column.
#[derive(Debug, Default)]
pub(super) struct Beside {
    /// Builds it for the new column.
    pub(super) build: Vec<Part>,
    /// Goes before the old column does.
    pub(super) before_drop: Vec<String>,
    /// Gives it its name, once the new column has that of the old one.
    pub(super) after_rename: Vec<String>,
}

/// The columns that others take the places of.
#[derive(Debug, Clone, Copy)]
pub(super) struct Columns<'a>(pub(super) &'a [Retyped<'a>]);

impl Columns<'_> {
    /// A text that speaks of columns of this table, with the new ones.
    fn swapped(self, sql: &str, table: &Identity) -> Option<String> {
        let own = self.0.iter().filter(|column| whole_of(column.identity, Kind::Table) == *table);
        own.into_iter().try_fold(sql.to_owned(), |sql, column| {
            with_other_name(&sql, &column.identity.name, &column.new)
        })
    }

    fn are_of(self, table: &Identity) -> bool {
        self.0.iter().any(|column| whole_of(column.identity, Kind::Table) == *table)
    }

    /// The columns of a foreign key, its own and those that it refers to.
    fn swapped_in_foreign_key(self, definition: &str, table: &Identity) -> Option<String> {
        let (own, other) = definition.split_once(" REFERENCES ")?;
        let (referred, rest) = other.split_once('(')?;
        let (columns, rest) = rest.split_once(')')?;
        let mut tables = self.0.iter().map(|column| whole_of(column.identity, Kind::Table));
        let columns = match tables.find(|it| it.quoted_name() == referred) {
            Some(it) => self.swapped(columns, &it)?,
            None => columns.to_owned(),
        };
        let [own, rest] = [own, rest].map(|sql| self.swapped(sql, table));
        Some(format!("{} REFERENCES {referred}({columns}){}", own?, rest?))
    }
}

/// An index of the table.
pub(super) fn index(
    object: &Object,
    index: &Index,
    columns: Columns<'_>,
    (schemas, names): (&Schemas<'_>, &mut TemporaryNames<'_>),
) -> Option<Beside> {
    let identity = &object.identity;
    if !index.valid || index.partition_of.is_some() {
        return None;
    }
    let statements = ddl::create(object, schemas).ok()?;
    let (create, others) = statements.split_first()?;
    let new = names.next("pum_new_", identity);
    let build = renamed(&concurrently(create)?, identity, &new)?;
    let (before, behind) = build.split_once(" USING ")?;
    let table = whole_of(identity, Kind::Table);
    let build = format!("{before} USING {}", columns.swapped(behind, &table)?);
    let mut after_rename = vec![format!(
        "ALTER INDEX {}.{new} RENAME TO {};",
        quote_ident(&identity.schema),
        quote_ident(&identity.name)
    )];
    after_rename.extend_from_slice(others);
    Some(Beside { build: vec![Part::alone(build)], after_rename, ..Beside::default() })
}

/// A constraint of the table, or a foreign key that refers to it.
pub(super) fn constraint(
    object: &Object,
    constraint: &Constraint,
    columns: Columns<'_>,
    (schemas, names): (&Schemas<'_>, &mut TemporaryNames<'_>),
) -> Option<Beside> {
    let identity = &object.identity;
    let Constraint { constraint_type, definition, validated, inherited, partition_of, .. } =
        constraint;
    if !validated || *inherited || partition_of.is_some() {
        return None;
    }
    let statements = ddl::create(object, schemas).ok()?;
    let (_, others) = statements.split_first()?;
    let whole = whole_of(identity, Kind::Table);
    let (table, own) = (table_of(identity), quote_ident(&identity.name));
    let new = names.next("pum_new_", identity);
    if let Some(key) = ddl::key_of_index(constraint) {
        let index = columns.swapped(&key.index, &whole)?;
        let build = format!("CREATE UNIQUE INDEX CONCURRENTLY {new} ON {table} {index};");
        let mut after_rename = vec![format!(
            "ALTER TABLE ONLY {table} ADD CONSTRAINT {own} {} USING INDEX {new}{};",
            key.word, key.behind
        )];
        after_rename.extend_from_slice(others);
        return Some(Beside { build: vec![Part::alone(build)], after_rename, ..Beside::default() });
    }
    let definition = match constraint_type {
        ConstraintType::Check => columns.swapped(&definition.0, &whole)?,
        ConstraintType::ForeignKey => columns.swapped_in_foreign_key(&definition.0, &whole)?,
        _ => return None,
    };
    let build = [
        format!("ALTER TABLE {table} ADD CONSTRAINT {new} {definition} NOT VALID;"),
        format!("ALTER TABLE {table} VALIDATE CONSTRAINT {new};"),
    ];
    let is_own = columns.are_of(&whole);
    let build = build.map(|sql| Part::transaction(vec![sql])).to_vec();
    // That of another table does not go with the column.
    let before_drop = if is_own {
        Vec::new()
    } else {
        vec![format!("ALTER TABLE {table} DROP CONSTRAINT {own};")]
    };
    let mut after_rename = vec![format!("ALTER TABLE {table} RENAME CONSTRAINT {new} TO {own};")];
    after_rename.extend_from_slice(others);
    Some(Beside { build, before_drop, after_rename })
}

/// A sequence that a column owns: it stays.
pub(super) fn sequence(identity: &Identity, owner: &str, columns: Columns<'_>) -> Option<Beside> {
    let column = columns.0.iter().find(|column| column.identity.quoted_name() == owner)?;
    let (table, new) = (table_of(column.identity), quote_ident(&column.new));
    let own = format!("ALTER SEQUENCE {} OWNED BY {table}.{new};", full(identity));
    Some(Beside { before_drop: vec![own], ..Beside::default() })
}
