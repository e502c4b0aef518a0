use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::DumpError;
use super::vulnerable::{Vulnerability, vulnerability};
use crate::installation::{Installation, Installations, version_in};

/// Programs named by the user, instead of those found.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct ToolOverrides {
    /// `pg_dump`
    pub pg_dump: Option<PathBuf>,
    /// `pg_restore`
    pub pg_restore: Option<PathBuf>,
}

/// A `pg_dump` and a `pg_restore` that are suitable for a server.
#[derive(Debug, Clone)]
pub struct Tools {
    pub(super) pg_dump: Tool,
    pub(super) pg_restore: Tool,
}

/// A program and its version.
#[derive(Debug, Clone)]
pub(super) struct Tool {
    pub(super) path: PathBuf,
    pub(super) version: (u32, u32),
}

impl Tools {
    /// Chooses programs for a server of major version `server`: of the same version or else the
    /// next newer one, because a client cannot dump a newer server, and a newer client may write
    /// settings that an older server does not know.
    ///
    /// # Errors
    ///
    /// If there is no program of the server's version or newer.
    pub fn choose(
        installations: &Installations,
        overrides: &ToolOverrides,
        server: u32,
    ) -> Result<Self, DumpError> {
        let found = |name: &'static str, named: Option<&PathBuf>| match named {
            Some(path) => named_program(path, server),
            None => oldest_suitable(installations, name, server),
        };
        Ok(Self {
            pg_dump: found("pg_dump", overrides.pg_dump.as_ref())?,
            pg_restore: found("pg_restore", overrides.pg_restore.as_ref())?,
        })
    }

    /// Chooses programs for restoring the output of a `pg_dump` of major version `dumped_by` (0 if
    /// unknown) to a server of major version `server`. Any version can restore to any server if the
    /// server knows the statements in the dump; a version that is not newer than the server adds no
    /// unknown ones.
    ///
    /// # Errors
    ///
    /// If there is no program that can read the dump and work with the server.
    pub fn choose_for_restore(
        installations: &Installations,
        overrides: &ToolOverrides,
        dumped_by: u32,
        server: u32,
    ) -> Result<Self, DumpError> {
        if overrides.pg_restore.is_some() {
            return Self::choose(installations, overrides, dumped_by);
        }
        let found = installations.list().iter().filter(|it| it.program("pg_restore").is_some());
        let readable = found.map(Installation::major).filter(|major| *major >= dumped_by);
        // The server's own, then the next older one, then the next newer one.
        let best = readable.min_by_key(|&major| (major > server, major.abs_diff(server)));
        Self::choose(installations, overrides, best.unwrap_or(server.max(dumped_by)))
    }

    /// The major version of `pg_dump`.
    pub fn dump_major(&self) -> u32 {
        self.pg_dump.version.0
    }

    /// The major version of `pg_restore`.
    pub fn restore_major(&self) -> u32 {
        self.pg_restore.version.0
    }

    /// Whether `pg_restore` says something to a server of this major version that it does not know,
    /// and so cannot stop at the first error.
    pub(super) fn restore_is_too_new(&self, server: u32) -> bool {
        self.restore_major() >= 17 && server < 17
    }

    /// The version of `pg_dump`, such as `15.18`.
    pub fn dump_version(&self) -> String {
        self.pg_dump.version()
    }

    /// The most severe known vulnerability of these versions.
    pub fn vulnerability(&self) -> Option<Vulnerability> {
        [&self.pg_dump, &self.pg_restore].into_iter().find_map(|tool| {
            let (major, minor) = tool.version;
            let (name, fixed) = vulnerability(major, minor)?;
            Some(Vulnerability { program: tool.path.clone(), version: tool.version(), name, fixed })
        })
    }

    /// `pg_dumpall`, which comes with `pg_dump`.
    pub(super) fn pg_dumpall(&self) -> Result<PathBuf, DumpError> {
        let path = self.pg_dump.path.with_file_name("pg_dumpall");
        if path.is_file() {
            return Ok(path);
        }
        let source = std::io::ErrorKind::NotFound.into();
        Err(DumpError::Program { program: path, cause: source })
    }
}

impl Tool {
    fn version(&self) -> String {
        format!("{}.{}", self.version.0, self.version.1)
    }
}

fn oldest_suitable(
    installations: &Installations,
    name: &'static str,
    server: u32,
) -> Result<Tool, DumpError> {
    // They are sorted, newest first: of the oldest suitable major the newest minor is found.
    let suitable = || {
        installations
            .list()
            .iter()
            .filter(|found| found.major() >= server && found.program(name).is_some())
    };
    let major = suitable().map(Installation::major).min();
    suitable()
        .find(|found| Some(found.major()) == major)
        .and_then(|found| {
            let path = found.program(name)?;
            Some(Tool { path, version: (found.major(), found.minor()) })
        })
        .ok_or_else(|| DumpError::NoTool {
            program: name,
            server,
            searched: installations.describe_search(&[name]),
        })
}

fn named_program(path: &Path, server: u32) -> Result<Tool, DumpError> {
    let output = Command::new(path)
        .arg("--version")
        .stdin(Stdio::null())
        .output()
        .map_err(|source| DumpError::Program { program: path.to_owned(), cause: source })?;
    let text = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    match version_in(&text) {
        Some(version) if version.0 >= server => Ok(Tool { path: path.to_owned(), version }),
        Some((major, _)) => Err(DumpError::ToolTooOld { program: path.to_owned(), major, server }),
        None => Err(DumpError::NotATool { program: path.to_owned(), output: text }),
    }
}

/// `--name=value`, where the value may be any bytes.
pub(super) fn option(name: &str, value: impl AsRef<std::ffi::OsStr>) -> OsString {
    let mut option = OsString::from(format!("--{name}="));
    option.push(value);
    option
}
