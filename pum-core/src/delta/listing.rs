//! The contents of a directory.

use std::fs::FileType;
use std::path::{Path, PathBuf};

use walkdir::WalkDir;

use super::DeltaError;

/// Whether an entry of a directory is one too, or a link to one. The system is only asked about
/// links: there may be thousands of files.
pub(super) fn is_directory(kind: FileType, path: &Path) -> bool {
    kind.is_dir() || kind.is_symlink() && path.is_dir()
}

/// The files of a directory, sorted by name.
pub(super) fn files_in(directory: &Path) -> Result<Vec<PathBuf>, DeltaError> {
    let mut files = Vec::new();
    for entry in WalkDir::new(directory).min_depth(1).max_depth(1).sort_by_file_name() {
        let entry = entry.map_err(|err| DeltaError::listing(directory, err))?;
        if !is_directory(entry.file_type(), entry.path()) {
            files.push(entry.into_path());
        }
    }
    // A plain file given as directory lists as nothing: say so instead.
    if files.is_empty() {
        let source = std::fs::read_dir(directory).err();
        if let Some(source) = source {
            return Err(DeltaError::Directory { path: directory.to_owned(), cause: source });
        }
    }
    Ok(files)
}
