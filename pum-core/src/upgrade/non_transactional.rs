//! Runs a script without a transaction, statement by statement.
//!
//! A statement that can run in a transaction does so together with its progress record, and so runs
//! exactly once in all cases. Other statements are recorded before and after; if a run ends between
//! the two, [`interrupted_statement`] checks in the database whether the statement was done.

use std::time::Instant;

use super::execute::run_statement;
use super::measure::{LockWatch, Meter};
use super::program::run_program;
use super::progress_table::{self, Next, ProgressRow, UnfinishedDelta, forget, is_delta_sql};
use super::recording::{
    delta_recorded_sql, delta_row_sql, expect_ours, expect_settled, lock_table_sql,
};
use super::resume::take_up;
use super::run::{Run, reset};
use super::statement_progress::{AS_PUM, StatementProgress};
use super::{Retained, UpgradeError, UpgradeStep, commit_outcome, interrupted_statement, lock};
use crate::connect::ServerMessage;
use crate::delta::{Statement, StatementKind, cannot_run_in_transaction, may_commit};
use crate::progress::Event;

/// Runs the statements of the step at this place of the plan by themselves, from where an earlier
/// run ended.
pub(super) fn execute(
    run: &mut Run<'_, '_>,
    at: usize,
    earlier: Option<&UnfinishedDelta>,
) -> Result<(), UpgradeError> {
    let started = Instant::now();
    let step = &run.plan.steps[at];
    run.announce(at, step);
    let mut progress = StatementProgress::new(run, step, at);
    let result = run_statements(&mut progress, earlier, started);
    let after = progress.run.reset_after(step);
    if let Err(err) = result {
        if err.may_have_committed() {
            return Err(err);
        }
        let sql = progress.statement().map(|statement| step.sql_of(statement));
        let session = &mut *progress.run.session;
        let left = sql.and_then(|sql| interrupted_statement::left_behind(session, sql).ok());
        let partial_progress = progress.partial_progress(left.unwrap_or_default());
        return Err(if run.context.interrupt().is_triggered() {
            run.interrupted(Some(partial_progress))
        } else {
            run.stopped_at(err, step, Retained::Statements(partial_progress))
        });
    }
    let applied = run.done(step, started);
    run.applied.push(applied);
    after
}

fn run_statements(
    progress: &mut StatementProgress<'_, '_, '_>,
    earlier: Option<&UnfinishedDelta>,
    started: Instant,
) -> Result<(), UpgradeError> {
    begin(progress, earlier.is_some(), started)?;
    if let Some(earlier) = earlier {
        take_up(progress, earlier)?;
    }
    while let Some(statement) = progress.statement() {
        progress.run.context.check()?;
        report_messages(progress);
        let Run { announcer, context, .. } = &mut *progress.run;
        let which = (&progress.step.script, statement);
        announcer.statement(context, (progress.position, progress.done), which);
        let mut failures = 0;
        let mut result = run_one(progress, statement);
        while let Err(err) = result {
            failures += 1;
            let Run { locks, context, .. } = &mut *progress.run;
            locks.wait(progress.step, err, failures, context)?;
            result = run_again(progress, statement);
        }
        progress.done += 1;
        progress.restore_limits(statement)?;
    }
    report_messages(progress);
    let run = &mut *progress.run;
    for index in interrupted_statement::invalid_indexes(run.session).unwrap_or_default() {
        run.context.warn(&format!("the index {index} is invalid: nothing uses it"));
    }
    end(progress, started)
}

/// Reports what the script says before its next statement, or at its end.
fn report_messages(progress: &mut StatementProgress<'_, '_, '_>) {
    let messages = progress.step.script.messages().iter();
    for message in messages.filter(|message| message.before == progress.done) {
        progress.run.context.notify(if message.warning {
            Event::Warning { message: &message.text }
        } else {
            Event::Output { line: &message.text }
        });
    }
}

