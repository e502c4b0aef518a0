use crate::compare::CompareError;
use crate::{ErrorKind, Hint};

/// Why no plan could be made.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum MigrationError {
    /// Each of some steps needs another one of them.
    #[error("these changes need each other, so no order of them is right: {}", steps.join("; "))]
    Cycle {
        /// The steps.
        steps: Vec<String>,
    },
    /// The sides could not be compared.
    #[error(transparent)]
    Compare(#[from] CompareError),
    /// A snapshot of an older version of pum does not say what depends on what.
    #[error(
        "{label} is a snapshot of an older version of pum, which does not hold what depends on what: \
         take it again"
    )]
    Snapshot {
        /// The snapshot.
        label: String,
    },
}

impl MigrationError {
    /// What sort of error it is.
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::Cycle { .. } => ErrorKind::Refused,
            Self::Compare(err) => err.kind(),
            Self::Snapshot { .. } => ErrorKind::Input,
        }
    }

    /// What to do about it.
    pub fn hint(&self) -> Option<Hint> {
        match self {
            Self::Compare(err) => err.hint(),
            Self::Cycle { .. } | Self::Snapshot { .. } => None,
        }
    }
}
