use crate::model::Kind;
use crate::{ErrorKind, Hint};

/// An invalid filter.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum FilterError {
    /// No element or attribute has this name.
    #[error("there is no element or attribute \"{name}\"{}; elements are: {}",
            suggestion.as_ref().map(|s| format!(" (did you mean \"{s}\"?)")).unwrap_or_default(),
            Kind::ALL.iter().map(|kind| kind.element()).collect::<Vec<_>>().join(", "))]
    UnknownElement {
        /// The given text.
        name: String,
        /// The nearest name that exists.
        suggestion: Option<String>,
    },
    /// A pattern is not valid.
    #[error("the pattern \"{pattern}\" ends in a lone backslash")]
    Pattern {
        /// The given text.
        pattern: String,
    },
    /// A rule that would hide everything.
    #[error(
        "the rule \"{reason}\" names neither an element nor an object: it would ignore everything"
    )]
    Boundless {
        /// The rule's reason.
        reason: String,
    },
}

impl FilterError {
    /// What to do about it, in addition to its text.
    pub fn hint(&self) -> Option<Hint> {
        None
    }

    /// What sort of error it is.
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::UnknownElement { .. } | Self::Pattern { .. } | Self::Boundless { .. } => {
                ErrorKind::Input
            }
        }
    }
}
