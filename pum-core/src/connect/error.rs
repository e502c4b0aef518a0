//! What can go wrong between a connection's name and an open session.

use std::fmt;
use std::io;
use std::path::PathBuf;

use super::keywords;
use super::version::ServerVersion;
use crate::{ErrorKind, Hint};

/// Why a connection could not be resolved, opened or asked.
///
/// No message ever shows a password.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConnectError {
    /// The connection string or URI cannot be read.
    #[error("invalid connection string: {reason}")]
    Syntax {
        /// The problem and its location.
        reason: String,
    },
    /// A key word that libpq does not know.
    #[error("unknown connection keyword \"{keyword}\" in {place}{}", did_you_mean(suggestion.as_deref()))]
    UnknownKeyword {
        /// The key word as it was written.
        keyword: String,
        /// Where it was written.
        place: String,
        /// The known key word nearest to it.
        suggestion: Option<String>,
    },
    /// A key word has a value that libpq would not accept either.
    #[error("invalid value for connection keyword \"{keyword}\": {reason}")]
    InvalidValue {
        /// The key word.
        keyword: String,
        /// The problem with the value.
        reason: String,
    },
    /// A connection that the program borrowed cannot be used for this.
    #[error("{label} cannot be used: {reason}")]
    Borrowed {
        /// The connection.
        label: String,
        /// Why not, and the way out.
        reason: String,
    },
    /// A setting that pum cannot honour, and that must not be ignored.
    #[error("connection keyword \"{keyword}\" is not supported by pum: {reason}")]
    Refused {
        /// The key word.
        keyword: String,
        /// Why, and what to do instead.
        reason: String,
    },
    /// No service file defines the service.
    #[error("{}", unknown_service(service, known, looked_at, suggestion.as_deref()))]
    UnknownService {
        /// The name that was asked for.
        service: String,
        /// All services that are defined, with the file that defines each.
        known: Vec<(String, PathBuf)>,
        /// The files that were looked at, or looked for.
        looked_at: Vec<PathBuf>,
        /// The known name nearest to the one asked for.
        suggestion: Option<String>,
    },
    /// A service file cannot be read or understood.
    #[error("service file \"{}\", line {line}: {reason}", path.display())]
    ServiceFile {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: usize,
        /// The problem.
        reason: String,
    },
    /// A file could not be read or written.
    #[error("cannot {action} \"{}\"", path.display())]
    File {
        /// The attempted action, such as "read service file".
        action: &'static str,
        /// The file.
        path: PathBuf,
        /// The operating system's answer.
        source: io::Error,
    },
    /// No user name was given, and none is known of the operating system's user.
    #[error("no database user given for {label}: set one with \"user=\" or PGUSER")]
    NoUser {
        /// The connection, as it was named.
        label: String,
    },
    /// No server could be reached, or none took the connection.
    #[error("{}", failed(label, attempts))]
    Failed {
        /// The connection, as it was named.
        label: String,
        /// Every attempt, in order.
        attempts: Vec<Attempt>,
    },
    /// The server is older than pum supports.
    #[error("{label}: the server is PostgreSQL {version}, and pum needs 12 or newer")]
    TooOld {
        /// The connection, as it was named.
        label: String,
        /// The server's version.
        version: ServerVersion,
    },
    /// The driver waits for the server, which a task of an asynchronous runtime cannot do.
    #[error(
        "a function that blocks was called in an asynchronous task; call it on a thread that may \
         block, as by tokio::task::spawn_blocking"
    )]
    Asynchronous,
    /// A question to the open session failed.
    #[error("{label}: cannot {action}: {}", describe_driver_error(cause))]
    Query {
        /// The connection, as it was named.
        label: String,
        /// The attempted action.
        action: &'static str,
        /// The driver's error.
        cause: postgres::Error,
    },
    /// The caller asked to stop.
    #[error(transparent)]
    Interrupted(#[from] crate::Interrupted),
}

impl ConnectError {
    /// What to do about it, in addition to its text.
    pub fn hint(&self) -> Option<Hint> {
        None
    }

