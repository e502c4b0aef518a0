//! The progress of a delta without a transaction, in pum's own table next to the upgrades table.
//!
//! Meanwhile the upgrades table has a row with `success = false`, as a sign for users and the
//! Python program; both programs only use successful rows.

use std::fmt;

use super::{History, Record, TableName, UpgradeError, UpgradeStep};
use crate::connect::{SessionOn, quote_literal, rows};
use crate::delta::{Checksum, DeltaName, PreparedScript, StatementKind};

/// The `type` of the row of the scripts after the deltas, which no delta has.
pub(super) const POST_ALL: i32 = -1;

/// The `type` of the row of a script that undoes a delta is this, less the delta's.
const UNDO: i32 = -100;

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
        ProgressRow::of(step).is_some_and(|row| {
            self.version == row.delta.version.to_string()
                && self.description == row.delta.name
                && self.type_code == row.type_code
        })
    }

    /// The type of the delta that is undone, if this is about that.
    fn undone_type(&self) -> Option<i32> {
        (self.type_code <= UNDO).then(|| UNDO - self.type_code)
    }

    /// Whether this is about undoing a delta.
    pub(super) fn is_undo(&self) -> bool {
        self.undone_type().is_some()
    }

    /// Whether this is about undoing the delta of a row of the upgrades table.
    pub(super) fn undoes_delta_of(&self, record: &Record) -> bool {
        self.undone_type() == Some(record.type_code)
            && self.version == record.version.to_string()
            && self.description == record.description
    }

    /// The deltas that are half undone. It is asked for them only where the upgrades table may have some.
    pub(super) fn read_undone(
        session: &mut SessionOn<'_>,
        table: &TableName,
        history: &History,
    ) -> Result<Vec<Self>, UpgradeError> {
        if history.migrations.is_none() && history.unfinished().next().is_none() {
            return Ok(Vec::new());
        }
        let own = table.progress();
        let is_there =
            format!("SELECT pg_catalog.to_regclass({}) IS NOT NULL", quote_literal(&own.to_sql()));
        let found = session.client().query_one(&is_there, &[]);
        let found =
            found.map_err(|err| UpgradeError::server(format!("cannot look for {own}"), &err))?;
        if !found.get::<_, bool>(0) {
            return Ok(Vec::new());
        }
        let all = Self::read_all(session, table)?;
        Ok(all.into_iter().filter(Self::is_undo).collect())
    }
}

/// The row of a step.
#[derive(Debug, Clone, Copy)]
pub(super) struct ProgressRow<'a> {
    delta: &'a DeltaName,
    type_code: i32,
}

impl<'a> ProgressRow<'a> {
    /// None for a step that has none.
    pub(super) fn of(step: &'a UpgradeStep) -> Option<Self> {
        let delta = step.delta()?;
        let own = delta.type_code();
        Some(Self { delta, type_code: if step.undoes() { UNDO - own } else { own } })
    }

    /// A condition for it.
    pub(super) fn sql(self) -> String {
        key_sql(self.delta, self.type_code)
    }
}

impl fmt::Display for UnfinishedDelta {
    /// Of what is undone, the delta.
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

/// Makes the table, and the step's row in it.
pub(super) fn begin_sql(table: &TableName, row: ProgressRow<'_>) -> String {
    let ProgressRow { delta, type_code } = row;
    format!(
        "{}; INSERT INTO {} (version, description, type, done, done_checksum, next, next_checksum) \
         VALUES ({}, {}, {type_code}, 0, '', 'waiting', '')",
        create_sql(table),
        table.progress().to_sql(),
        quote_literal(&delta.version.to_string()),
        quote_literal(&delta.name)
    )
}

/// Records where a step stands: so many statements done, and what of the next one.
pub(super) fn update_sql(
    table: &TableName,
    row: ProgressRow<'_>,
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
        row.sql()
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

/// A condition for a delta's row in the upgrades table.
pub(super) fn is_delta_sql(delta: &DeltaName) -> String {
    key_sql(delta, delta.type_code())
}

fn key_sql(delta: &DeltaName, type_code: i32) -> String {
    format!(
        "version = {} AND description = {} AND type = {type_code}",
        quote_literal(&delta.version.to_string()),
        quote_literal(&delta.name)
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
