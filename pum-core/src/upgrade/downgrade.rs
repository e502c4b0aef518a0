//! The way back: the scripts that undo deltas.

use super::data_loss::{DataLoss, losses_of};
use super::progress_table::is_delta_sql;
use super::recording::lock_table_sql;
use super::run::reset;
use super::{
    Applied, History, PlanOptions, RunOptions, TableName, UpgradeError, lock, migrations_table,
    run_script,
};
use crate::Context;
use crate::connect::SessionOn;
use crate::delta::{Delta, DeltaName, DeltaSet, Header, PreparedScript, Version};

/// The scripts that bring a database back to an earlier version: those beside the deltas that it has
/// had, the last one first.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct DowngradePlan {
    table: TableName,
    history: History,
    /// The version of the database now.
    pub current_version: Version,
    /// The version that it goes back to.
    pub target_version: Version,
    /// The steps, in the order in which they are run.
    pub steps: Vec<DowngradeStep>,
}

/// A script that undoes a delta.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct DowngradeStep {
    /// The delta.
    pub delta: DeltaName,
    /// What is run.
    pub script: PreparedScript,
    /// The settings in its header.
    pub header: Header,
}

impl DowngradePlan {
    /// Reads the upgrades table, and prepares the scripts that undo each delta above `target`.
    ///
    /// # Errors
    ///
    /// If the database has never been at that version, a delta has no script that undoes it, or a script
    /// cannot be prepared.
    pub fn read(
        session: &mut SessionOn<'_>,
        table: &TableName,
        deltas: &DeltaSet,
        options: &PlanOptions,
        target: &Version,
    ) -> Result<Self, UpgradeError> {
        let history = History::expect(session, table)?;
        history.expect_project(deltas.project.as_ref())?;
        let current = history.current_version().ok_or(UpgradeError::NoBaseline)?.clone();
        let refuse = |reason: String| UpgradeError::NoWayBack { target: target.clone(), reason };
        if let Some(begun) = history.unfinished().next() {
            return Err(refuse(format!("{} is half done", begun.script_name())));
        }
        if !history.repeatable.is_empty() {
            let reason = "repeatable scripts have made objects, which may need what would go";
            return Err(refuse(reason.to_owned()));
        }
        let mut known: Vec<&Version> =
            history.records.iter().filter(|one| one.success).map(|one| &one.version).collect();
        known.sort();
        known.dedup();
        if !known.contains(&target) {
            let known: Vec<String> = known.iter().map(ToString::to_string).collect();
            return Err(refuse(format!("it was at {}", known.join(", "))));
        }
        let mut steps = Vec::new();
        let above = |record: &&super::Record| record.success && record.version > *target;
        for record in history.records.iter().filter(above) {
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
            let mut variables = options.variables.clone();
            if let Some(form) = deltas.variable_form(&variables) {
                variables.set_form(form);
            }
            let (script, header) = (down.prepare(&variables)?, Header::read(down)?);
            steps.push(DowngradeStep { delta: delta.name.clone(), script, header });
        }
        // What was applied last goes first.
        steps.sort_by(|a, b| b.delta.cmp(&a.delta));
        let table = table.in_form(history.migrations.clone());
        let target_version = target.clone();
        Ok(Self { table, history, current_version: current, target_version, steps })
    }

    /// What the scripts destroy, by their text, with how many rows or values that is now.
    ///
    /// # Errors
    ///
    /// If the server does not answer.
    pub fn losses(&self, session: &mut SessionOn<'_>) -> Result<Vec<DataLoss>, UpgradeError> {
        let mut losses = Vec::new();
        for step in &self.steps {
            losses.extend(losses_of(session, &step.script)?);
        }
        Ok(losses)
    }

    /// Runs the scripts: each in a transaction in which the row of its delta goes from the upgrades
    /// table, or, if its header says so, statement by statement, and the row at the end.
    ///
    /// # Errors
    ///
    /// If another run holds the lock, the upgrades table was changed since, or a script fails: those
    /// before it stay undone.
    pub fn run(
        &self,
        session: &mut SessionOn<'_>,
        options: &RunOptions,
        context: &mut Context<'_>,
    ) -> Result<Vec<Applied>, UpgradeError> {
        session.expect_nothing_to_lose()?;
        lock::take(session, &self.table, options.run_lock_timeout, context)?;
        let result = self.run_locked(session, options, context);
        if result.is_err() {
            let _ = session.client().batch_execute("ROLLBACK");
        }
        let _ = reset(session);
        lock::release(session, &self.table);
        result
    }

    fn run_locked(
        &self,
        session: &mut SessionOn<'_>,
        options: &RunOptions,
        context: &mut Context<'_>,
    ) -> Result<Vec<Applied>, UpgradeError> {
        if History::expect(session, &self.table)? != self.history {
            let (script, table) = (String::new(), self.table.clone());
            return Err(UpgradeError::Overtaken { script, table });
        }
        let mut applied = Vec::new();
        for step in &self.steps {
            context.check()?;
            let started = std::time::Instant::now();
            self.run_step(session, step, options, context)?;
            applied
                .push(Applied { path: step.script.path().to_owned(), duration: started.elapsed() });
        }
        Ok(applied)
    }

    fn run_step(
        &self,
        session: &mut SessionOn<'_>,
        step: &DowngradeStep,
        options: &RunOptions,
        context: &mut Context<'_>,
    ) -> Result<(), UpgradeError> {
        let path = step.script.path().display();
        let failed =
            |err: postgres::Error| UpgradeError::server(format!("cannot run {path}"), &err);
        let timeouts = options.timeouts.with(&step.header);
        let execute = |session: &mut SessionOn<'_>, sql: &str| {
            session.client().batch_execute(sql).map_err(failed)
        };
        if step.header.no_transaction {
            execute(session, &timeouts.to_sql("SET"))?;
            run_script(session, &step.script, context)
                .map_err(|err| UpgradeError::Statement(Box::new(err)))?;
            reset(session).map_err(failed)?;
            return execute(session, &self.forget_sql(step));
        }
        let begin =
            format!("BEGIN; {}{}", timeouts.to_sql("SET LOCAL"), lock_table_sql(&self.table));
        execute(session, &begin)?;
        run_script(session, &step.script, context)
            .map_err(|err| UpgradeError::Statement(Box::new(err)))?;
        let reset_role = "RESET SESSION AUTHORIZATION; RESET ROLE; RESET search_path";
        execute(session, &format!("{reset_role}; {}; COMMIT", self.forget_sql(step)))?;
        reset(session).map_err(failed)
    }

    /// Deletes the row of a delta.
    fn forget_sql(&self, step: &DowngradeStep) -> String {
        let condition = match self.table.migrations() {
            Some(_) => migrations_table::is_version_sql(&step.delta.version),
            None => is_delta_sql(&step.delta),
        };
        format!("DELETE FROM {} WHERE {condition}", self.table.to_sql())
    }
}
