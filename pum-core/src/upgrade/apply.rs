use std::path::PathBuf;
use std::time::{Duration, Instant};

use super::failure::file_name;
use super::history::insert_sql;
use super::{History, Plan, Step, StepRole, TableName, UpgradeError, lock, run_script};
use crate::connect::{ServerMessage, Session, literal};
use crate::delta::{DeltaName, Version};
use crate::progress::{Event, Observer};
use crate::{Interrupt, Interrupted};

/// How to apply a plan.
#[derive(Debug, Clone)]
pub struct ApplyOptions {
    /// The upgrades table.
    pub table: TableName,
    /// How long to wait for another run to end.
    pub patience: Duration,
}

/// A script that was run and committed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Applied {
    /// Its file.
    pub path: PathBuf,
    /// How long it took.
    pub duration: Duration,
}

/// Runs the steps of a plan, each in one transaction; a delta's transaction holds its row in the
/// upgrades table too, so that both are kept or neither.
///
/// An advisory lock keeps other runs out, and the upgrades table must still say what it said when
/// the plan was made. When a step fails, those before it stay and are listed in the error.
pub fn apply(
    session: &mut Session,
    plan: &Plan,
    history: &History,
    options: &ApplyOptions,
    observer: &mut dyn Observer,
    interrupt: &Interrupt,
) -> Result<Vec<Applied>, UpgradeError> {
    if plan.is_empty() {
        return Ok(Vec::new());
    }
    lock::take(session, &options.table, options.patience, observer, interrupt)?;
    let result = run_steps(session, plan, history, &options.table, observer, interrupt);
    lock::release(session, &options.table);
    result
}

fn run_steps(
    session: &mut Session,
    plan: &Plan,
    history: &History,
    table: &TableName,
    observer: &mut dyn Observer,
    interrupt: &Interrupt,
) -> Result<Vec<Applied>, UpgradeError> {
    let label = session.settings().label().to_owned();
    let now = History::read(session, table)?
        .ok_or_else(|| UpgradeError::NoTable { table: table.clone(), label })?;
    if now != *history {
        let script = now.records.last().map_or_else(String::new, |record| record.script.clone());
        return Err(UpgradeError::Overtaken { script, table: table.clone() });
    }
    let mut applied = Vec::new();
    for (at, step) in plan.steps.iter().enumerate() {
        if let Err(Interrupted) = interrupt.check() {
            return Err(UpgradeError::Interrupted { applied });
        }
        let (position, count) = (at + 1, plan.steps.len());
        observer.notify(Event::ScriptStarted { path: step.path(), position, count });
        for warning in step.script.warnings() {
            let message = format!("{}: {warning}", file_name(step.path()));
            observer.notify(Event::Warning { message: &message });
        }
        let started = Instant::now();
        if let Err(err) = run_step(session, step, table) {
            return Err(stopped(err, step, plan, applied, interrupt));
        }
        let done = Applied { path: step.path().to_owned(), duration: started.elapsed() };
        observer.notify(Event::ScriptFinished { path: &done.path, duration: done.duration });
        applied.push(done);
    }
    Ok(applied)
}

/// A step's error, with what the operator needs to know beside it.
fn stopped(
    err: UpgradeError,
    step: &Step,
    plan: &Plan,
    applied: Vec<Applied>,
    interrupt: &Interrupt,
) -> UpgradeError {
    if err.may_have_committed() {
        return err;
    }
    if interrupt.is_triggered() {
        return UpgradeError::Interrupted { applied };
    }
    let version = version_after(plan, applied.len());
    UpgradeError::Stopped { cause: Box::new(err), script: step.path().to_owned(), applied, version }
}

/// The version that the database is at after so many steps.
fn version_after(plan: &Plan, steps: usize) -> Version {
    plan.steps[..steps]
        .iter()
        .filter_map(|step| match &step.role {
            StepRole::Delta(name) => Some(&name.version),
            StepRole::PreAll | StepRole::PostAll => None,
        })
        .fold(&plan.current_version, |highest, version| highest.max(version))
        .clone()
}

/// One transaction: the script, and its row if it is a delta.
fn run_step(session: &mut Session, step: &Step, table: &TableName) -> Result<(), UpgradeError> {
    let started = Instant::now();
    let script = file_name(step.path());
    let result = open_transaction(session, step, table)
        .and_then(|()| {
            run_script(session, &step.script).map_err(|err| UpgradeError::Statement(Box::new(err)))
        })
        .and_then(|()| {
            record(session, step, table, started)
                .map_err(|err| UpgradeError::server(format!("{script}, at its end"), &err))
        });
    if result.is_err() {
        // On a lost connection the server has rolled back already.
        let _ = session.client().batch_execute("ROLLBACK");
        let _ = reset(session);
        return result;
    }
    commit(session, step, table)?;
    reset(session)
        .map_err(|err| UpgradeError::Committed { script, server: ServerMessage::new(&err) })
}

