//! A dump to read, and the program that reads it.

use std::cell::OnceCell;
use std::ffi::OsString;
use std::path::Path;

use super::check::run_restore;
use super::manifest::Manifest;
use super::restore_options::RestoreOptions;
use super::{DumpError, Tools};
use crate::Interrupt;

/// A dump, and how it is to be restored.
#[derive(Clone, Copy)]
pub(super) struct DumpInput<'a> {
    pub(super) tools: &'a Tools,
    pub(super) archive: &'a Path,
    pub(super) options: &'a RestoreOptions,
    pub(super) manifest: Option<&'a Manifest>,
    pub(super) toc: &'a Toc,
}

/// The table of contents of an archive, once it was read.
#[derive(Default)]
pub(super) struct Toc(OnceCell<String>);

impl Toc {
    /// That of this archive, as `pg_restore --list` prints it.
    pub(super) fn read(
        &self,
        tools: &Tools,
        archive: &Path,
        interrupt: &Interrupt,
    ) -> Result<&str, DumpError> {
        if let Some(toc) = self.0.get() {
            return Ok(toc);
        }
        let list = run_restore(tools, archive, ["--list".into()], interrupt)?;
        Ok(self.0.get_or_init(|| String::from_utf8_lossy(&list).into_owned()))
    }
}

impl<'a> DumpInput<'a> {
    /// Its table of contents.
    pub(super) fn toc(&self, interrupt: &Interrupt) -> Result<&'a str, DumpError> {
        self.toc.read(self.tools, self.archive, interrupt)
    }

    /// The options of `pg_restore` that say what is restored.
    pub(super) fn selection(&self) -> Vec<OsString> {
        self.options.selection()
    }
}
