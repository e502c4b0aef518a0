//! What has the same values by key.
//!
//! Of a column that only the left side has, and one that only the right side has, all rows with the same
//! primary key must have the same values: at least [`ROWS`] rows with at least [`DISTINCT`] values. The
//! values must be those of no other column. The same goes for tables with the same columns.

use std::collections::{BTreeMap, BTreeSet};

use postgres::SimpleQueryMessage;

use super::found::{RenameEvidence, Seen};
use crate::connect::Session;
use crate::model::{Column, Constraint, ConstraintType, Identity, Kind, Model, Table};
use crate::source::{Content, ObjectName, Opened};
use crate::sql::quote_ident;

/// How many rows must have the same key.
const ROWS: usize = 10;

/// How many values they must have.
const DISTINCT: usize = 5;

/// How many rows of a table are read.
const MOST: usize = 1_000;

pub(super) fn look(seen: &mut Seen<'_>, [left, right]: [&mut Opened; 2]) {
    let (Content::Database(left), Content::Database(right)) =
        (&mut left.content, &mut right.content)
    else {
        return;
    };
    tables(seen, [&mut *left, &mut *right]);
    columns(seen, [left, right]);
}

fn plain(identity: &Identity) -> ObjectName {
    ObjectName { identity: identity.clone(), value: None, created_by: None }
}

/// Those that only one side has, and that are not known to be renamed.
fn only(seen: &Seen<'_>, side: usize, kind: Kind) -> Vec<Identity> {
    let all = seen.models[side].objects().iter().map(|object| &object.identity);
    let is_known =
        |identity: &Identity| seen.found.iter().any(|(names, _)| names[side].identity == *identity);
    let all = all.filter(|it| it.kind == kind && seen.is_only(side, &plain(it)) && !is_known(it));
    all.cloned().collect()
}

/// The columns of the primary key of a table, in their order.
fn key_of(table: &Identity, model: &Model) -> Option<Vec<String>> {
    let mut constraints = model.parts_of::<Constraint>(table);
    let key = constraints.find(|(_, it)| it.constraint_type == ConstraintType::PrimaryKey)?.1;
    let (_, rest) = key.definition.0.split_once('(')?;
    let (list, _) = rest.split_once(')')?;
    // As the server prints them.
    let named = |text: &str| {
        let quoted = text.strip_prefix('"').and_then(|text| text.strip_suffix('"'));
        quoted.map_or_else(|| text.to_owned(), |text| text.replace("\"\"", "\""))
    };
    Some(list.split(", ").map(named).collect())
}

fn columns_of(table: &Identity, model: &Model) -> BTreeMap<String, String> {
    let columns = model.parts_of::<Column>(table);
    columns.map(|(identity, it)| (identity.name.clone(), it.data_type.clone())).collect()
}

/// The values of a table by their keys: of each row the values of the columns.
type Rows = BTreeMap<Vec<Option<String>>, Vec<Option<String>>>;

fn rows(
    session: &mut Session,
    table: &Identity,
    key: &[String],
    columns: &[String],
) -> Option<Rows> {
    let list: Vec<String> = key
        .iter()
        .chain(columns)
        .map(|column| format!("{}::pg_catalog.text", quote_ident(column)))
        .collect();
    // Texts have one order in both.
    let order: Vec<String> =
        list.iter().take(key.len()).map(|column| format!("{column} COLLATE \"C\"")).collect();
    let sql = format!(
        "BEGIN READ ONLY; SET LOCAL statement_timeout = '10s'; SET LOCAL datestyle = 'ISO'; \
         SELECT {} FROM {}.{} ORDER BY {} LIMIT {MOST}; COMMIT",
        list.join(", "),
        quote_ident(&table.schema),
        quote_ident(&table.name),
        order.join(", "),
    );
    let Ok(messages) = session.client().simple_query(&sql) else {
        let _ = session.client().batch_execute("ROLLBACK");
        return None;
    };
    let rows = messages.iter().filter_map(|message| match message {
        SimpleQueryMessage::Row(row) => Some(row),
        _ => None,
    });
    let text = |row: &postgres::SimpleQueryRow, at: usize| row.get(at).map(str::to_owned);
    let row = |row: &postgres::SimpleQueryRow| {
        let keys = (0..key.len()).map(|at| text(row, at)).collect();
        let values = (key.len()..key.len() + columns.len()).map(|at| text(row, at)).collect();
        (keys, values)
    };
    Some(rows.map(row).collect())
}

