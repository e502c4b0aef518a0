use std::path::PathBuf;

use crate::{ErrorKind, Hint};

/// Why there is no throw-away server.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ScratchError {
    /// No PostgreSQL server is installed that would do.
    #[error(
        "no PostgreSQL server programs (initdb and postgres){} on this machine; {searched}",
        wanted.map(|major| format!(" of version {major} or newer")).unwrap_or_default()
    )]
    NoServer {
        /// The oldest major version that would do.
        wanted: Option<u32>,
        /// Where they were looked for.
        searched: String,
    },
    /// The process runs as root, and PostgreSQL refuses root.
    #[error(
        "PostgreSQL refuses to run as root, and this machine has no user \"postgres\" or \"nobody\""
    )]
    NoUser,
    /// A file or directory could not be made.
    #[error("scratch server: cannot {action} {}: {cause}", path.display())]
    File {
        /// What was tried.
        action: &'static str,
        /// On what.
        path: PathBuf,
        /// What the system said.
        cause: std::io::Error,
    },
    /// A program could not be started.
    #[error("scratch server: cannot run {}: {cause}", program.display())]
    Program {
        /// The program.
        program: PathBuf,
        /// What the system said.
        cause: std::io::Error,
    },
    /// `initdb` failed.
    #[error("scratch server: initdb failed: {output}")]
    Initdb {
        /// What it printed.
        output: String,
    },
    /// The server did not come up.
    #[error("scratch server: it did not start; its log says: {log}")]
    Start {
        /// The end of its log.
        log: String,
    },
    /// A connection to the server failed.
    #[error("scratch server: {0}")]
    Connect(crate::connect::ConnectError),
    /// A statement failed.
    #[error("scratch server: {action}: {}", crate::connect::describe(cause))]
    Statement {
        /// What was tried.
        action: String,
        /// What the server said.
        cause: postgres::Error,
    },
    /// The caller asked to stop.
    #[error(transparent)]
    Interrupted(#[from] crate::Interrupted),
}

impl From<crate::connect::ConnectError> for ScratchError {
    fn from(err: crate::connect::ConnectError) -> Self {
        Self::Connect(err)
    }
}

impl ScratchError {
    /// What can be done about it, besides what its text says.
    pub fn hint(&self) -> Option<Hint> {
        match self {
            Self::NoServer { wanted, .. } => Some(Hint::InstallServer { wanted: *wanted }),
            _ => None,
        }
    }

    /// What sort of error it is.
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::NoServer { .. }
            | Self::File { .. }
            | Self::Program { .. }
            | Self::Initdb { .. }
            | Self::Start { .. }
            | Self::NoUser => ErrorKind::Program,
            Self::Statement { .. } => ErrorKind::Server,
            Self::Connect(err) => err.kind(),
            Self::Interrupted(_) => ErrorKind::Interrupted,
        }
    }
}
