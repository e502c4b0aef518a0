use crate::connect::{ConnectError, ServerMessage};
use crate::{ErrorKind, Hint};

/// Why a database could not be looked at. What is wrong with it is no error but a
/// [`super::Finding`].
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum VerifyError {
    /// The server refused a query that everything depends on.
    #[error("{label}: cannot {action}: {server}")]
    Server {
        /// What was tried.
        action: &'static str,
        /// The connection.
        label: String,
        /// What the server said.
        server: ServerMessage,
    },
    /// The server ended a connection in the middle of the work.
    #[error(
        "{label} ended the connection during the check of {object}: {server}\n\
         see the server's log; if the server crashed, this object may be damaged"
    )]
    Lost {
        /// What was being looked at.
        object: String,
        /// The connection.
        label: String,
        /// What the server or the system said.
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
    /// What can be done about it, besides what its text says.
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
