use std::path::PathBuf;

use super::Layout;
use crate::catalog::CatalogError;
use crate::connect::ConnectError;
use crate::delta::DeltaError;
use crate::diff::FilterError;
use crate::dump::DumpError;
use crate::scratch::ScratchError;
use crate::snapshot::SnapshotError;
use crate::upgrade::{StatementFailure, UpgradeError};
use crate::{ErrorKind, Hint};

/// Why a source could not be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SourceError {
    /// The given path does not exist.
    #[error("there is no file or directory {}", path.display())]
    Missing {
        /// The path.
        path: PathBuf,
    },
    /// The given name is both a service and a file.
    #[error(
        "\"{name}\" is a service and also a file or directory: write service={name} for the \
         database, or ./{name} for the file"
    )]
    Ambiguous {
        /// The given text.
        name: String,
    },
    /// The given name is not a service, but there is a file of that name.
    #[error("{cause}\nhint: there is a file or directory of that name; write ./{name} for it")]
    NoService {
        /// The given text.
        name: String,
        /// The problem with the service.
        cause: ConnectError,
    },
    /// A file or directory could not be read.
    #[error("cannot read {}: {cause}", path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// The operating system's error.
        cause: std::io::Error,
    },
    /// A file does not contain a schema.
    #[error("{}: {reason}", path.display())]
    NotASource {
        /// The file.
        path: PathBuf,
        /// Its actual type.
        reason: String,
    },
    /// A directory has no migrations.
    #[error(
        "there are no migrations in {}: expected files named like one of these:\
         {expected}",
        path.display()
    )]
    NoMigrations {
        /// The directory.
        path: PathBuf,
        /// Names of migrations.
        expected: String,
    },
    /// A directory has migrations of several layouts.
    #[error(
        "{} matches several layouts: {}. Say which one it uses",
        path.display(), list(found)
    )]
    SeveralLayouts {
        /// The directory.
        path: PathBuf,
        /// The layouts, with a file that shows each.
        found: Vec<(Layout, PathBuf)>,
    },
    /// A file in a directory of migrations does not fit.
    #[error(
        "{} is in a directory with the layout {layout} ({}) and does not match it: {reason}",
        path.display(), layout.pattern()
    )]
    Misfit {
        /// The file.
        path: PathBuf,
        /// The layout of the directory.
        layout: Layout,
        /// The reason and the fix.
        reason: String,
        /// What to do about it.
        hint: Option<Hint>,
    },
    /// A script failed on the scratch server.
    #[error("{label} cannot be built on the scratch server (PostgreSQL {major}):\n{failure}")]
    Script {
        /// The source.
        label: String,
        /// The server's major version.
        major: u32,
        /// The statement, in its file.
        failure: Box<StatementFailure>,
        /// Suggestions.
        hint: Option<Hint>,
    },
    /// The server said something else that prevented building a source.
    #[error(
        "{label} cannot be built on the scratch server: cannot {action}: {}",
        crate::connect::describe(cause)
    )]
    Server {
        /// The source.
        label: String,
        /// The attempted action.
        action: String,
        /// The server's message.
        cause: postgres::Error,
    },
    /// A server refused a statement.
    #[error("{label}: cannot {action}: {}", crate::connect::describe(cause))]
    Query {
        /// The database.
        label: String,
        /// The attempted action.
        action: String,
        /// The server's message.
        cause: postgres::Error,
    },
    /// Deltas cannot be applied to an empty database.
    #[error("{label} cannot be built on the scratch server: {cause}")]
    Deltas {
        /// The source.
        label: String,
        /// Why not.
        cause: Box<UpgradeError>,
    },
    /// Scripts ran but created nothing.
    #[error("{label} creates nothing: the database is empty afterwards")]
    Empty {
        /// The source.
        label: String,
    },
    /// An option would have no effect.
    #[error("the option \"{option}\" applies only to {needed}, and no source here is one")]
    UnusedOption {
        /// The option.
        option: &'static str,
        /// Its purpose.
        needed: &'static str,
    },
    /// A snapshot is not valid.
    #[error(transparent)]
    Snapshot(#[from] SnapshotError),
    /// A connection could not be resolved or opened.
    #[error(transparent)]
    Connect(#[from] ConnectError),
    /// A schema could not be read.
    #[error(transparent)]
    Catalog(#[from] CatalogError),
    /// A script is not valid.
    #[error(transparent)]
    Delta(#[from] DeltaError),
    /// A dump cannot be restored.
    #[error(transparent)]
    Dump(#[from] DumpError),
    /// There is no scratch server.
    #[error(transparent)]
    Scratch(#[from] ScratchError),
    /// An exclusion is not valid.
    #[error(transparent)]
    Filter(#[from] FilterError),
    /// The caller asked to stop.
    #[error(transparent)]
    Interrupted(#[from] crate::Interrupted),
}

impl SourceError {
    /// What to do about it.
    pub fn hint(&self) -> Option<Hint> {
        match self {
            Self::SeveralLayouts { .. } => Some(Hint::NameLayout),
            Self::Script { hint, .. } | Self::Misfit { hint, .. } => hint.clone(),
            Self::Deltas { cause, .. } => cause.hint(),
            Self::Catalog(err) => err.hint(),
            Self::Delta(err) => err.hint(),
            Self::Dump(err) => err.hint(),
            Self::Scratch(err) => err.hint(),
            _ => None,
        }
    }

    /// What sort of error it is.
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::Script { .. } => ErrorKind::Script,
            Self::Server { .. } | Self::Query { .. } => ErrorKind::Server,
            Self::Deltas { cause: source, .. } => source.kind(),
            Self::Snapshot(err) => err.kind(),
            Self::Connect(err) => err.kind(),
            Self::Catalog(err) => err.kind(),
            Self::Delta(err) => err.kind(),
            Self::Dump(err) => err.kind(),
            Self::Scratch(err) => err.kind(),
            Self::Filter(err) => err.kind(),
            Self::Interrupted(_) => ErrorKind::Interrupted,
            Self::Missing { .. }
            | Self::Ambiguous { .. }
            | Self::NoService { .. }
            | Self::File { .. }
            | Self::NotASource { .. }
            | Self::NoMigrations { .. }
            | Self::SeveralLayouts { .. }
            | Self::Misfit { .. }
            | Self::Empty { .. }
            | Self::UnusedOption { .. } => ErrorKind::Input,
        }
    }
}

fn list(found: &[(Layout, PathBuf)]) -> String {
    let shown = |(layout, path): &(Layout, PathBuf)| format!("{layout} ({})", path.display());
    found.iter().map(shown).collect::<Vec<_>>().join(", ")
}
