//! Records steps in the upgrades table and the tables next to it, and checks the preconditions.

use std::time::Instant;

use super::progress_table::is_delta_sql;
use super::upgrades_table::NewRecord;
use super::{StepRole, TableName, UpgradeError, UpgradeStep, migrations_table, repeatable_table};
use crate::connect::{quote_literal, rows};
use crate::delta::DeltaName;

/// Locks the upgrades table against all other writers; ends in a semicolon.
pub(super) fn lock_table_sql(table: &TableName) -> String {
    format!("LOCK TABLE {} IN SHARE ROW EXCLUSIVE MODE; ", table.to_sql())
}

/// An expression: whether the delta is recorded.
pub(super) fn recorded_sql(delta: &DeltaName, table: &TableName) -> String {
    if table.migrations().is_some() {
        return migrations_table::recorded_sql(table, &delta.version);
    }
    format!(
        "EXISTS (SELECT 1 FROM {} WHERE version = {} AND description = {} AND type = {} \
         AND success)",
        table.to_sql(),
        quote_literal(&delta.version.to_string()),
        quote_literal(&delta.name),
        delta.type_code()
    )
}

/// An expression: whether the upgrades table says that a step is done that applies or undoes a delta; `None`
/// for others.
pub(super) fn delta_recorded_sql(step: &UpgradeStep, table: &TableName) -> Option<String> {
    let name = step.delta()?;
    if !step.undoes() {
        return Some(recorded_sql(name, table));
    }
    // While it is undone its row is one without success.
    let (table, which) = (table.to_sql(), row_sql(name, table));
    Some(format!("NOT EXISTS (SELECT 1 FROM {table} WHERE {which})"))
}

/// A condition for the rows of a delta.
fn row_sql(delta: &DeltaName, table: &TableName) -> String {
    match table.migrations() {
        Some(_) => migrations_table::is_version_sql(&delta.version),
        None => is_delta_sql(delta),
    }
}

/// What makes the upgrades table say that a delta was undone, or, without success, that this was begun.
fn undone_row_sql(delta: &DeltaName, table: &TableName, success: bool) -> Option<String> {
    let (own, which) = (table.to_sql(), row_sql(delta, table));
    if success {
        return Some(format!("DELETE FROM {own} WHERE {which}"));
    }
    // PUM 1 records only what was applied.
    let update = format!("UPDATE {own} SET success = false WHERE {which}");
    table.migrations().is_none().then_some(update)
}

/// What makes the upgrades table say that a step is done, or without success that it was begun: `INSERT` of a
/// delta's row, or what takes it out; `None` for scripts that are not recorded.
pub(super) fn delta_row_sql(
    step: &UpgradeStep,
    table: &TableName,
    started: Instant,
    success: bool,
) -> Option<String> {
    let name = step.delta()?;
    if step.undoes() {
        return undone_row_sql(name, table, success);
    }
    if let Some(migrations) = table.migrations() {
        // There are only rows of what was applied.
        let version = step.file_name();
        let insert = || migrations_table::insert_sql(table, migrations, &version, &step.files);
        return success.then(insert);
    }
    let row = NewRecord {
        version: &name.version,
        description: &name.name,
        type_code: name.type_code(),
        script: &step.path().to_string_lossy(),
        checksum: step.checksum.as_str(),
        milliseconds: i32::try_from(started.elapsed().as_millis()).unwrap_or(i32::MAX),
        success,
    };
    Some(row.insert_sql(table))
}

/// The statement that records a step; `None` if it is not recorded.
pub(super) fn step_record_sql(
    step: &UpgradeStep,
    table: &TableName,
    started: Instant,
) -> Option<String> {
    match &step.role {
        StepRole::PreAll | StepRole::PostAll => None,
        StepRole::Delta(_) | StepRole::Undo(_) => delta_row_sql(step, table, started, true),
        StepRole::Drop { script } => Some(repeatable_table::forget_sql(table, script)),
        StepRole::Repeatable(installed) => Some(repeatable_table::record_sql(table, installed)),
    }
}

/// An expression: whether a step is recorded; `None` for one of which no row tells.
pub(super) fn step_recorded_sql(step: &UpgradeStep, table: &TableName) -> Option<String> {
    match &step.role {
        StepRole::Delta(_) | StepRole::Undo(_) => delta_recorded_sql(step, table),
        StepRole::Repeatable(installed) => Some(repeatable_table::recorded_sql(table, installed)),
        StepRole::PreAll | StepRole::PostAll | StepRole::Drop { .. } => None,
    }
}

/// The step's file is what was run, from start to end.
pub(super) fn expect_settled(step: &UpgradeStep) -> Result<(), UpgradeError> {
    let unsettled = |reason| UpgradeError::Unsettled { script: step.file_name(), reason };
    step.checksum.settled().map_err(unsettled)
}

/// Of an answer with a row of two: the advisory lock is held, and the delta is not recorded.
pub(super) fn expect_ours(
    answer: &[postgres::SimpleQueryMessage],
    step: &UpgradeStep,
    table: &TableName,
    label: &str,
) -> Result<(), UpgradeError> {
    let row = rows(answer).next();
    let is = |column: usize| row.and_then(|row| row.get(column)) == Some("t");
    let script = step.file_name();
    if !is(0) {
        return Err(UpgradeError::LockLost { script, label: label.to_owned(), begun: false });
    }
    if is(1) {
        return Err(UpgradeError::Overtaken { script, table: table.clone() });
    }
    Ok(())
}
