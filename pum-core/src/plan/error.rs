use crate::ErrorKind;

/// Why no plan could be made.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum MigrationError {
    /// Each of some steps needs another one of them.
    #[error("these changes need each other, and no order of them is right: {}", steps.join("; "))]
    Cycle {
        /// The steps.
        steps: Vec<String>,
    },
}

impl MigrationError {
    /// What sort of error it is.
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::Cycle { .. } => ErrorKind::Refused,
        }
    }
}
