//! The way back: the scripts that undo deltas.

use super::data_loss::{DataLoss, losses_of};
use super::progress_table::UnfinishedDelta;
use super::{
    Applied, History, PlanOptions, Record, Resume, RunOptions, TableName, Upgrade, UpgradeError,
    UpgradePlan, UpgradeStep,
};
use crate::Context;
use crate::connect::SessionOn;
use crate::delta::{Delta, DeltaName, DeltaSet, Script, Version};

/// The scripts that bring a database back to an earlier version: those beside the deltas that it has
/// had, the last one first.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct DowngradePlan {
    plan: UpgradePlan,
    /// The version of the database now. A delta that is half undone counts.
    pub current_version: Version,
    /// The version that it goes back to.
    pub target_version: Version,
    /// The delta that an earlier run has undone in part, without a transaction; the next run goes on
    /// there.
    pub half_undone: Option<DeltaName>,
}

impl DowngradePlan {
    /// Reads the upgrades table, and prepares the scripts that undo each delta above `target`.
    ///
    /// # Errors
    ///
    /// If the database has never been at that version, a delta is half done or has no script that undoes
    /// it, or a script cannot be prepared.
    pub fn read(
        session: &mut SessionOn<'_>,
        table: &TableName,
        deltas: &DeltaSet,
        options: &PlanOptions,
        target: &Version,
    ) -> Result<Self, UpgradeError> {
        let history = History::expect(session, table)?;
        history.expect_project(deltas.project.as_ref())?;
        let refuse = |reason: String| UpgradeError::NoWayBack { target: target.clone(), reason };
        let undoing = UnfinishedDelta::read_undone(session, table, &history)?;
        let is_undone = |record: &Record| undoing.iter().any(|one| one.undoes_delta_of(record));
        if let Some(begun) = history.unfinished().find(|record| !is_undone(record)) {
            return Err(refuse(format!("{} is half done", begun.script_name())));
        }
        if !history.repeatable.is_empty() {
            let reason = "repeatable scripts have made objects, which may need what would go";
            return Err(refuse(reason.to_owned()));
        }
        let is_had = |record: &&Record| record.success || is_undone(record);
        let had: Vec<&Record> = history.records.iter().filter(is_had).collect();
        let below = |record: &&&Record| is_undone(record) && record.version <= *target;
        if let Some(begun) = had.iter().find(below) {
            let (name, version) = (begun.script_name(), &begun.version);
            return Err(refuse(format!(
                "{name} is half undone: go back to a version below {version}"
            )));
        }
        let mut known: Vec<&Version> = had.iter().map(|one| &one.version).collect();
        known.sort();
        known.dedup();
        if !known.contains(&target) {
            let known: Vec<String> = known.iter().map(ToString::to_string).collect();
            return Err(refuse(format!("it was at {}", known.join(", "))));
        }
        let current_version = known.last().map_or(target, |last| *last).clone();
        let mut undone: Vec<(&DeltaName, &Script)> = Vec::new();
        for record in had.iter().filter(|record| record.version > *target) {
            if record.type_code == 0 {
                return Err(refuse(format!("{} is a baseline", record.version)));
            }
            let has = |delta: &&Delta| match table.migrations().or(history.migrations.as_ref()) {
                Some(_) => delta.name.version == record.version,
                None => record.is_about(&delta.name),
            };
            let delta = deltas.deltas.iter().find(has);
            let Some((delta, down)) = delta.and_then(|it| Some((it, it.down.as_ref()?))) else {
                let name = record.script_name();
                return Err(refuse(format!("there is no script that undoes {name}")));
            };
            undone.push((&delta.name, down));
        }
        // What was applied last goes first.
        undone.sort_by(|a, b| b.0.cmp(a.0));
        let plan = UpgradePlan::undoing((table, deltas, &history), options, &undone)?;
        let begun = |step: &&UpgradeStep| undoing.iter().any(|one| one.is_of(step));
        let half_undone = plan.steps.iter().find(begun).and_then(UpgradeStep::delta).cloned();
        Ok(Self { plan, current_version, target_version: target.clone(), half_undone })
    }

    /// The steps, in the order in which they are run.
    pub fn steps(&self) -> &[UpgradeStep] {
        &self.plan.steps
    }

    /// What the scripts destroy, by their text, with how many rows or values that is now.
    ///
    /// # Errors
    ///
    /// If the server does not answer.
    pub fn losses(&self, session: &mut SessionOn<'_>) -> Result<Vec<DataLoss>, UpgradeError> {
        let mut losses = Vec::new();
        for step in self.steps() {
            losses.extend(losses_of(session, &step.script)?);
        }
        Ok(losses)
    }

    /// Runs the scripts as an [`Upgrade`] runs deltas: each in a transaction in which the row of its
    /// delta goes from the upgrades table, or, if its header says so, statement by statement, with its
    /// progress recorded beside the upgrades table, and the row at the end. An earlier run that ended in one
    /// is continued; `resume` is the decision about the statement at which that ended.
    ///
    /// # Errors
    ///
    /// As [`Upgrade::run`]: the scripts before the one that fails stay done.
    pub fn run(
        &self,
        session: &mut SessionOn<'_>,
        (options, resume): (&RunOptions, Option<Resume>),
        context: &mut Context<'_>,
    ) -> Result<Vec<Applied>, UpgradeError> {
        let mut upgrade = Upgrade::new(&self.plan).options(options.clone()).resume(resume);
        Ok(upgrade.run(session, context)?.applied)
    }
}
