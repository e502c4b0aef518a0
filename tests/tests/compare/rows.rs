//! A row in every table, and what becomes of it.

use std::collections::{BTreeMap, BTreeSet};

use pum_core::model::{Attributes, Column, ColumnValue, Inheritance, Kind, quoted_name};
use pum_core::plan::{MigrationPlan, Side};
use pum_tests::{Database, open};
use serde_json::{Map, Value};

/// What the tables of a database hold.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Rows {
    tables: BTreeMap<u32, (String, Vec<Map<String, Value>>)>,
    /// The values of the sequences that were used.
    sequences: BTreeMap<String, i64>,
}

/// Puts a row into every table that has none, if one can be made.
pub(super) fn fill(database: &Database) {
    database.execute_file("fixtures/compare/fill.sql");
}

/// Takes all rows away.
pub(super) fn empty(database: &Database) {
    let tables = names(database).into_values().collect::<Vec<_>>().join(", ");
    database.execute(&format!(
        "SET session_replication_role = replica; TRUNCATE {tables} CASCADE; \
         RESET session_replication_role"
    ));
}

/// The names of the tables with rows of their own.
fn names(database: &Database) -> BTreeMap<u32, String> {
    let mut session = open(&database.settings);
    let query = "SELECT c.oid, pg_catalog.quote_ident(n.nspname) || '.' || pg_catalog.quote_ident(c.relname)
        FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
        WHERE c.relkind = 'r' AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'";
    let rows = session.client().query(query, &[]).unwrap();
    rows.iter().map(|row| (row.get(0), row.get(1))).collect()
}

impl Rows {
    pub(super) fn of(database: &Database) -> Self {
        let mut session = open(&database.settings);
        let names = names(database);
        let each = names.iter().map(|(oid, name)| {
            format!(
                "SELECT {oid}::pg_catalog.oid, \
                 (SELECT pg_catalog.jsonb_agg(pg_catalog.to_jsonb(pum_row)) FROM ONLY {name} pum_row)::text"
            )
        });
        let query = each.collect::<Vec<_>>().join(" UNION ALL ");
        let found = session.client().query(&query, &[]).unwrap();
        let tables = found.iter().map(|row| {
            let oid: u32 = row.get(0);
            let rows: Option<String> = row.get(1);
            let rows = rows.map(|rows| serde_json::from_str(&rows).unwrap()).unwrap_or_default();
            (oid, (names[&oid].clone(), rows))
        });
        let tables = tables.collect();
        let query = "SELECT pg_catalog.quote_ident(schemaname) || '.' || pg_catalog.quote_ident(sequencename),
            last_value FROM pg_catalog.pg_sequences WHERE last_value IS NOT NULL";
        let sequences = session.client().query(query, &[]).unwrap();
        let sequences = sequences.iter().map(|row| (row.get(0), row.get(1))).collect();
        Self { tables, sequences }
    }

    /// The tables that have a row, and those that have none.
    pub(super) fn count(&self) -> (usize, Vec<&str>) {
        let none = self.tables.values().filter(|(_, rows)| rows.is_empty());
        let none: Vec<&str> = none.map(|(name, _)| &**name).collect();
        (self.tables.len() - none.len(), none)
    }

    /// What is gone afterwards, and was not told.
    pub(super) fn lost_in(
        &self,
        after: &Self,
        plan: &MigrationPlan,
        (from, to): (&Side, &Side),
    ) -> Vec<String> {
        let told: BTreeSet<String> =
            plan.losses().map(|step| step.identity.quoted_name()).collect();
        let (before, wanted) = (Named::new(from), Named::new(to));
        let mut lost = Vec::new();
        for (oid, (name, rows)) in &self.tables {
            if told.contains(name) || before.is_partition_of_one(name, &told) {
                continue;
            }
            let by_name = || after.tables.values().find(|(other, _)| other == name);
            let Some((now, kept)) = after.tables.get(oid).or_else(by_name) else {
                if !rows.is_empty() {
                    lost.push(format!("the rows of {name}"));
                }
                continue;
            };
            if kept.len() < rows.len() {
                lost.push(format!("rows of {name}"));
                continue;
            }
            for (row, other) in rows.iter().zip(kept) {
                for (column, value) in row.iter().filter(|(_, value)| !value.is_null()) {
                    let found = other.get(column).unwrap_or(&Value::Null);
                    let columns = [before.column(name, column), wanted.column(now, column)];
                    let wholes = before.wholes(name);
                    let is_told = wholes.into_iter().chain([&**name, now]).any(|table| {
                        told.contains(&format!("{table}.{}", quoted_name([&**column])))
                    });
                    let is_computed = columns
                        .iter()
                        .flatten()
                        .any(|column| matches!(column.value, ColumnValue::Generated { .. }));
                    let is_retyped = match columns {
                        [Some(from), Some(to)] => from.data_type != to.data_type,
                        _ => false,
                    };
                    let is_kept = is_same(value, found) || is_retyped && !found.is_null();
                    if !is_kept && !is_told && !is_computed {
                        lost.push(format!("{name}.{column}: {value} is {found}"));
                    }
                }
            }
        }
        for (sequence, value) in &self.sequences {
            if let Some(now) = after.sequences.get(sequence)
                && now < value
                && !told.contains(sequence)
            {
                lost.push(format!("the value {value} of {sequence}, which is {now}"));
            }
        }
        lost
    }
}

/// Whether a value is as it was; of a composite type the attributes that it still has.
fn is_same(before: &Value, after: &Value) -> bool {
    match (before, after) {
        (Value::Object(before), Value::Object(after)) => before
            .iter()
            .all(|(name, value)| after.get(name).is_none_or(|after| is_same(value, after))),
        _ => before == after,
    }
}

/// The tables and columns of a schema, by their names.
struct Named<'m>(BTreeMap<String, &'m Attributes>);

impl<'m> Named<'m> {
    fn new(side: &'m Side) -> Self {
        let objects = side.model.objects().iter();
        let objects = objects.filter(|it| matches!(it.identity.kind, Kind::Table | Kind::Column));
        Self(objects.map(|it| (it.identity.quoted_name(), &it.attributes)).collect())
    }

    fn column(&self, table: &str, column: &str) -> Option<&'m Column> {
        match self.0.get(&format!("{table}.{}", quoted_name([column]))) {
            Some(Attributes::Column(column)) => Some(column),
            _ => None,
        }
    }

    /// The tables that a table is a partition of or inherits from.
    fn wholes(&self, table: &str) -> Vec<&'m str> {
        let mut wholes: Vec<&'m str> = Vec::new();
        let mut at = 0;
        let mut open = vec![table];
        while let Some(name) = open.get(at).copied() {
            if let Some(Attributes::Table(table)) = self.0.get(name) {
                wholes.extend(table.inheritance.parents().iter().map(String::as_str));
                open.extend(table.inheritance.parents().iter().map(String::as_str));
            }
            at += 1;
        }
        wholes
    }

    /// Whether it is said that the rows of a table go with those of the table that it is a partition of.
    fn is_partition_of_one(&self, table: &str, told: &BTreeSet<String>) -> bool {
        match self.0.get(table) {
            Some(Attributes::Table(table)) => match &table.inheritance {
                Inheritance::Partition { of, .. } => {
                    told.contains(of) || self.is_partition_of_one(of, told)
                }
                Inheritance::None | Inheritance::Parents(_) => false,
            },
            _ => false,
        }
    }
}
