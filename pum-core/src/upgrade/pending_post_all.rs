//! Scripts that are to run after the deltas, and that a run did not get to.
//!
//! When the last delta is recorded nothing is pending any more, and still `post-all.sql` must be
//! run: it may be what makes the views again that `pre-all.sql` dropped. So the last delta's
//! transaction leaves a row in the table beside the upgrades table, which `post-all.sql` takes out.

use super::apply::Run;
use super::failure::file_name;
use super::progress_table::{UnfinishedDelta, create_sql, forget};
use super::{PlanOptions, StepRole, TableName, UpgradeError, UpgradePlan, UpgradeStep};
use crate::connect::{SessionOn, quote_literal};
use crate::delta::DeltaSet;

/// The `type` of the row, which no delta has.
pub(super) const POST_ALL: i32 = -1;

/// The row.
const IS_PENDING: &str = "type = -1";

impl UpgradePlan {
    /// Adds the `post-all` scripts that an earlier run did not get to, when nothing is pending.
    pub(super) fn add_pending(
        &mut self,
        session: &mut SessionOn<'_>,
        table: &TableName,
        deltas: &DeltaSet,
        options: &PlanOptions,
    ) -> Result<(), UpgradeError> {
        if !self.is_empty() || deltas.post_all.is_empty() {
            return Ok(());
        }
        let options = &options.in_form_of(deltas, self.history())?;
        let unfinished = UnfinishedDelta::read_all(session, table)?;
        if let Some(pending_post_all) = unfinished.iter().find(|one| one.is_pending_post_all()) {
            self.pending_post_all = Some(pending_post_all.done);
            self.add_post_all(
                deltas.post_all.get(pending_post_all.done..).unwrap_or_default(),
                options,
            )?;
        }
        Ok(())
    }
}

impl Run<'_, '_> {
    /// What is pending_post_all is still what the plan was made from; and whether this role may make the table
    /// for what will be pending_post_all, which not all may.
    pub(super) fn read_pending(
        &mut self,
        unfinished: &[UnfinishedDelta],
    ) -> Result<(), UpgradeError> {
        let pending_post_all =
            unfinished.iter().find(|one| one.is_pending_post_all()).map(|one| one.done);
        if self.plan.pending_post_all.is_some() && pending_post_all != self.plan.pending_post_all {
            let script = self.plan.steps.first().map_or_else(String::new, |s| file_name(s.path()));
            return Err(UpgradeError::Overtaken { script, table: self.options.table.progress() });
        }
        self.has_pending_post_all = pending_post_all.is_some();
        let after = |step: &UpgradeStep| step.role == StepRole::PostAll;
        if self.plan.in_one_transaction(self.options) || !self.plan.steps.last().is_some_and(after)
        {
            return Ok(());
        }
        let schema = quote_literal(self.options.table.schema());
        let sql = format!("SELECT pg_catalog.has_schema_privilege({schema}, 'CREATE')");
        let row = self.session.client().query_one(&sql, &[]).map_err(|err| {
            UpgradeError::server("cannot see what this role may do".to_owned(), &err)
        })?;
        self.may_have_pending_post_all = row.get(0);
        Ok(())
    }

    /// What goes into the transaction of the last delta.
    pub(super) fn mark_pending_sql(&mut self, step: &UpgradeStep) -> String {
        let last = self.plan.steps.iter().rev().find(|step| Self::delta(step).is_some());
        if !self.may_have_pending_post_all || last.is_none_or(|last| last.role != step.role) {
            return String::new();
        }
        self.has_pending_post_all = true;
        let table = &self.options.table;
        format!(
            "; {}; INSERT INTO {} (version, description, type, done, done_checksum, next, \
             next_checksum) VALUES ('', 'post-all', {POST_ALL}, 0, '', 'waiting', '') \
             ON CONFLICT (version, description, type) DO UPDATE SET done = 0",
            create_sql(table),
            table.progress().to_sql()
        )
    }

    /// One of the scripts after the deltas is done; to be run in its transaction.
    pub(super) fn mark_done(&mut self, step: &UpgradeStep) -> Result<(), postgres::Error> {
        if !self.has_pending_post_all || step.role != StepRole::PostAll {
            return Ok(());
        }
        let table = &self.options.table;
        if self.plan.steps.last().is_some_and(|last| last.path() == step.path()) {
            let left = forget(self.session, table, IS_PENDING)?;
            if let Some(left) = left {
                self.warn(&left);
            }
            return Ok(());
        }
        let own = table.progress().to_sql();
        let sql = format!("UPDATE {own} SET done = done + 1 WHERE {IS_PENDING}");
        self.session.client().batch_execute(&sql)
    }
}
