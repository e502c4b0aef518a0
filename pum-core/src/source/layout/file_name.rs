use std::path::{Path, PathBuf};

use walkdir::WalkDir;

use crate::delta::{self, DeltaError};
use crate::source::SourceError;

/// A whole number of any length.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Number {
    digits: usize,
    text: String,
}

impl Number {
    /// Digits only.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let all_digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        let text = text.trim_start_matches('0');
        all_digits.then(|| Self { digits: text.len(), text: text.to_owned() })
    }

    pub(super) fn is_zero(&self) -> bool {
        self.digits == 0
    }
}

/// The digits that a name begins with, and what follows.
pub(super) fn leading_digits(name: &str) -> Option<(&str, &str)> {
    let end = name.find(|c: char| !c.is_ascii_digit()).unwrap_or(name.len());
    (end > 0).then(|| name.split_at(end))
}

/// The last part of a path.
pub(super) fn name_of(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

/// Whether a name ends so, in whatever case.
pub(super) fn ends_in(name: &str, end: &str) -> bool {
    let start = name.len().checked_sub(end.len());
    start.and_then(|at| name.get(at..)).is_some_and(|found| found.eq_ignore_ascii_case(end))
}

/// The files of a directory, or also of those in it, by name; hidden ones are left out.
pub(super) fn files_in(directory: &Path, depth: usize) -> Result<Vec<PathBuf>, SourceError> {
    let visible = |entry: &walkdir::DirEntry| {
        entry.depth() == 0 || !entry.file_name().to_string_lossy().starts_with('.')
    };
    let walk = WalkDir::new(directory).max_depth(depth).follow_links(true).sort_by_file_name();
    let mut files = Vec::new();
    for entry in walk.into_iter().filter_entry(visible) {
        let entry = entry.map_err(|err| DeltaError::listing(directory, err))?;
        if entry.file_type().is_file() {
            files.push(entry.into_path());
        }
    }
    Ok(files)
}

/// The directory's own files.
pub(super) const HERE: usize = 1;

/// Also those of all directories in it.
pub(super) const ALL_BELOW: usize = usize::MAX;

/// The directories in a directory, by name; hidden ones are left out.
pub(super) fn directories_in(directory: &Path) -> Result<Vec<PathBuf>, SourceError> {
    let failed = |source| DeltaError::Directory { path: directory.to_owned(), cause: source };
    Ok(delta::directories_in(directory).map_err(failed)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_compared_as_numbers_of_any_length() {
        let number = |text| Number::parse(text).unwrap();
        assert!(number("9") < number("10") && number("0009") == number("9"));
        assert!(number("99999999999999999999") < number("100000000000000000000"));
        assert!(number("000").is_zero());
        assert_eq!((Number::parse(""), Number::parse("1a")), (None, None));
    }
}
