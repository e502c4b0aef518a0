use std::path::PathBuf;
use std::time::{Duration, Instant};

use super::blockers::Blockers;
use super::failure::file_name;
use super::measure::{DdlWatch, Identifiers, Measurements, Meter};
use super::progress_table::UnfinishedDelta;
use super::{
    History, StepRole, TableName, Timeouts, UpgradeError, UpgradePlan, UpgradeStep, commit_outcome,
    lock, pooler,
};
use crate::connect::{ServerMessage, Session, SessionOn};
use crate::progress::Event;
use crate::{Context, Interrupted};

/// How to apply a plan.
#[derive(Debug, Clone)]
pub struct ApplyOptions {
    /// The upgrades table.
    pub table: TableName,
    /// How the scripts are run.
    pub run: RunOptions,
    /// Run everything in one transaction and undo it at the end.
    pub rehearse: bool,
    /// What to do with a statement of a delta without a transaction that an earlier run left.
    pub resume: Option<Resume>,
}

impl ApplyOptions {
    /// Each delta in a transaction of its own, without limits of time.
    pub fn new(table: TableName) -> Self {
        Self { table, run: RunOptions::default(), rehearse: false, resume: None }
    }

    /// These options with the upgrades table in the form in which it was found.
    fn on(&self, plan: &UpgradePlan) -> Self {
        let migrations = plan.history().migrations.clone();
        let migrations = migrations.map(|found| found.with_parameters(&plan.parameters));
        Self { table: self.table.in_form(migrations), ..self.clone() }
    }

    /// Whether all scripts run in one transaction.
    pub fn in_one_transaction(&self) -> bool {
        self.run.single_transaction || self.rehearse
    }
}

/// How scripts are run, on whatever database.
#[derive(Debug, Clone, Default)]
pub struct RunOptions {
    /// How long to wait for another run to end.
    pub run_lock_timeout: Duration,
    /// All scripts in one transaction: all of them or none.
    pub single_transaction: bool,
    /// Limits of time for statements; those in a script's header come before these.
    pub timeouts: Timeouts,
    /// How often a transaction that did not get a lock in time is run again; `None`: as often as
    /// [`RunOptions::LOCK_RETRIES`] says.
    pub lock_retries: Option<u32>,
    /// When all tries ended for want of a lock: once more, and the sessions that are in the way then
    /// are ended (`pg_terminate_backend`), each of which is told. Else nobody's ever is.
    pub terminate_blockers: bool,
}

impl RunOptions {
    /// How often a transaction that did not get a lock in time is run again.
    pub const LOCK_RETRIES: u32 = 5;
}

/// What an operator decides about the statement at which an earlier run of a delta without a
/// transaction ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Resume {
    /// It did not run: run it again.
    Again,
    /// It did run, or was done by hand: go on behind it.
    Done,
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
/// upgrades table too, so that both are kept or neither. With
/// [`single_transaction`](RunOptions::single_transaction) there is one transaction for all. The
/// statements of a delta without a transaction are run one by one, and how far they came is
/// recorded beside the upgrades table until the delta is done.
///
/// An advisory lock keeps other runs out, and the upgrades table must still say what it said when
/// the plan was made: else [`UpgradeError::Overtaken`] says so, and nothing was done. When a step fails, those before it stay and are listed in the error.
pub fn apply(
    session: &mut SessionOn<'_>,
    plan: &UpgradePlan,
    options: &ApplyOptions,
    context: &mut Context<'_>,
) -> Result<Vec<Applied>, UpgradeError> {
    apply_with(session, plan, options, Hooks::default(), context)
}

/// What is known of the database on which scripts are measured.
#[derive(Debug, Clone, Copy, Default)]
pub struct MeasuredCopy<'a> {
    /// Nothing was written to it since its `ANALYZE`: the rows that it counted need not be counted
    /// again.
    pub analyzed: bool,
    /// What sees the objects that statements change; the session must have its notices.
    pub watch: Option<&'a DdlWatch>,
}

