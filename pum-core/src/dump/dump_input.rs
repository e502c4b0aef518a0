//! A dump to read, and the program that reads it.

use std::ffi::OsString;
use std::path::Path;

use super::Tools;
use super::manifest::Manifest;
use super::restore_options::RestoreOptions;

/// A dump, and how it is to be restored.
#[derive(Clone, Copy)]
pub(super) struct DumpInput<'a> {
    pub(super) tools: &'a Tools,
    pub(super) archive: &'a Path,
    pub(super) options: &'a RestoreOptions,
    pub(super) manifest: Option<&'a Manifest>,
}

impl DumpInput<'_> {
    /// The options of `pg_restore` that say what is restored.
    pub(super) fn selection(&self) -> Vec<OsString> {
        self.options.selection()
    }
}
