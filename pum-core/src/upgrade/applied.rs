use std::path::PathBuf;
use std::time::Duration;

/// A script that was run and committed.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Applied {
    /// Its file.
    pub path: PathBuf,
    /// How long it took.
    pub duration: Duration,
}
