//! What the scripts of a run do to the tables that were there before it: the locks they take and
//! for how long, what they rewrite, read, write and drop.
//!
//! The figures come from `pg_locks`, `pg_relation_filenode()`, the `pg_stat_get_xact_…` functions
//! and `pg_current_wal_insert_lsn()`, which are read between the statements, in their own
//! transaction; of a statement that runs outside of a transaction, a second session looks at the
//! locks meanwhile. WAL is that of the whole server.
//!
//! Locks are held to the end of a transaction, and `pg_locks` is read whole or not at all: after
//! each of thousands of statements that would take longer than all of them. So the figures are read
//! as often as that costs little, see [`Readings`]. What a transaction locked, rewrote, read and
//! wrote is exact in any case; which of the statements since the last reading did it is judged by
//! their text (`footprint`, `batch`).

mod batch;
mod budget;
mod ddl_watch;
mod figures;
mod footprint;
mod lock_mode;
mod lock_watch;
mod meter;
mod survey;
mod survey_queries;
mod values;

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::humanize::{count, size, time};

pub use budget::Readings;
pub use ddl_watch::DdlWatch;
pub use lock_mode::LockMode;
pub(super) use lock_watch::LockWatch;
pub(super) use meter::Meter;
pub(super) use values::Identifiers;

/// The strongest lock that a statement takes on a table, judged by its text alone.
pub(crate) fn strongest_lock(sql: &str) -> Option<LockMode> {
    footprint::Footprint::read(sql).strongest_lock()
}

/// Whether a statement may rewrite all rows of a table, judged by its text alone.
pub(crate) fn may_rewrite(sql: &str) -> bool {
    footprint::may_rewrite(sql)
}

/// What a run did.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct Measurements {
    /// Its scripts, in the order in which they ran.
    pub scripts: Vec<ScriptMeasurement>,
    /// What became of the tables that it touched, by name.
    pub tables: Vec<TableChange>,
    /// The tables that were not there before, by name.
    #[serde(default)]
    pub new_tables: Vec<NewTable>,
    /// The size of the whole database before, in bytes, with its indexes and catalogs; unknown where
    /// the server did not tell it.
    #[serde(default)]
    pub database_bytes_before: Option<u64>,
    /// Its size after.
    #[serde(default)]
    pub database_bytes_after: Option<u64>,
    /// Whether a [`DdlWatch`] saw what the statements changed.
    #[serde(skip)]
    pub watched: bool,
}

/// What one script did.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct ScriptMeasurement {
    /// Its file.
    pub path: PathBuf,
    /// Its statements, in the order in which they ran.
    pub statements: Vec<StatementMeasurement>,
    /// The tables on which it took a conflicting lock or which it wrote, in order of first use.
    pub tables: Vec<TableUse>,
}

/// What one statement did. Where the figures were read after several statements
/// ([`Readings::Affordable`]), the WAL of all is divided by the time that each took, and each effect
/// is told of the one that can have had it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct StatementMeasurement {
    /// The file that it stands in, which the script may have included.
    pub path: PathBuf,
    /// Its line there, from 1.
    pub line: usize,
    /// Its first line.
    pub sql: String,
    /// How long after the start of the measuring it began.
    #[serde(default)]
    pub began: Duration,
    /// How long it took.
    pub duration: Duration,
    /// How much WAL the server wrote meanwhile, in bytes.
    pub wal_bytes: u64,
    /// What it made, changed or dropped, if a [`DdlWatch`] was there to see it: of each object the
    /// schema, the table and the name, as far as it has them.
    #[serde(skip)]
    pub changed: Vec<Vec<String>>,
    /// What it did with the rows of tables that were there before, and with their files.
    #[serde(default)]
    pub effects: Vec<TableEffect>,
}

/// What one statement did with a table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct TableEffect {
    /// The table, as `schema.name`, quoted where SQL needs it.
    pub table: String,
    /// Its new size with its indexes, in bytes, if it was rewritten.
    pub rewritten: Option<u64>,
    /// How many rows were read by scans of the whole table.
    pub rows_scanned: u64,
    /// How many rows were inserted.
    pub rows_inserted: u64,
    /// How many were updated.
    pub rows_updated: u64,
    /// How many were deleted.
    pub rows_deleted: u64,
}

