//! Sessions that read only, and print the same for everybody.

use std::time::Duration;

use super::VerifyError;
use crate::Interrupt;
use crate::connect::{ServerMessage, Session, Settings};

/// Opens one.
pub(super) fn open(
    settings: &Settings,
    lock_timeout: Duration,
    interrupt: &Interrupt,
) -> Result<Session, VerifyError> {
    let mut session = Session::open(settings, interrupt)?;
    let sql = guards(&session, lock_timeout);
    match session.client().batch_execute(&sql) {
        Ok(()) => Ok(session),
        Err(err) => {
            interrupt.check()?;
            Err(failure("set up a session", &session, &err))
        }
    }
}

/// What the server refused, and everything depends on.
pub(super) fn failure(
    action: &'static str,
    session: &Session,
    err: &postgres::Error,
) -> VerifyError {
    let label = session.settings().label().to_owned();
    VerifyError::Server { action, label, server: ServerMessage::new(err) }
}

/// Settings for the session: it is only there for this work. Nobody's limit of time ends the work,
/// row security is an error instead of missing rows, and damage is an error for everyone whom the
/// server lets choose. A worker is one process of the server: there are enough of them.
fn guards(session: &Session, lock_timeout: Duration) -> String {
    let mut sql = format!(
        "SET default_transaction_read_only = on;\n\
         SET search_path = '';\n\
         SET lock_timeout = {};\n\
         SET statement_timeout = 0;\n\
         SET idle_in_transaction_session_timeout = 0;\n\
         SET row_security = off;\n\
         SET max_parallel_workers_per_gather = 0;\n\
         SET jit = off;\n\
         SET timezone = 'UTC';\n\
         SET datestyle = 'ISO, YMD';\n\
         SET intervalstyle = 'postgres';\n\
         SET extra_float_digits = 3;\n\
         SET bytea_output = 'hex';\n\
         SET lc_monetary = 'C';\n\
         SET quote_all_identifiers = off;\n\
         SET standard_conforming_strings = on;\n",
        lock_timeout.as_millis()
    );
    if session.version().major() >= 17 {
        sql += "SET transaction_timeout = 0;\n";
    }
    if session.is_superuser() {
        sql += "SET zero_damaged_pages = off;\nSET ignore_checksum_failure = off;\n";
    }
    sql
}
