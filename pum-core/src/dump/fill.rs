//! Putting a dump into an empty database.

use std::ffi::OsString;

use super::DumpError;
use super::complaints::Complaints;
use super::needs::{rename_roles, script_of};
use super::program::Program;
use super::restore::Dump;
use super::tools::option;
use crate::Interrupt;
use crate::connect::{Session, Settings};
use crate::process::Listener;

/// A dump and where it goes.
pub(super) struct Filling<'a> {
    pub(super) dump: Dump<'a>,
    pub(super) target: &'a Settings,
    pub(super) interrupt: &'a Interrupt,
}

impl Filling<'_> {
    /// Restores everything.
    pub(super) fn run(&self, listener: &mut dyn Listener) -> Result<(), DumpError> {
        let options = self.dump.options;
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
        if options.role_map.is_empty() || options.without_roles {
            return self.pg_restore(vec![option("section", section)], listener);
        }
        self.definitions(section)
    }

    fn definitions(&self, section: &str) -> Result<(), DumpError> {
        let Dump { tools, archive, options, .. } = self.dump;
        let mut selection = self.dump.selection();
        selection.push(option("section", section));
        let script = script_of(tools, archive, selection, self.interrupt)?;
        let script = rename_roles(&script, &options.role_map);
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
        let Dump { tools, archive, options, .. } = self.dump;
        let mut arguments = self.dump.selection();
        arguments.push("--verbose".into());
        if !options.ignore_errors {
            arguments.push("--exit-on-error".into());
        }
        if options.jobs > 1 {
            arguments.push(option("jobs", options.jobs.to_string()));
        } else if !options.ignore_errors && !options.in_pieces {
            arguments.push("--single-transaction".into());
        }
        arguments.extend(more);
        let path = &tools.pg_restore.path;
        let program = Program::new(path, arguments, Some(self.target), Some(archive))?;
        let mut end = Complaints::default();
        let mut both = Both(listener, &mut end);
        let outcome = program.run(&mut both, self.interrupt)?;
        // Only who came to the end counts the errors that were ignored.
        if outcome.success || (options.ignore_errors && end.counted.is_some()) {
            return Ok(());
        }
        let action = format!("the restore of {} to {}", archive.display(), self.target.label());
        Err(DumpError::Failed { action, output: outcome.output })
    }
}

struct Both<'a>(&'a mut dyn Listener, &'a mut dyn Listener);

impl Listener for Both<'_> {
    fn line(&mut self, line: &str) {
        self.0.line(line);
        self.1.line(line);
    }

    fn tick(&mut self) {
        self.0.tick();
    }
}
