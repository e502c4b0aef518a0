//! Steps in one transaction, with their rows in the upgrades table.

use std::time::Instant;

use super::apply::{Run, reset};
use super::failure::{StatementFailure, file_name, run_script_with};
use super::history::insert_sql;
use super::measure::Meter;
use super::retained::Retained;
use super::{
    Applied, StepRole, TableName, UpgradeError, UpgradeStep, commit_outcome, lock, migrations,
    repeatable,
};
use crate::connect::{ServerMessage, SessionOn, quote_literal};
use crate::delta::{DeltaName, Header, Statement, Version};
use crate::{Interrupt, Interrupted};

/// A savepoint that is gone if something in the script ended the transaction.
const GUARD: &str = "pum_transaction_guard";

/// What ends a script's part of a transaction. `RELEASE` fails if the script ended the transaction.
const END_OF_SCRIPT: &str = "SET CONSTRAINTS ALL IMMEDIATE; \
     RELEASE SAVEPOINT pum_transaction_guard; RESET SESSION AUTHORIZATION; RESET ROLE";

/// Why a transaction was undone, and at which of its steps.
type Undone = (usize, UpgradeError);

/// What begins with a step.
#[derive(Clone, Copy)]
struct Begins {
    transaction: bool,
    /// The transaction's deltas, the first of which takes the lock on the upgrades table.
    deltas: bool,
}

impl Run<'_, '_> {
    /// Runs steps, the first of which has this place in the plan, in one transaction; and once more
    /// when it could not get a lock in time.
    pub(super) fn in_transaction(
        &mut self,
        first: usize,
        steps: &[UpgradeStep],
    ) -> Result<(), UpgradeError> {
        let mut failures = 0;
        loop {
            match self.attempt(first, steps) {
                Ok(applied) => {
                    self.applied.extend(applied);
                    self.meter.iter_mut().for_each(Meter::end_transaction);
                    return Ok(());
                }
                Err((at, err)) => {
                    self.meter.iter_mut().for_each(Meter::forget_transaction);
                    let step = &steps[at];
                    failures += 1;
                    match self.wait_for_lock(step, err, failures) {
                        Ok(()) => {}
                        Err(err) => return Err(self.stopped(err, step, steps)),
                    }
                }
            }
        }
    }

    fn attempt(&mut self, first: usize, steps: &[UpgradeStep]) -> Result<Vec<Applied>, Undone> {
        let mut applied = Vec::new();
        let first_delta = steps.iter().position(|step| Self::delta(step).is_some());
        for (at, step) in steps.iter().enumerate() {
            let started = Instant::now();
            self.announce(first + at, step);
            let last = at + 1 == steps.len();
            let begins = Begins { transaction: at == 0, deltas: first_delta == Some(at) };
            let result = self.run_step(step, begins).and_then(|()| match &steps {
                [only] if !self.options.rehearse && self.proof.is_none() => {
                    self.record_and_commit(only, started)
                }
                _ => {
                    self.record(step, started).map_err(|err| at_its_end(step, &err))?;
                    if last {
                        self.end(steps)
                    } else {
                        // What a script set ends with it, here too.
                        reset(self.session).map_err(|err| at_its_end(step, &err))
                    }
                }
            });
            if let Err(err) = result {
                if !err.may_have_committed() {
                    // On a lost connection the server has rolled back already.
                    let _ = self.session.client().batch_execute("ROLLBACK");
                    let _ = reset(self.session);
                }
                return Err((at, err));
            }
            applied.push(self.done(step, started));
        }
        Ok(applied)
    }

    fn run_step(&mut self, step: &UpgradeStep, begins: Begins) -> Result<(), UpgradeError> {
        self.open(step, begins)?;
        check(self.context.interrupt())?;
        let meter = &mut self.meter;
        let mut measure = |session: &mut SessionOn<'_>, statement: &Statement, started| match meter
        {
            Some(meter) => meter.statement(session, &step.script, statement, started),
            None => Ok(()),
        };
        run_script_with(self.session, &step.script, &mut self.context, &mut measure)
            .map_err(|err| UpgradeError::Statement(Box::new(advised(err))))?;
        expect_settled(step)
    }