/// Sets the limits of time, makes sure that the delta is not recorded, and makes its rows:
/// one among the unfinished, and one without success in the upgrades table.
fn begin(
    progress: &mut StatementProgress<'_, '_, '_>,
    known: bool,
    started: Instant,
) -> Result<(), UpgradeError> {
    let (run, step) = (&mut *progress.run, progress.step);
    let table = run.table();
    let timeouts = run.locks.limits_of(step, run.session);
    let failed = |err: postgres::Error| {
        let before = format!("{}: before its first statement", step.file_name());
        UpgradeError::server(before, &err)
    };
    let recorded = delta_recorded_sql(step, table).unwrap_or_else(|| "false".to_owned());
    let ask = format!("SELECT {}, {recorded}", lock::held_or_taken_sql(table));
    let answer = run.session.client().simple_query(&ask).map_err(failed)?;
    expect_ours(&answer, step, table, run.session.settings().label())?;
    let mut sql = timeouts.to_sql("SET");
    if let (Some(row), false) = (ProgressRow::of(step), known) {
        sql.push_str("BEGIN; ");
        sql.push_str(&progress_table::begin_sql(table, row));
        // Until it is done, the delta is one that failed, to anything that reads that table.
        let failed = delta_row_sql(step, table, started, false);
        sql.extend(failed.iter().flat_map(|row| ["; ", row]));
        sql.push_str("; COMMIT");
    }
    run.execute(&sql).map_err(|err| {
        run.roll_back();
        failed(err)
    })
}

fn run_one(
    progress: &mut StatementProgress<'_, '_, '_>,
    statement: &Statement,
) -> Result<(), UpgradeError> {
    let sql = progress.step.sql_of(statement);
    if matches!(statement.kind, StatementKind::Program(_))
        || cannot_run_in_transaction(sql).is_some()
        || may_commit(sql)
    {
        return run_alone(progress, statement);
    }
    match run_with_record(progress, statement) {
        // The server knows of more statements that must be alone than can be told by reading.
        Err(err) if err.sqlstate() == Some("25001") => run_alone(progress, statement),
        result => result,
    }
}

/// After it failed: what it began is finished or removed.
fn run_again(
    progress: &mut StatementProgress<'_, '_, '_>,
    statement: &Statement,
) -> Result<(), UpgradeError> {
    let Some(finished) = progress.repair(statement)? else { return run_one(progress, statement) };
    let name = progress.step.file_name();
    progress.run.context.warn(&format!("{name}: line {}: {finished}", statement.line));
    progress.record(progress.done + 1, Next::Waiting)
}

/// One transaction: the statement, and the record that it is done.
fn run_with_record(
    progress: &mut StatementProgress<'_, '_, '_>,
    statement: &Statement,
) -> Result<(), UpgradeError> {
    let step = progress.step;
    let result = begin_statement(progress).and_then(|()| {
        let started = Instant::now();
        let run = &mut *progress.run;
        run_statement(run.session, &step.script, statement)
            .map_err(|err| UpgradeError::Statement(Box::new(err)))?;
        if let Some(meter) = &mut run.meter {
            let measured = meter.statement(run.session, &step.script, statement, started);
            let measured = measured.and_then(|()| meter.before_commit(run.session));
            measured.map_err(|err| not_measured(step, &err))?;
        }
        let Some(row) = ProgressRow::of(step) else { return progress.execute_own("COMMIT") };
        let (table, next) = (run.table(), progress.done + 1);
        let update =
            progress_table::update_sql(table, row, &progress.checksums, next, Next::Waiting);
        progress.execute_own(&format!("{AS_PUM}{update}; COMMIT"))
    });
    progress.run.meter.iter_mut().for_each(Meter::end_transaction);
    if result.is_err() {
        progress.run.roll_back();
    }
    result
}

fn begin_statement(progress: &mut StatementProgress<'_, '_, '_>) -> Result<(), UpgradeError> {
    let (run, step) = (&mut *progress.run, progress.step);
    let sql = format!("BEGIN; SELECT {}, false", lock::held_or_taken_sql(run.table()));
    let answer =
        run.session.client().simple_query(&sql).map_err(|err| {
            UpgradeError::server(format!("{}: cannot begin", step.file_name()), &err)
        })?;
    expect_still_ours(&answer, run, step)
}

/// The same as [`expect_ours`], in the middle of a script.
fn expect_still_ours(
    answer: &[postgres::SimpleQueryMessage],
    run: &Run<'_, '_>,
    step: &UpgradeStep,
) -> Result<(), UpgradeError> {
    let label = run.session.settings().label();
    expect_ours(answer, step, run.table(), label).map_err(|err| match err {
        UpgradeError::LockLost { script, label, .. } => {
            UpgradeError::LockLost { script, label, begun: true }
        }
        other => other,
    })
}

