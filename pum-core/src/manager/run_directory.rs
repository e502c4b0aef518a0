use std::path::{Path, PathBuf};

use jiff::Timestamp;

/// The directory of a run: what happened, the rehearsal's result, and whatever else belongs to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunDirectory {
    id: String,
    path: PathBuf,
    resume: bool,
}

impl RunDirectory {
    /// For a new run, in this directory of runs. It is made when there is something to keep.
    ///
    /// The identifier is the moment, in UTC, and the process: `20261121-140312-4711`.
    pub fn new(runs: &Path) -> Self {
        let now = Timestamp::now().strftime("%Y%m%d-%H%M%S");
        let id = format!("{now}-{}", std::process::id());
        Self { path: runs.join(&id), id, resume: false }
    }

    /// That of one of several production databases within this run; the name is made fit for a
    /// file.
    #[must_use]
    pub fn part(&self, name: &str) -> Self {
        let fit = |c: char| if c.is_alphanumeric() || "-_.".contains(c) { c } else { '_' };
        let name: String = name.chars().map(fit).take(100).collect();
        let name = name.trim_start_matches('.');
        Self { path: self.path.join(name), id: format!("{}/{name}", self.id), ..self.clone() }
    }

    /// That of an earlier run, which is to go on.
    pub fn resume(runs: &Path, id: &str) -> Self {
        Self { path: runs.join(id), id: id.to_owned(), resume: true }
    }

    /// The run's identifier.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Whether an earlier run is to go on.
    pub fn resumes(&self) -> bool {
        self.resume
    }
}
