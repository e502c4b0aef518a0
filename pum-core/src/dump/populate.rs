//! Restores a dump into an empty database.

use std::ffi::OsString;

use super::DumpError;
use super::dump_input::DumpInput;
use super::prerequisites::{rename_roles, script_of};
use super::program::Program;
use super::restore_errors::{RestoreErrors, UNKNOWN_BEFORE_17};
use super::toc::WithoutPublic;
use super::tools::option;
use crate::Interrupt;
use crate::connect::{Session, Settings};
use crate::process::{Both, Listener};

/// A dump and where it goes.
pub(super) struct Populate<'a> {
    pub(super) dump: DumpInput<'a>,
    pub(super) target: &'a Settings,
    /// The major version of its server.
    pub(super) server: u32,
    pub(super) interrupt: &'a Interrupt,
}

impl Populate<'_> {
    /// Restores everything.
    pub(super) fn run(&self, listener: &mut dyn Listener) -> Result<(), DumpError> {
        let options = self.dump.options;
        self.own_public()?;
        if options.role_map.is_empty() || options.without_roles {
            return self.pg_restore(Vec::new(), listener);
        }
        // Owners and privileges are in the definitions, which are run with the other names.
        self.definitions("pre-data")?;
        self.pg_restore(vec![option("section", "data")], listener)?;
        self.definitions("post-data")
    }

    /// Restores the definitions that come before the rows, or after them.
    pub(super) fn section(
        &self,
        section: &str,
        listener: &mut dyn Listener,
    ) -> Result<(), DumpError> {
        let options = self.dump.options;
        if section == "pre-data" {
            self.own_public()?;
        }
        if options.role_map.is_empty() || options.without_roles {
            return self.pg_restore(vec![option("section", section)], listener);
        }
        self.definitions(section)
    }

    /// The options that say what is restored, and the list that they name.
    fn selection(&self) -> Result<(Vec<OsString>, Option<WithoutPublic>), DumpError> {
        let mut selection = self.dump.selection();
        let dumped = WithoutPublic::of(&self.dump, self.interrupt)?;
        selection.extend(dumped.iter().map(|dumped| option("use-list", dumped.list.path())));
        Ok((selection, dumped))
    }

    /// Gives the schema `public` its owner, if the dump would have made it.
    fn own_public(&self) -> Result<(), DumpError> {
        let Some(dumped) = WithoutPublic::of(&self.dump, self.interrupt)? else { return Ok(()) };
        let sql = rename_roles(&dumped.owner, &self.dump.options.role_map);
        let mut session = Session::open(self.target, self.interrupt)?;
        session.client().batch_execute(&sql).map_err(|err| {
            let archive = self.dump.archive.display();
            DumpError::server(format!("cannot restore the owner of public in {archive}"), &err)
        })
    }

    fn definitions(&self, section: &str) -> Result<(), DumpError> {
        let DumpInput { tools, archive, options, .. } = self.dump;
        let (mut selection, _list) = self.selection()?;
        selection.push(option("section", section));
        let script = script_of(tools, archive, selection, self.interrupt)?;
        let mut script = rename_roles(&script, &options.role_map);
        if tools.restore_is_too_new(self.server) {
            script = script.replacen(UNKNOWN_BEFORE_17, "", 1);
        }
        let mut session = Session::open(self.target, self.interrupt)?;
        session.client().batch_execute(&script).map_err(|err| {
            let archive = archive.display();
            DumpError::server(format!("cannot restore the definitions of {archive}"), &err)
        })
    }

    fn pg_restore(
        &self,
        more: Vec<OsString>,
        listener: &mut dyn Listener,
    ) -> Result<(), DumpError> {
        let DumpInput { tools, archive, options, .. } = self.dump;
        let (mut arguments, _list) = self.selection()?;
        arguments.push("--verbose".into());
        let goes_on = options.ignore_errors || tools.restore_is_too_new(self.server);
        if !goes_on {
            arguments.push("--exit-on-error".into());
        }
        if options.jobs > 1 {
            arguments.push(option("jobs", options.jobs.to_string()));
        } else if !goes_on && !options.in_pieces {
            arguments.push("--single-transaction".into());
        }
        arguments.extend(more);
        let path = &tools.pg_restore.path;
        let program = Program::new(path, arguments, Some(self.target), Some(archive))?;
        let mut end = RestoreErrors::default();
        let mut both = Both(listener, &mut end);
        let outcome = program.run(&mut both, self.interrupt)?;
        if outcome.success || (goes_on && end.completed(options.ignore_errors)) {
            return Ok(());
        }
        let action = format!("the restore of {} to {}", archive.display(), self.target.label());
        let errors = end.real().cloned().collect();
        let output = end.described().unwrap_or(outcome.output);
        Err(DumpError::NotRestored { action, output, errors })
    }
}