/// What a script did with a table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct TableUse {
    /// The table, as `schema.name`, quoted where SQL needs it.
    pub table: String,
    /// The strongest lock on it or on one of its indexes.
    pub lock: LockMode,
    /// The file of the statement that took this lock, which the script may have included.
    #[serde(default)]
    pub path: PathBuf,
    /// The line of that statement. Which one did the rest is told by the
    /// [effects](StatementMeasurement::effects) of the statements.
    pub line: usize,
    /// How long after the start of the measuring the lock was taken, or waited for: the begin of that
    /// statement.
    #[serde(default)]
    pub began: Duration,
    /// From the begin of that statement to the end of the transaction.
    pub held: Duration,
    /// Its new size with its indexes, in bytes, if it was rewritten.
    pub rewritten: Option<u64>,
    /// How many rows were read by scans of the whole table.
    pub rows_scanned: u64,
    /// How many rows were inserted.
    pub rows_inserted: u64,
    /// How many were updated.
    pub rows_updated: u64,
    /// How many were deleted.
    pub rows_deleted: u64,
}

/// What became of a table that a run touched.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct TableChange {
    /// The table's name before the run, as `schema.name`, quoted where SQL needs it.
    pub table: String,
    /// How many rows it had; unknown of a foreign table, and counted in its partitions if it has
    /// any.
    pub rows_before: Option<u64>,
    /// How many it has.
    pub rows_after: Option<u64>,
    /// Its size with its indexes, in bytes; in a database with many tables an estimate for one that
    /// no script names.
    pub bytes_before: u64,
    /// Its size now.
    pub bytes_after: u64,
    /// Whether the table is gone, and there is no other one of its name.
    pub dropped: bool,
    /// Whether its rows are computed from others: it is a materialized view.
    #[serde(default)]
    pub derived: bool,
    /// The columns that are gone, with those of a table that is gone; of a table that was re-created
    /// also those whose values are not in it.
    pub dropped_columns: Vec<DroppedColumn>,
}

/// A table that a run made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct NewTable {
    /// Its name, as `schema.name`, quoted where SQL needs it.
    pub table: String,
    /// Its size with its indexes, in bytes.
    pub bytes: u64,
}

/// A column that is gone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct DroppedColumn {
    /// Its name.
    pub name: String,
    /// Whether any row had a value in it, as far as the statistics of `ANALYZE` tell; unknown where
    /// there are none.
    pub held_data: Option<bool>,
    /// Whether its values were computed from others: it was a generated column, or one of a
    /// materialized view.
    #[serde(default)]
    pub derived: bool,
    /// The column that has all its values now, as `schema.table.column`, quoted where SQL needs it.
    #[serde(default)]
    pub moved_to: Option<String>,
}

impl DroppedColumn {
    /// Whether it may have held what cannot be computed from anything else.
    pub fn may_hold_data(&self) -> bool {
        self.held_data != Some(false) && !self.derived
    }

    /// Whether it may have held data that are nowhere else now.
    pub fn is_lost(&self) -> bool {
        self.may_hold_data() && self.moved_to.is_none()
    }
}

impl ScriptMeasurement {
    /// The statements that did something with a table.
    pub fn statements_that<'a>(
        &'a self,
        table: &'a str,
        did: impl Fn(&TableEffect) -> bool + 'a,
    ) -> impl Iterator<Item = &'a StatementMeasurement> {
        self.statements.iter().filter(move |one| {
            one.effects.iter().any(|effect| effect.table == table && did(effect))
        })
    }
}

impl Measurements {
    /// How long all statements of all scripts took.
    pub fn duration(&self) -> Duration {
        self.scripts.iter().flat_map(|script| &script.statements).map(|one| one.duration).sum()
    }

    /// How much WAL the server wrote meanwhile, in bytes.
    pub fn wal_bytes(&self) -> u64 {
        self.scripts.iter().flat_map(|script| &script.statements).map(|one| one.wal_bytes).sum()
    }

    /// The columns with data that are gone, each with its table. Data are what cannot be computed
    /// from anything else, and are in no other column now.
    pub fn lost_columns(&self) -> impl Iterator<Item = (&TableChange, &DroppedColumn)> {
        self.tables.iter().flat_map(|table| {
            let lost = table.dropped_columns.iter().filter(|column| column.is_lost());
            lost.map(move |column| (table, column))
        })
    }
}

impl fmt::Display for TableUse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {} for {}", self.table, self.lock, time(self.held))?;
        if let Some(bytes) = self.rewritten {
            write!(f, ", rewritten ({})", size(bytes))?;
        }
        for (rows, what) in [
            (self.rows_scanned, "read"),
            (self.rows_inserted, "inserted"),
            (self.rows_updated, "updated"),
            (self.rows_deleted, "deleted"),
        ] {
            if rows > 0 {
                write!(f, ", {} {what}", count(rows, "row"))?;
            }
        }
        Ok(())
    }
}
