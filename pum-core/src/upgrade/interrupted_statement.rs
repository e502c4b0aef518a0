//! The outcome of a statement outside of a transaction that was not recorded.

use crate::connect::{SessionOn, quote_literal, rows};
use crate::delta::{NonTransactional, cannot_run_in_transaction};

/// The state of the database after a statement was started.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum StatementOutcome {
    /// It was done, with the evidence.
    Done(String),
    /// It was not done, or can safely be done twice.
    Again,
    /// It cannot be determined.
    Unknown,
}

/// Looks whether a statement was done that the server had begun.
pub(super) fn inspect(
    session: &mut SessionOn<'_>,
    sql: &str,
) -> Result<StatementOutcome, postgres::Error> {
    Ok(match cannot_run_in_transaction(sql) {
        Some(NonTransactional::CreateIndex { index: Some(index), table }) => {
            match names(session, &named_index_sql(&index, &table, "true"))?.pop() {
                Some(valid) => {
                    StatementOutcome::Done(format!("the index {valid} is there and valid"))
                }
                None => StatementOutcome::Again,
            }
        }
        Some(NonTransactional::DropIndex { index }) => {
            let there =
                format!("SELECT 1 WHERE to_regclass({}) IS NOT NULL", quote_literal(&index));
            if names(session, &there)?.is_empty() {
                StatementOutcome::Done(format!("there is no index {index}"))
            } else {
                StatementOutcome::Again
            }
        }
        Some(NonTransactional::DetachPartition { table, partition }) => {
            if names(session, &partition_sql(&table, &partition, "true"))?.is_empty() {
                StatementOutcome::Done(format!("{partition} is not a partition of {table}"))
            } else {
                StatementOutcome::Again
            }
        }
        Some(NonTransactional::Reindex { .. } | NonTransactional::Repeatable) => {
            StatementOutcome::Again
        }
        Some(NonTransactional::CreateIndex { index: None, .. } | NonTransactional::Other)
        | None => StatementOutcome::Unknown,
    })
}

/// The invalid index that a statement left behind, if it did not end well.
pub(super) fn left_behind(
    session: &mut SessionOn<'_>,
    sql: &str,
) -> Result<Vec<String>, postgres::Error> {
    match cannot_run_in_transaction(sql) {
        Some(NonTransactional::CreateIndex { index: Some(index), table }) => {
            names(session, &named_index_sql(&index, &table, "false"))
        }
        Some(NonTransactional::Reindex { target }) => names(session, &rebuilt_indexes_sql(&target)),
        _ => Ok(Vec::new()),
    }
}

/// Drops the invalid index that a statement left behind, and gives its name. One that is being
/// built at this moment is not touched.
pub(super) fn repair(
    session: &mut SessionOn<'_>,
    sql: &str,
) -> Result<Vec<String>, postgres::Error> {
    let found = left_behind(session, sql)?;
    for index in &found {
        session.client().batch_execute(&format!("DROP INDEX CONCURRENTLY IF EXISTS {index}"))?;
    }
    Ok(found)
}

/// Brings a statement to its end that the server had done half, and tells what was done for it;
/// `None` if there is nothing of the kind: the statement has to be run.
pub(super) fn finish(
    session: &mut SessionOn<'_>,
    sql: &str,
) -> Result<Option<String>, postgres::Error> {
    let Some(NonTransactional::DetachPartition { table, partition }) =
        cannot_run_in_transaction(sql)
    else {
        return Ok(None);
    };
    // Majors before 14 do not know such a statement.
    if session.version().major() < 14
        || names(session, &partition_sql(&table, &partition, "i.inhdetachpending"))?.is_empty()
    {
        return Ok(None);
    }
    let finalize = format!("ALTER TABLE {table} DETACH PARTITION {partition} FINALIZE");
    session.client().batch_execute(&finalize)?;
    Ok(Some(format!("its second half was done by {finalize}")))
}

/// The partition of that table, both as they are written, if this holds of it.
fn partition_sql(table: &str, partition: &str, condition: &str) -> String {
    format!(
        "SELECT 1 FROM pg_catalog.pg_inherits i WHERE i.inhparent = to_regclass({}) \
         AND i.inhrelid = to_regclass({}) AND {condition}",
        quote_literal(table),
        quote_literal(partition)
    )
}

/// All invalid indexes of the database that are not being built at this moment. Those of
/// partitioned tables may be meant so.
pub(super) fn invalid_indexes(session: &mut SessionOn<'_>) -> Result<Vec<String>, postgres::Error> {
    names(session, &format!("{INVALID} AND c.relkind = 'i' ORDER BY 1"))
}

/// Indexes with their qualified names; more conditions may follow.
const INVALID: &str = "SELECT pg_catalog.format('%I.%I', n.nspname, c.relname) \
     FROM pg_catalog.pg_index i \
     JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid \
     JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace \
     WHERE NOT i.indisvalid AND NOT EXISTS (\
       SELECT 1 FROM pg_catalog.pg_stat_progress_create_index p WHERE p.index_relid = c.oid)";

/// The index of that name on that table, both as they are written, if it is valid or not.
fn named_index_sql(index: &str, table: &str, valid: &str) -> String {
    let all = INVALID.replace("NOT i.indisvalid", &format!("i.indisvalid = {valid}"));
    format!(
        "{all} AND i.indrelid = to_regclass({}) AND c.relname = (parse_ident({}))[1]",
        quote_literal(table),
        quote_literal(index)
    )
}

/// The invalid indexes that rebuilding a table or an index leaves.
fn rebuilt_indexes_sql(target: &str) -> String {
    let target = quote_literal(target);
    format!(
        "{INVALID} AND c.relname ~ '_cc(new|old)[0-9]*$' AND i.indrelid IN (\
         SELECT to_regclass({target})::oid \
         UNION SELECT x.indrelid FROM pg_catalog.pg_index x \
         WHERE x.indexrelid = to_regclass({target})::oid)"
    )
}

fn names(session: &mut SessionOn<'_>, sql: &str) -> Result<Vec<String>, postgres::Error> {
    let answer = session.client().simple_query(sql)?;
    Ok(rows(&answer).map(|row| row.get(0).unwrap_or("").to_owned()).collect())
}
