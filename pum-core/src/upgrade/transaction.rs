//! Steps in one transaction, with their rows in the upgrades table.

use std::time::Instant;

use super::execute::run_script_with;
use super::failure::StatementFailure;
use super::measure::Meter;
use super::recording::{
    delta_recorded_sql, expect_ours, expect_settled, lock_table_sql, step_record_sql,
    step_recorded_sql,
};
use super::retained::CommitSign;
use super::run::{Run, reset};
use super::{Applied, Retained, StepRole, UpgradeError, UpgradeStep, commit_outcome, lock};
use crate::Context;
use crate::connect::{ServerMessage, SessionOn};
use crate::delta::{Header, Statement};

/// A savepoint that is gone if something in the script ended the transaction.
const GUARD: &str = "pum_transaction_guard";

/// What ends a script's part of a transaction. `RELEASE` fails if the script ended the transaction.
const END_OF_SCRIPT: &str = "SET CONSTRAINTS ALL IMMEDIATE; \
     RELEASE SAVEPOINT pum_transaction_guard; RESET SESSION AUTHORIZATION; RESET ROLE; \
     RESET search_path";

/// Why a transaction was undone, and at which of its steps.
type Undone = (usize, UpgradeError);

/// What begins with a step.
#[derive(Clone, Copy)]
struct Begins {
    transaction: bool,
    /// The transaction's deltas, the first of which takes the lock on the upgrades table.
    deltas: bool,
}

/// Steps in one transaction.
pub(super) struct Transaction<'r, 'a, 'c> {
    run: &'r mut Run<'a, 'c>,
    /// The position of the first of them in the plan.
    first: usize,
    steps: &'a [UpgradeStep],
}

impl<'r, 'a, 'c> Transaction<'r, 'a, 'c> {
    /// So many steps of the plan, from this one on.
    pub(super) fn new(run: &'r mut Run<'a, 'c>, first: usize, count: usize) -> Self {
        let steps = &run.plan.steps[first..first + count];
        Self { run, first, steps }
    }

    /// Runs the steps, and once more when they could not get a lock in time.
    pub(super) fn execute(mut self) -> Result<(), UpgradeError> {
        let mut failures = 0;
        loop {
            match self.attempt() {
                Ok(applied) => {
                    self.run.applied.extend(applied);
                    self.run.meter.iter_mut().for_each(Meter::end_transaction);
                    return Ok(());
                }
                Err((at, err)) => {
                    self.run.meter.iter_mut().for_each(Meter::forget_transaction);
                    let step = &self.steps[at];
                    failures += 1;
                    let run = &mut *self.run;
                    match run.locks.wait(step, err, failures, &mut run.context) {
                        Ok(()) => {}
                        Err(err) => return Err(self.stopped(err, step)),
                    }
                }
            }
        }
    }

    fn attempt(&mut self) -> Result<Vec<Applied>, Undone> {
        let steps = self.steps;
        let mut applied = Vec::new();
        let first_delta = steps.iter().position(|step| step.delta().is_some());
        for (at, step) in steps.iter().enumerate() {
            let started = Instant::now();
            self.run.announce(self.first + at, step);
            let last = at + 1 == steps.len();
            let begins = Begins { transaction: at == 0, deltas: first_delta == Some(at) };
            let ran = self.run_step((self.first + at, step), begins);
            let result = ran.and_then(|()| self.measure(step, last)).and_then(|()| match &steps {
                [only] if !self.run.rehearse && self.run.pre_commit_check.is_none() => {
                    self.record_and_commit(only, started)
                }
                _ => {
                    self.record(step, started).map_err(|err| at_its_end(step, &err))?;
                    if last {
                        self.end()
                    } else {
                        // What a script set ends with it, here too.
                        reset(self.run.session).map_err(|err| at_its_end(step, &err))
                    }
                }
            });
            if let Err(err) = result {
                if !err.may_have_committed() {
                    // On a lost connection the server has rolled back already.
                    self.run.roll_back();
                    let _ = reset(self.run.session);
                }
                return Err((at, err));
            }
            applied.push(self.run.done(step, started));
        }
        Ok(applied)
    }

