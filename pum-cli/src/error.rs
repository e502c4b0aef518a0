//! What the command itself finds wrong.

use std::path::{Path, PathBuf};

use pum_core::ErrorKind;
use pum_core::doctor::Problem;
use pum_core::dump::DumpError;

use crate::hint;
use crate::text::describe;

/// An error of the command.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CliError {
    /// An error of the library.
    #[error(transparent)]
    Core(#[from] pum_core::Error),
    /// The configuration file is wrong.
    #[error("configuration file {}: {message}", path.display())]
    Config {
        /// The file.
        path: PathBuf,
        /// The problem.
        message: String,
    },
    /// The file of accepted differences is wrong.
    #[error("accepted differences {}: {message}", path.display())]
    Accepted {
        /// The file.
        path: PathBuf,
        /// The problem.
        message: String,
    },
    /// Two reports would be one file.
    #[error("two reports would be written to {}: give each a file of its own", path.display())]
    SameFile {
        /// The file.
        path: PathBuf,
    },
    /// Something that is needed was given nowhere.
    #[error("{what} is missing: give it with {flag}, or set {key} in pum.toml")]
    Missing {
        /// What.
        what: &'static str,
        /// The option.
        flag: &'static str,
        /// The key of the configuration file.
        key: &'static str,
    },
    /// No service has a name that a glob matches.
    #[error("no service matches \"{glob}\"; known: {known}")]
    NoService {
        /// The glob.
        glob: String,
        /// The names of all services.
        known: String,
    },
    /// What is installed is the module of a project.
    #[error(
        "the directory is no project of PUM 1 (.pum.yaml, changelogs/): use pum upgrade --create for an \
         empty database"
    )]
    NoProject,
    /// The project has no demo data of this name.
    #[error(
        "the project has no demo data \"{name}\"; it has {}",
        if known.is_empty() { "none".to_owned() } else { known.join(", ") }
    )]
    NoDemoData {
        /// The name.
        name: String,
        /// What it has.
        known: Vec<String>,
    },
    /// The module is there.
    #[error("{label} has the module already, at version {version}: use pum upgrade")]
    AlreadyInstalled {
        /// The connection.
        label: String,
        /// The version.
        version: String,
    },
    /// The database has another module.
    #[error(
        "{label} has another module, whose table is {table}: use --allow-multiple-modules to install this \
         one beside it"
    )]
    OtherModule {
        /// The connection.
        label: String,
        /// Its table.
        table: String,
    },
    /// There is no such database.
    #[error("there is no database \"{name}\" on the server of {label}")]
    NoDatabase {
        /// The database.
        name: String,
        /// The connection.
        label: String,
    },
    /// There is no such run.
    #[error("there is {what} in {}; pum runs lists those that are there", directory.display())]
    NoRun {
        /// What there is not.
        what: String,
        /// The directory of runs.
        directory: PathBuf,
    },
    /// Options that do not go together.
    #[error("{what}")]
    ConflictingOptions {
        /// Which, and why.
        what: &'static str,
    },
    /// A question could not be put.
    #[error(
        "\"{question}\" needs an answer, but there is no terminal to ask on: use --yes to answer yes to all questions"
    )]
    Unanswered {
        /// The question.
        question: String,
    },
    /// A file that is written once is there already.
    #[error(
        "{} already exists and is never overwritten: pum init --stdout shows what would be written",
        path.display()
    )]
    AlreadyExists {
        /// The file.
        path: PathBuf,
    },
    /// A connection string with a password was to be written to a file.
    #[error(
        "a password does not belong in pum.toml: use a service, or put the password in ~/.pgpass and leave it out here"
    )]
    PasswordInFile,
    /// A file could not be written.
    #[error("cannot write {}: {cause}", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// The operating system's error.
        cause: std::io::Error,
    },
    /// The answer could not be written.
    #[error("cannot write to standard output: {cause} (what was done before stays done)")]
    Output {
        /// The operating system's error.
        cause: std::io::Error,
    },
    /// A script of the sample failed.
    #[error("{0}")]
    Demo(pum_core::upgrade::StatementFailure),
    /// An error of the library, of which the command knows more that can be done.
    #[error("{cause}")]
    Hinted {
        /// The error.
        cause: pum_core::Error,
        /// What can be done.
        hints: Vec<String>,
    },
    /// Some databases of a server were not copied; the report says why.
    #[error("{failed} of the databases could not be copied, see above; nothing was left of them")]
    NotAllCopied {
        /// How many.
        failed: usize,
    },
    /// Some databases of a server were not restored; the report says why.
    #[error(
        "{failed} of the databases could not be restored, see above; nothing was left of them. Run the same command again to retry them"
    )]
    NotAllRestored {
        /// How many.
        failed: usize,
    },
    /// Something else that the system refused.
    #[error("cannot {action}: {cause}")]
    System {
        /// The attempted action.
        action: &'static str,
        /// The operating system's error.
        cause: std::io::Error,
    },
}

