use crate::catalog::CatalogError;
use crate::compare::CompareError;
use crate::connect::ConnectError;
use crate::delta::DeltaError;
use crate::diff::FilterError;
use crate::dump::DumpError;
use crate::manager::{ManagerError, StepError};
use crate::scratch::ScratchError;
use crate::source::{SnapshotError, SourceError};
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
    #[error(transparent)]
    Dump(#[from] DumpError),
    /// There is no scratch server.
    #[error(transparent)]
    Scratch(#[from] ScratchError),
    /// A schema could not be read.
    #[error(transparent)]
    Catalog(#[from] CatalogError),
    /// Two databases could not be compared.
    #[error(transparent)]
    Compare(#[from] CompareError),
    /// There is no schema to be had from a source.
    #[error(transparent)]
    Source(#[from] Box<SourceError>),
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
    #[error(transparent)]
    Manager(#[from] Box<ManagerError>),
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
            Self::Dump(err) => dump(err),
            Self::Scratch(err) => scratch(err),
            Self::Catalog(_) => ErrorKind::Server,
            Self::Compare(err) => compare(err),
            Self::Source(err) => source(err),
            Self::Verify(err) => verify(err),
            Self::Manager(err) => step(&err.cause),
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

fn dump(err: &DumpError) -> ErrorKind {
    match err {
        DumpError::NoTool { .. }
        | DumpError::ToolTooOld { .. }
        | DumpError::NotATool { .. }
        | DumpError::Program { .. }
        | DumpError::NewerFormat { .. }
        | DumpError::Failed { .. } => ErrorKind::Program,
        DumpError::Destination { .. }
        | DumpError::Space { .. }
        | DumpError::Vulnerable(_)
        | DumpError::Altered { .. }
        | DumpError::PlainDump { .. }
        | DumpError::Protected { .. }
        | DumpError::Template { .. }
        | DumpError::MissingExtensions { .. }
        | DumpError::MissingTablespaces { .. }
        | DumpError::TargetExists { .. }
        | DumpError::TargetInUse { .. }
        | DumpError::MissingRoles { .. } => ErrorKind::Refused,
        DumpError::Server { .. } | DumpError::NotDropped { .. } => ErrorKind::Server,
        DumpError::Connect(err) => connect(err),
        DumpError::Interrupted(_) => ErrorKind::Interrupted,
        DumpError::SameServer { .. }
        | DumpError::File { .. }
        | DumpError::Archive { .. }
        | DumpError::Manifest { .. }
        | DumpError::NameTooLong { .. }
        | DumpError::Compression { .. } => ErrorKind::Input,
    }
}

fn scratch(err: &ScratchError) -> ErrorKind {
    match err {
        ScratchError::Interrupted(_) => ErrorKind::Interrupted,
        ScratchError::Connect(err) => connect(err),
        _ => ErrorKind::Program,
    }
}

fn compare(err: &CompareError) -> ErrorKind {
    match err {
        CompareError::Catalog(_) => ErrorKind::Server,
        CompareError::Filter(_) => ErrorKind::Input,
        CompareError::Interrupted(_) => ErrorKind::Interrupted,
    }
}

fn source(err: &SourceError) -> ErrorKind {
    match err {
        SourceError::Script { .. } => ErrorKind::Script,
        SourceError::Server { .. } | SourceError::Query { .. } | SourceError::Catalog(_) => {
            ErrorKind::Server
        }
        SourceError::Deltas { source, .. } => upgrade(source),
        SourceError::Connect(err) => connect(err),
        SourceError::Dump(err) => dump(err),
        SourceError::Scratch(err) => scratch(err),
        SourceError::Interrupted(_) => ErrorKind::Interrupted,
        _ => ErrorKind::Input,
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

fn step(err: &StepError) -> ErrorKind {
    match err {
        StepError::SameDatabase { .. }
        | StepError::ReadOnly { .. }
        | StepError::TestTooOld { .. }
        | StepError::ProductionChanged { .. }
        | StepError::NotACopy { .. }
        | StepError::NotDisposable { .. }
        | StepError::NoTemplate { .. }
        | StepError::RunChanged { .. }
        | StepError::RunEnded { .. }
        | StepError::NotAsRehearsed { .. } => ErrorKind::Refused,
        StepError::Script(_) => ErrorKind::Script,
        StepError::Connect(err) => connect(err),
        StepError::Dump(err) => dump(err),
        StepError::Upgrade(err) => upgrade(err),
        StepError::Compare(err) => compare(err),
        StepError::Scratch(err) => scratch(err),
        StepError::Source(err) => source(err),
        StepError::Catalog(_) => ErrorKind::Server,
        StepError::Interrupted(_) => ErrorKind::Interrupted,
        StepError::NoBaseline { .. }
        | StepError::Reference { .. }
        | StepError::Command { .. }
        | StepError::Run { .. }
        | StepError::Delta(_)
        | StepError::Filter(_) => ErrorKind::Input,
    }
}
