use std::io;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

use jiff::Timestamp;

/// How far a run came.
pub(super) const RECORD: &str = "run.json";

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

    /// Makes it, for its owner only. A directory of runs that is made with it is one that Git ignores:
    /// dumps do not belong into version control.
    ///
    /// # Errors
    ///
    /// Those of the operating system.
    pub fn create(&self) -> io::Result<()> {
        let runs = self.runs();
        if !runs.exists() {
            private().create(runs)?;
            std::fs::write(runs.join(".gitignore"), "*\n")?;
        }
        private().create(&self.path)
    }

    /// The directory of all runs.
    fn runs(&self) -> &Path {
        let depth = self.id.matches('/').count() + 1;
        self.path
            .ancestors()
            .nth(depth)
            .filter(|it| !it.as_os_str().is_empty())
            .unwrap_or(Path::new("."))
    }

    /// The runs in a directory of runs, the newest first; what is not named like a run is none. No
    /// directory is no runs.
    ///
    /// # Errors
    ///
    /// If the directory cannot be read.
    pub fn list(runs: &Path) -> io::Result<Vec<Self>> {
        let entries = match runs.read_dir() {
            Err(err) if err.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            entries => entries?,
        };
        let mut found = Vec::new();
        for entry in entries {
            let entry = entry?;
            let Ok(id) = entry.file_name().into_string() else { continue };
            if is_id(&id) && entry.file_type()?.is_dir() {
                found.push(Self { path: entry.path(), id, resume: true });
            }
        }
        // They begin with the moment.
        found.sort_by(|one, other| other.id.cmp(&one.id));
        Ok(found)
    }

    /// The run's identifier.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Whether it has what a run needs to go on: it came to the rehearsal.
    pub fn can_resume(&self) -> bool {
        self.path.join(RECORD).is_file()
    }

    /// Whether an earlier run is to go on.
    pub fn resumes(&self) -> bool {
        self.resume
    }
}

fn private() -> std::fs::DirBuilder {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true).mode(0o700);
    builder
}

/// Whether a name is one that [`RunDirectory::new`] gives.
fn is_id(name: &str) -> bool {
    let parts: Vec<&str> = name.split('-').collect();
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    let [day, time, process] = parts.as_slice() else { return false };
    day.len() == 8 && time.len() == 6 && [day, time, process].into_iter().all(|part| digits(part))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_named_like_a_run_is_none() {
        let new = RunDirectory::new(Path::new("runs"));
        assert!(is_id(new.id()), "{}", new.id());
        for name in
            ["", "20261121", "20261121-140312", "20261121-140312-", "backup-of-all", "a-b-c"]
        {
            assert!(!is_id(name), "{name}");
        }
        assert_eq!(new.part("prod").runs(), Path::new("runs"));
    }
}
