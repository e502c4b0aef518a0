//! The tables before and after a run.

use std::collections::BTreeMap;

use super::{DroppedColumn, TableChange};
use crate::connect::SessionOn;
use crate::upgrade::TableName;
use crate::upgrade::history::rows;

/// The tables and indexes that are there before a run.
pub(super) struct Survey {
    pub(super) tables: BTreeMap<u32, Table>,
    /// The table of each index.
    pub(super) indexes: BTreeMap<u32, u32>,
}

/// A table before a run.
pub(super) struct Table {
    pub(super) name: String,
    /// Its rows may be counted.
    counted: bool,
    rows: Option<u64>,
    bytes: u64,
    /// Its place on disk; a new one means that it was rewritten.
    pub(super) file: u32,
    /// Its columns by number.
    columns: BTreeMap<i32, Column>,
}

struct Column {
    name: String,
    /// Which part of its values is NULL, if `ANALYZE` has looked.
    null_fraction: Option<f64>,
}

/// Tables that `ANALYZE` reads whole with the default settings: it counts their rows.
const READ_WHOLE: u64 = 30_000;

impl Survey {
    /// Looks at all tables but those of pum. `analyzed`: nothing has changed since an `ANALYZE`, and
    /// so what it counted is right.
    pub(super) fn read(
        session: &mut SessionOn<'_>,
        own: &TableName,
        analyzed: bool,
    ) -> Result<Self, postgres::Error> {
        let (mut tables, mut indexes) = (BTreeMap::new(), BTreeMap::new());
        let answer = session.client().simple_query(TABLES)?;
        for row in rows(&answer) {
            let text = |at: usize| row.get(at).unwrap_or_default();
            let number = |at: usize| text(at).parse::<u64>().ok();
            let Ok(oid) = text(0).parse() else { continue };
            if let Ok(table) = text(8).parse() {
                indexes.insert(oid, table);
                continue;
            }
            if own.all().iter().any(|own| own.schema() == text(1) && own.name() == text(2)) {
                continue;
            }
            let counted = matches!(text(3), "r" | "m");
            let is_right = analyzed && number(6).is_some_and(|pages| pages < READ_WHOLE);
            let table = Table {
                name: text(4).to_owned(),
                counted,
                rows: number(5).filter(|_| counted && is_right),
                bytes: number(7).unwrap_or_default(),
                file: text(9).parse().unwrap_or_default(),
                columns: BTreeMap::new(),
            };
            tables.insert(oid, table);
        }
        let mut survey = Self { tables, indexes };
        for ((oid, number), column) in columns(session, None)? {
            if let Some(table) = survey.tables.get_mut(&oid) {
                table.columns.insert(number, column);
            }
        }
        for table in survey.tables.values_mut() {
            if table.counted && table.rows.is_none() {
                table.rows = count(session, &table.name)?;
            }
        }
        Ok(survey)
    }

    /// What became of these tables.
    pub(super) fn changes(
        &self,
        session: &mut SessionOn<'_>,
        touched: &[u32],
    ) -> Result<Vec<TableChange>, postgres::Error> {
        let list = touched.iter().map(u32::to_string).collect::<Vec<_>>().join(",");
        let list = if list.is_empty() { "0".to_owned() } else { list };
        let now = session.client().simple_query(&format!(
            "SELECT c.oid, pg_catalog.format('%I.%I', n.nspname, c.relname), \
             pg_catalog.pg_total_relation_size(c.oid) \
             FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace \
             WHERE c.oid IN ({list})"
        ))?;
        let now: BTreeMap<u32, (String, u64)> = rows(&now)
            .filter_map(|row| {
                let size = row.get(2)?.parse().unwrap_or_default();
                Some((row.get(0)?.parse().ok()?, (row.get(1)?.to_owned(), size)))
            })
            .collect();
        let mut left: BTreeMap<u32, Vec<i32>> = BTreeMap::new();
        for ((oid, number), _) in columns(session, Some(&list))? {
            left.entry(oid).or_default().push(number);
        }
        let mut changes = Vec::new();
        for oid in touched {
            let Some(table) = self.tables.get(oid) else { continue };
            let found = now.get(oid);
            let rows_after = match found {
                Some((name, _)) if table.counted => count(session, name)?,
                _ => None,
            };
            let is_left = |number: &i32| left.get(oid).is_some_and(|left| left.contains(number));
            let gone = table.columns.iter().filter(|(number, _)| !is_left(number));
            changes.push(TableChange {
                table: table.name.clone(),
                rows_before: table.rows,
                rows_after,
                bytes_before: table.bytes,
                bytes_after: found.map_or(0, |(_, bytes)| *bytes),
                dropped: found.is_none(),
                dropped_columns: gone.map(|(_, column)| column.dropped(table.rows)).collect(),
            });
        }
        changes.sort_by(|a, b| a.table.cmp(&b.table));
        Ok(changes)
    }
}

