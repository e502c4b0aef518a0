use std::io;
use std::path::PathBuf;

use super::{IgnoredError, Vulnerability};
use crate::connect::{ConnectError, ServerMessage};
use crate::humanize::size;
use crate::process::ProcessError;
use crate::{ErrorKind, Hint};

/// The most bytes that the server keeps of a name.
pub(super) const LONGEST_NAME: usize = 63;

/// Errors of dumps, restores and copies.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DumpError {
    /// Source and target are the same server.
    #[error("{label} is on the server being copied: name another server")]
    SameServer {
        /// The connection to the target.
        label: String,
    },
    /// No program of a suitable version is installed.
    #[error(
        "no {program} of version {server} or newer, which a PostgreSQL {server} server needs; \
         {searched}. Install the client programs of PostgreSQL {server}, or name one"
    )]
    NoTool {
        /// The program.
        program: &'static str,
        /// Major version of the server.
        server: u32,
        /// Where it was searched.
        searched: String,
    },
    /// The named program is older than the server.
    #[error("{} is version {major}, which cannot be used with a PostgreSQL {server} server: version {server} or newer is required", program.display())]
    ToolTooOld {
        /// The program.
        program: PathBuf,
        /// Its major version.
        major: u32,
        /// Major version of the server.
        server: u32,
    },
    /// The named program is not a PostgreSQL program.
    #[error("{} is not a PostgreSQL program: its version option printed \"{output}\"", program.display())]
    NotATool {
        /// The program.
        program: PathBuf,
        /// Its output.
        output: String,
    },
    /// A program cannot be run.
    #[error("cannot run {}: {cause}", program.display())]
    Program {
        /// The program.
        program: PathBuf,
        /// The operating system's error.
        cause: io::Error,
    },
    /// A program failed.
    #[error("{action} failed:\n{output}")]
    Failed {
        /// The action in progress.
        action: String,
        /// The last output of the program.
        output: String,
    },
    /// A dump could not be restored.
    #[error("{action} failed:\n{output}")]
    NotRestored {
        /// The action in progress.
        action: String,
        /// The last output of `pg_restore`.
        output: String,
        /// The errors of the restore, up to where it stopped.
        errors: Vec<IgnoredError>,
    },
    /// A database of a server cannot be dumped with the others.
    #[error(
        "the database \"{database}\" of the server of {label} cannot be dumped: {reason}. Nothing was kept; to leave it out, name it"
    )]
    Unreadable {
        /// The database.
        database: String,
        /// The connection to its server.
        label: String,
        /// Why.
        reason: String,
    },
    /// The step failed for one database of a server.
    #[error("database \"{database}\": {cause}")]
    OfDatabase {
        /// The database.
        database: String,
        /// The failed step.
        cause: Box<DumpError>,
    },
    /// A directory is not a dump of a whole server.
    #[error("{} is not a dump of a whole server: {reason}", path.display())]
    NotAClusterDump {
        /// The directory.
        path: PathBuf,
        /// Why.
        reason: String,
    },
    /// Databases of the dump already exist on the server.
    #[error("the server of {label} already has databases of the dump: {}; nothing was restored. A restore never replaces them: drop them there, or restore to another server", databases.join(", "))]
    DatabasesExist {
        /// The connection to the server.
        label: String,
        /// The databases.
        databases: Vec<String>,
    },
    /// Roles of the dump exist on the server with other attributes.
    #[error("the server of {label} has roles of the dump with other attributes; nothing was restored:\n{}", roles.join("\n"))]
    RolesDiffer {
        /// The connection to the server.
        label: String,
        /// The roles, with both sets of attributes.
        roles: Vec<String>,
    },
    /// A server is older than what is to be restored to it.
    #[error(
        "the server of {label} runs PostgreSQL {server}, but the dump was taken from PostgreSQL {dumped}: a dump cannot be restored to an older server"
    )]
    OlderServer {
        /// The connection to the server.
        label: String,
        /// The major version of the server.
        server: u32,
        /// The major version of the server that was dumped.
        dumped: u32,
    },
    /// A pattern for schemas is not valid.
    #[error("the pattern \"{pattern}\" ends in a lone backslash")]
    Pattern {
        /// The given text.
        pattern: String,
    },
    /// A file cannot be used.
    #[error("cannot {action} {}: {cause}", path.display())]
    File {
        /// The attempted action.
        action: &'static str,
        /// The file.
        path: PathBuf,
        /// The operating system's error.
        cause: io::Error,
    },
    /// An archive is incomplete, or the file is not an archive.
    #[error("{} is not a complete dump: {output}", path.display())]
    Archive {
        /// The file.
        path: PathBuf,
        /// The message of `pg_restore`.
        output: String,
    },
    /// The format of an archive is newer than the program.
    #[error("{} was written by a newer pg_dump, which {} of version {version} cannot read: {output}. Install newer client programs, or name one", path.display(), program.display())]
    NewerFormat {
        /// The archive.
        path: PathBuf,
        /// The program.
        program: PathBuf,
        /// Its major version.
        version: u32,
        /// Its message.
        output: String,
    },
    /// A dump is an SQL script.
    #[error(
        "{} is a plain dump, an SQL script, which can do anything on this machine when psql runs it; pum restores archives (custom and directory format). If you trust it: psql -X -1 -v ON_ERROR_STOP=1 -f {}",
        path.display(),
        path.display()
    )]
    PlainDump {
        /// The file.
        path: PathBuf,
    },
    /// A dump was altered.
    #[error("{} was altered since it was written, or belongs to another manifest: {what}", path.display())]
    Altered {
        /// The dump.
        path: PathBuf,
        /// The difference.
        what: String,
    },
    /// The manifest of a dump cannot be read.
    #[error("{} is not the manifest of a dump: {reason}", path.display())]
    Manifest {
        /// The file.
        path: PathBuf,
        /// The problem.
        reason: String,
    },
    /// A compression method is not supported.
    #[error("cannot compress with \"{text}\": {reason}")]
    Compression {
        /// The given text.
        text: String,
        /// Why.
        reason: String,
    },
    /// A dump should not be written there.
    #[error("cannot write the dump to {}: it {reason}", path.display())]
    Destination {
        /// The file or directory.
        path: PathBuf,
        /// Why.
        reason: String,
    },
    /// There is probably not enough space for a dump.
    #[error(
        "not enough space for {}: {} are free, but the dump may need about {} (estimated from the table sizes)",
        path.display(),
        size(*free),
        size(*estimate)
    )]
    Space {
        /// The file or directory.
        path: PathBuf,
        /// The space that the dump may need, in bytes.
        estimate: u64,
        /// The free space, in bytes.
        free: u64,
    },
    /// A program has a known vulnerability.
    #[error("{0}")]
    Vulnerable(Vulnerability),
    /// The database that is to be made exists.
    #[error(
        "the database \"{database}\" of {label} exists and is not empty; it was not changed. Name another database, or replace this one"
    )]
    TargetExists {
        /// The database.
        database: String,
        /// The connection.
        label: String,
    },
    /// The name is too long: the server would truncate it.
    #[error("\"{database}\" is too long for a database name: it has {} bytes, and the limit is {LONGEST_NAME}", database.len())]
    NameTooLong {
        /// The name.
        database: String,
    },
    /// Another session is connected to the database that is to be replaced, or copied by the
    /// server.
    #[error(
        "the database \"{database}\" of {label} cannot be replaced or copied while other sessions are connected to it: {sessions}"
    )]
    TargetInUse {
        /// The database.
        database: String,
        /// The connection.
        label: String,
        /// The sessions.
        sessions: String,
    },
    /// Roles that the schema names do not exist on the server.
    #[error("{label} lacks roles that own objects or have privileges: {}. Create them there (for example: CREATE ROLE {};), let the restore create them, leave out owners and privileges, or map them to other roles", roles.join(", "), roles.first().map(String::as_str).unwrap_or_default())]
    MissingRoles {
        /// The connection.
        label: String,
        /// The roles.
        roles: Vec<String>,
    },
    /// Roles that own objects that require a superuser are not superusers on the server.
    #[error("the dump has event triggers, foreign data wrappers or subscriptions of {}, which are not superusers of {label}: only a superuser may own such objects", roles.join(", "))]
    NoSuperusers {
        /// The connection.
        label: String,
        /// The roles.
        roles: Vec<String>,
    },
    /// Extensions of the dump are not installed on the server's machine.
    #[error("{label} lacks extensions that the dump needs: {}. Install their packages there", extensions.join(", "))]
    MissingExtensions {
        /// The connection.
        label: String,
        /// The extensions.
        extensions: Vec<String>,
    },
    /// Tablespaces that the dump names do not exist on the server.
    #[error("{label} lacks tablespaces that the dump names: {}. Create them there, or leave them out", tablespaces.join(", "))]
    MissingTablespaces {
        /// The connection.
        label: String,
        /// The tablespaces.
        tablespaces: Vec<String>,
    },
    /// The database must not be replaced.
    #[error("{label} is production ({protected}): it is never replaced")]
    Protected {
        /// The connection.
        label: String,
        /// The name of production.
        protected: String,
    },
    /// A database could not be dropped.
    #[error("the database \"{database}\" of {label} could not be dropped")]
    NotDropped {
        /// The database.
        database: String,
        /// The connection.
        label: String,
    },
    /// A database cannot be copied as a template.
    #[error("{label} cannot be copied as a template: {reason}. It can be streamed")]
    Template {
        /// The connection.
        label: String,
        /// Why.
        reason: String,
    },
    /// A statement failed.
    #[error("{action}: {server}")]
    Server {
        /// The attempted action.
        action: String,
        /// The server's message.
        server: ServerMessage,
    },
    /// The server cannot be reached.
    #[error(transparent)]
    Connect(#[from] ConnectError),
    /// The caller asked to stop.
    #[error(transparent)]
    Interrupted(#[from] crate::Interrupted),
}

impl From<ProcessError> for DumpError {
    fn from(err: ProcessError) -> Self {
        match err {
            ProcessError::Program { program, cause: source } => {
                Self::Program { program, cause: source }
            }
            ProcessError::Interrupted(interrupted) => Self::Interrupted(interrupted),
        }
    }
}

impl DumpError {
    /// What to do about it.
    pub fn hint(&self) -> Option<Hint> {
        match self {
            Self::NoTool { program, .. } => Some(Hint::NameProgram { program }),
            Self::NewerFormat { .. } => Some(Hint::NameProgram { program: "pg_restore" }),
            Self::TargetExists { .. } => Some(Hint::ReplaceDatabase),
            Self::MissingRoles { .. } => Some(Hint::ProvideRoles),
            Self::RolesDiffer { .. } => Some(Hint::KeepRoles),
            Self::MissingTablespaces { .. } => Some(Hint::LeaveOutTablespaces),
            Self::Template { .. } => Some(Hint::CopyByStream),
            Self::OfDatabase { cause, .. } => cause.hint(),
            _ => None,
        }
    }

    /// What sort of error it is.
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::NoTool { .. }
            | Self::ToolTooOld { .. }
            | Self::NotATool { .. }
            | Self::Program { .. }
            | Self::NewerFormat { .. }
            | Self::Failed { .. }
            | Self::NotRestored { .. } => ErrorKind::Program,
            Self::Destination { .. }
            | Self::Space { .. }
            | Self::Altered { .. }
            | Self::PlainDump { .. }
            | Self::Protected { .. }
            | Self::Template { .. }
            | Self::MissingExtensions { .. }
            | Self::MissingTablespaces { .. }
            | Self::TargetExists { .. }
            | Self::TargetInUse { .. }
            | Self::MissingRoles { .. }
            | Self::NoSuperusers { .. }
            | Self::Unreadable { .. }
            | Self::DatabasesExist { .. }
            | Self::RolesDiffer { .. }
            | Self::OlderServer { .. }
            | Self::Vulnerable(_) => ErrorKind::Refused,
            Self::Server { .. } | Self::NotDropped { .. } => ErrorKind::Server,
            Self::OfDatabase { cause: source, .. } => source.kind(),
            Self::Connect(err) => err.kind(),
            Self::Interrupted(_) => ErrorKind::Interrupted,
            Self::SameServer { .. }
            | Self::File { .. }
            | Self::Archive { .. }
            | Self::NotAClusterDump { .. }
            | Self::Manifest { .. }
            | Self::NameTooLong { .. }
            | Self::Compression { .. }
            | Self::Pattern { .. } => ErrorKind::Input,
        }
    }

    pub(super) fn server(action: String, err: &postgres::Error) -> Self {
        Self::Server { action, server: ServerMessage::new(err) }
    }
}
