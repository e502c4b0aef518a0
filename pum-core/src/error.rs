#[cfg(test)]
mod tests;

use crate::ErrorKind;
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

impl From<crate::delta::InvalidVersion> for Error {
    fn from(err: crate::delta::InvalidVersion) -> Self {
        Self::Delta(err.into())
    }
}

impl From<crate::upgrade::InvalidTableName> for Error {
    fn from(err: crate::upgrade::InvalidTableName) -> Self {
        Self::Upgrade(err.into())
    }
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
            Self::Connect(err) => err.kind(),
            Self::Delta(err) => err.kind(),
            Self::Upgrade(err) => err.kind(),
            #[cfg(feature = "dump")]
            Self::Dump(err) => err.kind(),
            #[cfg(feature = "scratch")]
            Self::Scratch(err) => err.kind(),
            Self::Catalog(err) => err.kind(),
            Self::Compare(err) => err.kind(),
            #[cfg(feature = "scratch")]
            Self::Source(err) => err.kind(),
            Self::Snapshot(err) => err.kind(),
            Self::Verify(err) => err.kind(),
            Self::Filter(err) => err.kind(),
            #[cfg(feature = "scratch")]
            Self::Manager(err) => err.cause.kind(),
        }
    }
}