    /// Begins, locks the upgrades table against writers that know nothing of the advisory lock, and
    /// makes sure that this run still holds that one and the delta is not recorded.
    fn open(&mut self, step: &UpgradeStep, begins: Begins) -> Result<(), UpgradeError> {
        let table = &self.options.table;
        let timeouts = self.options.run.timeouts.with(&step.header);
        self.watch_blockers(timeouts);
        let (lock_table, recorded) = match Self::delta(step) {
            Some(name) => (lock_table_sql(table), recorded_sql(name, table)),
            None => (String::new(), "false".to_owned()),
        };
        // Behind the lock on the upgrades table no other run can record anything.
        let ask = begins.transaction || begins.deltas;
        let sql = format!(
            "{}{}{lock_table}SELECT {}, {recorded}; SAVEPOINT {GUARD}",
            if begins.transaction { "BEGIN; " } else { "" },
            timeouts.to_sql("SET LOCAL"),
            if ask { lock::still_ours_sql(table) } else { "true".to_owned() },
        );
        let answer = self.session.client().simple_query(&sql).map_err(|err| {
            let before = format!("{}: before its first statement", file_name(step.path()));
            UpgradeError::server(before, &err)
        })?;
        expect_ours(&answer, step, table, self.session.settings().label())
    }

    /// Ends the script's part: nothing deferred is left to fail at the commit, and its role and
    /// settings are not those of pum's own statement. All in one round trip for a delta.
    fn record(&mut self, step: &UpgradeStep, started: Instant) -> Result<(), postgres::Error> {
        let row = self.record_sql(step, started);
        let row =
            row.map_or_else(String::new, |row| format!("; {row}{}", self.mark_pending_sql(step)));
        let end = self.end_of_script();
        self.session.client().batch_execute(&format!("{end}{row}"))?;
        self.mark_done(step)
    }

    /// The same for the only step of a transaction, which is committed in the same round trip, and
    /// after which the session is as before.
    fn record_and_commit(
        &mut self,
        step: &UpgradeStep,
        started: Instant,
    ) -> Result<(), UpgradeError> {
        let Some(row) = self.record_sql(step, started) else {
            self.record(step, started).map_err(|err| at_its_end(step, &err))?;
            return self.end(std::slice::from_ref(step));
        };
        check(self.context.interrupt())?;
        let pending_post_all = self.mark_pending_sql(step);
        let (end, reset) = (self.end_of_script(), self.session.reset_sql());
        let sql = format!("{end}; {row}{pending_post_all}; COMMIT; {reset}");
        let Err(err) = self.session.client().batch_execute(&sql) else { return Ok(()) };
        if commit_outcome::is_lost(self.session, &err) {
            return Err(self.after_lost_commit(std::slice::from_ref(step), step, &err));
        }
        // What follows the commit can be hit by a cancel request that came late.
        let _ = self.session.client().batch_execute("ROLLBACK");
        if self.is_recorded(step) { self.reset(step) } else { Err(at_its_end(step, &err)) }
    }

    fn end_of_script(&self) -> String {
        format!("{END_OF_SCRIPT}{}", self.session.role_sql())
    }

    /// Whether a step's row is there, outside of its transaction.
    fn is_recorded(&mut self, step: &UpgradeStep) -> bool {
        let table = &self.options.table;
        let recorded = match &step.role {
            StepRole::Delta(name) => recorded_sql(name, table),
            StepRole::Repeatable(installed) => repeatable::recorded_sql(table, installed),
            StepRole::PreAll | StepRole::PostAll | StepRole::Drop { .. } => return false,
        };
        let answer = self.session.client().query_one(&format!("SELECT {recorded}"), &[]);
        answer.is_ok_and(|row| row.get(0))
    }

