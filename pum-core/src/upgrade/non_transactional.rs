//! A script without a transaction: statement by statement.
//!
//! A statement that may run in a transaction does, together with the record that it is done, and so
//! is run exactly once whatever happens. One that may not is recorded before and after; if a run
//! ends between the two, [`cut`](super::cut) looks in the database whether it was done.

use std::time::Instant;

use super::apply::{Run, reset};
use super::failure::{file_name, run_statement};
use super::interrupted_statement;
use super::measure::{LockWatch, Meter};
use super::progress_table::{self, Next, UnfinishedDelta, forget, is_delta_sql};
use super::retained::{PartialProgress, Retained};
use super::transaction::{expect_ours, expect_settled, lock_table_sql, record_sql, recorded_sql};
use super::{TableName, UpgradeError, UpgradeStep, commit_outcome, lock};
use crate::connect::ServerMessage;
use crate::delta::{
    Statement, StatementKind, cannot_run_in_transaction, may_commit, resets_session,
};
use crate::progress::Event;

/// Before pum's own statements: not as the role, nor with the limits, that the script may have set.
const AS_PUM: &str = "SET LOCAL SESSION AUTHORIZATION DEFAULT; SET LOCAL ROLE NONE; \
                      SET LOCAL lock_timeout = 0; SET LOCAL statement_timeout = 0; ";

/// A script being run, and how far it came.
pub(super) struct Progress<'s> {
    pub(super) step: &'s UpgradeStep,
    pub(super) checksums: Vec<String>,
    pub(super) done: usize,
}

impl Progress<'_> {
    pub(super) fn statement(&self) -> Option<&Statement> {
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
}

fn not_measured(step: &UpgradeStep, err: &postgres::Error) -> UpgradeError {
    let what = format!("{}: cannot see what a statement did", file_name(step.path()));
    UpgradeError::server(what, err)
}

/// The same as [`expect_ours`], in the middle of a script.
fn expect_still_ours(
    answer: &[postgres::SimpleQueryMessage],
    step: &UpgradeStep,
    table: &TableName,
    label: &str,
) -> Result<(), UpgradeError> {
    expect_ours(answer, step, table, label).map_err(|err| match err {
        UpgradeError::LockLost { script, label, .. } => {
            UpgradeError::LockLost { script, label, begun: true }
        }
        other => other,
    })
}

/// A statement's text.
pub(super) fn text_of<'s>(step: &'s UpgradeStep, statement: &Statement) -> &'s str {
    &step.script.text()[statement.span.clone()]
}

impl Run<'_, '_> {
    /// Runs the statements of a step by themselves, from where an earlier run ended.
    pub(super) fn without_transaction(
        &mut self,
        at: usize,
        step: &UpgradeStep,
        earlier: Option<&UnfinishedDelta>,
    ) -> Result<(), UpgradeError> {
        let started = Instant::now();
        self.announce(at, step);
        let checksums = progress_table::checksums(&step.script);
        let mut progress = Progress { step, checksums, done: 0 };
        let result = self.run_statements(&mut progress, earlier, started);
        let after = self.reset(step);
        if let Err(err) = result {
            if err.may_have_committed() {
                return Err(err);
            }
            let sql = progress.statement().map(|statement| text_of(step, statement));
            let left =
                sql.and_then(|sql| interrupted_statement::left_behind(self.session, sql).ok());
            let partial_progress = progress.partial_progress(left.unwrap_or_default());
            return Err(if self.context.interrupt().is_triggered() {
                self.interrupted(Some(partial_progress))
            } else {
                self.stopped_at(err, step, Retained::Statements(partial_progress))
            });
        }
        let applied = self.done(step, started);
        self.applied.push(applied);
        after
    }

    fn run_statements(
        &mut self,
        progress: &mut Progress<'_>,
        earlier: Option<&UnfinishedDelta>,
        started: Instant,
    ) -> Result<(), UpgradeError> {
        let step = progress.step;
        self.begin(progress, earlier.is_some(), started)?;
        if let Some(earlier) = earlier {
            self.take_up(progress, earlier)?;
        }
        while let Some(statement) = progress.statement().cloned() {
            self.context.interrupt().check().map_err(|_| UpgradeError::Interrupted {
                applied: Vec::new(),
                partial_progress: None,
            })?;
            self.say(progress);
            let mut failures = 0;
            let mut result = self.run_one_statement(progress, &statement);
            while let Err(err) = result {
                failures += 1;
                self.wait_for_lock(step, err, failures)?;
                result = self.run_again(progress, &statement);
            }
            progress.done += 1;
            self.limit_again(step, &statement)?;
        }
        self.say(progress);
        let leftover = interrupted_statement::invalid_indexes(self.session).unwrap_or_default();
        for index in leftover {
            self.warn(&format!("the index {index} is invalid: nothing uses it"));
        }
        self.end_non_transactional(step, started)
    }