impl CliError {
    /// What to do about it, one line each.
    pub(crate) fn hints(&self) -> Vec<String> {
        match self {
            // Of a run or an upgrade the error itself says what was undone.
            Self::Core(err) if matches!(err.downcast_ref(), Some(DumpError::Interrupted(_))) => {
                vec!["what was begun was removed; all else is as it was".to_owned()]
            }
            Self::Core(err) => err.hint().as_ref().and_then(hint::words).into_iter().collect(),
            Self::Hinted { hints, .. } => hints.clone(),
            _ => Vec::new(),
        }
    }

    /// The same for `pum doctor`, which goes on.
    pub(crate) fn into_problem(self) -> Problem {
        match self {
            Self::Core(err) => Problem::from_error(err),
            other => Problem::new(describe(&other), ""),
        }
    }

    /// The whole text, as it is shown.
    pub(crate) fn with_hints(&self) -> String {
        let hints = self.hints().into_iter().map(|hint| format!("\nhint: {hint}"));
        self.text() + &hints.collect::<String>()
    }

    /// The text without what to do about it.
    pub(crate) fn text(&self) -> String {
        describe(self)
    }

    /// What sort of error it is, in a word.
    pub(crate) fn kind(&self) -> &'static str {
        match self {
            Self::Core(err) | Self::Hinted { cause: err, .. } => word(err.kind()),
            Self::Demo(_) => word(ErrorKind::Script),
            Self::Unanswered { .. } | Self::OtherModule { .. } | Self::AlreadyInstalled { .. } => {
                word(ErrorKind::Refused)
            }
            Self::NotAllCopied { .. } | Self::NotAllRestored { .. } => "other",
            Self::Write { .. } | Self::Output { .. } | Self::System { .. } => "system",
            _ => word(ErrorKind::Input),
        }
    }

    /// The place in a file of the user where the cause is.
    pub(crate) fn file_position(&self) -> Option<(&Path, Option<usize>, Option<usize>)> {
        match self {
            Self::Core(err) | Self::Hinted { cause: err, .. } => {
                err.file_position().map(|at| (at.path, at.line, at.column))
            }
            Self::Demo(failure) => Some((&failure.path, Some(failure.line), Some(failure.column))),
            Self::Config { path, .. } | Self::Accepted { path, .. } | Self::Write { path, .. } => {
                Some((path, None, None))
            }
            _ => None,
        }
    }
}

fn word(kind: ErrorKind) -> &'static str {
    match kind {
        ErrorKind::Input => "input",
        ErrorKind::Connection => "connection",
        ErrorKind::Server => "server",
        ErrorKind::Script => "script",
        ErrorKind::Program => "program",
        ErrorKind::Refused => "refused",
        ErrorKind::Busy => "busy",
        ErrorKind::Interrupted => "interrupted",
        _ => "other",
    }
}

/// Errors of the library's modules become errors of the command in one step.
macro_rules! from_core {
    ($($error:ty),+ $(,)?) => {
        $(impl From<$error> for CliError {
            fn from(err: $error) -> Self {
                Self::Core(err.into())
            }
        })+
    };
}

from_core!(
    pum_core::catalog::CatalogError,
    pum_core::compare::CompareError,
    pum_core::connect::ConnectError,
    pum_core::delta::DeltaError,
    pum_core::diff::FilterError,
    pum_core::dump::DumpError,
    pum_core::manager::ManagerError,
    pum_core::plan::MigrationError,
    pum_core::roles::RoleError,
    pum_core::scratch::ScratchError,
    pum_core::source::SnapshotError,
    pum_core::delta::InvalidVersion,
    pum_core::source::SourceError,
    pum_core::upgrade::InvalidTableName,
    pum_core::upgrade::UpgradeError,
    pum_core::verify::VerifyError,
);
