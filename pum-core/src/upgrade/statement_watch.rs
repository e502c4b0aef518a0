//! Tells what a statement waits for, or how far it is, while the thread that sent it waits too.

use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use crate::Interrupt;
use crate::connect::{Session, SessionOn, Settings, rows};
use crate::progress::{Event, EventSink, LockHolder, LockWait};

/// How long a statement may run before it is asked about, and then how often it is.
const PATIENCE: Duration = Duration::from_secs(1);

/// How often is looked whether a statement runs for long.
const LOOK: Duration = Duration::from_millis(200);

/// A thread with a session of its own, which is opened only once a statement runs for long.
#[derive(Debug)]
pub(super) struct StatementWatch {
    /// When the last statement began.
    moved: Arc<Mutex<Instant>>,
    stop: Option<Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl StatementWatch {
    /// `None` if there is no observer, or the session's server cannot be asked from elsewhere.
    pub(super) fn begin(session: &mut SessionOn<'_>, sink: Option<EventSink>) -> Option<Self> {
        let sink = sink.filter(|_| !session.is_borrowed())?;
        let row = session.client().query_one("SELECT pg_catalog.pg_backend_pid()", &[]).ok()?;
        let (pid, settings): (i32, _) = (row.get(0), session.settings().clone());
        let moved = Arc::new(Mutex::new(Instant::now()));
        let (stop, stopped) = channel();
        let shared = Arc::clone(&moved);
        let thread = std::thread::spawn(move || {
            let mut look = Look { settings, pid, session: None, since: None };
            let mut last = Instant::now();
            while stopped.recv_timeout(LOOK) == Err(RecvTimeoutError::Timeout) {
                let moved = *shared.lock().unwrap_or_else(PoisonError::into_inner);
                if moved.elapsed() < PATIENCE {
                    look.since = None;
                } else if last.elapsed() >= PATIENCE || last < moved {
                    last = Instant::now();
                    if look.report(&sink).is_none() {
                        break;
                    }
                }
            }
        });
        Some(Self { moved, stop: Some(stop), thread: Some(thread) })
    }

    /// Another statement begins.
    pub(super) fn moves_on(&self) {
        *self.moved.lock().unwrap_or_else(PoisonError::into_inner) = Instant::now();
    }
}

impl Drop for StatementWatch {
    fn drop(&mut self) {
        drop(self.stop.take());
        let _ = self.thread.take().map(JoinHandle::join);
    }
}

/// What is asked of the server.
struct Look {
    settings: Settings,
    pid: i32,
    session: Option<Session>,
    /// When the wait was seen first.
    since: Option<Instant>,
}

impl Look {
    /// Tells what is found; `None` if the server cannot be asked.
    fn report(&mut self, sink: &EventSink) -> Option<()> {
        if self.session.is_none() {
            self.session = Some(Session::open(&self.settings, &Interrupt::new()).ok()?);
        }
        let session = self.session.as_mut()?;
        let (object, holders) = waits(session, self.pid)?;
        if holders.is_empty() {
            self.since = None;
            if let Some((phase, done, all)) = index_build(session, self.pid).ok()? {
                sink(Event::IndexBuild { phase: &phase, done, all });
            }
            return Some(());
        }
        let since = *self.since.get_or_insert_with(Instant::now);
        // It ran for so long before it was asked about.
        let waited = since.elapsed() + PATIENCE;
        sink(Event::LockWait(LockWait { waited, object: &object, holders: &holders }));
        Some(())
    }
}

/// What a process waits for, and who holds it; nothing if it does not wait.
fn waits(session: &mut Session, pid: i32) -> Option<(String, Vec<LockHolder>)> {
    let sql = format!(
        "SELECT b.pid, coalesce(a.application_name, ''), coalesce(a.usename::text, a.backend_type, ''), \
             coalesce(a.state, ''), \
             floor(extract(epoch FROM pg_catalog.clock_timestamp() \
                 - coalesce(a.state_change, a.backend_start)))::pg_catalog.int8, \
             (SELECT coalesce((SELECT n.nspname || '.' || c.relname FROM pg_catalog.pg_class c \
                     JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace \
                     WHERE c.oid = l.relation), l.locktype) \
                 FROM pg_catalog.pg_locks l WHERE l.pid = {pid} AND NOT l.granted LIMIT 1) \
         FROM (SELECT DISTINCT pg_catalog.unnest(pg_catalog.pg_blocking_pids({pid})) AS pid) b \
         LEFT JOIN pg_catalog.pg_stat_activity a ON a.pid = b.pid ORDER BY b.pid"
    );
    let answer = session.client().simple_query(&sql).ok()?;
    let (mut object, mut holders) = (String::new(), Vec::new());
    for row in rows(&answer) {
        let text = |at| row.get(at).unwrap_or_default().to_owned();
        object = match row.get(5) {
            Some("transactionid" | "tuple") => "a row".to_owned(),
            Some(other) => other.to_owned(),
            None => "a lock".to_owned(),
        };
        holders.push(LockHolder {
            pid: text(0).parse().unwrap_or_default(),
            application: text(1),
            user: text(2),
            state: text(3),
            since: text(4).parse().ok().map(Duration::from_secs),
        });
    }
    Some((object, holders))
}

/// Which phase of building an index a process is in, and how much of it is done.
fn index_build(
    session: &mut Session,
    pid: i32,
) -> Result<Option<(String, u64, u64)>, postgres::Error> {
    let sql = format!(
        "SELECT phase, \
             CASE WHEN tuples_total > 0 THEN tuples_done ELSE blocks_done END, \
             CASE WHEN tuples_total > 0 THEN tuples_total ELSE blocks_total END \
         FROM pg_catalog.pg_stat_progress_create_index WHERE pid = {pid}"
    );
    let answer = session.client().simple_query(&sql)?;
    let number = |text: Option<&str>| text.and_then(|text| text.parse().ok()).unwrap_or_default();
    let found = rows(&answer).next();
    Ok(found.map(|row| {
        (row.get(0).unwrap_or_default().to_owned(), number(row.get(1)), number(row.get(2)))
    }))
}
