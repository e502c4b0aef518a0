use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::DumpError;
use crate::installation::{Installations, version_in};

/// Programs that the user named, instead of those found.
#[derive(Debug, Clone, Default)]
pub struct ToolOverrides {
    /// `pg_dump`
    pub pg_dump: Option<PathBuf>,
    /// `pg_restore`
    pub pg_restore: Option<PathBuf>,
}

/// A `pg_dump` and a `pg_restore` that suit a server.
#[derive(Debug, Clone)]
pub struct Tools {
    pub(super) pg_dump: PathBuf,
    pub(super) pg_restore: PathBuf,
}

impl Tools {
    /// Chooses programs for a server of major version `server`: of the same version or else the
    /// next newer one, because a client cannot dump a newer server, and a newer client may write
    /// settings that an older server does not know.
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
}

fn oldest_suitable(
    installations: &Installations,
    name: &'static str,
    server: u32,
) -> Result<PathBuf, DumpError> {
    installations
        .list()
        .iter()
        .rev()
        .filter(|found| found.major() >= server)
        .find_map(|found| found.program(name))
        .ok_or_else(|| DumpError::NoTool {
            program: name,
            server,
            searched: installations.describe_search(&[name]),
        })
}

fn named_program(path: &Path, server: u32) -> Result<PathBuf, DumpError> {
    let output = Command::new(path)
        .arg("--version")
        .stdin(Stdio::null())
        .output()
        .map_err(|source| DumpError::Program { program: path.to_owned(), source })?;
    let text = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    match version_in(&text) {
        Some((major, _)) if major >= server => Ok(path.to_owned()),
        Some((major, _)) => Err(DumpError::ToolTooOld { program: path.to_owned(), major, server }),
        None => Err(DumpError::NotATool { program: path.to_owned(), output: text }),
    }
}
