use crate::connect::{ConnectError, ServerMessage};
use crate::{ErrorKind, Hint};

/// Why a database could not be verified. Problems in it are not errors but [`super::Finding`]s.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum VerifyError {
    /// The server refused an essential query.
    #[error("{label}: cannot {action}: {server}")]
    Server {
        /// The attempted action.
        action: &'static str,
        /// The connection.
        label: String,
        /// The server's message.
        server: ServerMessage,
    },
    /// The server ended a connection in the middle of the work.
    #[error(
        "{label} ended the connection during the check of {object}: {server}\n\
         see the server's log; if the server crashed, this object may be damaged"
    )]
    Lost {
        /// The object being checked.
        object: String,
        /// The connection.
        label: String,
        /// The message of the server or the operating system.
        server: ServerMessage,
    },
    /// The server cannot be reached.
    #[error(transparent)]
    Connect(#[from] ConnectError),
    /// The caller asked to stop.
    #[error(transparent)]
    Interrupted(#[from] crate::Interrupted),
}

impl VerifyError {
    /// What to do about it, in addition to its text.
    pub fn hint(&self) -> Option<Hint> {
        None
    }

    /// What sort of error it is.
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::Server { .. } => ErrorKind::Server,
            Self::Lost { .. } => ErrorKind::Connection,
            Self::Connect(err) => err.kind(),
            Self::Interrupted(_) => ErrorKind::Interrupted,
        }
    }
}
