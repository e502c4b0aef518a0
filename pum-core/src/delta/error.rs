use std::path::{Path, PathBuf};

use super::{InvalidVersion, Version};
use crate::{ErrorKind, Hint};

/// Errors in a directory of deltas or one of its files.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DeltaError {
    /// Not a version.
    #[error(transparent)]
    Version(#[from] InvalidVersion),
    /// A directory could not be listed.
    #[error("cannot read the delta directory {}: {cause}", path.display())]
    Directory {
        /// The directory.
        path: PathBuf,
        /// The operating system's error.
        cause: std::io::Error,
    },
    /// No directory contains a delta.
    #[error("no deltas in {}: files named delta_X.Y.Z[_name].sql are expected there", list(paths))]
    Empty {
        /// The directories.
        paths: Vec<PathBuf>,
    },
    /// A file looks like a delta, but its name does not match.
    #[error(
        "{file_name} looks like a delta, but its name is not valid: {reason}. \
         Name it delta_X.Y.Z[_name].sql, .pre.sql or .post.sql, or move it out of the directory"
    )]
    Misnamed {
        /// Name or path of the file.
        file_name: String,
        /// The problem with the name.
        reason: String,
    },
    /// A project of PUM 1 is not valid.
    #[error("{}: {message}", path.display())]
    Project {
        /// The file or directory.
        path: PathBuf,
        /// The problem and the fix.
        message: String,
    },
    /// A file does not belong among the repeatable scripts.
    #[error("{} cannot be a repeatable script: {reason}", path.display())]
    Repeatable {
        /// The file.
        path: PathBuf,
        /// Why not.
        reason: String,
    },
    /// Something cannot be embedded in a program.
    #[error("embedded {}: {message}", path.display())]
    Embedded {
        /// The file.
        path: PathBuf,
        /// The reason and the fix.
        message: String,
    },
    /// A new delta cannot have this name.
    #[error(
        "\"{name}\" cannot be the name of a delta: {reason}. A name has letters, digits, \"_\" \
         and \"-\", such as add_meters"
    )]
    NewName {
        /// The name.
        name: String,
        /// What is wrong with it.
        reason: String,
    },
    /// A new delta would not come after those that there are.
    #[error("version {wanted} is not higher than {highest}, the highest version so far")]
    VersionTooLow {
        /// The version that was asked for.
        wanted: Version,
        /// The highest version of the directory and the database.
        highest: Version,
    },
    /// A file of a new delta is there already.
    #[error("{} already exists and is never overwritten; nothing was written", path.display())]
    Exists {
        /// The file or directory.
        path: PathBuf,
    },
    /// A new delta could not be written.
    #[error("cannot write to {}: {cause}; nothing was written", path.display())]
    Write {
        /// The file or directory.
        path: PathBuf,
        /// The operating system's error.
        cause: std::io::Error,
    },
    /// Several errors.
    #[error("{}", lines(errors))]
    Several {
        /// Each of them.
        errors: Vec<DeltaError>,
    },
    /// Two files would be recorded as the same delta.
    #[error(
        "{} and {} are the same delta (version {version}, name \"{name}\"): \
         rename or remove one of them",
        first.display(), second.display()
    )]
    Duplicate {
        /// The version of both.
        version: Version,
        /// The name of both.
        name: String,
        /// One file.
        first: PathBuf,
        /// The other file.
        second: PathBuf,
    },
    /// A file could not be read.
    #[error("cannot read {}: {cause}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// The operating system's error.
        cause: std::io::Error,
    },
    /// A file is not UTF-8.
    #[error("{}:{line}: the file is not UTF-8 text; convert it, for example with iconv", path.display())]
    Encoding {
        /// The file.
        path: PathBuf,
        /// The line of the first bad byte, from 1.
        line: usize,
    },
    /// A file is UTF-16 or UTF-32, as editors on Windows write it.
    #[error("{} is {encoding}: save it as UTF-8", path.display())]
    Utf16 {
        /// The file.
        path: PathBuf,
        /// The name of its encoding.
        encoding: &'static str,
    },
    /// A program is not executable.
    #[error("{} is a delta to be executed, but is not executable: chmod +x {}", path.display(), path.display())]
    NotExecutable {
        /// The file.
        path: PathBuf,
    },
    /// A file cannot be split into statements or must not be run unchanged.
    #[error("{}:{line}: {message}", path.display())]
    Syntax {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: usize,
        /// The problem and the fix.
        message: String,
    },
    /// A file asks for a variable that was not given.
    #[error(
        "{}:{line}: the variable {written} has no value ({})",
        path.display(), known(given)
    )]
    MissingVariable {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: usize,
        /// The variable.
        name: String,
        /// How the file refers to it.
        written: String,
        /// The variables that were given.
        given: Vec<String>,
    },
    /// A variable is not valid.
    #[error("variable {name}: {message}")]
    Variable {
        /// The variable.
        name: String,
        /// The problem.
        message: String,
    },
}

impl DeltaError {
    /// A program has no file that could be run.
    pub(super) fn program_in_memory(path: &Path) -> Self {
        let message = "a program cannot run from memory: only SQL can be embedded".to_owned();
        Self::Embedded { path: path.to_owned(), message }
    }

    /// What to do about it.
    pub fn hint(&self) -> Option<Hint> {
        match self {
            Self::MissingVariable { name, .. } => Some(Hint::GiveVariable { name: name.clone() }),
            _ => None,
        }
    }

    /// What sort of error it is.
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::Version(_)
            | Self::Directory { .. }
            | Self::Empty { .. }
            | Self::Misnamed { .. }
            | Self::Project { .. }
            | Self::Repeatable { .. }
            | Self::Embedded { .. }
            | Self::NewName { .. }
            | Self::VersionTooLow { .. }
            | Self::Exists { .. }
            | Self::Write { .. }
            | Self::Several { .. }
            | Self::Duplicate { .. }
            | Self::File { .. }
            | Self::Encoding { .. }
            | Self::Utf16 { .. }
            | Self::NotExecutable { .. }
            | Self::Syntax { .. }
            | Self::MissingVariable { .. }
            | Self::Variable { .. } => ErrorKind::Input,
        }
    }

    /// What prevented listing a directory.
    pub(crate) fn listing(directory: &Path, err: walkdir::Error) -> Self {
        let path = err.path().unwrap_or(directory).to_owned();
        // Its own text names the path as well; only a link that leads back to itself has no other.
        let text = err.to_string();
        let source = err.into_io_error().unwrap_or_else(|| std::io::Error::other(text));
        Self::Directory { path, cause: source }
    }
}

fn lines(errors: &[DeltaError]) -> String {
    errors.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
}

fn list(paths: &[PathBuf]) -> String {
    let shown: Vec<String> = paths.iter().map(|path| path.display().to_string()).collect();
    shown.join(", ")
}

fn known(given: &[String]) -> String {
    if given.is_empty() {
        "no variables were given".to_owned()
    } else {
        format!("the given ones are: {}", given.join(", "))
    }
}