/// The same as [`apply`], and tells what the scripts did.
///
/// The looking costs a round trip for each statement; it is meant for a copy.
pub fn apply_measured(
    session: &mut SessionOn<'_>,
    plan: &UpgradePlan,
    options: &ApplyOptions,
    copy: MeasuredCopy<'_>,
    context: &mut Context<'_>,
) -> Result<(Vec<Applied>, Measurements), UpgradeError> {
    let failed = |err: postgres::Error| {
        UpgradeError::server("cannot measure what the scripts do".to_owned(), &err)
    };
    let words = Identifiers::from_texts(plan.steps.iter().map(|step| step.script.text()));
    let MeasuredCopy { analyzed, watch } = copy;
    let meter = Meter::begin(session, &options.table, analyzed, watch, &words);
    let mut meter = Some(meter.map_err(failed)?);
    let hooks = Hooks { meter: Some(&mut meter), ..Hooks::default() };
    let applied = apply_with(session, plan, options, hooks, context)?;
    let measured = meter.map(|meter| meter.finish(session)).transpose().map_err(failed)?;
    Ok((applied, measured.unwrap_or_default()))
}

/// Looks, in the transaction of all steps, at what they came to, before it is committed. An error
/// says why it must not be.
pub type PreCommitCheck<'a> = PreCommitCheckOn<'a, 'static>;

/// The same on a connection that may be lent.
pub(super) type PreCommitCheckOn<'a, 'c> =
    Box<dyn FnMut(&mut SessionOn<'c>) -> Result<(), String> + 'a>;

/// The same as [`apply`], but what is one transaction is only committed when `proof` agrees. Steps
/// in transactions of their own are not looked at, see [`UpgradePlan::in_one_transaction`].
pub fn apply_with_pre_commit_check(
    session: &mut Session,
    plan: &UpgradePlan,
    options: &ApplyOptions,
    proof: PreCommitCheck<'_>,
    context: &mut Context<'_>,
) -> Result<Vec<Applied>, UpgradeError> {
    let hooks = Hooks { proof: Some(proof), ..Hooks::default() };
    apply_with(session, plan, options, hooks, context)
}

/// Who looks on.
#[derive(Default)]
struct Hooks<'a, 'c> {
    proof: Option<PreCommitCheckOn<'a, 'c>>,
    meter: Option<&'a mut Option<Meter>>,
}

fn apply_with<'c>(
    session: &mut SessionOn<'c>,
    plan: &UpgradePlan,
    options: &ApplyOptions,
    mut hooks: Hooks<'_, 'c>,
    context: &mut Context<'_>,
) -> Result<Vec<Applied>, UpgradeError> {
    if plan.is_empty() {
        return Ok(Vec::new());
    }
    plan.fits(options)?;
    let options = &options.on(plan);
    session.expect_nothing_to_lose()?;
    pooler::refuse(session, context.interrupt())?;
    lock::take(session, &options.table, options.run.run_lock_timeout, context)?;
    let system_identifier = commit_outcome::system_identifier_of(session);
    let mut run = Run {
        session,
        system_identifier,
        plan,
        options,
        context: context.reborrow(),
        applied: Vec::new(),
        resume: options.resume,
        blockers: None,
        proof: hooks.proof.filter(|_| plan.in_one_transaction(options)),
        meter: hooks.meter.as_mut().and_then(|meter| meter.take()),
        may_have_pending_post_all: false,
        has_pending_post_all: false,
    };
    let result = run.all();
    let applied = std::mem::take(&mut run.applied);
    let meter = run.meter.take();
    drop(run);
    if let Some(place) = hooks.meter {
        *place = meter;
    }
    if session.is_borrowed() && result.is_err() {
        let _ = reset(session);
    }
    lock::release(session, &options.table);
    result.map(|()| applied)
}

/// A plan being applied.
pub(super) struct Run<'a, 'c> {
    pub(super) session: &'a mut SessionOn<'c>,
    /// Which server this is, for the case that it must be found again.
    pub(super) system_identifier: Option<u64>,
    pub(super) plan: &'a UpgradePlan,
    pub(super) options: &'a ApplyOptions,
    pub(super) context: Context<'a>,
    /// What was committed.
    pub(super) applied: Vec<Applied>,
    /// The operator's decision, until it was used.
    pub(super) resume: Option<Resume>,
    /// What looks at the result before it is committed.
    pub(super) proof: Option<PreCommitCheckOn<'a, 'c>>,
    /// What measures it.
    pub(super) meter: Option<Meter>,
    /// Who looks at whom this session waits for, once a limit is set.
    pub(super) blockers: Option<Blockers>,
    /// Whether the scripts after the deltas are noted until they are done.
    pub(super) may_have_pending_post_all: bool,
    /// Whether they are noted now.
    pub(super) has_pending_post_all: bool,
}

