//! PostgreSQL programs on this machine, and their versions.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::{Arc, OnceLock};

/// Where to search for programs. The library does not search anywhere else.
#[derive(Debug, Clone, Default)]
pub struct SearchPath {
    /// A directory that the user named. If set, only this one is searched.
    pub explicit: Option<PathBuf>,
    /// The directories of the `PATH` variable.
    pub path: Vec<PathBuf>,
}

/// Directories that packages install to; `*` stands for any part of a name.
const KNOWN_DIRECTORIES: &[&str] = &[
    "/usr/lib/postgresql/*/bin",                       // Debian, Ubuntu
    "/usr/pgsql-*/bin",                                // RHEL, Rocky, Fedora (PGDG)
    "/usr/libexec/postgresql*",                        // Alpine
    "/usr/lib/postgresql*/bin",                        // SUSE
    "/opt/homebrew/opt/postgresql@*/bin",              // Homebrew, Apple silicon
    "/usr/local/opt/postgresql@*/bin",                 // Homebrew, Intel
    "/home/linuxbrew/.linuxbrew/opt/postgresql@*/bin", // Homebrew on Linux
    "/Applications/Postgres.app/Contents/Versions/*/bin",
    "/Library/PostgreSQL/*/bin", // EDB's installer, macOS
    "/opt/PostgreSQL/*/bin",     // and Linux
    "/usr/local/pgsql/bin",      // built from source
];

/// A directory of PostgreSQL programs of one version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Installation {
    directory: PathBuf,
    major: u32,
    minor: u32,
}

impl Installation {
    /// A program of a directory that can tell its version, if it is one of PostgreSQL programs.
    fn any_program(directory: &Path) -> Option<PathBuf> {
        ["postgres", "pg_dump", "psql"]
            .into_iter()
            .map(|name| directory.join(name))
            .find(|program| program.is_file() && !is_debian_wrapper(program))
    }

    /// Where its programs are.
    pub fn directory(&self) -> &Path {
        &self.directory
    }

    /// Its major version, like 15.
    pub fn major(&self) -> u32 {
        self.major
    }

    /// Its minor version, like 18 in 15.18.
    pub fn minor(&self) -> u32 {
        self.minor
    }

    /// The path of one of its programs, if that is installed.
    pub fn program(&self, name: &str) -> Option<PathBuf> {
        let path = self.directory.join(name);
        (path.is_file() && !is_debian_wrapper(&path)).then_some(path)
    }

    fn has(&self, programs: &[&str]) -> bool {
        programs.iter().all(|name| self.program(name).is_some())
    }
}

/// The installations found, newest first.
///
/// ```no_run
/// use pum_core::installation::{Installations, SearchPath};
///
/// let found = Installations::find(&SearchPath::default());
/// let dump = found.newest_with(&["pg_dump", "pg_restore"], |major| major >= 15);
/// ```
#[derive(Debug, Clone, Default)]
pub struct Installations {
    search: SearchPath,
    /// Searched on first use, because asking each program for its version takes time.
    found: Arc<OnceLock<Vec<Installation>>>,
}

impl Installations {
    /// Searches, on first use, the explicit directory, or else the known package directories and
    /// those of `PATH`.
    pub fn find(search: &SearchPath) -> Self {
        Self { search: search.clone(), found: Arc::default() }
    }

    fn search(&self) -> Vec<Installation> {
        let directories: Vec<PathBuf> = match &self.search.explicit {
            Some(directory) => vec![directory.clone()],
            None => KNOWN_DIRECTORIES
                .iter()
                .flat_map(|pattern| expand(pattern))
                .chain(self.search.path.iter().cloned())
                .collect(),
        };
        // A program may be in several directories by links: it is asked once, and all of them at
        // the same time.
        let mut found: Vec<(PathBuf, PathBuf)> = Vec::new();
        for directory in directories {
            if found.iter().all(|(known, _)| *known != directory)
                && let Some(program) = Installation::any_program(&directory)
            {
                found.push((directory, program.canonicalize().unwrap_or(program)));
            }
        }
        let programs: BTreeSet<&PathBuf> = found.iter().map(|(_, program)| program).collect();
        let versions: BTreeMap<&PathBuf, (u32, u32)> = std::thread::scope(|scope| {
            let asked: Vec<_> = programs
                .into_iter()
                .map(|program| (program, scope.spawn(|| version_of(program))))
                .collect();
            let answers = asked.into_iter().map(|(program, asked)| (program, asked.join()));
            answers.filter_map(|(program, answer)| Some((program, answer.ok()??))).collect()
        });
        let installation = |(directory, program): &(PathBuf, PathBuf)| {
            let &(major, minor) = versions.get(program)?;
            Some(Installation { directory: directory.clone(), major, minor })
        };
        let mut list: Vec<Installation> = found.iter().filter_map(installation).collect();
        // A stable sort: of two equal versions the one found first stays first.
        list.sort_by_key(|found| std::cmp::Reverse((found.major, found.minor)));
        list
    }

