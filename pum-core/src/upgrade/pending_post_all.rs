//! Scripts to run after the deltas that an earlier run did not reach.
//!
//! After the last delta is recorded, nothing is pending, but `post-all.sql` must still run: it may
//! recreate the views that `pre-all.sql` dropped. So the last delta's transaction adds a row to the
//! table next to the upgrades table, which `post-all.sql` removes.

use super::progress_table::{POST_ALL, UnfinishedDelta, create_sql, forget};
use super::{StepRole, UpgradeError, UpgradePlan, UpgradeStep};
use crate::connect::{SessionOn, quote_literal};

/// The row.
const IS_PENDING: &str = "type = -1";

/// Whether the scripts after the deltas are recorded until they are done.
#[derive(Debug, Default)]
pub(super) struct PendingPostAll {
    /// Whether this run records them; not needed if everything is one transaction.
    may_mark: bool,
    /// Whether they are recorded now.
    marked: bool,
}

impl PendingPostAll {
    /// What an earlier run left, which must still be what the plan was made from; and whether this
    /// role may make the table for what this run may leave, which not all may.
    pub(super) fn read(
        session: &mut SessionOn<'_>,
        plan: &UpgradePlan,
        unfinished: &[UnfinishedDelta],
        in_one_transaction: bool,
    ) -> Result<Self, UpgradeError> {
        let done = UnfinishedDelta::post_all_done(unfinished);
        if plan.pending_post_all.is_some() && done != plan.pending_post_all {
            let script = plan.steps.first().map_or_else(String::new, UpgradeStep::file_name);
            return Err(UpgradeError::Overtaken { script, table: plan.table().progress() });
        }
        let marked = done.is_some();
        let ends_with_post_all = plan.steps.last().is_some_and(is_post_all);
        if in_one_transaction || !ends_with_post_all {
            return Ok(Self { may_mark: false, marked });
        }
        let schema = quote_literal(plan.table().schema());
        let sql = format!("SELECT pg_catalog.has_schema_privilege({schema}, 'CREATE')");
        let row = session.client().query_one(&sql, &[]).map_err(|err| {
            UpgradeError::server("cannot read this role's privileges".to_owned(), &err)
        })?;
        Ok(Self { may_mark: row.get(0), marked })
    }

    /// Whether the next run runs what this one does not get to.
    pub(super) fn is_marked(&self) -> bool {
        self.marked
    }

    /// What goes into the transaction of the last delta; begins with a semicolon.
    pub(super) fn mark_sql(&mut self, plan: &UpgradePlan, step: &UpgradeStep) -> String {
        let last = plan.steps.iter().rev().find(|step| step.delta().is_some());
        if !self.may_mark || last.is_none_or(|last| last.role != step.role) {
            return String::new();
        }
        self.marked = true;
        let table = plan.table();
        format!(
            "; {}; INSERT INTO {} (version, description, type, done, done_checksum, next, \
             next_checksum) VALUES ('', 'post-all', {POST_ALL}, 0, '', 'waiting', '') \
             ON CONFLICT (version, description, type) DO UPDATE SET done = 0",
            create_sql(table),
            table.progress().to_sql()
        )
    }

    /// One of the scripts after the deltas is done; to be run in its transaction. Gives a warning
    /// if the table could not be dropped.
    pub(super) fn mark_done(
        &self,
        session: &mut SessionOn<'_>,
        plan: &UpgradePlan,
        step: &UpgradeStep,
    ) -> Result<Option<String>, postgres::Error> {
        if !self.marked || !is_post_all(step) {
            return Ok(None);
        }
        let table = plan.table();
        if plan.steps.last().is_some_and(|last| last.path() == step.path()) {
            return forget(session, table, IS_PENDING);
        }
        let own = table.progress().to_sql();
        let sql = format!("UPDATE {own} SET done = done + 1 WHERE {IS_PENDING}");
        session.client().batch_execute(&sql).map(|()| None)
    }
}

fn is_post_all(step: &UpgradeStep) -> bool {
    step.role == StepRole::PostAll
}
