//! What is read from a directory of migrations.

use std::path::{Path, PathBuf};

use super::name::Layout;
use crate::Hint;
use crate::delta::{Header, Script};
use crate::source::SourceError;

/// The migrations of a directory that build a database from nothing.
#[derive(Debug, Default)]
pub(in crate::source) struct Migrations {
    /// In order.
    pub(in crate::source) scripts: Vec<Migration>,
    /// What people should know of how they were read.
    pub(in crate::source) notes: Vec<String>,
}

/// A script of SQL that is written for any program.
#[derive(Debug)]
#[non_exhaustive]
pub struct Migration {
    /// Its statements.
    pub script: Script,
    /// Whether its program runs it in one transaction.
    pub transaction: bool,
}

impl Migration {
    /// Reads a file; it runs in a transaction if it does not say otherwise ([`Header`]).
    ///
    /// # Errors
    ///
    /// If it cannot be read, or its header is wrong.
    pub fn read(path: &Path) -> Result<Self, SourceError> {
        let script = Script::read(path)?;
        let transaction = !Header::read(&script)?.no_transaction;
        Ok(Self { script, transaction })
    }
}

/// A file that does not fit into its directory.
pub(super) fn misfit(path: &Path, layout: Layout, reason: impl Into<Refusal>) -> SourceError {
    let Refusal { reason, hint } = reason.into();
    SourceError::Misfit { path: path.to_owned(), layout, reason, hint }
}

/// Why a file is refused, and what can be done about it.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Refusal {
    pub(super) reason: String,
    pub(super) hint: Option<Hint>,
}

impl From<String> for Refusal {
    fn from(reason: String) -> Self {
        Self { reason, hint: None }
    }
}

impl From<&str> for Refusal {
    fn from(reason: &str) -> Self {
        reason.to_owned().into()
    }
}

/// Two migrations of the same version.
pub(super) fn same_version(layout: Layout, first: &Path, second: &Path) -> SourceError {
    let reason = format!("{} has the same version", first.display());
    misfit(second, layout, reason)
}

/// Sorts by key; two of the same are an error.
pub(super) fn in_order<K: Ord>(
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

/// The message for a migration that is not SQL.
pub(super) const IS_A_PROGRAM: &str = "it is a program, which pum cannot run: build a database with the program and compare with that";
