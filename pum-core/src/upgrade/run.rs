//! State shared by all parts of a run: the session, the plan, and the progress so far.

use std::time::Instant;

use super::announcer::Announcer;
use super::failure::file_name;
use super::lock_retry::LockRetry;
use super::measure::Meter;
use super::pending_post_all::PendingPostAll;
use super::python::Interpreter;
use super::{
    Applied, PartialProgress, Record, Resume, Retained, RunOptions, TableName, UpgradeError,
    UpgradePlan, UpgradeStep,
};
use crate::Context;
use crate::connect::{ServerMessage, SessionOn};
use crate::delta::{DeltaName, Version};
use crate::progress::Event;

/// Inspects the result of all steps in their transaction. An error says why it must not be
/// committed.
pub(super) type PreCommitCheck<'a> = dyn FnMut(&mut SessionOn<'_>) -> Result<(), String> + 'a;

/// A plan being applied.
pub(super) struct Run<'a, 'c> {
    pub(super) session: &'a mut SessionOn<'c>,
    pub(super) context: Context<'a>,
    pub(super) plan: &'a UpgradePlan,
    pub(super) options: &'a RunOptions,
    /// Whether everything is rolled back at the end.
    pub(super) rehearse: bool,
    /// Whether all steps are in one transaction.
    pub(super) in_one_transaction: bool,
    /// Which server this is, for the case that it must be found again.
    pub(super) system_identifier: Option<u64>,
    /// The operator's decision, until it was used.
    pub(super) resume: Option<Resume>,
    /// What inspects the result before it is committed, if that is one transaction.
    pub(super) pre_commit_check: Option<&'a mut PreCommitCheck<'a>>,
    /// What measures it.
    pub(super) meter: Option<Meter>,
    /// What tells which statement runs.
    pub(super) announcer: Announcer,
    pub(super) locks: LockRetry<'a>,
    pub(super) post_all: PendingPostAll,
    /// What runs programs in Python.
    pub(super) interpreters: Vec<Interpreter>,
    /// What was committed.
    pub(super) applied: Vec<Applied>,
}

impl<'a> Run<'a, '_> {
    pub(super) fn table(&self) -> &'a TableName {
        self.plan.table()
    }

    /// Reports that a step begins, and what its author should know.
    pub(super) fn announce(&mut self, at: usize, step: &UpgradeStep) {
        let (position, count) = (at + 1, self.plan.steps.len());
        self.context.notify(Event::ScriptStarted { path: step.path(), position, count });
        self.meter.iter_mut().for_each(|meter| meter.script(step.path()));
        for warning in step.script.warnings() {
            self.context.warn(&format!("{}: {warning}", step.file_name()));
        }
    }

    /// Reports that a step that began then is done.
    pub(super) fn done(&mut self, step: &UpgradeStep, started: Instant) -> Applied {
        self.locks.acquired(&mut self.context);
        let done = Applied { path: step.path().to_owned(), duration: started.elapsed() };
        self.context.notify(Event::ScriptFinished { path: &done.path, duration: done.duration });
        done
    }

    /// Runs SQL of pum's own.
    pub(super) fn execute(&mut self, sql: &str) -> Result<(), postgres::Error> {
        self.session.client().batch_execute(sql)
    }

    /// Ends a failed transaction. On a lost connection the server has done so already.
    pub(super) fn roll_back(&mut self) {
        let _ = self.execute("ROLLBACK");
    }

    /// Undoes what a script may have set for the session, after it was committed.
    pub(super) fn reset_after(&mut self, step: &UpgradeStep) -> Result<(), UpgradeError> {
        // A cancel request that came late hits this instead of what it was meant for.
        let result = reset(self.session).or_else(|_| reset(self.session));
        result.map_err(|err| UpgradeError::Committed {
            script: file_name(step.path()),
            server: ServerMessage::new(&err),
        })
    }

    /// The error of a run that ends at this step.
    pub(super) fn stopped_at(
        &mut self,
        err: UpgradeError,
        step: &UpgradeStep,
        kept: Retained,
    ) -> UpgradeError {
        let applied = std::mem::take(&mut self.applied);
        let version = self.version_after(applied.len());
        let script = step.path().to_owned();
        UpgradeError::Stopped { cause: Box::new(err), script, applied, version, kept }
    }

    /// The error of a run that was asked to stop.
    pub(super) fn interrupted(
        &mut self,
        partial_progress: Option<PartialProgress>,
    ) -> UpgradeError {
        UpgradeError::Interrupted { applied: std::mem::take(&mut self.applied), partial_progress }
    }

    /// The version that the database is at after so many steps.
    fn version_after(&self, steps: usize) -> Version {
        let done = &self.plan.steps[..steps];
        if self.plan.steps.iter().any(UpgradeStep::undoes) {
            let is_its = |record: &Record, name: &DeltaName| match self.table().migrations() {
                Some(_) => name.version == record.version,
                None => record.is_about(name),
            };
            let is_left = |record: &&Record| {
                let mut names = done.iter().filter_map(UpgradeStep::delta);
                !names.any(|name| is_its(record, name))
            };
            let records = self.plan.history().records.iter().filter(is_left);
            let highest = records.map(|record| &record.version).max();
            return highest.unwrap_or(&self.plan.current_version).clone();
        }
        done.iter()
            .filter_map(|step| step.delta().map(|name| &name.version))
            .fold(&self.plan.current_version, |highest, version| highest.max(version))
            .clone()
    }
}

/// Undoes what a script may have set for the session. The advisory lock stays, unlike with
/// `DISCARD ALL`.
pub(super) fn reset(session: &mut SessionOn<'_>) -> Result<(), postgres::Error> {
    let sql = session.reset_sql();
    session.client().batch_execute(&sql)
}