    /// What sort of error it is.
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::Failed { .. } | Self::TooOld { .. } => ErrorKind::Connection,
            Self::Query { .. } => ErrorKind::Server,
            Self::Interrupted(_) => ErrorKind::Interrupted,
            Self::Syntax { .. }
            | Self::UnknownKeyword { .. }
            | Self::InvalidValue { .. }
            | Self::Borrowed { .. }
            | Self::Refused { .. }
            | Self::UnknownService { .. }
            | Self::ServiceFile { .. }
            | Self::File { .. }
            | Self::NoUser { .. }
            | Self::Asynchronous => ErrorKind::Input,
        }
    }

    pub(super) fn syntax(reason: impl Into<String>) -> Self {
        Self::Syntax { reason: reason.into() }
    }

    pub(super) fn invalid(keyword: &str, reason: impl Into<String>) -> Self {
        Self::InvalidValue { keyword: keyword.to_owned(), reason: reason.into() }
    }

    pub(super) fn refused(keyword: &str, reason: impl Into<String>) -> Self {
        Self::Refused { keyword: keyword.to_owned(), reason: reason.into() }
    }

    pub(super) fn unknown_keyword(keyword: &str, place: impl Into<String>) -> Self {
        let suggestion = keywords::nearest_keyword(keyword).map(str::to_owned);
        Self::UnknownKeyword { keyword: keyword.to_owned(), place: place.into(), suggestion }
    }

    /// The last attempt's kind of failure, when servers were tried.
    pub fn failure(&self) -> Option<FailureKind> {
        match self {
            Self::Failed { attempts, .. } => attempts.last().map(|attempt| attempt.kind),
            _ => None,
        }
    }
}

/// One attempt to connect, and why it failed.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Attempt {
    /// What was tried, such as `host "db" (10.0.0.1), port 5432, with TLS`.
    pub target: String,
    /// The kind of failure.
    pub kind: FailureKind,
    /// The message of the server or the operating system.
    pub message: String,
    /// The server's SQLSTATE, when the server answered.
    pub sqlstate: Option<String>,
    /// What to do about it.
    pub hint: Option<String>,
}

/// Kinds of failed attempts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum FailureKind {
    /// The host name has no address.
    Lookup,
    /// Nothing accepted the connection, or it broke.
    Unreachable,
    /// The server did not answer in time.
    Timeout,
    /// TLS was wanted and could not be had as it was wanted.
    Tls,
    /// The server did not accept user, password or certificate.
    Authentication,
    /// The server has no database of that name.
    NoSuchDatabase,
    /// The server starts, stops or recovers, or has too many connections.
    NotNow,
    /// The server is not what `target_session_attrs` asks for.
    SessionAttributes,
    /// Any other answer of the server.
    Server,
}

impl fmt::Display for Attempt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.target, self.message)?;
        if let Some(sqlstate) = &self.sqlstate {
            write!(f, " (SQLSTATE {sqlstate})")?;
        }
        Ok(())
    }
}

fn failed(label: &str, attempts: &[Attempt]) -> String {
    let mut lines = vec![format!("cannot connect to {label}:")];
    match attempts {
        [only] => lines[0] = format!("cannot connect to {label}: {only}"),
        several => lines.extend(several.iter().map(|attempt| format!("  {attempt}"))),
    }
    for hint in attempts.iter().filter_map(|attempt| attempt.hint.as_deref()) {
        let line = format!("hint: {hint}");
        if !lines.contains(&line) {
            lines.push(line);
        }
    }
    lines.join("\n")
}

fn did_you_mean(suggestion: Option<&str>) -> String {
    suggestion.map(|word| format!("; did you mean \"{word}\"?")).unwrap_or_default()
}

fn unknown_service(
    service: &str,
    known: &[(String, PathBuf)],
    looked_at: &[PathBuf],
    suggestion: Option<&str>,
) -> String {
    let mut lines = vec![format!("unknown service \"{service}\"{}", did_you_mean(suggestion))];
    lines.extend(
        known.iter().map(|(name, path)| format!("  known: \"{name}\" in {}", path.display())),
    );
    let files: Vec<String> = looked_at.iter().map(|path| path.display().to_string()).collect();
    lines.push(format!("  searched: {}", files.join(", ")));
    if suggestion.is_none() {
        lines.push(format!(
            "  to name a database without a service, use a connection string such as \
             'dbname={service}'"
        ));
    }
    lines.join("\n")
}

/// A driver's error with all its causes; its own text says only "db error".
pub(crate) fn describe_driver_error(error: &postgres::Error) -> String {
    if let Some(answer) = error.as_db_error() {
        return format!("{} (SQLSTATE {})", answer.message(), answer.code().code());
    }
    // Where the server says why and closes in one breath, the driver loses what it said.
    if error.is_closed() {
        return "the server closed the connection; see its log for the reason".to_owned();
    }
    let mut text = error.to_string();
    let mut cause = std::error::Error::source(error);
    while let Some(error) = cause {
        let said = error.to_string();
        if !text.contains(&said) {
            text.push_str(": ");
            text.push_str(&said);
        }
        cause = error.source();
    }
    text
}
