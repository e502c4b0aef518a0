//! The locks of a session that works outside of a transaction, seen from another session.

use std::collections::BTreeMap;
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use super::LockMode;
use crate::Interrupt;
use crate::connect::{Session, SessionOn, rows};

/// Looks again and again which locks a session holds, while that one works.
pub(in crate::upgrade) struct LockWatch {
    stop: Sender<()>,
    thread: JoinHandle<Seen>,
}

/// The strongest lock on each relation, and for how long any as strong was seen.
pub(super) type Seen = BTreeMap<u32, (LockMode, Duration)>;

/// Shorter locks may not be seen.
const PAUSE: Duration = Duration::from_millis(10);

impl LockWatch {
    /// Begins to look. `None` if no second session can be opened.
    pub(in crate::upgrade) fn begin(session: &mut SessionOn<'_>) -> Option<Self> {
        let pid: i32 =
            session.client().query_one("SELECT pg_catalog.pg_backend_pid()", &[]).ok()?.get(0);
        let mut own = Session::open(session.settings(), &Interrupt::new()).ok()?;
        let (stop, stopped) = channel();
        let thread = std::thread::spawn(move || {
            let mut first: BTreeMap<u32, (LockMode, Instant)> = BTreeMap::new();
            let mut seen = Seen::new();
            while stopped.recv_timeout(PAUSE) == Err(RecvTimeoutError::Timeout) {
                let now = Instant::now();
                let Ok(answer) = own.client().simple_query(&locks_sql(&pid.to_string())) else {
                    break;
                };
                for (relation, mode) in rows(&answer).filter_map(lock) {
                    let (strongest, since) = first.entry(relation).or_insert((mode, now));
                    if mode > *strongest {
                        (*strongest, *since) = (mode, now);
                    }
                    if mode >= *strongest {
                        seen.insert(relation, (*strongest, now - *since + PAUSE));
                    }
                }
            }
            seen
        });
        Some(Self { stop, thread })
    }

    pub(super) fn end(self) -> Seen {
        drop(self.stop);
        self.thread.join().unwrap_or_default()
    }
}

/// The relations that a process (an expression) has locked, with their modes. It is asked in
/// sessions in which a script has set `search_path`.
pub(super) fn locks_sql(pid: &str) -> String {
    format!(
        "SELECT l.relation, l.mode FROM pg_catalog.pg_locks l \
         WHERE l.pid OPERATOR(pg_catalog.=) {pid} AND l.granted \
         AND l.locktype OPERATOR(pg_catalog.=) 'relation' \
         AND l.relation OPERATOR(pg_catalog.>=) 16384"
    )
}

pub(super) fn lock(row: &postgres::SimpleQueryRow) -> Option<(u32, LockMode)> {
    Some((row.get(0)?.parse().ok()?, LockMode::from_name(row.get(1)?)?))
}