    /// A statement that resets all settings of the session takes the limits of time with it.
    pub(super) fn limit_again(
        &mut self,
        step: &UpgradeStep,
        statement: &Statement,
    ) -> Result<(), UpgradeError> {
        if !resets_session(text_of(step, statement)) {
            return Ok(());
        }
        let limits = self.options.run.timeouts.with(&step.header).to_sql("SET");
        let result =
            reset(self.session).and_then(|()| self.session.client().batch_execute(&limits));
        result.map_err(|err| {
            let what = format!("{}: after line {}", file_name(step.path()), statement.line);
            UpgradeError::server(what, &err)
        })
    }

    /// Tells what the script says before its next statement, or at its end.
    fn say(&mut self, progress: &Progress<'_>) {
        let said = progress.step.script.messages().iter();
        for message in said.filter(|message| message.before == progress.done) {
            self.context.notify(if message.warning {
                Event::Warning { message: &message.text }
            } else {
                Event::Output { line: &message.text }
            });
        }
    }

    /// Sets the limits of time, makes sure that the delta is not recorded, and makes its rows:
    /// one among the unfinished, and one without success in the upgrades table.
    fn begin(
        &mut self,
        progress: &Progress<'_>,
        known: bool,
        started: Instant,
    ) -> Result<(), UpgradeError> {
        let (step, table) = (progress.step, &self.options.table);
        let timeouts = self.options.run.timeouts.with(&step.header);
        self.watch_blockers(timeouts);
        let failed = |err: postgres::Error| {
            let before = format!("{}: before its first statement", file_name(step.path()));
            UpgradeError::server(before, &err)
        };
        let recorded =
            Self::delta(step).map_or("false".to_owned(), |name| recorded_sql(name, table));
        let ask = format!("SELECT {}, {recorded}", lock::held_or_taken_sql(table));
        let answer = self.session.client().simple_query(&ask).map_err(failed)?;
        expect_ours(&answer, step, table, self.session.settings().label())?;
        let mut sql = timeouts.to_sql("SET");
        if let (Some(name), false) = (Self::delta(step), known) {
            sql.push_str("BEGIN; ");
            sql.push_str(&progress_table::begin_sql(table, name));
            // Until it is done, the delta is one that failed, for whoever reads that table.
            let failed = record_sql(step, table, started, false);
            sql.extend(failed.iter().flat_map(|row| ["; ", row]));
            sql.push_str("; COMMIT");
        }
        let made = self.session.client().batch_execute(&sql);
        if made.is_err() {
            let _ = self.session.client().batch_execute("ROLLBACK");
        }
        made.map_err(failed)
    }

    fn run_one_statement(
        &mut self,
        progress: &Progress<'_>,
        statement: &Statement,
    ) -> Result<(), UpgradeError> {
        let sql = text_of(progress.step, statement);
        if matches!(statement.kind, StatementKind::Program(_)) {
            return self.run_alone(progress, statement);
        }
        if cannot_run_in_transaction(sql).is_some() || may_commit(sql) {
            return self.run_alone(progress, statement);
        }
        match self.run_with_record(progress, statement) {
            // The server knows of more statements that must be alone than can be told by reading.
            Err(err) if err.sqlstate() == Some("25001") => self.run_alone(progress, statement),
            result => result,
        }
    }

    /// After it failed: what it began is finished or removed.
    fn run_again(
        &mut self,
        progress: &Progress<'_>,
        statement: &Statement,
    ) -> Result<(), UpgradeError> {
        match self.repair(progress, statement)? {
            Some(finished) => {
                let name = file_name(progress.step.path());
                self.warn(&format!("{name}: line {}: {finished}", statement.line));
                self.record_progress(progress, progress.done + 1, Next::Waiting)
            }
            None => self.run_one_statement(progress, statement),
        }
    }

    /// One transaction: the statement, and the record that it is done.
    fn run_with_record(
        &mut self,
        progress: &Progress<'_>,
        statement: &Statement,
    ) -> Result<(), UpgradeError> {
        let step = progress.step;
        let result = self.begin_statement(step).and_then(|()| {
            let started = Instant::now();
            run_statement(self.session, &step.script, statement)
                .map_err(|err| UpgradeError::Statement(Box::new(err)))?;
            if let Some(meter) = &mut self.meter {
                let measured = meter.statement(self.session, &step.script, statement, started);
                measured.map_err(|err| not_measured(step, &err))?;
            }
            let Some(name) = Self::delta(step) else {
                return self.own(step, "COMMIT");
            };
            let next = progress.done + 1;
            let table = &self.options.table;
            let update =
                progress_table::update_sql(table, name, &progress.checksums, next, Next::Waiting);
            self.own(step, &format!("{AS_PUM}{update}; COMMIT"))
        });
        self.meter.iter_mut().for_each(Meter::end_transaction);
        if result.is_err() {
            let _ = self.session.client().batch_execute("ROLLBACK");
        }
        result
    }

    fn begin_statement(&mut self, step: &UpgradeStep) -> Result<(), UpgradeError> {
        let table = &self.options.table;
        let sql = format!("BEGIN; SELECT {}, false", lock::held_or_taken_sql(table));
        let answer = self.session.client().simple_query(&sql).map_err(|err| {
            UpgradeError::server(format!("{}: cannot begin", file_name(step.path())), &err)
        })?;
        expect_still_ours(&answer, step, table, self.session.settings().label())
    }

