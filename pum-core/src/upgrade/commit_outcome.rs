//! Finds out whether a commit happened whose acknowledgement was lost.

use std::time::{Duration, Instant};

use super::TableName;
use super::recording::lock_table_sql;
use crate::connect::{ServerMessage, Session, SessionOn, rows};
use crate::progress::Event;
use crate::{Context, Interrupt};

/// How long to try to reach the database again: a restart or a failover takes a while.
const LIMIT: Duration = Duration::from_secs(60);

/// How often to try.
const POLL: Duration = Duration::from_millis(250);

/// Whether an error means that the connection is gone, and so that an answer may be missing.
pub(super) fn is_lost(session: &SessionOn<'_>, err: &postgres::Error) -> bool {
    // 57P01 to 57P03: the server, or an administrator, ended the session. Class 08: so did
    // what stands between.
    let ended = err.code().is_some_and(|code| {
        let code = code.code();
        matches!(code, "57P01" | "57P02" | "57P03") || code.starts_with("08")
    });
    ended || err.is_closed() || err.as_db_error().is_none() || session.is_closed()
}

/// Whether the step of a delta whose commit was not acknowledged is recorded, which `recorded` is the expression
/// for. Asks, on a new session, the
/// server that the original settings lead to now, which after a failover is another one.
pub(super) fn was_recorded(
    session: &SessionOn<'_>,
    system_identifier: Option<u64>,
    recorded: Option<&str>,
    table: &TableName,
    context: &mut Context<'_>,
) -> Result<bool, String> {
    let Some(recorded) = recorded else {
        return Err("scripts before and after all deltas are not recorded".to_owned());
    };
    let reason = "the connection was lost during a commit: checking for up to a minute whether the \
                  database committed it";
    context.notify(Event::Waiting { reason });
    let deadline = Instant::now() + LIMIT;
    loop {
        match ask(session, system_identifier, recorded, table) {
            Err(reason) if context.interrupt().is_triggered() || Instant::now() >= deadline => {
                return Err(reason);
            }
            Err(_) => std::thread::sleep(POLL),
            answer => return answer,
        }
    }
}

fn ask(
    lost: &SessionOn<'_>,
    system_identifier: Option<u64>,
    recorded: &str,
    table: &TableName,
) -> Result<bool, String> {
    // Not the operator's interrupt: it would cancel the question that this is about.
    let mut session =
        Session::open(lost.origin(), &Interrupt::new()).map_err(|err| err.to_string())?;
    if session.in_recovery() {
        return Err("the server is a standby".to_owned());
    }
    if system_identifier_of(&mut session) != system_identifier {
        return Err("it is another server".to_owned());
    }
    is_recorded(&mut session, recorded, table)
        .map_err(|err| ServerMessage::new(&err).to_string())?
        .ok_or_else(|| "it gave no answer".to_owned())
}

/// The number that a server and its physical standbys share; `None` where the role may not ask.
pub(super) fn system_identifier_of(session: &mut SessionOn<'_>) -> Option<u64> {
    session.identity().ok().map(|identity| identity.system_identifier)
}

/// Whether the delta of a lost session was committed. That session's transaction, should it still
/// be at work on the server, holds the lock that is taken here: the answer is final.
fn is_recorded(
    session: &mut SessionOn<'_>,
    recorded: &str,
    table: &TableName,
) -> Result<Option<bool>, postgres::Error> {
    let sql = format!(
        "BEGIN; SET LOCAL lock_timeout = '5s'; {}SELECT {recorded}; ROLLBACK",
        lock_table_sql(table)
    );
    let answer = session.client().simple_query(&sql)?;
    Ok(rows(&answer).find_map(|row| row.get(0).map(|value| value == "t")))
}
