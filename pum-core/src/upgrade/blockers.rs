//! Which sessions block a statement that waits for a lock.

use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use crate::Interrupt;
use crate::connect::{Session, SessionOn, describe, rows};

/// Looks on a session of its own, while another one works, at whom that one waits for: when its
/// statement has been cut off, the server no longer knows.
pub(super) struct Blockers {
    seen: Arc<Mutex<Seen>>,
    stop: Option<Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

/// The known blockers, and what to do about them.
#[derive(Debug, Default)]
struct Seen {
    last: Option<String>,
    /// Their sessions are to be ended.
    ends_them: bool,
    /// Whose sessions were ended, or why they could not be.
    ended: Vec<String>,
}

impl Blockers {
    /// Looks several times within `limit`. `None` if no second session can be opened.
    pub(super) fn watch(session: &mut SessionOn<'_>, limit: Duration) -> Option<Self> {
        let row = session.client().query_one("SELECT pg_catalog.pg_backend_pid()", &[]).ok()?;
        let pid: i32 = row.get(0);
        let mut own = Session::open(session.settings(), &Interrupt::new()).ok()?;
        let pause = (limit / 5).clamp(Duration::from_millis(10), Duration::from_secs(1));
        let seen = Arc::<Mutex<Seen>>::default();
        let (stop, stopped) = channel();
        let shared = Arc::clone(&seen);
        let thread = std::thread::spawn(move || {
            while stopped.recv_timeout(pause) == Err(RecvTimeoutError::Timeout) {
                match find_blocker(&mut own, pid) {
                    Ok(None) => {}
                    Ok(found) => {
                        let mut seen = shared.lock().unwrap_or_else(PoisonError::into_inner);
                        seen.last = found;
                        if seen.ends_them {
                            let ended = end(&mut own, pid);
                            seen.ended.extend(ended);
                        }
                    }
                    Err(_) => break,
                }
            }
        });
        Some(Self { seen, stop: Some(stop), thread: Some(thread) })
    }

    /// Who was blocking the last time; asked once.
    pub(super) fn take_last(&self) -> Option<String> {
        self.seen().last.take()
    }

    /// Whether the sessions of those who are blocking from now on are ended.
    pub(super) fn set_ends_them(&self, ends_them: bool) {
        self.seen().ends_them = ends_them;
    }

    /// Whose sessions were ended since the last time, or why they could not be.
    pub(super) fn take_ended(&self) -> Vec<String> {
        std::mem::take(&mut self.seen().ended)
    }

    fn seen(&self) -> MutexGuard<'_, Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Blockers {
    fn drop(&mut self) {
        drop(self.stop.take());
        let _ = self.thread.take().map(JoinHandle::join);
    }
}

/// Ends the sessions of those who block this process now: found and ended in one statement, so that
/// no other session is hit. Gives who they were, or why it could not be done.
fn end(session: &mut SessionOn<'_>, pid: i32) -> Vec<String> {
    let sql = format!(
        "SELECT pg_catalog.format('process %s of %s%s', a.pid, coalesce(a.usename::text, '?'), \
             coalesce(' (' || nullif(a.application_name, '') || ')', '')) \
         FROM (SELECT DISTINCT pg_catalog.unnest(pg_catalog.pg_blocking_pids({pid})) AS pid) b \
         JOIN pg_catalog.pg_stat_activity a ON a.pid = b.pid \
         WHERE pg_catalog.pg_terminate_backend(b.pid)"
    );
    match session.client().simple_query(&sql) {
        Ok(answer) => {
            let ended = |who| format!("{who} was blocking: its session was terminated");
            rows(&answer).filter_map(|row| row.get(0).map(ended)).collect()
        }
        Err(err) => vec![format!("cannot terminate the blocking session: {}", describe(&err))],
    }
}

/// Who blocks this process now. What they run is not shown: it may hold a secret.
fn find_blocker(session: &mut SessionOn<'_>, pid: i32) -> Result<Option<String>, postgres::Error> {
    let sql = format!(
        "SELECT pg_catalog.string_agg(CASE WHEN a.pid IS NULL \
           THEN 'a prepared transaction (see pg_prepared_xacts)' \
           ELSE pg_catalog.format('process %s of %s%s, %s, in its transaction since %s, its last \
             statement began %s', a.pid, coalesce(a.usename::text, a.backend_type, '?'), \
             coalesce(' (' || nullif(a.application_name, '') || ')', ''), \
             coalesce(a.state, 'state unknown'), \
             coalesce(to_char(a.xact_start, 'YYYY-MM-DD HH24:MI:SS TZ'), '?'), \
             coalesce(to_char(a.query_start, 'YYYY-MM-DD HH24:MI:SS TZ'), '?')) END, '; ') \
         FROM (SELECT DISTINCT pg_catalog.unnest(pg_catalog.pg_blocking_pids({pid})) AS pid) b \
         LEFT JOIN pg_catalog.pg_stat_activity a ON a.pid = b.pid"
    );
    let answer = session.client().simple_query(&sql)?;
    Ok(rows(&answer).find_map(|row| row.get(0).map(str::to_owned)))
}
