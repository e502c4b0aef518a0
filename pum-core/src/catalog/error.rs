use std::time::Duration;

use postgres::error::SqlState;

use crate::connect::ServerVersion;
use crate::model::Kind;
use crate::{ErrorKind, Hint};

/// Why the catalogs could not be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CatalogError {
    /// The server refused a query or the connection was lost.
    #[error("cannot read the catalogs of {label}: {}", crate::connect::describe(cause))]
    Query {
        /// The connection.
        label: String,
        /// What the server said.
        cause: postgres::Error,
    },
    /// Another session holds a lock for longer than a reading waits.
    #[error("cannot read the catalogs of {label}: waited {} s for a lock; \
             try again when it is free{}",
            waited.as_secs_f64(),
            holders.iter().map(|holder| format!("\n  held on {holder}")).collect::<String>())]
    Locked {
        /// The connection.
        label: String,
        /// How long.
        waited: Duration,
        /// Who holds which relation.
        holders: Vec<String>,
    },
    /// The catalogs hold nothing where there must be something: at each of several attempts.
    #[error(
        "the catalogs of {label} have no {attribute} for {object}: it may be changing at the \
         moment, or refer to something that no longer exists; try again, or leave {element} out of \
         the comparison"
    )]
    Missing {
        /// The object.
        object: String,
        /// The attribute.
        attribute: &'static str,
        /// The element name of the object's kind.
        element: &'static str,
        /// The connection.
        label: String,
    },
    /// A letter in a catalog that pum does not know, as a newer server may have.
    #[error(
        "{object} of {label} has a {attribute} that this version of pum does not know \
             ({letter}, PostgreSQL {version}): use a newer pum"
    )]
    UnknownLetter {
        /// The object.
        object: String,
        /// The attribute.
        attribute: &'static str,
        /// Column of the catalog, and the letter.
        letter: String,
        /// The server's version.
        version: ServerVersion,
        /// The connection.
        label: String,
    },
    /// Something that the role may not read.
    #[error(
        "role \"{role}\" may not read the {attribute} of {object} of {label}: use a superuser, \
             or leave {element} out"
    )]
    Forbidden {
        /// The object.
        object: String,
        /// The attribute.
        attribute: &'static str,
        /// The element name of the object's kind.
        element: &'static str,
        /// The role that reads.
        role: String,
        /// The connection.
        label: String,
    },
    /// A pattern for schemas is broken.
    #[error("the pattern \"{pattern}\" ends in a lone backslash")]
    Pattern {
        /// What was given.
        pattern: String,
    },
    /// A query and the model do not fit together: an error in pum.
    #[error(
        "the query of {kind} does not match the model at \"{column}\": please report this as a bug"
    )]
    Broken {
        /// The kind that was read.
        kind: &'static str,
        /// The column.
        column: &'static str,
    },
}

impl CatalogError {
    /// What sort of error it is.
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::Query { .. }
            | Self::Locked { .. }
            | Self::Missing { .. }
            | Self::UnknownLetter { .. }
            | Self::Forbidden { .. }
            | Self::Broken { .. } => ErrorKind::Server,
            Self::Pattern { .. } => ErrorKind::Input,
        }
    }

    /// What can be done about it.
    pub fn hint(&self) -> Option<Hint> {
        match self {
            Self::Locked { .. } => Some(Hint::RaiseLockTimeout),
            Self::UnknownLetter { .. } => Some(Hint::AllowUnknown),
            Self::Missing { element, .. } | Self::Forbidden { element, .. } => {
                Some(Hint::LeaveOut { element })
            }
            Self::Query { .. } | Self::Pattern { .. } | Self::Broken { .. } => None,
        }
    }

    pub(super) fn broken(kind: Kind, column: &'static str) -> Self {
        Self::Broken { kind: kind.element(), column }
    }

    /// Whether another try may succeed: something was dropped between the snapshot, in which it
    /// still exists, and the moment in which the server should print it.
    pub(super) fn may_pass(&self) -> bool {
        match self {
            Self::Missing { .. } => true,
            Self::Query { cause: source, .. } => [
                &SqlState::INTERNAL_ERROR,
                &SqlState::UNDEFINED_TABLE,
                &SqlState::UNDEFINED_OBJECT,
                &SqlState::UNDEFINED_FUNCTION,
                &SqlState::UNDEFINED_COLUMN,
            ]
            .iter()
            .any(|state| source.code() == Some(state)),
            _ => false,
        }
    }
}
