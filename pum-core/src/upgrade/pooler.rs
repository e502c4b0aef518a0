//! Poolers that give a client another backend for each transaction, such as PgBouncer with
//! `pool_mode = transaction`: behind one, two runs could both hold the advisory lock.

use super::UpgradeError;
use crate::Interrupt;
use crate::connect::{Session, SessionOn, rows};

/// Refuses a session whose backend is not its own.
///
/// While a second session has an open transaction, its backend must differ from that of the first
/// session, and the first session's backend must not have changed. A pooler assigns the most
/// recently used backend, so the first query usually reveals it. If the check misses a busy pooler,
/// each transaction detects it, because it starts by checking that its backend holds the lock.
///
/// # Errors
///
/// If the server is behind a pooler that changes connections between transactions.
pub fn refuse(session: &mut SessionOn<'_>, interrupt: &Interrupt) -> Result<(), UpgradeError> {
    // Without a second session, the check at the start of each transaction has to do.
    let Ok(mut other) = Session::open(session.settings(), interrupt) else { return Ok(()) };
    let failed = |err: postgres::Error| {
        UpgradeError::server("cannot tell which backend serves this session".to_owned(), &err)
    };
    let first = backend(session, "").map_err(failed)?;
    let Ok(second) = backend(&mut other, "BEGIN; ") else { return Ok(()) };
    // Behind a pooler with a single backend, this one would wait for the other's transaction.
    let changes = first == second || backend(session, "").map_err(failed)? != first;
    let _ = other.client().batch_execute("ROLLBACK");
    if changes {
        let label = session.settings().label().to_owned();
        return Err(UpgradeError::Pooler { label });
    }
    Ok(())
}

fn backend(session: &mut SessionOn<'_>, before: &str) -> Result<Option<String>, postgres::Error> {
    // In the simple protocol, for poolers that know no prepared statements.
    let sql = format!("{before}SELECT pg_catalog.pg_backend_pid()");
    let answer = session.client().simple_query(&sql)?;
    Ok(rows(&answer).find_map(|row| row.get(0).map(str::to_owned)))
}
