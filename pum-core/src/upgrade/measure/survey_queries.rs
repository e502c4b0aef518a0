//! What is read of the tables, their columns, sizes and rows.

use std::collections::{BTreeMap, HashMap, HashSet};

use super::values::Values;
use crate::connect::{SessionOn, rows};

/// A column of a table.
pub(super) struct Column {
    pub(super) name: String,
    /// Which part of its values is NULL, if `ANALYZE` has looked.
    pub(super) null_fraction: Option<f64>,
    /// It is of the primary key.
    pub(super) in_key: bool,
    /// Its values are computed from other columns.
    pub(super) generated: bool,
    /// Its values, where they were read.
    pub(super) values: Option<Values>,
}

/// Oid, schema, name, kind, both names for SQL, rows and pages as `ANALYZE` saw them, the table if
/// it is an index, the size as it saw it, the file, whether policies hide rows.
pub(super) const TABLES: &str = "SELECT c.oid, n.nspname, c.relname, c.relkind, \
     pg_catalog.format('%I.%I', n.nspname, c.relname), \
     CASE WHEN c.reltuples >= 0 THEN c.reltuples::pg_catalog.int8 END, c.relpages, \
     i.indrelid, (c.relpages + coalesce(t.relpages, 0))::pg_catalog.int8 \
       * pg_catalog.current_setting('block_size')::pg_catalog.int8, \
     pg_catalog.pg_relation_filenode(c.oid), pg_catalog.row_security_active(c.oid) \
     FROM pg_catalog.pg_class c \
     JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace \
     LEFT JOIN pg_catalog.pg_class t ON t.oid = c.reltoastrelid \
     LEFT JOIN pg_catalog.pg_index i ON i.indexrelid = c.oid \
     WHERE c.relkind IN ('r', 'p', 'm', 'f', 'i', 'I') \
     AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'";

/// Both ways: a table, the one at the other end of a foreign key, and a column of the key there.
pub(super) const FOREIGN_KEYS: &str = "SELECT c.conrelid, c.confrelid, k.key \
     FROM pg_catalog.pg_constraint c CROSS JOIN pg_catalog.unnest(c.confkey) k (key) \
     WHERE c.contype = 'f' \
     UNION ALL \
     SELECT c.confrelid, c.conrelid, k.key \
     FROM pg_catalog.pg_constraint c CROSS JOIN pg_catalog.unnest(c.conkey) k (key) \
     WHERE c.contype = 'f'";

/// A column's table and number.
pub(super) type ColumnOf = (u32, i32);

/// The columns of all tables: table and number, name, whether it is generated.
const COLUMNS: &str = "SELECT a.attrelid, a.attnum, a.attname, a.attgenerated <> '' \
     FROM pg_catalog.pg_attribute a \
     JOIN pg_catalog.pg_class c ON c.oid = a.attrelid \
     JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace \
     WHERE a.attnum > 0 AND NOT a.attisdropped AND c.relkind IN ('r', 'p', 'm', 'f') \
     AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'";

/// The table and number with which a row begins.
fn column_of(row: &postgres::SimpleQueryRow) -> Option<ColumnOf> {
    Some((row.get(0)?.parse().ok()?, row.get(1)?.parse().ok()?))
}

/// The columns of all tables.
pub(super) fn columns(
    session: &mut SessionOn<'_>,
) -> Result<Vec<(ColumnOf, Column)>, postgres::Error> {
    let keys = primary_keys(session)?;
    let nulls = null_fractions(session)?;
    let answer = session.client().simple_query(COLUMNS)?;
    let column = |row: &postgres::SimpleQueryRow| {
        let number = column_of(row)?;
        let column = Column {
            in_key: keys.contains(&number),
            name: row.get(2)?.to_owned(),
            null_fraction: nulls.get(&number).copied(),
            generated: row.get(3) == Some("t"),
            values: None,
        };
        Some((number, column))
    };
    let mut columns: Vec<_> = rows(&answer).filter_map(column).collect();
    columns.sort_unstable_by_key(|(number, _)| *number);
    Ok(columns)
}

