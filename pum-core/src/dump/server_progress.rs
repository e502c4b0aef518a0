//! How far a server is with what a program has it do: the program says nothing meanwhile.

use super::database::session_beside;
use crate::Interrupt;
use crate::connect::{Session, Settings, quote_literal, rows};

/// A session beside the database that is worked on, which is opened when it is needed first.
#[derive(Debug)]
pub(super) struct ServerProgress {
    database: Settings,
    session: Option<Session>,
    /// It cannot be asked.
    failed: bool,
}

/// What the server does in the database now.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct ServerWork {
    /// How much of the tables that are copied now is done, in bytes of `COPY`.
    pub(super) copied: u64,
    /// What is done of an index that is built: the phase, blocks or rows, and of how many.
    pub(super) index: Option<(String, u64, u64)>,
}

impl ServerProgress {
    pub(super) fn new(database: Settings) -> Self {
        Self { database, session: None, failed: false }
    }

    /// `None` if the server does not tell.
    pub(super) fn ask(&mut self) -> Option<ServerWork> {
        if self.failed {
            return None;
        }
        let found = self.look();
        self.failed = found.is_none();
        found
    }

    fn look(&mut self) -> Option<ServerWork> {
        if self.session.is_none() {
            self.session = Some(session_beside(&self.database, &Interrupt::new()).ok()?);
        }
        let session = self.session.as_mut()?;
        let name = quote_literal(self.database.database());
        // Before 14 the server does not tell of COPY.
        let copied = match session.version().major() {
            14.. => format!(
                "(SELECT coalesce(sum(bytes_processed), 0) \
                  FROM pg_catalog.pg_stat_progress_copy WHERE datname = {name})"
            ),
            _ => "0".to_owned(),
        };
        let sql = format!(
            "SELECT {copied}, i.phase, i.done, i.total FROM (SELECT) one LEFT JOIN LATERAL \
             (SELECT phase, \
                 CASE WHEN tuples_total > 0 THEN tuples_done ELSE blocks_done END AS done, \
                 CASE WHEN tuples_total > 0 THEN tuples_total ELSE blocks_total END AS total \
              FROM pg_catalog.pg_stat_progress_create_index WHERE datname = {name} \
              ORDER BY pid LIMIT 1) i ON true"
        );
        let answer = session.client().simple_query(&sql).ok()?;
        let row = rows(&answer).next()?;
        let number = |at| row.get(at).and_then(|text| text.parse().ok()).unwrap_or_default();
        let index = row.get(1).map(|phase| (phase.to_owned(), number(2), number(3)));
        Some(ServerWork { copied: number(0), index })
    }
}
