//! Error messages of a server.

use std::fmt;

use super::error::describe_driver_error;

/// The server's error for a failed statement.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct ServerMessage {
    /// The message.
    pub message: String,
    /// SQLSTATE (PostgreSQL documentation, appendix "PostgreSQL Error Codes"); `None` when the
    /// connection was lost.
    pub sqlstate: Option<String>,
    /// More about it.
    pub detail: Option<String>,
    /// What to do, as the server sees it.
    pub hint: Option<String>,
    /// Where in nested code, as for a line of a PL/pgSQL function.
    pub context: Option<String>,
}

impl ServerMessage {
    pub(crate) fn new(err: &postgres::Error) -> Self {
        match err.as_db_error() {
            Some(db) => Self {
                message: db.message().to_owned(),
                sqlstate: Some(db.code().code().to_owned()),
                detail: db.detail().map(str::to_owned),
                hint: db.hint().map(str::to_owned),
                context: db.where_().map(str::to_owned),
            },
            None => Self { message: describe_driver_error(err), ..Self::default() },
        }
    }
}

impl fmt::Display for ServerMessage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)?;
        if let Some(sqlstate) = &self.sqlstate {
            write!(f, " (SQLSTATE {sqlstate})")?;
        }
        let more = [("detail", &self.detail), ("hint", &self.hint), ("context", &self.context)];
        for (label, text) in more {
            if let Some(text) = text {
                write!(f, "\n  {label}: {}", text.replace('\n', "\n    "))?;
            }
        }
        Ok(())
    }
}
