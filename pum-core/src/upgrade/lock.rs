//! One runner at a time: an advisory lock, polled.
//!
//! Waiting inside `pg_advisory_lock()` would hold a snapshot and so block the other run's
//! `CREATE INDEX CONCURRENTLY`; `pg_try_advisory_lock()` does not wait.

use std::time::{Duration, Instant};

use super::{TableName, UpgradeError};
use crate::Context;
use crate::connect::SessionOn;
use crate::delta::Checksum;
use crate::progress::Event;

/// The first key of all advisory locks that pum takes: "pum" in ASCII.
const CLASS: i32 = 0x70_75_6d;

/// How often a held lock is tried again.
const POLL: Duration = Duration::from_millis(200);

/// Takes the lock of an upgrades table for this session, waiting at most `run_lock_timeout`.
pub(super) fn take(
    session: &mut SessionOn<'_>,
    table: &TableName,
    run_lock_timeout: Duration,
    context: &mut Context<'_>,
) -> Result<(), UpgradeError> {
    let key = key_of(table);
    let deadline = Instant::now() + run_lock_timeout;
    let mut told = false;
    loop {
        context.check()?;
        if try_lock(session, key)? {
            return Ok(());
        }
        // Between the two queries the holder may have gone: then the next try succeeds.
        if let Some(holder) = holder(session, key)? {
            if Instant::now() >= deadline {
                let label = session.settings().label().to_owned();
                return Err(UpgradeError::Locked { label, holder });
            }
            if !told {
                let reason = format!("another pum run is upgrading this database: {holder}");
                context.notify(Event::Waiting { reason: &reason });
                told = true;
            }
        }
        std::thread::sleep(POLL);
    }
}

/// Gives the lock back. A lost connection has given it back already.
pub(super) fn release(session: &mut SessionOn<'_>, table: &TableName) {
    let sql = format!("SELECT pg_catalog.pg_advisory_unlock({CLASS}, {})", key_of(table));
    let _ = session.client().batch_execute(&sql);
}

/// The second key: a number made from the table's name. Advisory locks belong to a database.
fn key_of(table: &TableName) -> i32 {
    let digest = Checksum::from_bytes(table.to_sql().as_bytes());
    let number = u32::from_str_radix(&digest.as_str()[..8], 16).unwrap_or_default();
    number.cast_signed()
}

/// An expression: whether the backend that answers holds the lock. After a restart or a failover,
/// or behind a pooler that changes backends, it does not.
fn held_sql(table: &TableName) -> String {
    format!(
        "EXISTS (SELECT 1 FROM pg_catalog.pg_locks l \
         JOIN pg_catalog.pg_database d ON d.oid = l.database \
         WHERE l.locktype = 'advisory' AND l.granted AND l.pid = pg_catalog.pg_backend_pid() \
           AND d.datname = pg_catalog.current_database() \
           AND l.classid = {}::pg_catalog.oid AND l.objid = {}::pg_catalog.oid \
           AND l.objsubid = 2)",
        CLASS.cast_unsigned(),
        key_of(table).cast_unsigned()
    )
}

/// An expression: the same, or the lock is taken again. A script can release it, as `DISCARD ALL`
/// and `pg_advisory_unlock_all()` do; if another run took it since, this one has lost it.
pub(super) fn held_or_taken_sql(table: &TableName) -> String {
    let key = key_of(table);
    format!(
        "CASE WHEN {} THEN true ELSE pg_catalog.pg_try_advisory_lock({CLASS}, {key}) END",
        held_sql(table)
    )
}

/// An expression, for the beginning of a transaction: whether this run still keeps others out. Who
/// lost the lock, as by a failover, has it again for this transaction if no other run took it.
///
/// To look for one lock among all, as [`held_sql`] does, takes the server much longer.
pub(super) fn still_ours_sql(table: &TableName) -> String {
    format!("pg_catalog.pg_try_advisory_xact_lock({CLASS}, {})", key_of(table))
}

fn try_lock(session: &mut SessionOn<'_>, key: i32) -> Result<bool, UpgradeError> {
    let row = session
        .client()
        .query_one("SELECT pg_catalog.pg_try_advisory_lock($1, $2)", &[&CLASS, &key])
        .map_err(|err| UpgradeError::server("cannot take the upgrade lock".to_owned(), &err))?;
    Ok(row.get(0))
}

fn holder(session: &mut SessionOn<'_>, key: i32) -> Result<Option<String>, UpgradeError> {
    let sql = "SELECT format('process %s of %s%s, since %s', l.pid, \
                             coalesce(a.usename, 'a role that may not be seen'), \
                             coalesce(' at ' || host(a.client_addr), ''), \
                             coalesce(to_char(a.backend_start, 'YYYY-MM-DD HH24:MI:SS TZ'), '?')) \
               FROM pg_catalog.pg_locks l \
               JOIN pg_catalog.pg_database d ON d.oid = l.database \
               LEFT JOIN pg_catalog.pg_stat_activity a ON a.pid = l.pid \
               WHERE l.locktype = 'advisory' AND l.granted \
                 AND d.datname = current_database() \
                 AND l.classid = $1::int8::oid AND l.objid = $2::int8::oid AND l.objsubid = 2";
    let unsigned = |number: i32| i64::from(number.cast_unsigned());
    let row =
        session.client().query_opt(sql, &[&unsigned(CLASS), &unsigned(key)]).map_err(|err| {
            UpgradeError::server("cannot read who holds the upgrade lock".to_owned(), &err)
        })?;
    Ok(row.map(|row| row.get(0)))
}
