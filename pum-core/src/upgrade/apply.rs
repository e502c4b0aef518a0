//! Applies a plan.

use super::announcer::Announcer;
use super::dependencies::check_dependencies;
use super::lock_retry::LockRetry;
use super::measure::{Identifiers, Measurements, Meter};
use super::pending_post_all::PendingPostAll;
use super::progress_table::UnfinishedDelta;
use super::run::{PreCommitCheck, Run, reset};
use super::statement_watch::StatementWatch;
use super::transaction::Transaction;
use super::{
    Applied, History, MeasureOptions, Resume, RunOptions, UpgradeError, UpgradePlan, UpgradeStep,
    commit_outcome, lock, non_transactional, pooler, python,
};
use crate::connect::SessionOn;
use crate::{Context, Interrupt};

/// An upgrade of a database by a plan.
///
/// Each step runs in one transaction, which for a delta also inserts its row in the upgrades table,
/// so that either both are committed or neither. With
/// [`single_transaction`](RunOptions::single_transaction) all steps run in one transaction. The
/// statements of a delta without a transaction run one by one, and their progress is recorded in a
/// table next to the upgrades table until the delta is done.
///
/// ```no_run
/// # use pum_core::{Context, Interrupt};
/// # use pum_core::connect::{Environment, Session, Settings};
/// # use pum_core::delta::DeltaSet;
/// use pum_core::upgrade::{PlanOptions, TableName, Upgrade, UpgradePlan};
///
/// # let settings = Settings::resolve("service=copy", &Environment::default())?;
/// # let mut session = Session::open(&settings, &Interrupt::new())?;
/// # let deltas = DeltaSet::read(&["deltas"])?;
/// let table: TableName = "public.upgrades".parse()?;
/// let plan = UpgradePlan::read(&mut session, &table, &deltas, &PlanOptions::default())?;
/// let report = Upgrade::new(&plan)
///     .measure(Default::default())
///     .verify_before_commit(|session| {
///         let rows = session.client().query("SELECT FROM pipes WHERE depth < 0", &[]);
///         match rows.map_err(|err| err.to_string())?.len() {
///             0 => Ok(()),
///             found => Err(format!("{found} pipes are above the ground")),
///         }
///     })
///     .run(&mut session, &mut Context::default())?;
/// println!("{} scripts", report.applied.len());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Upgrade<'a> {
    plan: &'a UpgradePlan,
    options: RunOptions,
    rehearse: bool,
    resume: Option<Resume>,
    expected: Option<&'a Measurements>,
    measure: Option<MeasureOptions<'a>>,
    pre_commit_check: Option<Box<PreCommitCheck<'a>>>,
}

/// The result of running an [`Upgrade`].
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct UpgradeReport {
    /// The scripts that were run and committed, or rolled back in a rehearsal.
    pub applied: Vec<Applied>,
    /// Their effects, if [measured](Upgrade::measure).
    pub measured: Option<Measurements>,
}

impl<'a> Upgrade<'a> {
    /// An upgrade by this plan, with default options.
    pub fn new(plan: &'a UpgradePlan) -> Self {
        Self {
            plan,
            options: RunOptions::default(),
            rehearse: false,
            resume: None,
            expected: None,
            measure: None,
            pre_commit_check: None,
        }
    }

    /// Sets how the scripts are run.
    #[must_use]
    pub fn options(mut self, options: RunOptions) -> Self {
        self.options = options;
        self
    }

    /// Sets whether everything runs in one transaction that is rolled back at the end.
    #[must_use]
    pub fn rehearse(mut self, rehearse: bool) -> Self {
        self.rehearse = rehearse;
        self
    }

    /// The operator's decision about the statement of a delta without a transaction at which an
    /// earlier run ended.
    #[must_use]
    pub fn resume(mut self, resume: Option<Resume>) -> Self {
        self.resume = resume;
        self
    }

    /// What the same plan did in a rehearsal: from its times the time left is told.
    #[must_use]
    pub fn expect(mut self, measured: &'a Measurements) -> Self {
        self.expected = Some(measured);
        self
    }

    /// Measures the effects of the scripts, for the report.
    ///
    /// The statements take longer then; it is meant for a copy.
    #[must_use]
    pub fn measure(mut self, options: MeasureOptions<'a>) -> Self {
        self.measure = Some(options);
        self
    }

