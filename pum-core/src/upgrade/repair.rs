use std::time::Duration;

use super::{HistoryMismatch, TableName, UpgradeError, lock};
use crate::Context;
use crate::connect::{SessionOn, quote_literal, rows};

/// Records the current checksums of deltas that were changed after they were applied: all of them
/// or none, under the lock that blocks upgrades. Other mismatches are ignored.
///
/// Returns the number of changed rows. Fails if a row no longer matches.
///
/// # Errors
///
/// If another run holds the lock, a row changed since, or the server refuses it.
pub fn repair(
    session: &mut SessionOn<'_>,
    table: &TableName,
    concerns: &[HistoryMismatch],
    run_lock_timeout: Duration,
    context: &mut Context<'_>,
) -> Result<usize, UpgradeError> {
    lock::take(session, table, run_lock_timeout, context)?;
    let result = update(session, table, concerns);
    if result.is_err() {
        let _ = session.client().batch_execute("ROLLBACK");
    }
    lock::release(session, table);
    result
}

fn update(
    session: &mut SessionOn<'_>,
    table: &TableName,
    concerns: &[HistoryMismatch],
) -> Result<usize, UpgradeError> {
    let failed =
        |err: &postgres::Error| UpgradeError::server(format!("cannot repair {table}"), err);
    session.client().batch_execute("BEGIN").map_err(|err| failed(&err))?;
    let mut repaired = 0;
    for concern in concerns {
        let HistoryMismatch::Changed { file, delta, recorded, now } = concern else { continue };
        let sql = format!(
            "UPDATE {} SET checksum = {} WHERE description = {} AND type = {} AND checksum = {} \
             AND success RETURNING id",
            table.to_sql(),
            quote_literal(now),
            quote_literal(&delta.name),
            delta.type_code(),
            quote_literal(recorded)
        );
        let answer = session.client().simple_query(&sql).map_err(|err| failed(&err))?;
        if rows(&answer).next().is_none() {
            return Err(UpgradeError::NotRepaired { script: file.clone(), table: table.clone() });
        }
        repaired += 1;
    }
    session.client().batch_execute("COMMIT").map_err(|err| failed(&err))?;
    Ok(repaired)
}