/// The statement on its own, recorded before and after.
fn run_alone(
    progress: &mut StatementProgress<'_, '_, '_>,
    statement: &Statement,
) -> Result<(), UpgradeError> {
    let step = progress.step;
    begin_statement(progress)?;
    progress.execute_own("ROLLBACK")?;
    progress.record(progress.done, Next::Begun)?;
    let run = &mut *progress.run;
    let watch = run.meter.as_ref().and_then(|_| LockWatch::begin(run.session));
    let started = Instant::now();
    let result = if let StatementKind::Program(program) = &statement.kind {
        run_program(run, step, program)
    } else {
        run_statement(run.session, &step.script, statement)
            .map_err(|err| UpgradeError::Statement(Box::new(err)))
    };
    if let (Some(meter), Ok(())) = (&mut run.meter, &result) {
        let which = (&step.script, statement);
        let measured = meter.watched(run.session, which, started, watch);
        measured.map_err(|err| not_measured(step, &err))?;
    }
    match result {
        Ok(()) => progress.record(progress.done + 1, Next::Waiting),
        Err(err) => {
            if !err.is_of_lost_connection() && !progress.run.session.is_closed() {
                progress.record(progress.done, Next::Failed)?;
            }
            Err(err)
        }
    }
}

/// The step is done: the row of a delta comes, or goes if it is undone, and its row among the unfinished
/// goes.
fn end(progress: &mut StatementProgress<'_, '_, '_>, started: Instant) -> Result<(), UpgradeError> {
    let (run, step) = (&mut *progress.run, progress.step);
    let _ = reset(run.session);
    expect_settled(step)?;
    let recorded = delta_recorded_sql(step, run.table());
    let (Some(recorded), Some(row)) = (recorded, delta_row_sql(step, run.table(), started, true))
    else {
        progress.execute_own("BEGIN")?;
        let run = &mut *progress.run;
        let marked = run.post_all.mark_done(run.session, run.plan, step);
        marked.iter().flatten().for_each(|warning| run.context.warn(warning));
        return marked.and_then(|_| run.execute("COMMIT")).map_err(|err| at_its_end(step, &err));
    };
    let row = row + &run.post_all.mark_sql(run.plan, step);
    match record_at_end(run, step, &recorded, &row) {
        Ok(left) => left.iter().for_each(|left| run.context.warn(left)),
        Err(err) => {
            run.roll_back();
            return Err(err);
        }
    }
    let Err(err) = run.execute("COMMIT") else { return Ok(()) };
    if !commit_outcome::is_lost(run.session, &err) {
        return Err(at_its_end(step, &err));
    }
    let answer = commit_outcome::was_recorded(
        run.session,
        run.system_identifier,
        Some(&recorded),
        run.plan.table(),
        &mut run.context,
    );
    match answer {
        Ok(true) => Err(UpgradeError::Committed {
            script: step.file_name(),
            server: ServerMessage::new(&err),
        }),
        // The next run finds all statements done, and only the row missing.
        Ok(false) | Err(_) => Err(at_its_end(step, &err)),
    }
}

/// What a delta's last transaction does before it is committed. Gives a warning if the table of the
/// unfinished could not be dropped.
fn record_at_end(
    run: &mut Run<'_, '_>,
    step: &UpgradeStep,
    recorded: &str,
    row: &str,
) -> Result<Option<String>, UpgradeError> {
    let table = run.table();
    let begin = format!(
        "BEGIN; {}SELECT {}, {recorded}",
        lock_table_sql(table),
        lock::held_or_taken_sql(table)
    );
    let answer = run.session.client().simple_query(&begin);
    let answer = answer.map_err(|err| at_its_end(step, &err))?;
    expect_still_ours(&answer, run, step)?;
    let failed = match (table.migrations(), step.delta()) {
        (None, Some(name)) => {
            format!("DELETE FROM {} WHERE {} AND NOT success; ", table.to_sql(), is_delta_sql(name))
        }
        _ => String::new(),
    };
    let which = ProgressRow::of(step).map_or_else(|| "false".to_owned(), ProgressRow::sql);
    run.execute(&format!("{failed}{row}"))
        .and_then(|()| forget(run.session, table, &which))
        .map_err(|err| at_its_end(step, &err))
}

fn at_its_end(step: &UpgradeStep, err: &postgres::Error) -> UpgradeError {
    UpgradeError::server(format!("{}, at its end", step.file_name()), err)
}

fn not_measured(step: &UpgradeStep, err: &postgres::Error) -> UpgradeError {
    let what = format!("{}: cannot check what a statement did", step.file_name());
    UpgradeError::server(what, err)
}
