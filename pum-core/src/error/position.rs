//! Where in the files of the user the cause of an error is.

use std::path::Path;

use crate::connect::ConnectError;
use crate::delta::DeltaError;
use crate::snapshot::SnapshotError;
use crate::upgrade::{StatementFailure, UpgradeError};

/// A place in a file of the user.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct FilePosition<'a> {
    /// The file.
    pub path: &'a Path,
    /// The line, from 1; `None` if the whole file is meant.
    pub line: Option<usize>,
    /// The column in characters, from 1; `None` if the whole line is meant.
    pub column: Option<usize>,
}

impl<'a> FilePosition<'a> {
    fn of_file(path: &'a Path) -> Self {
        Self { path, line: None, column: None }
    }

    fn of_line(path: &'a Path, line: usize) -> Self {
        Self { path, line: Some(line), column: None }
    }

    fn of_statement(failure: &'a StatementFailure) -> Self {
        Self { path: &failure.path, line: Some(failure.line), column: Some(failure.column) }
    }

    pub(super) fn of_connection(err: &'a ConnectError) -> Option<Self> {
        match err {
            ConnectError::ServiceFile { path, line, .. } => Some(Self::of_line(path, *line)),
            ConnectError::File { path, .. } => Some(Self::of_file(path)),
            _ => None,
        }
    }

    pub(super) fn of_snapshot(err: &'a SnapshotError) -> Option<Self> {
        match err {
            SnapshotError::Content { path, line, .. } => Some(Self::of_line(path, *line)),
            _ => None,
        }
    }

    pub(super) fn of_delta(err: &'a DeltaError) -> Option<Self> {
        match err {
            DeltaError::Encoding { path, line }
            | DeltaError::Syntax { path, line, .. }
            | DeltaError::MissingVariable { path, line, .. } => Some(Self::of_line(path, *line)),
            DeltaError::Directory { path, .. }
            | DeltaError::Project { path, .. }
            | DeltaError::Repeatable { path, .. }
            | DeltaError::Embedded { path, .. }
            | DeltaError::Exists { path }
            | DeltaError::Write { path, .. }
            | DeltaError::File { path, .. }
            | DeltaError::Utf16 { path, .. }
            | DeltaError::NotExecutable { path } => Some(Self::of_file(path)),
            DeltaError::Duplicate { second, .. } => Some(Self::of_file(second)),
            DeltaError::Several { errors } => errors.first().and_then(Self::of_delta),
            _ => None,
        }
    }

    pub(super) fn of_upgrade(err: &'a UpgradeError) -> Option<Self> {
        match err {
            UpgradeError::Statement(failure) => Some(Self::of_statement(failure)),
            UpgradeError::Undecided { path, line, .. }
            | UpgradeError::NeedsNoTransaction { path, line, .. }
            | UpgradeError::TransactionInside { path, line }
            | UpgradeError::Cut { script: path, line, .. } => Some(Self::of_line(path, *line)),
            UpgradeError::Program { path, .. }
            | UpgradeError::Dependencies { configuration: path, .. }
            | UpgradeError::RepeatableWithoutTransaction { script: path }
            | UpgradeError::HalfDoneBefore { script: path }
            | UpgradeError::ChangedBefore { script: path, .. } => Some(Self::of_file(path)),
            UpgradeError::Stopped { cause, script, .. } => {
                Self::of_upgrade(cause).or_else(|| Some(Self::of_file(script)))
            }
            UpgradeError::LockTimeout { cause, .. } => Self::of_upgrade(cause),
            UpgradeError::Delta(err) => Self::of_delta(err),
            UpgradeError::Connect(err) => Self::of_connection(err),
            _ => None,
        }
    }

    pub(super) fn of_plan(err: &'a crate::plan::MigrationError) -> Option<Self> {
        use crate::plan::MigrationError;
        match err {
            MigrationError::Pending { cause, .. } | MigrationError::Upgrade(cause) => {
                Self::of_upgrade(cause)
            }
            _ => None,
        }
    }

    #[cfg(feature = "scratch")]
    pub(super) fn of_source(err: &'a crate::source::SourceError) -> Option<Self> {
        use crate::source::SourceError;
        match err {
            SourceError::Script { failure, .. } => Some(Self::of_statement(failure)),
            SourceError::Deltas { cause, .. } => Self::of_upgrade(cause),
            SourceError::File { path, .. }
            | SourceError::NotASource { path, .. }
            | SourceError::Misfit { path, .. } => Some(Self::of_file(path)),
            SourceError::Delta(err) => Self::of_delta(err),
            SourceError::Snapshot(err) => Self::of_snapshot(err),
            SourceError::NoService { cause, .. } | SourceError::Connect(cause) => {
                Self::of_connection(cause)
            }
            _ => None,
        }
    }

    #[cfg(feature = "scratch")]
    pub(super) fn of_manager(err: &'a crate::manager::ManagerError) -> Option<Self> {
        use crate::manager::StepError;
        match &err.cause {
            StepError::Script(failure) => Some(Self::of_statement(failure)),
            StepError::Upgrade(err) => Self::of_upgrade(err),
            StepError::Source(err) => Self::of_source(err),
            StepError::Delta(err) => Self::of_delta(err),
            StepError::Connect(err) => Self::of_connection(err),
            _ => None,
        }
    }
}