/// Of two columns of rows with the same keys: how many rows and how many values there are, if all are
/// the same.
fn same_values(
    [left, right]: [&Rows; 2],
    [left_at, right_at]: [usize; 2],
) -> Option<(usize, usize)> {
    let mut count = 0;
    let mut distinct = BTreeSet::new();
    for (key, values) in left {
        let Some(others) = right.get(key) else { continue };
        if values[left_at] != others[right_at] {
            return None;
        }
        count += 1;
        distinct.extend(values[left_at].as_ref());
    }
    (count >= ROWS && distinct.len() >= DISTINCT).then_some((count, distinct.len()))
}

fn columns(seen: &mut Seen<'_>, [left, right]: [&mut Session; 2]) {
    let (gone, new) = (only(seen, 0, Kind::Column), only(seen, 1, Kind::Column));
    let table_of = |column: &Identity| Identity {
        kind: Kind::Table,
        parent: None,
        name: column.parent.clone().unwrap_or_default(),
        ..column.clone()
    };
    let tables: BTreeSet<Identity> = gone.iter().map(table_of).collect();
    for table in tables {
        let is_of = |column: &&Identity| table_of(column) == table;
        let gone: Vec<&Identity> = gone.iter().filter(is_of).collect();
        let new: Vec<&Identity> = new.iter().filter(is_of).collect();
        let key = key_of(&table, seen.models[0]);
        let Some(key) = key.filter(|it| Some(it) == key_of(&table, seen.models[1]).as_ref()) else {
            continue;
        };
        if new.is_empty() || seen.models[0].of::<Table>(&table).is_none() {
            continue;
        }
        let [left_columns, right_columns] =
            seen.models.map(|model| columns_of(&table, model).into_keys().collect::<Vec<_>>());
        let (Some(left_rows), Some(right_rows)) =
            (rows(left, &table, &key, &left_columns), rows(right, &table, &key, &right_columns))
        else {
            continue;
        };
        let both = [&left_rows, &right_rows];
        let at = |columns: &[String], name: &str| columns.iter().position(|one| one == name);
        for from in &gone {
            let Some(from_at) = at(&left_columns, &from.name) else { continue };
            // All columns of the right side that have its values.
            let mut alike = right_columns.iter().enumerate().filter_map(|(to_at, name)| {
                Some((name, to_at, same_values(both, [from_at, to_at])?))
            });
            let (Some((name, to_at, found)), None) = (alike.next(), alike.next()) else { continue };
            let Some(to) = new.iter().find(|column| column.name == *name) else { continue };
            // And all of the left side that have the values of that.
            let others = (0..left_columns.len())
                .filter(|other| *other != from_at && same_values(both, [*other, to_at]).is_some());
            if others.count() == 0 {
                let (rows, distinct) = found;
                seen.add(&plain(from), &plain(to), RenameEvidence::Values { rows, distinct });
            }
        }
    }
}

fn tables(seen: &mut Seen<'_>, [left, right]: [&mut Session; 2]) {
    let (gone, new) = (only(seen, 0, Kind::Table), only(seen, 1, Kind::Table));
    let shape =
        |table: &Identity, model: &Model| Some((key_of(table, model)?, columns_of(table, model)));
    let mut pairs: Vec<(&Identity, &Identity, (usize, usize))> = Vec::new();
    for from in &gone {
        let Some((key, columns)) = shape(from, seen.models[0]) else { continue };
        let alike = |to: &&Identity| {
            shape(to, seen.models[1]).as_ref() == Some(&(key.clone(), columns.clone()))
        };
        let values: Vec<String> =
            columns.keys().filter(|column| !key.contains(column)).cloned().collect();
        let mut own = None;
        for to in new.iter().filter(alike) {
            if own.is_none() {
                own = rows(left, from, &key, &values);
            }
            let (Some(own), Some(others)) = (&own, rows(right, to, &key, &values)) else {
                continue;
            };
            let both = [own, &others];
            if let Some(found) = whole_rows(both, values.len()) {
                pairs.push((from, to, found));
            }
        }
    }
    for (from, to, (rows, distinct)) in &pairs {
        let is_only = pairs.iter().filter(|(a, b, _)| a == from || b == to).count() == 1;
        if is_only {
            let (rows, distinct) = (*rows, *distinct);
            seen.add(&plain(from), &plain(to), RenameEvidence::Values { rows, distinct });
        }
    }
}

/// Whether all rows with the same keys are the same, and one column has enough values.
fn whole_rows([left, right]: [&Rows; 2], columns: usize) -> Option<(usize, usize)> {
    let same = left.iter().all(|(key, row)| right.get(key).is_none_or(|other| other == row));
    let found = (0..columns).filter_map(|at| same_values([left, right], [at, at]));
    found.max_by_key(|(_, distinct)| *distinct).filter(|_| same)
}