/// Begins, locks the upgrades table against writers that know nothing of the advisory lock, and
/// makes sure that the delta is not recorded.
fn open_transaction(
    session: &mut Session,
    step: &Step,
    table: &TableName,
) -> Result<(), UpgradeError> {
    let failed = |err: &postgres::Error| {
        UpgradeError::server(format!("{}: before its first statement", file_name(step.path())), err)
    };
    let recorded = match &step.role {
        StepRole::Delta(name) => session
            .client()
            .simple_query(&format!(
                "BEGIN; LOCK TABLE {} IN SHARE ROW EXCLUSIVE MODE; {}; SAVEPOINT {GUARD}",
                table.to_sql(),
                recorded_sql(name, table)
            ))
            .map(|messages| has_row(&messages)),
        StepRole::PreAll | StepRole::PostAll => {
            session.client().batch_execute(&format!("BEGIN; SAVEPOINT {GUARD}")).map(|()| false)
        }
    };
    if recorded.map_err(|err| failed(&err))? {
        let script = file_name(step.path());
        return Err(UpgradeError::Overtaken { script, table: table.clone() });
    }
    Ok(())
}

/// A savepoint that is gone if something in the script ended the transaction.
const GUARD: &str = "pum_transaction_guard";

/// Ends the script's part: nothing deferred is left to fail at the commit, and its role and
/// settings are not those of pum's own statement.
fn record(
    session: &mut Session,
    step: &Step,
    table: &TableName,
    started: Instant,
) -> Result<(), postgres::Error> {
    session.client().batch_execute(&format!(
        "SET CONSTRAINTS ALL IMMEDIATE; RELEASE SAVEPOINT {GUARD}; RESET SESSION AUTHORIZATION; \
         RESET ROLE"
    ))?;
    let StepRole::Delta(name) = &step.role else { return Ok(()) };
    let milliseconds = i32::try_from(started.elapsed().as_millis()).unwrap_or(i32::MAX);
    let script = step.path().to_string_lossy();
    session.client().batch_execute(&insert_sql(
        table,
        &name.version,
        &name.name,
        name.type_code(),
        &script,
        step.checksum.as_str(),
        milliseconds,
    ))
}

/// Commits. When the connection is lost meanwhile, the upgrades table decides whether it was.
fn commit(session: &mut Session, step: &Step, table: &TableName) -> Result<(), UpgradeError> {
    let Err(err) = session.client().batch_execute("COMMIT") else { return Ok(()) };
    let script = file_name(step.path());
    let undone = UpgradeError::server(format!("{script}, at its COMMIT"), &err);
    let StepRole::Delta(name) = &step.role else { return Err(undone) };
    if !session.client().is_closed() {
        return Err(undone);
    }
    let asked = Session::open(session.settings(), &Interrupt::new())
        .map_err(|err| err.to_string())
        .and_then(|mut again| {
            was_recorded(&mut again, name, table)
                .map_err(|err| ServerMessage::new(&err).to_string())
        });
    match asked {
        Ok(true) => Err(UpgradeError::Committed { script, server: ServerMessage::new(&err) }),
        Ok(false) => Err(undone),
        Err(reason) => Err(UpgradeError::CommitUnknown {
            script,
            label: session.settings().label().to_owned(),
            table: table.clone(),
            reason,
        }),
    }
}

/// Whether the delta of a lost session was committed. That session's transaction, should it still
/// be at work on the server, holds the lock that is taken here: the answer is final.
fn was_recorded(
    session: &mut Session,
    delta: &DeltaName,
    table: &TableName,
) -> Result<bool, postgres::Error> {
    let sql = format!(
        "BEGIN; SET LOCAL lock_timeout = '60s'; LOCK TABLE {} IN SHARE ROW EXCLUSIVE MODE; {}; \
         ROLLBACK",
        table.to_sql(),
        recorded_sql(delta, table)
    );
    session.client().simple_query(&sql).map(|messages| has_row(&messages))
}

fn recorded_sql(delta: &DeltaName, table: &TableName) -> String {
    format!(
        "SELECT 1 FROM {} WHERE version = {} AND description = {} AND type = {} AND success",
        table.to_sql(),
        literal(&delta.version.to_string()),
        literal(&delta.name),
        delta.type_code()
    )
}

fn has_row(messages: &[postgres::SimpleQueryMessage]) -> bool {
    messages.iter().any(|message| matches!(message, postgres::SimpleQueryMessage::Row(_)))
}

/// Undoes what a script may have set for the session. The advisory lock stays, unlike with
/// `DISCARD ALL`.
fn reset(session: &mut Session) -> Result<(), postgres::Error> {
    session.client().batch_execute(
        "RESET SESSION AUTHORIZATION; RESET ALL; CLOSE ALL; UNLISTEN *; DISCARD TEMP; \
         DISCARD SEQUENCES",
    )
}
