//! The progress of a step without a transaction, and its record next to the upgrades table.

use super::progress_table::{self, Next, ProgressRow};
use super::run::{Run, reset};
use super::{PartialProgress, UpgradeError, UpgradeStep, interrupted_statement};
use crate::delta::{Statement, resets_session};

/// Before pum's own statements: not as the role, nor with the limits, that the script may have set.
pub(super) const AS_PUM: &str = "SET LOCAL SESSION AUTHORIZATION DEFAULT; SET LOCAL ROLE NONE; \
                                 SET LOCAL lock_timeout = 0; SET LOCAL statement_timeout = 0; ";

/// A step being run statement by statement.
pub(super) struct StatementProgress<'r, 'a, 'c> {
    pub(super) run: &'r mut Run<'a, 'c>,
    pub(super) step: &'a UpgradeStep,
    /// The place of the step in the plan.
    pub(super) position: usize,
    /// For each number of statements, the checksum of so many of them.
    pub(super) checksums: Vec<String>,
    /// How many statements are done.
    pub(super) done: usize,
}

impl<'r, 'a, 'c> StatementProgress<'r, 'a, 'c> {
    /// Of the step at this position of the plan.
    pub(super) fn new(run: &'r mut Run<'a, 'c>, step: &'a UpgradeStep, position: usize) -> Self {
        Self { run, step, position, checksums: progress_table::checksums(&step.script), done: 0 }
    }

    /// The statement that is to be run next.
    pub(super) fn statement(&self) -> Option<&'a Statement> {
        self.step.script.statements().get(self.done)
    }

    pub(super) fn partial_progress(&self, left: Vec<String>) -> PartialProgress {
        PartialProgress {
            script: self.step.path().to_owned(),
            done: self.done,
            count: self.step.script.statements().len(),
            line: self.statement().map(|statement| statement.line),
            left,
            program: self.step.is_program(),
        }
    }

    /// Sets the limits of time again after a statement that reset all settings of the session.
    pub(super) fn restore_limits(&mut self, statement: &Statement) -> Result<(), UpgradeError> {
        if !resets_session(self.step.sql_of(statement)) {
            return Ok(());
        }
        let limits = self.run.options.timeouts.with(&self.step.header).to_sql("SET");
        let result = reset(self.run.session).and_then(|()| self.run.execute(&limits));
        result.map_err(|err| {
            let what = format!("{}: after line {}", self.step.file_name(), statement.line);
            UpgradeError::server(what, &err)
        })
    }

    /// Records that so many statements are done, and what is known of the next one.
    pub(super) fn record(&mut self, done: usize, next: Next) -> Result<(), UpgradeError> {
        let Some(row) = ProgressRow::of(self.step) else { return Ok(()) };
        let table = self.run.table();
        let update = progress_table::update_sql(table, row, &self.checksums, done, next);
        let sql = format!("BEGIN READ WRITE; {AS_PUM}{update}; COMMIT");
        // A cancel request that came late hits this instead of the statement.
        self.execute_own(&sql).or_else(|_| {
            self.run.roll_back();
            self.execute_own(&sql)
        })
    }

    /// Runs statements of pum's own.
    pub(super) fn execute_own(&mut self, sql: &str) -> Result<(), UpgradeError> {
        self.run.execute(sql).map_err(|err| {
            let name = self.step.file_name();
            UpgradeError::server(format!("{name}: cannot record what is done"), &err)
        })
    }

    /// Brings a statement that did not end well to its end and tells how, or removes what it left
    /// behind, so that it can run again.
    pub(super) fn repair(&mut self, statement: &Statement) -> Result<Option<String>, UpgradeError> {
        let (sql, line) = (self.step.sql_of(statement), statement.line);
        let name = self.step.file_name();
        let session = &mut *self.run.session;
        let finished = interrupted_statement::finish(session, sql).map_err(|err| {
            UpgradeError::server(format!("{name}: cannot finish what line {line} began"), &err)
        })?;
        if finished.is_some() {
            return Ok(finished);
        }
        let dropped = interrupted_statement::repair(session, sql).map_err(|err| {
            let what = format!("{name}: cannot drop the invalid index that line {line} left");
            UpgradeError::server(what, &err)
        })?;
        for index in dropped {
            self.run.context.warn(&format!(
                "{name}: dropped the invalid index {index}, which line {line} had left"
            ));
        }
        Ok(None)
    }
}
