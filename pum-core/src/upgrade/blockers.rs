//! Who stands in the way of a statement that waits for a lock, and another try when it did not get
//! the lock in time.

use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use super::apply::{Run, RunOptions};
use super::failure::file_name;
use super::timeouts::shown;
use super::{Timeouts, UpgradeError, UpgradeStep};
use crate::Interrupt;
use crate::connect::{Session, SessionOn, describe};
use crate::progress::Event;

/// Looks on a session of its own, while another one works, at whom that one waits for: when its
/// statement has been cut off, the server no longer knows.
pub(super) struct Blockers {
    seen: Arc<Mutex<Seen>>,
    stop: Option<Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

/// What is known of who is in the way, and what is to be done about it.
#[derive(Debug, Default)]
struct Seen {
    last: Option<String>,
    /// Their sessions are to be ended.
    ends_them: bool,
    /// Whose sessions were ended, or why they could not be.
    ended: Vec<String>,
}

impl Blockers {
    /// Looks several times within `limit`. `None` where no second session is to be had.
    fn watch(session: &mut SessionOn<'_>, limit: Duration) -> Option<Self> {
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
/// nobody else is hit. Gives who they were, or why it could not be done.
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
            let who = |message: &postgres::SimpleQueryMessage| match message {
                postgres::SimpleQueryMessage::Row(row) => {
                    row.get(0).map(|who| format!("{who} was in the way: its session was ended"))
                }
                _ => None,
            };
            answer.iter().filter_map(who).collect()
        }
        Err(err) => vec![format!("who is in the way cannot be ended: {}", describe(&err))],
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
    Ok(answer.iter().find_map(|message| match message {
        postgres::SimpleQueryMessage::Row(row) => row.get(0).map(str::to_owned),
        _ => None,
    }))
}

/// The longest pause before another try.
const LONGEST_PAUSE: Duration = Duration::from_secs(30);

impl Run<'_, '_> {
    /// Has somebody look at who is in the way, if locks are waited for with a limit.
    pub(super) fn watch_blockers(&mut self, timeouts: Timeouts) {
        if let Some(limit) = timeouts.lock_limit()
            && self.blockers.is_none()
        {
            self.blockers = Blockers::watch(self.session, limit);
        }
    }

    /// After a failure for want of a lock, the `failures`th in a row: waits and returns, so that the
    /// work can be tried again. Any other error, and this one after too many tries, comes back.
    pub(super) fn wait_for_lock(
        &mut self,
        step: &UpgradeStep,
        err: UpgradeError,
        failures: u32,
    ) -> Result<(), UpgradeError> {
        let limit = self.options.run.timeouts.with(&step.header).lock_limit();
        let Some(limit) = limit.filter(|_| is_want_of_a_lock(&err)) else { return Err(err) };
        let blocker = self.blockers.as_ref().and_then(|blockers| blockers.seen().last.take());
        self.tell_ended();
        let retries = self.options.run.lock_retries.unwrap_or(RunOptions::LOCK_RETRIES);
        if failures == retries + 1
            && self.options.run.terminate_blockers
            && let Some(blockers) = &self.blockers
        {
            blockers.seen().ends_them = true;
            let message = format!(
                "{} did not get a lock within {} in {failures} tries{}; what it did is undone. Once \
                 more, and who is in the way then is ended",
                file_name(step.path()),
                shown(limit),
                blocker.map_or_else(String::new, |who| format!(", blocked by {who}")),
            );
            self.warn(&message);
            return Ok(());
        }
        if failures > retries {
            return Err(UpgradeError::LockTimeout { cause: Box::new(err), failures, blocker });
        }
        let pause = (limit * 2_u32.saturating_pow(failures - 1)).min(LONGEST_PAUSE);
        let reason = format!(
            "{} did not get a lock within {}{}; what it did is undone, try {} of {} in {}",
            file_name(step.path()),
            shown(limit),
            blocker.map_or_else(String::new, |who| format!(", blocked by {who}")),
            failures + 1,
            retries + 1,
            shown(pause)
        );
        self.context.notify(Event::Waiting { reason: &reason });
        let until = Instant::now() + pause;
        while Instant::now() < until && !self.context.interrupt().is_triggered() {
            std::thread::sleep(Duration::from_millis(20));
        }
        if self.context.interrupt().is_triggered() { Err(err) } else { Ok(()) }
    }

    /// Tells whose sessions were ended so far.
    fn tell_ended(&mut self) {
        let ended =
            self.blockers.as_ref().map(|blockers| std::mem::take(&mut blockers.seen().ended));
        for message in ended.into_iter().flatten() {
            self.warn(&message);
        }
    }

    /// A step got all its locks: the next one is polite again.
    pub(super) fn got_its_locks(&mut self) {
        self.tell_ended();
        if let Some(blockers) = &self.blockers {
            blockers.seen().ends_them = false;
        }
    }
}

/// A lock was not to be had in time, or only against somebody who waits for us.
fn is_want_of_a_lock(err: &UpgradeError) -> bool {
    matches!(err.sqlstate(), Some("55P03" | "40P01"))
}