/// The columns of the primary keys.
fn primary_keys(session: &mut SessionOn<'_>) -> Result<HashSet<ColumnOf>, postgres::Error> {
    let answer = session.client().simple_query(
        "SELECT i.indrelid, i.indkey FROM pg_catalog.pg_index i WHERE i.indisprimary",
    )?;
    let mut keys = HashSet::new();
    for row in rows(&answer) {
        let (Some(table), Some(columns)) = (row.get(0), row.get(1)) else { continue };
        let Ok(table) = table.parse() else { continue };
        let numbers = columns.split(' ').filter_map(|number| number.parse().ok());
        keys.extend(numbers.map(|number| (table, number)));
    }
    Ok(keys)
}

/// Which part of the values of each column is NULL, where `ANALYZE` has looked and this role may
/// know it.
fn null_fractions(session: &mut SessionOn<'_>) -> Result<HashMap<ColumnOf, f64>, postgres::Error> {
    let answer = session.client().simple_query(
        "SELECT pg_catalog.has_table_privilege('pg_catalog.pg_statistic', 'SELECT')",
    )?;
    // The view looks at the privileges on each column.
    let sql = if rows(&answer).next().and_then(|row| row.get(0)) == Some("t") {
        "SELECT s.starelid, s.staattnum, s.stanullfrac FROM pg_catalog.pg_statistic s \
         WHERE NOT s.stainherit"
    } else {
        "SELECT a.attrelid, a.attnum, s.null_frac FROM pg_catalog.pg_stats s \
         JOIN pg_catalog.pg_namespace n ON n.nspname = s.schemaname \
         JOIN pg_catalog.pg_class c ON c.relname = s.tablename AND c.relnamespace = n.oid \
         JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attname = s.attname \
         WHERE NOT s.inherited"
    };
    let answer = session.client().simple_query(sql)?;
    let fraction =
        |row: &postgres::SimpleQueryRow| Some((column_of(row)?, row.get(2)?.parse().ok()?));
    Ok(rows(&answer).filter_map(fraction).collect())
}

/// How large tables are with their indexes, in bytes.
pub(super) fn sizes(
    session: &mut SessionOn<'_>,
    tables: &[u32],
) -> Result<HashMap<u32, u64>, postgres::Error> {
    if tables.is_empty() {
        return Ok(HashMap::new());
    }
    let oids: Vec<String> = tables.iter().map(u32::to_string).collect();
    let answer = session.client().simple_query(&format!(
        "SELECT t.oid, pg_catalog.pg_total_relation_size(t.oid) \
         FROM pg_catalog.unnest('{{{}}}'::pg_catalog.oid[]) t (oid)",
        oids.join(",")
    ))?;
    let size = |row: &postgres::SimpleQueryRow| {
        Some((row.get(0)?.parse().ok()?, row.get(1)?.parse().ok()?))
    };
    Ok(rows(&answer).filter_map(size).collect())
}

/// The names of the columns of all tables.
pub(super) fn column_names(
    session: &mut SessionOn<'_>,
) -> Result<Vec<(ColumnOf, String)>, postgres::Error> {
    let answer = session.client().simple_query(COLUMNS)?;
    let column = |row: &postgres::SimpleQueryRow| Some((column_of(row)?, row.get(2)?.to_owned()));
    Ok(rows(&answer).filter_map(column).collect())
}

/// How many tables are counted by one query.
const COUNTED_AT_ONCE: usize = 100;

/// How many rows tables have, which are given by any number and their names for SQL. One that this
/// role may not read is left out.
pub(super) fn count(
    session: &mut SessionOn<'_>,
    tables: &[(u32, String)],
) -> Result<BTreeMap<u32, u64>, postgres::Error> {
    use postgres::error::SqlState;
    let mut counted = BTreeMap::new();
    for some in tables.chunks(COUNTED_AT_ONCE) {
        let each = some
            .iter()
            .map(|(oid, name)| format!("SELECT {oid}, pg_catalog.count(*) FROM ONLY {name}"));
        let sql = each.collect::<Vec<_>>().join(" UNION ALL ");
        match session.client().simple_query(&sql) {
            Ok(answer) => counted.extend(rows(&answer).filter_map(|row| {
                Some((row.get(0)?.parse::<u32>().ok()?, row.get(1)?.parse::<u64>().ok()?))
            })),
            // Nor may it tell of one that a policy or a view's function keeps from it.
            Err(err) if err.code() == Some(&SqlState::INSUFFICIENT_PRIVILEGE) => {
                if let [_, _, ..] = some {
                    for one in some {
                        counted.extend(count(session, std::slice::from_ref(one))?);
                    }
                }
            }
            Err(err) => return Err(err),
        }
    }
    Ok(counted)
}
