//! What all steps share: the job, who is told, and what is known for the report.

use std::path::PathBuf;
use std::time::Instant;

use super::error::StepError;
use super::record::Kept;
use super::{
    Approver, Config, ManagerError, ProductionState, Question, RunOutcome, RunReport, RunStep,
    StepReport,
};
use crate::dump::Manifest;
use crate::progress::{Event, EventSink, Observer};
use crate::{Context, Interrupt, Interrupted};

/// A run at work.
pub(super) struct RunContext<'a> {
    pub(super) job: &'a Config,
    operator: &'a mut dyn Approver,
    pub(super) interrupt: &'a Interrupt,
    /// When the run began.
    begun: Instant,
    pub(super) production_state: ProductionState,
    pub(super) report: RunReport,
    /// What is kept of the run.
    pub(super) kept: Option<Kept>,
}

/// Why a run ends before its last step.
pub(super) enum Stop {
    Ended(RunOutcome),
    Failed(ManagerError),
}

impl From<ManagerError> for Stop {
    fn from(err: ManagerError) -> Self {
        Self::Failed(err)
    }
}

impl Observer for RunContext<'_> {
    fn notify(&mut self, event: Event<'_>) {
        if let Event::Warning { message } = event {
            self.report.warnings.push(message.to_owned());
        }
        self.operator.notify(event);
    }

    fn sink(&self) -> Option<EventSink> {
        self.operator.sink()
    }
}

impl<'a> RunContext<'a> {
    pub(super) fn new(
        job: &'a Config,
        operator: &'a mut dyn Approver,
        interrupt: &'a Interrupt,
    ) -> Self {
        let report = RunReport { outcome: RunOutcome::Failed, ..RunReport::nothing_pending() };
        let production_state = ProductionState::Unchanged;
        let begun = Instant::now();
        Self { job, operator, interrupt, begun, production_state, report, kept: None }
    }

    /// What the work of a step takes.
    pub(super) fn context(&mut self) -> Context<'_> {
        let interrupt = self.interrupt;
        Context::new(self, interrupt)
    }

    /// Does one step: tells when it begins and ends, takes its time, and puts its name on its
    /// error. The work returns what is needed later and a line about the result.
    pub(super) fn step<T>(
        &mut self,
        step: RunStep,
        work: impl FnOnce(&mut Self) -> Result<(T, String), StepError>,
    ) -> Result<T, ManagerError> {
        let title = step.title();
        self.operator.notify(Event::StepStarted { title });
        let started = Instant::now();
        let begun = started - self.begun;
        let result = self.interrupt.check().map_err(StepError::from).and_then(|()| work(self));
        let duration = started.elapsed();
        match result {
            Ok((value, result)) => {
                self.operator.notify(Event::StepFinished { title, result: &result, duration });
                self.report.steps.push(StepReport { step, result, begun, duration });
                Ok(value)
            }
            Err(cause) => {
                let result = "failed".to_owned();
                self.report.steps.push(StepReport { step, result, begun, duration });
                Err(self.failed(step, cause))
            }
        }
    }

    /// Ends the run if it was to go no further than this step.
    pub(super) fn reached(&self, step: RunStep) -> Result<(), Stop> {
        let ends = self.job.until.is_some_and(|until| until <= step);
        if ends { Err(Stop::Ended(RunOutcome::Stopped(step))) } else { Ok(()) }
    }

    /// Asks the operator. Fails if the interrupt is triggered instead of an answer.
    pub(super) fn approve(&mut self, question: &Question) -> Result<bool, Interrupted> {
        let answer = self.operator.approve(question, &self.report);
        self.interrupt.check().map(|()| answer)
    }

    /// The error of a step, with what was done until then.
    pub(super) fn failed(&self, step: RunStep, cause: StepError) -> ManagerError {
        ManagerError {
            step,
            cause,
            production: self.production_state.clone(),
            report: Box::new(self.report.clone()),
        }
    }

    /// Does something with what is kept of the run, if anything is.
    pub(super) fn keep(
        &mut self,
        work: impl FnOnce(&mut Kept) -> Result<(), StepError>,
    ) -> Result<(), StepError> {
        self.kept.as_mut().map_or(Ok(()), work)
    }

    pub(super) fn dumped_to(&mut self, file: PathBuf) {
        let manifest = Manifest::read(&file).ok().flatten();
        self.report.dump_taken_at = manifest.map(|manifest| manifest.taken_at);
        self.report.dump = Some(file);
    }
}