    /// The statement by itself, recorded before and after.
    fn run_alone(
        &mut self,
        progress: &Progress<'_>,
        statement: &Statement,
    ) -> Result<(), UpgradeError> {
        let step = progress.step;
        self.begin_statement(step)?;
        self.own(step, "ROLLBACK")?;
        self.record_progress(progress, progress.done, Next::Begun)?;
        let watch = self.meter.as_ref().and_then(|_| LockWatch::begin(self.session));
        let started = Instant::now();
        let result = if let StatementKind::Program(program) = &statement.kind {
            self.run_program(step, program)
        } else {
            run_statement(self.session, &step.script, statement)
                .map_err(|err| UpgradeError::Statement(Box::new(err)))
        };
        if let (Some(meter), Ok(())) = (&mut self.meter, &result) {
            let which = (&step.script, statement);
            let measured = meter.watched(self.session, which, started, watch);
            measured.map_err(|err| not_measured(step, &err))?;
        }
        match result {
            Ok(()) => self.record_progress(progress, progress.done + 1, Next::Waiting),
            Err(err) => {
                if !err.is_of_lost_connection() && !self.session.is_closed() {
                    self.record_progress(progress, progress.done, Next::Failed)?;
                }
                Err(err)
            }
        }
    }

    pub(super) fn record_progress(
        &mut self,
        progress: &Progress<'_>,
        done: usize,
        next: Next,
    ) -> Result<(), UpgradeError> {
        let step = progress.step;
        let Some(name) = Self::delta(step) else { return Ok(()) };
        let table = &self.options.table;
        let update = progress_table::update_sql(table, name, &progress.checksums, done, next);
        let sql = format!("BEGIN READ WRITE; {AS_PUM}{update}; COMMIT");
        // A cancel request that came late hits this instead of the statement.
        self.own(step, &sql).or_else(|_| {
            let _ = self.session.client().batch_execute("ROLLBACK");
            self.own(step, &sql)
        })
    }

    /// Runs statements of pum's own.
    fn own(&mut self, step: &UpgradeStep, sql: &str) -> Result<(), UpgradeError> {
        self.session.client().batch_execute(sql).map_err(|err| {
            let name = file_name(step.path());
            UpgradeError::server(format!("{name}: cannot record what is done"), &err)
        })
    }

    /// The delta is done: its row comes, its row among the unfinished goes.
    fn end_non_transactional(
        &mut self,
        step: &UpgradeStep,
        started: Instant,
    ) -> Result<(), UpgradeError> {
        let _ = reset(self.session);
        expect_settled(step)?;
        let table = &self.options.table;
        let (Some(name), Some(insert)) =
            (Self::delta(step), record_sql(step, table, started, true))
        else {
            self.own(step, "BEGIN")?;
            let paid =
                self.mark_done(step).and_then(|()| self.session.client().batch_execute("COMMIT"));
            return paid.map_err(|err| {
                UpgradeError::server(format!("{}, at its end", file_name(step.path())), &err)
            });
        };
        let insert = insert + &self.mark_pending_sql(step);
        let script = file_name(step.path());
        let begin = format!(
            "BEGIN; {}SELECT {}, {}",
            lock_table_sql(table),
            lock::held_or_taken_sql(table),
            recorded_sql(name, table)
        );
        let at_end =
            |err: &postgres::Error| UpgradeError::server(format!("{script}, at its end"), err);
        let result = self.session.client().simple_query(&begin).map_err(|err| at_end(&err));
        let result = result
            .and_then(|answer| {
                expect_still_ours(&answer, step, table, self.session.settings().label())
            })
            .and_then(|()| {
                let failed = match table.migrations() {
                    Some(_) => String::new(),
                    None => format!(
                        "DELETE FROM {} WHERE {} AND NOT success; ",
                        table.to_sql(),
                        is_delta_sql(name)
                    ),
                };
                self.session
                    .client()
                    .batch_execute(&format!("{failed}{insert}"))
                    .and_then(|()| forget(self.session, table, &is_delta_sql(name)))
                    .map_err(|err| at_end(&err))
            });
        let result = result.map(|left| left.iter().for_each(|left| self.warn(left)));
        if result.is_err() {
            let _ = self.session.client().batch_execute("ROLLBACK");
            return result;
        }
        let Err(err) = self.session.client().batch_execute("COMMIT") else { return Ok(()) };
        if !commit_outcome::is_lost(self.session, &err) {
            return Err(at_end(&err));
        }
        let answer = commit_outcome::was_recorded(
            self.session,
            self.system_identifier,
            Some(name),
            self.options,
            &mut self.context,
        );
        match answer {
            Ok(true) => Err(UpgradeError::Committed { script, server: ServerMessage::new(&err) }),
            // The next run finds all statements done, and only the row missing.
            Ok(false) | Err(_) => Err(at_end(&err)),
        }
    }
}