impl Run<'_, '_> {
    fn all(&mut self) -> Result<(), UpgradeError> {
        self.expect_unchanged()?;
        let unfinished = UnfinishedDelta::read_all(self.session, &self.options.table)?;
        self.check_unfinished(&unfinished)?;
        self.read_pending(&unfinished)?;
        let steps = &self.plan.steps;
        if self.plan.in_one_transaction(self.options) {
            return self.in_transaction(0, steps);
        }
        for (at, step) in steps.iter().enumerate() {
            if let Err(Interrupted) = self.context.check() {
                return Err(self.interrupted(None));
            }
            if step.header.no_transaction {
                self.without_transaction(at, step, unfinished.iter().find(|one| one.is_of(step)))?;
            } else {
                self.in_transaction(at, &steps[at..=at])?;
            }
        }
        Ok(())
    }

    /// The upgrades table still says what the plan was made from.
    fn expect_unchanged(&mut self) -> Result<(), UpgradeError> {
        let table = &self.options.table;
        let now = History::expect(self.session, table)?;
        if now == *self.plan.history() {
            return Ok(());
        }
        let script = now.records.last().map_or_else(String::new, |record| record.script.clone());
        Err(UpgradeError::Overtaken { script, table: table.clone() })
    }

    /// What earlier runs left half done fits this plan.
    fn check_unfinished(&mut self, unfinished: &[UnfinishedDelta]) -> Result<(), UpgradeError> {
        let half_done = |step: &&UpgradeStep| unfinished.iter().any(|one| one.is_of(step));
        let step = self.plan.steps.iter().find(half_done);
        if let Some(step) = step.filter(|step| !step.header.no_transaction) {
            let script = step.path().to_owned();
            return Err(UpgradeError::HalfDoneBefore { script });
        }
        if step.is_none() && self.resume.is_some() {
            return Err(UpgradeError::NothingToResume);
        }
        let planned = |one: &UnfinishedDelta| self.plan.steps.iter().any(|step| one.is_of(step));
        for one in unfinished.iter().filter(|one| !one.is_pending_post_all() && !planned(one)) {
            let message = format!(
                "{one} is half done according to {}, and this run does not get to it",
                self.options.table.progress()
            );
            self.context.warn(&message);
        }
        Ok(())
    }

    /// Tells that a step begins, and what its author should know.
    pub(super) fn announce(&mut self, at: usize, step: &UpgradeStep) {
        let (position, count) = (at + 1, self.plan.steps.len());
        self.context.notify(Event::ScriptStarted { path: step.path(), position, count });
        self.meter.iter_mut().for_each(|meter| meter.script(step.path()));
        for warning in step.script.warnings() {
            let message = format!("{}: {warning}", file_name(step.path()));
            self.context.warn(&message);
        }
    }

    /// What was done with a step that began then; tells so.
    pub(super) fn done(&mut self, step: &UpgradeStep, started: Instant) -> Applied {
        self.got_its_locks();
        let done = Applied { path: step.path().to_owned(), duration: started.elapsed() };
        self.context.notify(Event::ScriptFinished { path: &done.path, duration: done.duration });
        done
    }

    pub(super) fn warn(&mut self, message: &str) {
        self.context.warn(message);
    }

    /// Undoes what a script may have set for the session.
    pub(super) fn reset(&mut self, step: &UpgradeStep) -> Result<(), UpgradeError> {
        // A cancel request that came late hits this instead of what it was meant for.
        let result = reset(self.session).or_else(|_| reset(self.session));
        result.map_err(|err| UpgradeError::Committed {
            script: file_name(step.path()),
            server: ServerMessage::new(&err),
        })
    }

    /// The name of a step's delta; `None` for a script around the run.
    pub(super) fn delta(step: &UpgradeStep) -> Option<&crate::delta::DeltaName> {
        match &step.role {
            StepRole::Delta(name) => Some(name),
            StepRole::PreAll
            | StepRole::PostAll
            | StepRole::Drop { .. }
            | StepRole::Repeatable(_) => None,
        }
    }
}

/// Undoes what a script may have set for the session. The advisory lock stays, unlike with
/// `DISCARD ALL`.
pub(super) fn reset(session: &mut SessionOn<'_>) -> Result<(), postgres::Error> {
    let sql = session.reset_sql();
    session.client().batch_execute(&sql)
}
