//! Copies large tables from server to server over several connections in parallel.

use std::io::{BufRead, Write};
use std::sync::Mutex;
use std::sync::PoisonError;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Sender, SyncSender, sync_channel};

use super::DumpError;
use crate::Interrupt;
use crate::connect::{Session, Settings, quote_ident, quote_literal};

/// A table that is copied as it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct LargeTable {
    pub(super) schema: String,
    pub(super) name: String,
    /// The columns that hold data, as a list for SQL.
    columns: String,
    /// Whether its values mean the same in every database of a major version when they are sent
    /// as the server holds them.
    binary: bool,
    pub(super) bytes: u64,
}

impl LargeTable {
    /// `schema.table`, as messages have it.
    pub(super) fn label(&self) -> String {
        format!("{}.{}", self.schema, self.name)
    }

    fn sql(&self) -> String {
        format!("{}.{}", quote_ident(&self.schema), quote_ident(&self.name))
    }
}

/// How many bytes are sent at once.
const MESSAGE: usize = 64 << 10;

/// How many of those may wait.
const MESSAGES: usize = 16;

/// From this size on a connection of its own pays.
const LARGE: i64 = 1 << 20;

/// The servers' own types, but for those whose value is the number of an object: of another one, in
/// another database. Types that users and extensions made have other numbers there, which a row
/// or an array sends along, and which older servers refuse.
const SENT_BINARY: &str = "SELECT bool_and(t.oid < 10000 AND t.typtype IN ('b', 'r', 'm') \
         AND t.typsend <> 0 AND t.typreceive <> 0 AND t.typname !~ '^_?(reg|pg_|oid|refcursor)' \
         AND t.typname NOT IN ('char', 'xid', 'cid', 'tid', 'aclitem', '_aclitem', 'xml')) \
     FROM pg_catalog.pg_attribute a JOIN pg_catalog.pg_type t ON t.oid = a.atttypid \
     WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped";

/// Whether a name is text for us. Where the server converts nothing, it may be bytes that are no
/// UTF-8.
const NAMED_IN_ASCII: &str = "(pg_catalog.getdatabaseencoding() <> 'SQL_ASCII' \
     OR pg_catalog.concat(n.nspname, c.relname, \
                          (SELECT string_agg(a.attname::text, '') FROM pg_catalog.pg_attribute a \
                           WHERE a.attrelid = c.oid)) ~ '^[ -~]*$')";

/// The tables that are worth it, the smallest first. Those of extensions are left to `pg_dump`,
/// which knows what of them belongs to a dump, and so are those whose rows have no columns, and
/// those whose names are no text for us.
pub(super) fn large_tables(
    session: &mut Session,
    wanted: impl Fn(&str) -> bool,
) -> Result<Vec<LargeTable>, DumpError> {
    let query = format!(
        "SELECT n.nspname::text, c.relname::text, pg_catalog.pg_table_size(c.oid), \
                        (SELECT string_agg(quote_ident(a.attname), ', ' ORDER BY a.attnum) \
                         FROM pg_catalog.pg_attribute a \
                         WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped \
                           AND a.attgenerated = ''), \
                        coalesce(({SENT_BINARY}), false) \
                 FROM pg_catalog.pg_class c \
                 JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace \
                 WHERE c.relkind = 'r' AND c.relpersistence <> 't' \
                   AND n.nspname <> 'information_schema' AND n.nspname !~ '^pg_' \
                   AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend d \
                                   WHERE d.classid = 'pg_catalog.pg_class'::regclass \
                                     AND d.objid = c.oid AND d.deptype = 'e') \
                   AND pg_catalog.pg_table_size(c.oid) >= $1 \
                   AND {NAMED_IN_ASCII} \
                 ORDER BY 3"
    );
    let rows = session
        .client()
        .query(query.as_str(), &[&LARGE])
        .map_err(|err| DumpError::server("cannot read the table sizes".to_owned(), &err))?;
    let table = |row: &postgres::Row| {
        Some(LargeTable {
            schema: row.get(0),
            name: row.get(1),
            columns: row.get::<_, Option<String>>(3)?,
            binary: row.get(4),
            bytes: u64::try_from(row.get::<_, i64>(2)).unwrap_or_default(),
        })
    };
    Ok(rows.iter().filter_map(table).filter(|table| wanted(&table.label())).collect())
}

/// What all workers share.
pub(super) struct Streams<'a> {
    pub(super) source: &'a Settings,
    pub(super) target: &'a Settings,
    pub(super) snapshot: &'a str,
    pub(super) encoding: &'a str,
    /// Taken from the end.
    pub(super) tables: Mutex<Vec<LargeTable>>,
    /// A worker failed: the others need not continue.
    pub(super) failed: AtomicBool,
    pub(super) interrupt: &'a Interrupt,
}

