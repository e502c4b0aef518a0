//! Roles and tablespaces, which belong to a server instead of a database.

use std::path::{Path, PathBuf};

use super::destination::{beside, sync};
use super::partial_file::PartialFile;
use super::program::Program;
use super::tools::option;
use super::{DumpError, Tools};
use crate::Interrupt;
use crate::connect::Settings;
use crate::process::PassOn;
use crate::progress::NoopObserver;

/// A script that is written and has no name yet.
pub(super) struct GlobalsFile(PartialFile);

/// The end of the script that `pg_dumpall` writes.
const END: &str = "-- PostgreSQL database cluster dump complete";

/// Writes the server's roles and tablespaces.
pub(super) fn write_globals(
    tools: &Tools,
    settings: &Settings,
    dump: &Path,
    globals: Globals,
    interrupt: &Interrupt,
) -> Result<GlobalsFile, DumpError> {
    let path = path_of(dump);
    let file_error =
        |source| DumpError::File { action: "write", path: path.clone(), cause: source };
    let part = PartialFile::new(&path, false).map_err(file_error)?;
    let mut options = vec!["--globals-only".into(), option("file", part.path())];
    if globals == Globals::WithoutPasswords {
        options.push("--no-role-passwords".into());
    }
    let program = Program::new(&tools.pg_dumpall()?, options, Some(settings), None)?;
    let outcome = program.run(&mut PassOn(&mut NoopObserver), interrupt)?;
    if !outcome.success {
        let action = format!("the dump of the roles of {}", settings.label());
        return Err(DumpError::Failed { action, output: outcome.output });
    }
    let text = std::fs::read(part.path()).map_err(file_error)?;
    if !String::from_utf8_lossy(&text).contains(END) {
        return Err(DumpError::Archive { path, output: "its end is missing".to_owned() });
    }
    sync(part.path()).map_err(file_error)?;
    Ok(GlobalsFile(part))
}

/// Where they are.
pub(super) fn path_of(dump: &Path) -> PathBuf {
    beside(dump, ".globals.sql")
}

impl GlobalsFile {
    /// Puts it beside the dump.
    pub(super) fn persist(self, dump: &Path) -> Result<PathBuf, DumpError> {
        let path = path_of(dump);
        self.0.persist(&path).map_err(|source| DumpError::File {
            action: "name",
            path: path.clone(),
            cause: source,
        })?;
        Ok(path)
    }
}

/// Which parts of the server's roles are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Globals {
    /// Everything but their passwords.
    WithoutPasswords,
    /// Also their passwords, encrypted as on the server.
    WithPasswords,
}
