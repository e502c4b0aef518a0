//! What the server says of a table within a transaction: its file, and how many rows were read and changed.

use std::collections::BTreeSet;

use super::LockMode;
use super::batch::Counters;
use crate::connect::{SessionOn, rows};

/// The file of a relation and its counters.
pub(super) const FIGURES: &str = "pg_catalog.pg_relation_filenode(l.relation), \
     pg_catalog.pg_stat_get_xact_tuples_returned(l.relation), \
     pg_catalog.pg_stat_get_xact_tuples_inserted(l.relation), \
     pg_catalog.pg_stat_get_xact_tuples_updated(l.relation), \
     pg_catalog.pg_stat_get_xact_tuples_deleted(l.relation)";

/// A table that is locked.
#[derive(Default)]
pub(super) struct TableReading {
    pub(super) modes: BTreeSet<LockMode>,
    pub(super) file: Option<u32>,
    pub(super) counters: Counters,
}

impl TableReading {
    /// The [`FIGURES`] in a row, from this cell on.
    pub(super) fn of(row: &postgres::SimpleQueryRow, at: usize) -> Self {
        let counters = [1, 2, 3, 4].map(|one| cell(row, at + one).unwrap_or_default());
        Self { modes: BTreeSet::new(), file: cell(row, at), counters }
    }
}

/// The size of the whole database.
pub(super) fn database_bytes(session: &mut SessionOn<'_>) -> Result<Option<u64>, postgres::Error> {
    const SQL: &str = "SELECT pg_catalog.pg_database_size(d.oid) FROM pg_catalog.pg_database d \
         WHERE d.datname OPERATOR(pg_catalog.=) pg_catalog.current_database()";
    let answer = session.client().simple_query(SQL)?;
    Ok(rows(&answer).next().and_then(|row| cell(row, 0)))
}

pub(super) fn file_of(
    session: &mut SessionOn<'_>,
    oid: u32,
) -> Result<Option<u32>, postgres::Error> {
    let sql = format!(
        "SELECT pg_catalog.pg_relation_filenode({oid}::pg_catalog.oid::pg_catalog.regclass)"
    );
    let answer = session.client().simple_query(&sql)?;
    Ok(rows(&answer).next().and_then(|row| cell(row, 0)))
}

/// The files and counters of tables.
pub(super) fn figures_of(
    session: &mut SessionOn<'_>,
    tables: &[u32],
) -> Result<Vec<(u32, TableReading)>, postgres::Error> {
    if tables.is_empty() {
        return Ok(Vec::new());
    }
    let oids: Vec<String> = tables.iter().map(|oid| format!("({oid})")).collect();
    let sql = format!("SELECT l.relation, {FIGURES} FROM (VALUES {}) l (relation)", oids.join(","));
    let answer = session.client().simple_query(&sql)?;
    let reading = |row| Some((cell(row, 0)?, TableReading::of(row, 1)));
    Ok(rows(&answer).filter_map(reading).collect())
}

/// A number in a row.
pub(super) fn cell<N: std::str::FromStr>(row: &postgres::SimpleQueryRow, at: usize) -> Option<N> {
    row.get(at)?.parse().ok()
}