    /// Calls `check` on the result of all steps in their transaction before it is committed, or in a
    /// rehearsal rolled back. If it returns an error, everything is rolled back ([`UpgradeError::NotProven`]).
    ///
    /// Steps in separate transactions are not checked, see
    /// [`is_one_transaction`](Self::is_one_transaction).
    #[must_use]
    pub fn verify_before_commit(
        mut self,
        check: impl FnMut(&mut SessionOn<'_>) -> Result<(), String> + 'a,
    ) -> Self {
        self.pre_commit_check = Some(Box::new(check));
        self
    }

    /// The plan.
    pub fn plan(&self) -> &'a UpgradePlan {
        self.plan
    }

    /// Whether everything is rolled back at the end.
    pub fn is_rehearsal(&self) -> bool {
        self.rehearse
    }

    /// The timeouts for a step, including those of its header.
    pub fn timeouts_of(&self, step: &UpgradeStep) -> super::Timeouts {
        self.options.timeouts.with(&step.header)
    }

    /// Whether all steps run in one transaction: on request, or because objects of repeatable
    /// scripts are dropped and recreated, which no other session should see, and every step can run
    /// in one.
    pub fn is_one_transaction(&self) -> bool {
        self.must_be_one_transaction()
            || (self.plan.belongs_together() && self.plan.can_be_one_transaction())
    }

    fn must_be_one_transaction(&self) -> bool {
        self.options.single_transaction || self.rehearse
    }

    /// Fails if the plan cannot be run in this way, such as in one transaction if a script runs
    /// without any; or if it has programs in Python, and the interpreter is missing or lacks a
    /// module that one of them imports, or a package that the project needs.
    ///
    /// # Errors
    ///
    /// If the plan cannot be run with these options, or on this machine.
    pub fn check(&self) -> Result<(), UpgradeError> {
        self.check_transaction()?;
        self.check_dependencies(&Interrupt::new())?;
        python::check(self.plan)
    }

    fn check_dependencies(&self, interrupt: &Interrupt) -> Result<(), UpgradeError> {
        if self.plan.is_empty() {
            return Ok(());
        }
        check_dependencies(Some(&self.plan.python), &self.plan.dependencies, interrupt)
    }

    fn check_transaction(&self) -> Result<(), UpgradeError> {
        let without = self.plan.steps.iter().filter(|step| step.header.no_transaction);
        let scripts: Vec<String> = without.map(UpgradeStep::file_name).collect();
        if scripts.is_empty() || !self.must_be_one_transaction() {
            return Ok(());
        }
        Err(UpgradeError::NotInOneTransaction { rehearse: self.rehearse, scripts })
    }

    /// Runs the steps.
    ///
    /// An advisory lock blocks other runs. If the upgrades table has changed since the plan was
    /// made, the error is [`UpgradeError::Overtaken`], and nothing is done. If a step fails, the
    /// steps before it stay committed and are listed in the error.
    ///
    /// # Errors
    ///
    /// If another run holds the lock, the upgrades table changed since the plan was read, or a
    /// script fails: the error lists earlier commits.
    pub fn run(
        &mut self,
        session: &mut SessionOn<'_>,
        context: &mut Context<'_>,
    ) -> Result<UpgradeReport, UpgradeError> {
        let mut meter = self.begin_to_measure(session)?;
        let applied = self.apply(session, &mut meter, context)?;
        let measured = meter.map(|meter| meter.finish(session));
        Ok(UpgradeReport {
            applied,
            measured: measured.transpose().map_err(|err| not_measured(&err))?,
        })
    }

    fn begin_to_measure(&self, session: &mut SessionOn<'_>) -> Result<Option<Meter>, UpgradeError> {
        let Some(options) = self.measure else { return Ok(None) };
        let words = Identifiers::from_texts(self.plan.steps.iter().map(|step| step.script.text()));
        let meter = Meter::begin(session, self.plan.table(), options, &words);
        meter.map(Some).map_err(|err| not_measured(&err))
    }

