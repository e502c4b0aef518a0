//! Directories of migrations, each read by the rules of the program that they are written for.
//!
//! A file in such a directory that looks like a migration and does not fit is an error; what the
//! program itself passes over when it builds a database from nothing (scripts that undo, other
//! directories) is passed over here too.

mod diesel;
mod file_name;
mod flyway;
mod history_table;
mod markers;
mod numbered;
mod placeholders;
mod recognise;
mod refinery;

use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use super::SourceError;
use crate::delta::{Header, Script, Variables};

/// How migrations are named and ordered in a directory.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Layout {
    /// pum's own deltas, or the changelogs of PUM 1.
    Pum,
    /// A directory for each migration, with `up.sql`.
    Diesel,
    /// `N_name.sql` or `N_name.up.sql`, `-- no-transaction`.
    Sqlx,
    /// `V1__name.sql`, `U1__name.sql` for those that may come late.
    Refinery,
    /// `V1.2__name.sql`, `R__name.sql`, `U1.2__name.sql` for what undoes.
    Flyway,
    /// `N_name.up.sql`.
    GolangMigrate,
    /// `N_name.sql` with `-- +goose Up`.
    Goose,
    /// `N_name.sql` with `-- migrate:up`.
    Dbmate,
    /// `N….sql`, run one after the other.
    Numbered,
}

impl Layout {
    /// All of them.
    pub const ALL: &'static [Self] = &[
        Self::Pum,
        Self::Diesel,
        Self::Sqlx,
        Self::Refinery,
        Self::Flyway,
        Self::GolangMigrate,
        Self::Goose,
        Self::Dbmate,
        Self::Numbered,
    ];

    /// Its name, as `--layout` takes it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Pum => "pum",
            Self::Diesel => "diesel",
            Self::Sqlx => "sqlx",
            Self::Refinery => "refinery",
            Self::Flyway => "flyway",
            Self::GolangMigrate => "golang-migrate",
            Self::Goose => "goose",
            Self::Dbmate => "dbmate",
            Self::Numbered => "numbered",
        }
    }

    /// How its files are named, for people.
    pub(super) fn pattern(self) -> &'static str {
        match self {
            Self::Pum => "delta_X.Y.Z[_name].sql",
            Self::Diesel => "VERSION_name/up.sql",
            Self::Sqlx => "N_name.sql, N_name.up.sql or N_name.down.sql",
            Self::Refinery => "V1__name.sql or U1__name.sql",
            Self::Flyway => "V1.2__name.sql, R__name.sql, B1.2__name.sql or U1.2__name.sql",
            Self::GolangMigrate => "N_name.up.sql or N_name.down.sql",
            Self::Goose => "N_name.sql with a line \"-- +goose Up\"",
            Self::Dbmate => "N_name.sql with a line \"-- migrate:up\"",
            Self::Numbered => "N_name.sql",
        }
    }

    /// The layout of a directory, by the names of its files and, where several programs use the
    /// same names, by the marks in them.
    ///
    /// Fails where there is no migration, and where there are those of several programs.
    ///
    /// ```
    /// # let directory = tempfile::tempdir()?;
    /// use pum_core::source::Layout;
    ///
    /// std::fs::write(directory.path().join("V1__users.sql"), "CREATE TABLE users ()")?;
    /// std::fs::write(directory.path().join("R__views.sql"), "CREATE VIEW v AS SELECT 1")?;
    /// assert_eq!(Layout::detect(directory.path())?, Layout::Flyway);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn detect(directory: &Path) -> Result<Self, SourceError> {
        recognise::layout_of(directory)
    }

    /// Reads the migrations of a directory that build a database from nothing, in order. The
    /// variables are for programs that put values into scripts.
    pub(super) fn read(
        self,
        directory: &Path,
        variables: &Variables,
    ) -> Result<Migrations, SourceError> {
        let migrations = match self {
            // These have a machinery of their own.
            Self::Pum => Migrations::default(),
            Self::Diesel => diesel::read(directory)?,
            Self::Refinery => refinery::read(directory)?,
            Self::Flyway => flyway::read(directory, variables)?,
            Self::Goose => markers::read_goose(directory, variables)?,
            Self::Dbmate => markers::read_dbmate(directory)?,
            Self::Sqlx | Self::GolangMigrate | Self::Numbered => numbered::read(self, directory)?,
        };
        if migrations.scripts.is_empty() && self != Self::Pum {
            return Err(SourceError::NoMigrations {
                path: directory.to_owned(),
                expected: format!(" {}", self.pattern()),
            });
        }
        Ok(migrations)
    }
}

impl fmt::Display for Layout {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Layout {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let found = Self::ALL.iter().find(|layout| layout.name() == text);
        found.copied().ok_or_else(|| {
            let names: Vec<&str> = Self::ALL.iter().map(|layout| layout.name()).collect();
            format!("the layouts are {}", names.join(", "))
        })
    }
}

/// The migrations of a directory that build a database from nothing.
#[derive(Debug, Default)]
pub(super) struct Migrations {
    /// In order.
    pub(super) scripts: Vec<Migration>,
    /// What people should know of how they were read.
    pub(super) notes: Vec<String>,
}

/// One script.
#[derive(Debug)]
pub(super) struct Migration {
    pub(super) script: Script,
    /// Whether its program runs it in one transaction.
    pub(super) transaction: bool,
}

impl Migration {
    /// A file, in a transaction if it does not say otherwise.
    fn of_file(path: &Path) -> Result<Self, SourceError> {
        let script = Script::read(path)?;
        let transaction = !Header::read(&script)?.no_transaction;
        Ok(Self { script, transaction })
    }
}

/// A file that does not fit into its directory.
fn misfit(path: &Path, layout: Layout, reason: &str) -> SourceError {
    SourceError::Misfit { path: path.to_owned(), layout, reason: reason.to_owned() }
}

/// Two migrations of the same version.
fn same_version(layout: Layout, first: &Path, second: &Path) -> SourceError {
    let reason = format!("{} has the same version", first.display());
    misfit(second, layout, &reason)
}

/// Sorts by key; two of the same are an error.
fn in_order<K: Ord>(
    layout: Layout,
    mut found: Vec<(K, PathBuf)>,
) -> Result<Vec<(K, PathBuf)>, SourceError> {
    found.sort();
    for pair in found.windows(2) {
        if let [(first, path), (second, other)] = pair
            && first == second
        {
            return Err(same_version(layout, path, other));
        }
    }
    Ok(found)
}
