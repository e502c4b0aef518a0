use crate::connect::{ConnectError, FailureKind};
use crate::{Error, Hint};

/// Something that will go wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Problem {
    /// What.
    pub what: String,
    /// What to do about it; empty if `what` or `hint` says it.
    pub way_out: String,
    /// What to do about it, for a program to word.
    pub hint: Option<Hint>,
}

impl Problem {
    /// A problem and the way out of it.
    pub fn new(what: impl Into<String>, way_out: &str) -> Self {
        Self { what: what.into(), way_out: way_out.to_owned(), hint: None }
    }

    /// A problem, and what can be done about it.
    pub fn with_hint(what: impl Into<String>, hint: Hint) -> Self {
        Self { what: what.into(), way_out: String::new(), hint: Some(hint) }
    }

    /// An error that a command would end with.
    pub fn from_error(err: impl Into<Error>) -> Self {
        let err = err.into();
        let mut what = err.to_string();
        let mut source = std::error::Error::source(&err);
        while let Some(cause) = source {
            what = format!("{what}: {cause}");
            source = cause.source();
        }
        Self { what, way_out: String::new(), hint: err.hint() }
    }

    /// Why there is no connection, and what to do: the hints of the attempts.
    pub fn of_connection(err: ConnectError) -> Self {
        let ConnectError::Failed { attempts, .. } = &err else { return Self::from_error(err) };
        let mut hints: Vec<&str> =
            attempts.iter().filter_map(|attempt| attempt.hint.as_deref()).collect();
        hints.dedup();
        let way_out = match (hints.is_empty(), err.failure()) {
            (false, _) => hints.join("; "),
            (true, Some(FailureKind::Lookup)) => {
                "check the spelling of the host name, and the network".to_owned()
            }
            (true, Some(FailureKind::Timeout)) => {
                "check the port, and whether a firewall blocks it".to_owned()
            }
            (true, _) => String::new(),
        };
        let tried: Vec<String> = attempts.iter().map(ToString::to_string).collect();
        Self { what: format!("no connection: {}", tried.join("; ")), way_out, hint: None }
    }
}