    fn apply(
        &mut self,
        session: &mut SessionOn<'_>,
        meter: &mut Option<Meter>,
        context: &mut Context<'_>,
    ) -> Result<Vec<Applied>, UpgradeError> {
        let plan = self.plan;
        if plan.is_empty() {
            return Ok(Vec::new());
        }
        self.check_transaction()?;
        self.check_dependencies(context.interrupt())?;
        let interpreters = python::start(plan, context.interrupt())?;
        session.expect_nothing_to_lose()?;
        pooler::refuse(session, context.interrupt())?;
        lock::take(session, plan.table(), self.options.run_lock_timeout, context)?;
        let in_one_transaction = self.is_one_transaction();
        let watch = StatementWatch::begin(session, context.sink());
        let announcer = Announcer::new(plan, self.expected, watch);
        let check = self.pre_commit_check.as_deref_mut().filter(|_| in_one_transaction);
        let mut run = Run {
            system_identifier: commit_outcome::system_identifier_of(session),
            session,
            context: context.reborrow(),
            plan,
            options: &self.options,
            rehearse: self.rehearse,
            in_one_transaction,
            resume: self.resume,
            pre_commit_check: check.map(|check| check as &mut PreCommitCheck<'_>),
            meter: meter.take(),
            announcer,
            locks: LockRetry::new(&self.options),
            post_all: PendingPostAll::default(),
            interpreters,
            applied: Vec::new(),
        };
        let result = run_steps(&mut run);
        let applied = std::mem::take(&mut run.applied);
        *meter = run.meter.take();
        drop(run);
        if session.is_borrowed() && result.is_err() {
            let _ = reset(session);
        }
        lock::release(session, plan.table());
        result.map(|()| applied)
    }
}

fn run_steps(run: &mut Run<'_, '_>) -> Result<(), UpgradeError> {
    expect_unchanged(run)?;
    let unfinished = UnfinishedDelta::read_all(run.session, run.table())?;
    check_unfinished(run, &unfinished)?;
    run.post_all =
        PendingPostAll::read(run.session, run.plan, &unfinished, run.in_one_transaction)?;
    let steps = &run.plan.steps;
    if run.in_one_transaction {
        return Transaction::new(run, 0, steps.len()).execute();
    }
    for (at, step) in steps.iter().enumerate() {
        if run.context.check().is_err() {
            return Err(run.interrupted(None));
        }
        if step.header.no_transaction {
            let earlier = unfinished.iter().find(|one| one.is_of(step));
            non_transactional::execute(run, at, earlier)?;
        } else {
            Transaction::new(run, at, 1).execute()?;
        }
    }
    Ok(())
}

/// The upgrades table still says what the plan was made from.
fn expect_unchanged(run: &mut Run<'_, '_>) -> Result<(), UpgradeError> {
    let now = History::expect(run.session, run.table())?;
    if now == *run.plan.history() {
        return Ok(());
    }
    let script = now.records.last().map_or_else(String::new, |record| record.script.clone());
    Err(UpgradeError::Overtaken { script, table: run.table().clone() })
}

/// Whether the progress left by earlier runs fits this plan.
fn check_unfinished(
    run: &mut Run<'_, '_>,
    unfinished: &[UnfinishedDelta],
) -> Result<(), UpgradeError> {
    let steps = &run.plan.steps;
    let half_done = |step: &&UpgradeStep| unfinished.iter().any(|one| one.is_of(step));
    let step = steps.iter().find(half_done);
    if let Some(step) = step.filter(|step| !step.header.no_transaction) {
        return Err(UpgradeError::HalfDoneBefore { script: step.path().to_owned() });
    }
    if step.is_none() && run.resume.is_some() {
        return Err(UpgradeError::NothingToResume);
    }
    let is_elsewhere =
        |one: &&UnfinishedDelta| one.is_undo() && !steps.iter().any(|step| one.is_of(step));
    if let Some(one) = unfinished.iter().find(is_elsewhere) {
        let (delta, table) = (one.to_string(), run.plan.table().progress());
        return Err(UpgradeError::HalfUndone { delta, table });
    }
    let planned = |one: &UnfinishedDelta| steps.iter().any(|step| one.is_of(step));
    for one in unfinished.iter().filter(|one| !one.is_pending_post_all() && !planned(one)) {
        run.context.warn(&format!(
            "{one} is half done according to {}, but this run does not reach it",
            run.plan.table().progress()
        ));
    }
    Ok(())
}

fn not_measured(err: &postgres::Error) -> UpgradeError {
    UpgradeError::server("cannot measure what the scripts do".to_owned(), err)
}

impl std::fmt::Debug for Upgrade<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Upgrade")
            .field("plan", &self.plan)
            .field("options", &self.options)
            .field("rehearse", &self.rehearse)
            .field("resume", &self.resume)
            .field("measure", &self.measure)
            .finish_non_exhaustive()
    }
}
