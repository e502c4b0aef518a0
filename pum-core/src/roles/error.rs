use crate::connect::ServerMessage;
use crate::{ErrorKind, Hint};

/// Why roles could not be changed or read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RoleError {
    /// The project has no roles.
    #[error("the project declares no roles (\"roles\" in .pum.yaml)")]
    NoRoles,
    /// The project has no role of this name.
    #[error("the project declares no role {name}; it declares {}", declared.join(", "))]
    NotDeclared {
        /// The name.
        name: String,
        /// The roles that it declares.
        declared: Vec<String>,
    },
    /// The server refused a statement; nothing was changed.
    #[error("{label}: {server}")]
    Server {
        /// The connection.
        label: String,
        /// The server's message.
        server: ServerMessage,
    },
}

impl RoleError {
    /// What to do about it, in addition to its text.
    pub fn hint(&self) -> Option<Hint> {
        None
    }

    /// What sort of error it is.
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::NoRoles | Self::NotDeclared { .. } => ErrorKind::Input,
            Self::Server { .. } => ErrorKind::Server,
        }
    }
}