    /// What records a step; `None` for one that is not recorded.
    fn record_sql(&self, step: &UpgradeStep, started: Instant) -> Option<String> {
        let table = &self.options.table;
        match &step.role {
            StepRole::PreAll | StepRole::PostAll => None,
            StepRole::Delta(_) => record_sql(step, table, started, true),
            StepRole::Drop { script } => Some(repeatable::forget_sql(table, script)),
            StepRole::Repeatable(installed) => Some(repeatable::record_sql(table, installed)),
        }
    }

    /// Commits, or rolls back what was a rehearsal.
    fn end(&mut self, steps: &[UpgradeStep]) -> Result<(), UpgradeError> {
        check(self.context.interrupt())?;
        let last = steps.last().map_or(&self.plan.steps[0], |step| step);
        if self.options.rehearse {
            let result = self.session.client().batch_execute("ROLLBACK");
            return result.and_then(|()| reset(self.session)).map_err(|err| {
                UpgradeError::server("at the end of the rehearsal".to_owned(), &err)
            });
        }
        if let Some(proof) = &mut self.proof {
            // Not as the role, nor with the settings, of the last script.
            reset(self.session).map_err(|err| at_its_end(last, &err))?;
            proof(self.session).map_err(|reason| UpgradeError::NotProven { reason })?;
            check(self.context.interrupt())?;
        }
        self.commit(steps, last)?;
        self.reset(last)
    }

    /// Commits. When the connection is lost meanwhile, the upgrades table decides whether it was.
    fn commit(&mut self, steps: &[UpgradeStep], last: &UpgradeStep) -> Result<(), UpgradeError> {
        let Err(err) = self.session.client().batch_execute("COMMIT") else { return Ok(()) };
        let script = file_name(last.path());
        let undone = UpgradeError::server(format!("{script}, at its COMMIT"), &err);
        if !commit_outcome::is_lost(self.session, &err) {
            return Err(undone);
        }
        Err(self.after_lost_commit(steps, last, &err))
    }

    /// What to say of a commit whose acknowledgement was lost.
    fn after_lost_commit(
        &mut self,
        steps: &[UpgradeStep],
        last: &UpgradeStep,
        err: &postgres::Error,
    ) -> UpgradeError {
        let script = file_name(last.path());
        // Of several deltas in one transaction, one tells of all.
        let delta = steps.iter().rev().find_map(Self::delta);
        if self.session.is_borrowed() {
            let label = self.session.settings().label().to_owned();
            let reason = "pum can open no other connection to ask".to_owned();
            let (table, recorded) = (self.options.table.clone(), delta.is_some());
            return UpgradeError::CommitUnknown { script, label, table, reason, recorded };
        }
        let answer = commit_outcome::was_recorded(
            self.session,
            self.system_identifier,
            delta,
            self.options,
            &mut self.context,
        );
        match answer {
            Ok(true) => UpgradeError::Committed { script, server: ServerMessage::new(err) },
            Ok(false) => UpgradeError::server(format!("{script}, at its COMMIT"), err),
            Err(reason) => UpgradeError::CommitUnknown {
                script,
                label: self.session.settings().label().to_owned(),
                table: self.options.table.clone(),
                reason,
                recorded: delta.is_some(),
            },
        }
    }

    /// A step's error, with what the operator needs to know beside it.
    fn stopped(
        &mut self,
        err: UpgradeError,
        step: &UpgradeStep,
        steps: &[UpgradeStep],
    ) -> UpgradeError {
        if err.may_have_committed() {
            return err;
        }
        if self.context.interrupt().is_triggered() {
            return self.interrupted(None);
        }
        let kept = if self.options.rehearse {
            Retained::Rehearsal
        } else if self.plan.in_one_transaction(self.options) && steps.len() > 1 {
            Retained::NothingOfRun
        } else if step.role == StepRole::PostAll {
            Retained::AllButThis { pending_post_all: self.has_pending_post_all }
        } else {
            Retained::NothingOfScript
        };
        self.stopped_at(err, step, kept)
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
        partial_progress: Option<super::retained::PartialProgress>,
    ) -> UpgradeError {
        UpgradeError::Interrupted { applied: std::mem::take(&mut self.applied), partial_progress }
    }