    fn searched(&self) -> Vec<String> {
        match &self.search.explicit {
            Some(directory) => vec![directory.display().to_string()],
            None => KNOWN_DIRECTORIES
                .iter()
                .map(|known| (*known).to_owned())
                .chain(["PATH".to_owned()])
                .collect(),
        }
    }

    /// All of them, newest first.
    pub fn list(&self) -> &[Installation] {
        self.found.get_or_init(|| self.search())
    }

    /// The newest one with all these programs and a suitable major version.
    pub fn newest_with(
        &self,
        programs: &[&str],
        suits: impl Fn(u32) -> bool,
    ) -> Option<&Installation> {
        self.list().iter().find(|found| suits(found.major) && found.has(programs))
    }

    /// Where the search looked and what it found, for an error message.
    pub fn describe_search(&self, programs: &[&str]) -> String {
        let found: Vec<String> = self
            .list()
            .iter()
            .filter(|found| found.has(programs))
            .map(|found| format!("{} in {}", found.major, found.directory.display()))
            .collect();
        let found = if found.is_empty() { "none".to_owned() } else { found.join(", ") };
        format!("found: {found}; looked in {}", self.searched().join(", "))
    }
}

/// What a program says of its version.
fn version_of(program: &Path) -> Option<(u32, u32)> {
    let output = Command::new(program)
        .arg("--version")
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .output()
        .ok()?;
    version_in(&String::from_utf8_lossy(&output.stdout))
}

/// Debian's /usr/bin/pg_dump is a script that picks a version by its own rules.
fn is_debian_wrapper(program: &Path) -> bool {
    program.canonicalize().is_ok_and(|real| real.ends_with("pg_wrapper"))
}

/// Major and minor version in the output of `--version`, like `pg_dump (PostgreSQL) 15.18 (…)`.
pub(crate) fn version_in(output: &str) -> Option<(u32, u32)> {
    let (_, after) = output.split_once("(PostgreSQL) ")?;
    let mut numbers = after
        .split(|c: char| !c.is_ascii_digit())
        .map(|digits| digits.parse::<u32>().unwrap_or_default());
    Some((numbers.next()?, numbers.next().unwrap_or_default()))
}

/// The directories that match a pattern with at most one `*` in one part.
fn expand(pattern: &str) -> Vec<PathBuf> {
    let Some((before, after)) = pattern.split_once('*') else {
        return vec![PathBuf::from(pattern)];
    };
    let (parent, prefix) = before.rsplit_once('/').unwrap_or(("", before));
    let Ok(entries) = std::fs::read_dir(parent) else { return Vec::new() };
    let mut found: Vec<PathBuf> = entries
        .flatten()
        .filter(|entry| entry.file_name().to_string_lossy().starts_with(prefix))
        .map(|entry| entry.path().join(after.trim_start_matches('/')))
        .filter(|path| path.is_dir())
        .collect();
    found.sort();
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    fn fake(directory: &Path, program: &str, version: &str) {
        std::fs::create_dir_all(directory).unwrap();
        let path = directory.join(program);
        std::fs::write(&path, format!("#!/bin/sh\necho '{program} (PostgreSQL) {version}'\n"))
            .unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
    }

    #[test]
    fn the_newest_suitable_one_is_taken() {
        let root = tempfile::tempdir().unwrap();
        let (old, new) = (root.path().join("9"), root.path().join("99"));
        fake(&old, "pg_dump", "9.6");
        fake(&new, "pg_dump", "99.1 (Test 99.1-1)");
        let path = vec![old.clone(), new.clone(), root.path().join("missing")];
        let found = Installations::find(&SearchPath { explicit: None, path });
        let newest = found.newest_with(&["pg_dump"], |_| true).unwrap();
        assert_eq!((newest.major(), newest.directory()), (99, new.as_path()));
        assert!(found.newest_with(&["pg_dump"], |major| major > 99).is_none());
        assert!(found.newest_with(&["pg_dump", "nonsense"], |_| true).is_none());

        let only = Installations::find(&SearchPath { explicit: Some(old), path: vec![new] });
        assert_eq!(only.list().iter().map(Installation::major).collect::<Vec<_>>(), [9]);
    }

    #[test]
    fn versions_are_read_from_what_programs_print() {
        assert_eq!(
            version_in("postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)"),
            Some((15, 18))
        );
        assert_eq!(version_in("psql (PostgreSQL) 18beta1"), Some((18, 0)));
        assert_eq!(version_in("ls (GNU coreutils) 9.1"), None);
    }
}
