//! The progress of a delta without a transaction, in pum's own table next to the upgrades table.
//!
//! Meanwhile the upgrades table has a row with `success = false`, as a sign for users and the
//! Python program; both programs only use successful rows.

use std::fmt;

use super::{TableName, UpgradeError, UpgradeStep};
use crate::connect::{SessionOn, quote_literal, rows};
use crate::delta::{Checksum, DeltaName, PreparedScript, StatementKind};

/// The `type` of the row of the scripts after the deltas, which no delta has.
pub(super) const POST_ALL: i32 = -1;

/// Where such a delta stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct UnfinishedDelta {
    version: String,
    description: String,
    type_code: i32,
    /// How many of its statements are done.
    pub(super) done: usize,
    /// The checksum of these.
    pub(super) done_checksum: String,
    /// The next one, as read so far.
    pub(super) next: Next,
    /// The checksum of these and the next one, if that was begun.
    pub(super) next_checksum: String,
}

/// The first statement that may not be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Next {
    /// It was not started.
    Waiting,
    /// It was started outside of a transaction, and its outcome was not recorded.
    Begun,
    /// The server refused it.
    Failed,
}

impl Next {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Begun => "begun",
            Self::Failed => "failed",
        }
    }
}

impl UnfinishedDelta {
    /// All that are recorded; none if there is no such table.
    pub(super) fn read_all(
        session: &mut SessionOn<'_>,
        table: &TableName,
    ) -> Result<Vec<Self>, UpgradeError> {
        use postgres::error::SqlState;
        let sql = format!(
            "SELECT version, description, type, done, done_checksum, next, next_checksum FROM {}",
            table.progress().to_sql()
        );
        let messages = match session.client().simple_query(&sql) {
            Ok(messages) => messages,
            Err(err) if err.code() == Some(&SqlState::UNDEFINED_TABLE) => return Ok(Vec::new()),
            Err(err) => {
                let action = format!("cannot read {}", table.progress());
                return Err(UpgradeError::server(action, &err));
            }
        };
        Ok(rows(&messages).map(Self::from_row).collect())
    }

    fn from_row(row: &postgres::SimpleQueryRow) -> Self {
        let text = |at: usize| row.try_get(at).ok().flatten().unwrap_or_default();
        Self {
            version: text(0).to_owned(),
            description: text(1).to_owned(),
            type_code: text(2).parse().unwrap_or_default(),
            done: text(3).parse().unwrap_or_default(),
            done_checksum: text(4).to_owned(),
            next: match text(5) {
                "begun" => Next::Begun,
                "failed" => Next::Failed,
                _ => Next::Waiting,
            },
            next_checksum: text(6).to_owned(),
        }
    }

    /// Whether this is about the scripts after the deltas.
    pub(super) fn is_pending_post_all(&self) -> bool {
        self.type_code == POST_ALL
    }

    /// How many of the scripts after the deltas are done, if an earlier run did not get to all.
    pub(super) fn post_all_done(all: &[Self]) -> Option<usize> {
        all.iter().find(|one| one.is_pending_post_all()).map(|one| one.done)
    }

    /// Whether this is about that step.
    pub(super) fn is_of(&self, step: &UpgradeStep) -> bool {
        step.delta().is_some_and(|name| {
            self.version == name.version.to_string()
                && self.description == name.name
                && self.type_code == name.type_code()
        })
    }
}

impl fmt::Display for UnfinishedDelta {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "delta {} \"{}\"", self.version, self.description)
    }
}

/// Makes the table, if it is not there.
pub(super) fn create_sql(table: &TableName) -> String {
    format!(
        "CREATE TABLE IF NOT EXISTS {} (
    version character varying(50) NOT NULL,
    description character varying(200) NOT NULL,
    type integer NOT NULL,
    done integer NOT NULL,
    done_checksum character varying(32) NOT NULL,
    next character varying(10) NOT NULL,
    next_checksum character varying(32) NOT NULL,
    changed_on timestamp with time zone NOT NULL DEFAULT now(),
    PRIMARY KEY (version, description, type)
)",
        table.progress().to_sql()
    )
}

/// Makes the table, and the delta's row in it.
pub(super) fn begin_sql(table: &TableName, delta: &DeltaName) -> String {
    format!(
        "{}; INSERT INTO {} (version, description, type, done, done_checksum, next, next_checksum) \
         VALUES ({}, {}, {}, 0, '', 'waiting', '')",
        create_sql(table),
        table.progress().to_sql(),
        quote_literal(&delta.version.to_string()),
        quote_literal(&delta.name),
        delta.type_code()
    )
}

/// Records where a delta stands: so many statements done, and what of the next one.
pub(super) fn update_sql(
    table: &TableName,
    delta: &DeltaName,
    checksums: &[String],
    done: usize,
    next: Next,
) -> String {
    let own = table.progress().to_sql();
    let checksum = |at: usize| checksums.get(at).map_or("", String::as_str);
    let next_checksum = if next == Next::Waiting { "" } else { checksum(done + 1) };
    format!(
        "UPDATE {own} SET done = {done}, done_checksum = '{}', next = '{}', \
         next_checksum = '{next_checksum}', changed_on = pg_catalog.clock_timestamp() WHERE {}",
        checksum(done),
        next.name(),
        is_delta_sql(delta)
    )
}

/// Takes out a row, and the table when it was the last; to be run in a transaction. Where the table
/// cannot be dropped, as where an event trigger forbids it, it stays, empty: a warning says so.
pub(super) fn forget(
    session: &mut SessionOn<'_>,
    table: &TableName,
    which: &str,
) -> Result<Option<String>, postgres::Error> {
    let own = table.progress().to_sql();
    let sql = format!("DELETE FROM {own} WHERE {which}; SELECT 1 FROM {own} LIMIT 1");
    let answer = session.client().simple_query(&sql)?;
    if rows(&answer).next().is_some() {
        return Ok(None);
    }
    let drop = format!("SAVEPOINT pum_forget; DROP TABLE {own}; RELEASE SAVEPOINT pum_forget");
    let Err(err) = session.client().batch_execute(&drop) else { return Ok(None) };
    if err.as_db_error().is_none() {
        return Err(err);
    }
    session.client().batch_execute("ROLLBACK TO SAVEPOINT pum_forget")?;
    let table = table.progress();
    let server = crate::connect::describe(&err);
    Ok(Some(format!("{table} is empty but cannot be dropped: {server}")))
}

/// A condition for a delta's row.
pub(super) fn is_delta_sql(delta: &DeltaName) -> String {
    format!(
        "version = {} AND description = {} AND type = {}",
        quote_literal(&delta.version.to_string()),
        quote_literal(&delta.name),
        delta.type_code()
    )
}

/// For each number of statements, from none to all, the checksum of so many of them, without what
/// stands between them. Line endings do not count, but in the data of a `COPY`.
pub(super) fn checksums(script: &PreparedScript) -> Vec<String> {
    let mut all = vec![String::new()];
    for statement in script.statements() {
        let mut text = all.last().cloned().unwrap_or_default();
        text.push_str(&script.text()[statement.span.clone()]);
        if let StatementKind::CopyFromStdin { data } = &statement.kind {
            text.push('\n');
            text.push_str(&data.digest());
        }
        if let StatementKind::Program(program) = &statement.kind {
            text.push_str(program.checksum.as_str());
        }
        all.push(Checksum::from_bytes(text.replace("\r\n", "\n").as_bytes()).as_str().to_owned());
    }
    all
}