impl Column {
    fn dropped(&self, rows: Option<u64>) -> DroppedColumn {
        let held_data = match (rows, self.null_fraction) {
            (Some(0), _) => Some(false),
            (_, Some(nulls)) => Some(nulls < 1.0),
            (_, None) => None,
        };
        DroppedColumn { name: self.name.clone(), held_data }
    }
}

/// Oid, schema, name, kind, both names for SQL, rows and pages as `ANALYZE` saw them, size, the
/// table if it is an index, the file.
const TABLES: &str = "SELECT c.oid, n.nspname, c.relname, c.relkind, \
     pg_catalog.format('%I.%I', n.nspname, c.relname), \
     CASE WHEN c.reltuples >= 0 THEN c.reltuples::pg_catalog.int8 END, c.relpages, \
     CASE WHEN i.indrelid IS NULL THEN pg_catalog.pg_total_relation_size(c.oid) END, i.indrelid, \
     pg_catalog.pg_relation_filenode(c.oid) \
     FROM pg_catalog.pg_class c \
     JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace \
     LEFT JOIN pg_catalog.pg_index i ON i.indexrelid = c.oid \
     WHERE c.relkind IN ('r', 'p', 'm', 'f', 'i', 'I') \
     AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'";

/// A column's table and number.
type ColumnOf = (u32, i32);

/// The columns of these tables (a list for SQL), or of all.
fn columns(
    session: &mut SessionOn<'_>,
    tables: Option<&str>,
) -> Result<Vec<(ColumnOf, Column)>, postgres::Error> {
    let these = tables.map_or_else(String::new, |list| format!("AND c.oid IN ({list})"));
    let answer = session.client().simple_query(&format!(
        "SELECT a.attrelid, a.attnum, a.attname, s.null_frac \
         FROM pg_catalog.pg_attribute a \
         JOIN pg_catalog.pg_class c ON c.oid = a.attrelid \
         JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace \
         LEFT JOIN pg_catalog.pg_stats s ON s.schemaname = n.nspname \
           AND s.tablename = c.relname AND s.attname = a.attname AND NOT s.inherited \
         WHERE a.attnum > 0 AND NOT a.attisdropped AND c.relkind IN ('r', 'p', 'm', 'f') \
         AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema' {these}"
    ))?;
    let column = |row: &postgres::SimpleQueryRow| {
        let null_fraction = row.get(3).and_then(|text| text.parse().ok());
        let (oid, number) = (row.get(0)?.parse().ok()?, row.get(1)?.parse().ok()?);
        Some(((oid, number), Column { name: row.get(2)?.to_owned(), null_fraction }))
    };
    Ok(rows(&answer).filter_map(column).collect())
}

/// How many rows a table has. `None` if this role may not read it.
fn count(session: &mut SessionOn<'_>, table: &str) -> Result<Option<u64>, postgres::Error> {
    use postgres::error::SqlState;
    let answer =
        session.client().simple_query(&format!("SELECT pg_catalog.count(*) FROM ONLY {table}"));
    match answer {
        Ok(answer) => Ok(rows(&answer).next().and_then(|row| row.get(0)?.parse().ok())),
        // Nor may it tell of one that a policy or a view's function keeps from it.
        Err(err) if err.code() == Some(&SqlState::INSUFFICIENT_PRIVILEGE) => Ok(None),
        Err(err) => Err(err),
    }
}