    fn run_step(
        &mut self,
        (position, step): (usize, &UpgradeStep),
        begins: Begins,
    ) -> Result<(), UpgradeError> {
        self.open(step, begins)?;
        let Run { context, meter, announcer, session, .. } = &mut *self.run;
        context.check()?;
        let mut announce = |context: &mut Context<'_>, at: usize, statement: &Statement| {
            announcer.statement(context, (position, at), (&step.script, statement));
        };
        let mut measure = |session: &mut SessionOn<'_>, statement: &Statement, started| match meter
        {
            Some(meter) => meter.statement(session, &step.script, statement, started),
            None => Ok(()),
        };
        run_script_with(session, &step.script, context, &mut announce, &mut measure)
            .map_err(|err| UpgradeError::Statement(Box::new(advised(err))))?;
        expect_settled(step)
    }

    /// Reads what the statements of a step did.
    fn measure(&mut self, step: &UpgradeStep, is_last: bool) -> Result<(), UpgradeError> {
        let Run { meter: Some(meter), session, .. } = &mut *self.run else { return Ok(()) };
        let read = if is_last { meter.before_commit(session) } else { meter.end_script(session) };
        read.map_err(|err| at_its_end(step, &err))
    }

    /// Begins, locks the upgrades table against writers that know nothing of the advisory lock, and
    /// makes sure that this run still holds that one and the delta is not recorded.
    fn open(&mut self, step: &UpgradeStep, begins: Begins) -> Result<(), UpgradeError> {
        let table = self.run.table();
        let timeouts = self.run.locks.limits_of(step, self.run.session);
        let (lock_table, recorded) = match delta_recorded_sql(step, table) {
            Some(recorded) => (lock_table_sql(table), recorded),
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
        let answer = self.run.session.client().simple_query(&sql).map_err(|err| {
            let before = format!("{}: before its first statement", step.file_name());
            UpgradeError::server(before, &err)
        })?;
        expect_ours(&answer, step, table, self.run.session.settings().label())
    }

    /// Ends the script's part: nothing deferred is left to fail at the commit, and its role and
    /// settings are not those of pum's own statement. All in one round trip for a delta.
    fn record(&mut self, step: &UpgradeStep, started: Instant) -> Result<(), postgres::Error> {
        let Run { plan, post_all, .. } = &mut *self.run;
        let row = step_record_sql(step, plan.table(), started);
        let row =
            row.map_or_else(String::new, |row| format!("; {row}{}", post_all.mark_sql(plan, step)));
        let end = self.end_of_script();
        self.run.execute(&format!("{end}{row}"))?;
        let warning = self.run.post_all.mark_done(self.run.session, self.run.plan, step)?;
        if let Some(warning) = warning {
            self.run.context.warn(&warning);
        }
        Ok(())
    }

    /// The same for the only step of a transaction, which is committed in the same round trip, and
    /// after which the session is as before.
    fn record_and_commit(
        &mut self,
        step: &UpgradeStep,
        started: Instant,
    ) -> Result<(), UpgradeError> {
        let Some(row) = step_record_sql(step, self.run.table(), started) else {
            self.record(step, started).map_err(|err| at_its_end(step, &err))?;
            return self.end();
        };
        self.run.context.check()?;
        let pending_post_all = self.run.post_all.mark_sql(self.run.plan, step);
        let (end, reset) = (self.end_of_script(), self.run.session.reset_sql());
        let sql = format!("{end}; {row}{pending_post_all}; COMMIT; {reset}");
        let Err(err) = self.run.execute(&sql) else { return Ok(()) };
        if commit_outcome::is_lost(self.run.session, &err) {
            return Err(self.after_lost_commit(step, &err));
        }
        // What follows the commit can be hit by a cancel request that came late.
        self.run.roll_back();
        if self.is_recorded(step) {
            self.run.reset_after(step)
        } else {
            Err(at_its_end(step, &err))
        }
    }

    fn end_of_script(&self) -> String {
        format!("{END_OF_SCRIPT}{}", self.run.session.role_sql())
    }

    /// Whether a step's row is there, outside of its transaction.
    fn is_recorded(&mut self, step: &UpgradeStep) -> bool {
        let Some(recorded) = step_recorded_sql(step, self.run.table()) else { return false };
        let answer = self.run.session.client().query_one(&format!("SELECT {recorded}"), &[]);
        answer.is_ok_and(|row| row.get(0))
    }

    /// Commits, or rolls back what was a rehearsal.
    fn end(&mut self) -> Result<(), UpgradeError> {
        self.run.context.check()?;
        let Some(last) = self.steps.last() else { return Ok(()) };
        if let Some(check) = &mut self.run.pre_commit_check {
            // Not as the role, nor with the settings, of the last script.
            reset(self.run.session).map_err(|err| at_its_end(last, &err))?;
            check(self.run.session).map_err(|reason| UpgradeError::NotProven { reason })?;
            self.run.context.check()?;
        }
        if self.run.rehearse {
            let result = self.run.execute("ROLLBACK");
            return result.and_then(|()| reset(self.run.session)).map_err(|err| {
                UpgradeError::server("at the end of the rehearsal".to_owned(), &err)
            });
        }
        self.commit(last)?;
        self.run.reset_after(last)
    }

    /// Commits. When the connection is lost meanwhile, the upgrades table decides whether it was.
    fn commit(&mut self, last: &UpgradeStep) -> Result<(), UpgradeError> {
        let Err(err) = self.run.execute("COMMIT") else { return Ok(()) };
        let script = last.file_name();
        let undone = UpgradeError::server(format!("{script}, at its COMMIT"), &err);
        if !commit_outcome::is_lost(self.run.session, &err) {
            return Err(undone);
        }
        Err(self.after_lost_commit(last, &err))
    }

    /// The message for a commit whose acknowledgement was lost.
    fn after_lost_commit(&mut self, last: &UpgradeStep, err: &postgres::Error) -> UpgradeError {
        let script = last.file_name();
        // Of several deltas in one transaction, one tells of all.
        let table = self.run.table();
        let all = self.steps.iter().rev();
        let told = |step: &UpgradeStep| Some((delta_recorded_sql(step, table)?, step.undoes()));
        let told = all.into_iter().find_map(told);
        let sign = match &told {
            Some((_, true)) => CommitSign::NoRow,
            Some((_, false)) => CommitSign::Row,
            None => CommitSign::Nothing,
        };
        if self.run.session.is_borrowed() {
            let label = self.run.session.settings().label().to_owned();
            let reason = "pum cannot open another connection to check".to_owned();
            return UpgradeError::CommitUnknown {
                script,
                label,
                table: table.clone(),
                reason,
                sign,
            };
        }
        let answer = commit_outcome::was_recorded(
            self.run.session,
            self.run.system_identifier,
            told.as_ref().map(|(recorded, _)| &**recorded),
            self.run.plan.table(),
            &mut self.run.context,
        );
        match answer {
            Ok(true) => UpgradeError::Committed { script, server: ServerMessage::new(err) },
            Ok(false) => UpgradeError::server(format!("{script}, at its COMMIT"), err),
            Err(reason) => UpgradeError::CommitUnknown {
                script,
                label: self.run.session.settings().label().to_owned(),
                table: self.run.table().clone(),
                reason,
                sign,
            },
        }
    }

    /// A step's error, with what the operator needs to know beside it.
    fn stopped(&mut self, err: UpgradeError, step: &UpgradeStep) -> UpgradeError {
        let run = &mut *self.run;
        if err.may_have_committed() {
            return err;
        }
        if run.context.interrupt().is_triggered() {
            return run.interrupted(None);
        }
        let kept = if run.rehearse {
            Retained::Rehearsal
        } else if run.in_one_transaction && self.steps.len() > 1 {
            Retained::NothingOfRun
        } else if step.role == StepRole::PostAll {
            Retained::AllButThis { pending_post_all: run.post_all.is_marked() }
        } else {
            Retained::NothingOfScript
        };
        run.stopped_at(err, step, kept)
    }
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
    UpgradeError::server(format!("{}, at its end", step.file_name()), err)
}
