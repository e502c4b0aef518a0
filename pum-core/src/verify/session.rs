//! Read-only sessions with uniform settings.

use std::ops::{Deref, DerefMut};
use std::time::Duration;

use super::VerifyError;
use super::sql::{Form, Row};
use crate::Interrupt;
use crate::connect::{ServerMessage, Session, Settings};

/// A session that is only asked in transactions of its own, each of which begins with the guards:
/// so that behind a pooler no state stays on a connection that another client uses next.
pub(super) struct Guarded {
    session: Session,
    form: Form,
    guards: String,
}

/// Opens one.
pub(super) fn open(
    settings: &Settings,
    lock_timeout: Duration,
    interrupt: &Interrupt,
) -> Result<Guarded, VerifyError> {
    let session = Session::open(settings, interrupt)?;
    let guards = guards(&session, lock_timeout);
    Ok(Guarded { form: Form::for_session(&session), session, guards })
}

impl Guarded {
    /// Statements that begin a transaction of this mode.
    pub(super) fn beginning(&self, mode: &str) -> String {
        format!("BEGIN {mode};\n{}", self.guards)
    }

    /// The rows of a query, in the transaction that was begun.
    pub(super) fn ask(&mut self, query: &str) -> Result<Vec<Row>, postgres::Error> {
        self.form.ask(self.session.client(), "", query, "")
    }

    /// The rows of a query, in a transaction for it alone.
    pub(super) fn ask_alone(&mut self, query: &str) -> Result<Vec<Row>, postgres::Error> {
        let begin = self.beginning("ISOLATION LEVEL READ COMMITTED READ ONLY");
        let answer = self.form.ask(self.session.client(), &begin, query, ";\nROLLBACK");
        if answer.is_err() {
            // If this fails as well, so will the next query.
            let _ = self.session.client().batch_execute("ROLLBACK");
        }
        answer
    }
}

impl Deref for Guarded {
    type Target = Session;

    fn deref(&self) -> &Session {
        &self.session
    }
}

impl DerefMut for Guarded {
    fn deref_mut(&mut self) -> &mut Session {
        &mut self.session
    }
}

/// A refusal by the server that stops everything.
pub(super) fn failure(
    action: &'static str,
    session: &Session,
    err: &postgres::Error,
) -> VerifyError {
    let label = session.settings().label().to_owned();
    VerifyError::Server { action, label, server: ServerMessage::new(err) }
}

/// Settings for a transaction. No timeout of the role or database ends the work,
/// row security is an error instead of missing rows, and damage is an error for everyone whom the
/// server lets choose. A worker is one process of the server: there are enough of them.
fn guards(session: &Session, lock_timeout: Duration) -> String {
    let mut sql = format!(
        "SET LOCAL search_path = '';\n\
         SET LOCAL lock_timeout = {};\n\
         SET LOCAL statement_timeout = 0;\n\
         SET LOCAL idle_in_transaction_session_timeout = 0;\n\
         SET LOCAL row_security = off;\n\
         SET LOCAL max_parallel_workers_per_gather = 0;\n\
         SET LOCAL jit = off;\n\
         SET LOCAL timezone = 'UTC';\n\
         SET LOCAL datestyle = 'ISO, YMD';\n\
         SET LOCAL intervalstyle = 'postgres';\n\
         SET LOCAL extra_float_digits = 3;\n\
         SET LOCAL bytea_output = 'hex';\n\
         SET LOCAL lc_monetary = 'C';\n\
         SET LOCAL quote_all_identifiers = off;\n\
         SET LOCAL standard_conforming_strings = on;\n",
        lock_timeout.as_millis()
    );
    if session.version().major() >= 17 {
        sql += "SET LOCAL transaction_timeout = 0;\n";
    }
    if session.is_superuser() {
        sql += "SET LOCAL zero_damaged_pages = off;\nSET LOCAL ignore_checksum_failure = off;\n";
    }
    sql
}
