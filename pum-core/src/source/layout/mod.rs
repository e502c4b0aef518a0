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
mod migration;
mod name;
mod numbered;
mod placeholders;
mod recognise;
mod refinery;

use std::path::Path;

use crate::delta::Variables;
use crate::source::SourceError;

pub use migration::Migration;
pub(super) use migration::Migrations;
pub use name::Layout;

impl Layout {
    /// The layout of a directory, by the names of its files and, where several programs use the
    /// same names, by the marks in them.
    ///
    /// # Errors
    ///
    /// If there is no migration, or there are those of several programs.
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

    /// The migrations of a directory that build a database from nothing, in order, as their program
    /// reads them. The variables are for programs that put values into scripts. There are none of
    /// [`Layout::Pum`]: see [`DeltaSet`](crate::delta::DeltaSet).
    ///
    /// # Errors
    ///
    /// If there is none, one cannot be read, or one does not fit into the directory.
    ///
    /// ```
    /// # let directory = tempfile::tempdir()?;
    /// use pum_core::delta::Variables;
    /// use pum_core::source::Layout;
    ///
    /// std::fs::write(directory.path().join("V2__names.sql"), "ALTER TABLE users ADD name text")?;
    /// std::fs::write(directory.path().join("V1__users.sql"), "CREATE TABLE users ()")?;
    /// let migrations = Layout::Flyway.migrations(directory.path(), &Variables::default())?;
    /// assert_eq!(migrations[0].script.file_name(), "V1__users.sql");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn migrations(
        self,
        directory: &Path,
        variables: &Variables,
    ) -> Result<Vec<Migration>, SourceError> {
        Ok(self.read(directory, variables)?.scripts)
    }

    /// The same, with what people should know of how they were read.
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