impl Streams<'_> {
    /// Copies tables until there are none left. Each that is begun, and done, is told.
    pub(super) fn work(&self, tell: &Sender<(LargeTable, bool)>) -> Result<(), DumpError> {
        let result = self.copy_tables(tell);
        if result.is_err() {
            self.failed.store(true, Ordering::SeqCst);
        }
        result
    }

    fn copy_tables(&self, tell: &Sender<(LargeTable, bool)>) -> Result<(), DumpError> {
        let next = || self.tables.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let Some(mut table) = next() else { return Ok(()) };
        let mut source = self.open_source()?;
        let mut target = self.open(self.target)?;
        loop {
            // Who listens may be gone after an error.
            let _ = tell.send((table.clone(), false));
            self.copy(&table, &mut source, &mut target)?;
            let _ = tell.send((table, true));
            match next() {
                Some(next) if !self.failed.load(Ordering::SeqCst) => table = next,
                _ => return Ok(()),
            }
        }
    }

    /// A session with the settings that `pg_dump` and `pg_restore` work with.
    fn open(&self, settings: &Settings) -> Result<Session, DumpError> {
        let mut session = Session::open(settings, self.interrupt)?;
        let encoding = quote_literal(self.encoding);
        let sql = format!(
            "SET client_encoding TO {encoding}; SET search_path TO ''; SET row_security TO off; \
             SET statement_timeout TO 0; SET lock_timeout TO 0; \
             SET idle_in_transaction_session_timeout TO 0; SET synchronous_commit TO off; \
             SET DateStyle TO ISO; SET IntervalStyle TO postgres; SET extra_float_digits TO 3; \
             SET synchronize_seqscans TO off"
        );
        session.client().batch_execute(&sql).map_err(|err| {
            DumpError::server(format!("cannot prepare a session of {}", settings.label()), &err)
        })?;
        Ok(session)
    }

    /// A session on the source, as of the snapshot.
    fn open_source(&self) -> Result<Session, DumpError> {
        let mut session = self.open(self.source)?;
        let sql = format!(
            "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; SET TRANSACTION SNAPSHOT {}",
            quote_literal(self.snapshot)
        );
        session.client().batch_execute(&sql).map_err(|err| {
            DumpError::server("cannot join the snapshot of the source".to_owned(), &err)
        })?;
        Ok(session)
    }

    /// Rows that arrive in a table that was emptied in the same transaction need no later look at
    /// who may see them (`FREEZE`).
    fn copy(
        &self,
        table: &LargeTable,
        source: &mut Session,
        target: &mut Session,
    ) -> Result<(), DumpError> {
        let (columns, same_major) =
            (&table.columns, source.version().major() == target.version().major());
        let (sql, label) = (table.sql(), table.label());
        let from = |err: postgres::Error| {
            DumpError::server(format!("cannot read table {label} of the source"), &err)
        };
        let to = |err: postgres::Error| {
            DumpError::server(format!("cannot write table {label} of the copy"), &err)
        };
        let mut transaction = target.client().transaction().map_err(to)?;
        transaction.batch_execute(&format!("TRUNCATE ONLY {sql}")).map_err(to)?;
        let format = if table.binary && same_major { "binary" } else { "text" };
        let mut writer = transaction
            .copy_in(&format!("COPY {sql} ({columns}) FROM STDIN (FORMAT {format}, FREEZE)"))
            .map_err(to)?;
        let mut reader = source
            .client()
            .copy_out(&format!("COPY {sql} ({columns}) TO STDOUT (FORMAT {format})"))
            .map_err(from)?;
        let (send, receive) = sync_channel(MESSAGES);
        // Who writes does not keep the source waiting.
        let (read, written) = std::thread::scope(|scope| {
            let reading = scope.spawn(move || {
                read_rows(&mut reader, &send, &self.failed).map_err(|err| ("read", err))
            });
            let write = |rows: Vec<u8>| writer.write_all(&rows).map_err(|err| ("write", err));
            let written = receive.into_iter().try_for_each(write);
            (reading.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)), written)
        });
        // Without this all that was sent would count.
        read.and(written).map_err(|(what, err)| io_error(&label, what, err))?;
        if self.failed.load(Ordering::SeqCst) {
            return Ok(());
        }
        writer.finish().map_err(to)?;
        transaction.commit().map_err(to)
    }
}

/// Rows come one by one; many of them make one message. Ends early when a worker failed, or when
/// the receiver is gone.
fn read_rows(
    reader: &mut impl BufRead,
    send: &SyncSender<Vec<u8>>,
    failed: &AtomicBool,
) -> std::io::Result<()> {
    let mut rows = Vec::with_capacity(2 * MESSAGE);
    loop {
        let row = reader.fill_buf()?;
        let length = row.len();
        rows.extend_from_slice(row);
        reader.consume(length);
        if rows.len() >= MESSAGE || length == 0 {
            let full = std::mem::replace(&mut rows, Vec::with_capacity(2 * MESSAGE));
            if send.send(full).is_err() || length == 0 || failed.load(Ordering::Relaxed) {
                return Ok(());
            }
        }
    }
}

/// The driver wraps what the server said.
fn io_error(label: &str, what: &str, err: std::io::Error) -> DumpError {
    let action = format!("cannot {what} table {label} while it is copied");
    match err.downcast::<postgres::Error>() {
        Ok(err) => DumpError::server(action, &err),
        Err(err) => DumpError::Failed { action, output: err.to_string() },
    }
}
