use std::path::PathBuf;

use crate::{ErrorKind, Hint};

/// The version of the format that is written. It grows when older versions of pum cannot read what
/// newer ones write.
pub const FORMAT_VERSION: u32 = 1;

/// Why a snapshot cannot be read or written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SnapshotError {
    /// A file could not be read or written.
    #[error("cannot {action} the snapshot {}: {cause}", path.display())]
    File {
        /// The attempted action.
        action: &'static str,
        /// On what.
        path: PathBuf,
        /// The operating system's error.
        cause: std::io::Error,
    },
    /// It is of a format that this version of pum does not know.
    #[error(
        "the snapshot {} has format_version {found}, but this version of pum reads \
         {FORMAT_VERSION}: use the version that wrote it{}, or a newer one",
        path.display(), written_by.as_ref().map(|v| format!(" ({v})")).unwrap_or_default()
    )]
    Format {
        /// The file.
        path: PathBuf,
        /// Its text.
        found: u64,
        /// The version of pum that it says it is from.
        written_by: Option<String>,
    },
    /// It is not what pum wrote: cut off, altered, or merged badly.
    #[error(
        "{}:{line}: the snapshot cannot be read: {message}. If it was truncated or edited, take it \
         again from its source, or restore it from version control",
        path.display()
    )]
    Content {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: usize,
        /// The problem.
        message: String,
    },
}

impl SnapshotError {
    /// What to do about it, in addition to its text.
    pub fn hint(&self) -> Option<Hint> {
        None
    }

    /// What sort of error it is.
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::File { .. } | Self::Format { .. } | Self::Content { .. } => ErrorKind::Input,
        }
    }
}