    /// The version that the database is at after so many steps.
    fn version_after(&self, steps: usize) -> Version {
        self.plan.steps[..steps]
            .iter()
            .filter_map(|step| Self::delta(step).map(|name| &name.version))
            .fold(&self.plan.current_version, |highest, version| highest.max(version))
            .clone()
    }
}

fn check(interrupt: &Interrupt) -> Result<(), UpgradeError> {
    interrupt.check().map_err(|Interrupted| UpgradeError::Interrupted {
        applied: Vec::new(),
        partial_progress: None,
    })
}

/// A failure that comes from the transaction around the statement, with the way out of it.
fn advised(mut failure: StatementFailure) -> StatementFailure {
    let advice = match failure.server.sqlstate.as_deref() {
        // It cannot run in a transaction; it ends one.
        Some("25001" | "2D000") => {
            format!(
                "put it into a delta of its own that begins with {}",
                Header::NO_TRANSACTION_LINE
            )
        }
        // A new value of an enumerated type is not committed yet.
        Some("55P04") => "add the value in one delta and use it in the next".to_owned(),
        _ => return failure,
    };
    let hint = failure.server.hint.take().map_or_else(String::new, |hint| format!("{hint}\n"));
    failure.server.hint = Some(hint + &advice);
    failure
}

fn at_its_end(step: &UpgradeStep, err: &postgres::Error) -> UpgradeError {
    UpgradeError::server(format!("{}, at its end", file_name(step.path())), err)
}

/// Locks the upgrades table against all other writers; ends in a semicolon.
pub(super) fn lock_table_sql(table: &TableName) -> String {
    format!("LOCK TABLE {} IN SHARE ROW EXCLUSIVE MODE; ", table.to_sql())
}

/// An expression: whether the delta is recorded.
pub(super) fn recorded_sql(delta: &DeltaName, table: &TableName) -> String {
    if table.migrations().is_some() {
        return migrations::recorded_sql(table, &delta.version);
    }
    format!(
        "EXISTS (SELECT 1 FROM {} WHERE version = {} AND description = {} AND type = {} \
         AND success)",
        table.to_sql(),
        quote_literal(&delta.version.to_string()),
        quote_literal(&delta.name),
        delta.type_code()
    )
}

/// `INSERT` of a delta's row; `None` for scripts that are not recorded.
pub(super) fn record_sql(
    step: &UpgradeStep,
    table: &TableName,
    started: Instant,
    success: bool,
) -> Option<String> {
    let StepRole::Delta(name) = &step.role else { return None };
    if let Some(migrations) = table.migrations() {
        // There are only rows of what was applied.
        let version = file_name(step.path());
        return success.then(|| migrations::insert_sql(table, migrations, &version, Some(step)));
    }
    let milliseconds = i32::try_from(started.elapsed().as_millis()).unwrap_or(i32::MAX);
    let script = step.path().to_string_lossy();
    Some(insert_sql(
        table,
        &name.version,
        &name.name,
        name.type_code(),
        &script,
        step.checksum.as_str(),
        milliseconds,
        success,
    ))
}

/// The step's file is what was run, from start to end.
pub(super) fn expect_settled(step: &UpgradeStep) -> Result<(), UpgradeError> {
    let script = || file_name(step.path());
    step.checksum.settled().map_err(|reason| UpgradeError::Unsettled { script: script(), reason })
}

/// Of an answer with a row of two: the advisory lock is held, and the delta is not recorded.
pub(super) fn expect_ours(
    answer: &[postgres::SimpleQueryMessage],
    step: &UpgradeStep,
    table: &TableName,
    label: &str,
) -> Result<(), UpgradeError> {
    let row = answer.iter().find_map(|message| match message {
        postgres::SimpleQueryMessage::Row(row) => Some(row),
        _ => None,
    });
    let is = |column: usize| row.and_then(|row| row.get(column)) == Some("t");
    let script = file_name(step.path());
    if !is(0) {
        return Err(UpgradeError::LockLost { script, label: label.to_owned(), begun: false });
    }
    if is(1) {
        return Err(UpgradeError::Overtaken { script, table: table.clone() });
    }
    Ok(())
}
