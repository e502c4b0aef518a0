#[cfg(feature = "dump")]
mod dump;
#[cfg(feature = "scratch")]
mod scratch;

use crate::catalog::CatalogError;
use crate::compare::CompareError;
use crate::connect::ConnectError;
use crate::delta::DeltaError;
use crate::diff::FilterError;
use crate::snapshot::SnapshotError;
use crate::upgrade::UpgradeError;
use crate::verify::VerifyError;

/// Any error of the library.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A connection could not be resolved or opened.
    #[error(transparent)]
    Connect(#[from] ConnectError),
    /// A directory or file of deltas is wrong.
    #[error(transparent)]
    Delta(#[from] DeltaError),
    /// A database was not upgraded, or not all the way.
    #[error(transparent)]
    Upgrade(#[from] UpgradeError),
    /// There is no dump, or no restored database.
    #[cfg(feature = "dump")]
    #[error(transparent)]
    Dump(#[from] crate::dump::DumpError),
    /// There is no scratch server.
    #[cfg(feature = "scratch")]
    #[error(transparent)]
    Scratch(#[from] crate::scratch::ScratchError),
    /// A schema could not be read.
    #[error(transparent)]
    Catalog(#[from] CatalogError),
    /// Two databases could not be compared.
    #[error(transparent)]
    Compare(#[from] CompareError),
    /// There is no schema to be had from a source.
    #[cfg(feature = "scratch")]
    #[error(transparent)]
    Source(#[from] Box<crate::source::SourceError>),
    /// A snapshot could not be read or written.
    #[error(transparent)]
    Snapshot(#[from] SnapshotError),
    /// A database could not be looked at.
    #[error(transparent)]
    Verify(#[from] VerifyError),
    /// A filter means nothing.
    #[error(transparent)]
    Filter(#[from] FilterError),
    /// A run of the Manager failed.
    #[cfg(feature = "scratch")]
    #[error(transparent)]
    Manager(#[from] Box<crate::manager::ManagerError>),
}

/// What sort of error it is: what a program does next depends on this.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// Something that was given is wrong: a name, a file, a setting. Nothing was done.
    Input,
    /// A server cannot be reached, or does not let us in.
    Connection,
    /// A server refused something that pum asked it.
    Server,
    /// A script of the user failed. What was committed before stays.
    Script,
    /// A program is missing, too old or failed.
    Program,
    /// It would not have been safe to go on.
    Refused,
    /// Another run is at work.
    Busy,
    /// Somebody asked to stop.
    Interrupted,
}

impl Error {
    /// What sort of error it is.
    ///
    /// ```
    /// use pum_core::delta::DeltaSet;
    /// use pum_core::{Error, ErrorKind};
    ///
    /// let err = Error::from(DeltaSet::read(&["/nonexistent"]).unwrap_err());
    /// assert_eq!(err.kind(), ErrorKind::Input);
    /// ```
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::Connect(err) => connect(err),
            Self::Delta(_) | Self::Filter(_) | Self::Snapshot(_) => ErrorKind::Input,
            Self::Upgrade(err) => upgrade(err),
            #[cfg(feature = "dump")]
            Self::Dump(err) => dump::dump(err),
            #[cfg(feature = "scratch")]
            Self::Scratch(err) => scratch::scratch(err),
            Self::Catalog(_) => ErrorKind::Server,
            Self::Compare(err) => compare(err),
            #[cfg(feature = "scratch")]
            Self::Source(err) => scratch::source(err),
            Self::Verify(err) => verify(err),
            #[cfg(feature = "scratch")]
            Self::Manager(err) => scratch::step(&err.cause),
        }
    }
}

fn connect(err: &ConnectError) -> ErrorKind {
    match err {
        ConnectError::Failed { .. } | ConnectError::TooOld { .. } => ErrorKind::Connection,
        ConnectError::Query { .. } => ErrorKind::Server,
        ConnectError::Interrupted(_) => ErrorKind::Interrupted,
        _ => ErrorKind::Input,
    }
}

fn upgrade(err: &UpgradeError) -> ErrorKind {
    match err {
        UpgradeError::Statement(_) => ErrorKind::Script,
        UpgradeError::Stopped { cause, .. } | UpgradeError::LockTimeout { cause, .. } => {
            upgrade(cause)
        }
        UpgradeError::Locked { .. }
        | UpgradeError::Overtaken { .. }
        | UpgradeError::LockLost { .. } => ErrorKind::Busy,
        UpgradeError::Pooler { .. }
        | UpgradeError::NotProven { .. }
        | UpgradeError::NotInOneTransaction { .. }
        | UpgradeError::HalfDoneBefore { .. }
        | UpgradeError::ChangedBefore { .. }
        | UpgradeError::Cut { .. } => ErrorKind::Refused,
        UpgradeError::Server { .. }
        | UpgradeError::CommitUnknown { .. }
        | UpgradeError::Committed { .. } => ErrorKind::Server,
        UpgradeError::Connect(err) => connect(err),
        UpgradeError::Interrupted { .. } => ErrorKind::Interrupted,
        _ => ErrorKind::Input,
    }
}

fn compare(err: &CompareError) -> ErrorKind {
    match err {
        CompareError::Catalog(_) => ErrorKind::Server,
        #[cfg(feature = "scratch")]
        CompareError::Source(err) => scratch::source(err),
        CompareError::Filter(_) => ErrorKind::Input,
        CompareError::Interrupted(_) => ErrorKind::Interrupted,
    }
}

fn verify(err: &VerifyError) -> ErrorKind {
    match err {
        VerifyError::Server { .. } => ErrorKind::Server,
        VerifyError::Lost { .. } => ErrorKind::Connection,
        VerifyError::Connect(err) => connect(err),
        VerifyError::Interrupted(_) => ErrorKind::Interrupted,
    }
}
