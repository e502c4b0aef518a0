//! `CREATE DATABASE ... TEMPLATE`, and how far the server is with it, which it does not tell by itself: a
//! second session looks how large the new database is, which has no name until it is committed.

use std::collections::BTreeSet;
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::{Duration, Instant};

use super::DumpError;
use crate::connect::{Session, Settings, quote_literal, rows};
use crate::progress::Event;
use crate::{Context, Interrupt};

/// How often is looked.
const TICK: Duration = Duration::from_millis(500);

/// `pg_default`, whose databases are in `base`.
const DEFAULT_TABLESPACE: u32 = 1663;

/// How the server copies a database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Strategy {
    /// File by file (`FILE_COPY`): what is copied is what there is.
    FileCopy,
    /// Block by block through the log (`WAL_LOG`): each file has its whole length from the start, and
    /// the log holds no more than what is copied.
    WalLog,
}

/// Has the server copy the database `template` by these statements, and tells meanwhile how far it is.
pub(super) fn copy_database(
    server: &mut Session,
    (template, strategy): (&str, Strategy),
    create: impl FnOnce(&mut Session) -> Result<(), DumpError> + Send,
    context: &mut Context<'_>,
) -> Result<(), DumpError> {
    let Some(mut look) = Look::begin(server, template, strategy) else { return create(server) };
    let started = Instant::now();
    std::thread::scope(|scope| {
        // It is dropped at the end of the work, whatever comes of it.
        let (done, is_done) = channel::<()>();
        let work = scope.spawn(move || {
            let _done = done;
            create(server)
        });
        while is_done.recv_timeout(TICK) == Err(RecvTimeoutError::Timeout) {
            context.notify(Event::DatabaseCopy {
                bytes: look.copied(),
                all_bytes: look.all_bytes,
                elapsed: started.elapsed(),
            });
        }
        work.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    })
}

/// What is known of the copy before it begins, and who asks about it.
struct Look {
    server: Settings,
    session: Option<Session>,
    /// The size of the template.
    all_bytes: u64,
    /// Where the new database gets its directory, as SQL; `None` if the role may not look there.
    directory: Option<String>,
    /// Directories that belong to no database, such as those that a crash left behind.
    others: BTreeSet<u32>,
    /// Where the log ended, if what is copied goes there.
    log: Option<String>,
}

impl Look {
    /// `None` if not even the size of the template is told.
    fn begin(server: &mut Session, template: &str, strategy: Strategy) -> Option<Self> {
        let sql = format!(
            "SELECT pg_catalog.pg_database_size(oid), dattablespace, \
                 pg_catalog.pg_current_wal_insert_lsn() \
             FROM pg_catalog.pg_database WHERE datname = {}",
            quote_literal(template)
        );
        let answer = server.client().simple_query(&sql).ok()?;
        let row = rows(&answer).next()?;
        let all_bytes = row.get(0)?.parse().ok()?;
        let tablespace: u32 = row.get(1)?.parse().ok()?;
        let log = row.get(2)?.to_owned();
        let log = (strategy == Strategy::WalLog).then_some(log);
        let directory = directory(tablespace, server.version().major());
        let others = new_databases(server, &directory);
        Some(Self {
            server: server.settings().clone(),
            session: None,
            all_bytes,
            directory: others.is_some().then_some(directory),
            others: others.into_iter().flatten().map(|(oid, _)| oid).collect(),
            log,
        })
    }

    /// How much of it is there; `None` if that cannot be known.
    fn copied(&mut self) -> Option<u64> {
        let directory = self.directory.as_ref()?;
        if self.session.is_none() {
            let opened = Session::open(&self.server, &Interrupt::new());
            // Who cannot be asked now is not asked again.
            let Ok(session) = opened else {
                self.directory = None;
                return None;
            };
            self.session = Some(session);
        }
        let session = self.session.as_mut()?;
        let found = new_databases(session, directory)?;
        let mut sizes = found.into_iter().filter(|(oid, _)| !self.others.contains(oid));
        // First comes a checkpoint.
        let Some((_, size)) = sizes.next() else { return Some(0) };
        // Another session has a database copied too.
        if sizes.next().is_some() {
            return None;
        }
        let logged = match &self.log {
            Some(since) => logged(session, since)?,
            None => u64::MAX,
        };
        Some(size.min(logged).min(self.all_bytes))
    }
}

/// The directory in which a tablespace has those of its databases, as SQL.
fn directory(tablespace: u32, major: u32) -> String {
    if tablespace == DEFAULT_TABLESPACE {
        return "'base'".to_owned();
    }
    let path = format!("pg_tblspc/{tablespace}");
    format!(
        "(SELECT '{path}/' || v FROM pg_catalog.pg_ls_dir('{path}') v WHERE v LIKE 'PG\\_{major}\\_%')"
    )
}

/// The directories there that belong to no database that is committed, with their sizes; `None` if the
/// role may not look.
fn new_databases(session: &mut Session, directory: &str) -> Option<Vec<(u32, u64)>> {
    let sql = format!(
        "SELECT f, pg_catalog.pg_database_size(f::pg_catalog.oid) \
         FROM pg_catalog.pg_ls_dir({directory}) f WHERE f ~ '^[0-9]+$' \
             AND NOT EXISTS (SELECT FROM pg_catalog.pg_database d WHERE d.oid = f::pg_catalog.oid)"
    );
    let answer = session.client().simple_query(&sql).ok()?;
    rows(&answer).map(|row| Some((row.get(0)?.parse().ok()?, row.get(1)?.parse().ok()?))).collect()
}

/// How far the log went since then, in bytes.
fn logged(session: &mut Session, since: &str) -> Option<u64> {
    let sql = format!(
        "SELECT pg_catalog.pg_wal_lsn_diff(pg_catalog.pg_current_wal_insert_lsn(), {})",
        quote_literal(since)
    );
    let answer = session.client().simple_query(&sql).ok()?;
    rows(&answer).next()?.get(0)?.parse().ok()
}
