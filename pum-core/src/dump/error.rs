use std::io;
use std::path::PathBuf;

use crate::connect::{ConnectError, ServerMessage};

/// Why there is no dump, or no restored database.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DumpError {
    /// No program of a suitable version is installed.
    #[error(
        "no {program} of version {server} or newer, which a PostgreSQL {server} server needs; \
         {searched}. Install the client programs of PostgreSQL {server}, or set pg_{} to one",
        program.trim_start_matches("pg_").to_owned() + "_exe"
    )]
    NoTool {
        /// The program.
        program: &'static str,
        /// Major version of the server.
        server: u32,
        /// Where it was looked for.
        searched: String,
    },
    /// The program that was named is older than the server.
    #[error("{} is of version {major} and cannot be used with a PostgreSQL {server} server: a version {server} or newer is needed", program.display())]
    ToolTooOld {
        /// The program.
        program: PathBuf,
        /// Its major version.
        major: u32,
        /// Major version of the server.
        server: u32,
    },
    /// The program that was named is something else.
    #[error("{} is no PostgreSQL program: asked for its version it says \"{output}\"", program.display())]
    NotATool {
        /// The program.
        program: PathBuf,
        /// What it printed.
        output: String,
    },
    /// A program cannot be run.
    #[error("cannot run {}: {source}", program.display())]
    Program {
        /// The program.
        program: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A program failed.
    #[error("{action} failed:\n{output}")]
    Failed {
        /// What was being done.
        action: String,
        /// What the program printed last.
        output: String,
    },
    /// A file cannot be used.
    #[error("cannot {action} {}: {source}", path.display())]
    File {
        /// What was tried.
        action: &'static str,
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// An archive is incomplete or no archive.
    #[error("{} is not a complete dump: {output}", path.display())]
    Archive {
        /// The file.
        path: PathBuf,
        /// What `pg_restore` said.
        output: String,
    },
    /// The database that is to be made exists.
    #[error(
        "the database \"{database}\" of {label} exists and is not empty; it was left as it is. Name another one, or allow it to be replaced"
    )]
    TargetExists {
        /// The database.
        database: String,
        /// The connection.
        label: String,
    },
    /// Somebody is connected to the database that is to be replaced.
    #[error(
        "the database \"{database}\" of {label} cannot be replaced while others are connected to it: {sessions}"
    )]
    TargetInUse {
        /// The database.
        database: String,
        /// The connection.
        label: String,
        /// Who they are.
        sessions: String,
    },
    /// Roles that the schema names do not exist on the server.
    #[error("{label} lacks roles that own objects or have privileges: {}. Create them there (for example: CREATE ROLE {};)", roles.join(", "), roles.first().map(String::as_str).unwrap_or_default())]
    MissingRoles {
        /// The connection.
        label: String,
        /// The roles.
        roles: Vec<String>,
    },
    /// A statement failed.
    #[error("{action}: {server}")]
    Server {
        /// What was tried.
        action: String,
        /// What the server said.
        server: ServerMessage,
    },
    /// The server cannot be reached.
    #[error(transparent)]
    Connect(#[from] ConnectError),
    /// Somebody asked to stop.
    #[error(transparent)]
    Interrupted(#[from] crate::Interrupted),
}

impl DumpError {
    pub(super) fn server(action: String, err: &postgres::Error) -> Self {
        Self::Server { action, server: ServerMessage::new(err) }
    }
}
