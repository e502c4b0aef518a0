//! What all steps share: the job, who is told, and what is known for the report.

use std::path::PathBuf;
use std::time::Instant;

use super::error::StepError;
use super::{Job, ManagerError, Operator, Outcome, ProductionState, Report, StepReport};
use crate::Interrupt;
use crate::progress::Event;

/// A run at work.
pub(super) struct Stage<'a> {
    pub(super) job: &'a Job,
    pub(super) operator: &'a mut dyn Operator,
    pub(super) interrupt: &'a Interrupt,
    pub(super) production_state: ProductionState,
    pub(super) report: Report,
}

impl<'a> Stage<'a> {
    pub(super) fn new(
        job: &'a Job,
        operator: &'a mut dyn Operator,
        interrupt: &'a Interrupt,
    ) -> Self {
        let report = Report {
            outcome: Outcome::NothingPending,
            steps: Vec::new(),
            from: None,
            to: None,
            dump: None,
            comparison: None,
            applied: Vec::new(),
        };
        Self { job, operator, interrupt, production_state: ProductionState::Unchanged, report }
    }

    /// Does one step: tells when it begins and ends, takes its time, and puts its name on its
    /// error. The work returns what is needed later and a line about what came of it.
    pub(super) fn step<T>(
        &mut self,
        title: &str,
        work: impl FnOnce(&mut Self) -> Result<(T, String), StepError>,
    ) -> Result<T, ManagerError> {
        self.operator.notify(Event::StepStarted { title });
        let started = Instant::now();
        let result = self.interrupt.check().map_err(StepError::from).and_then(|()| work(self));
        let duration = started.elapsed();
        match result {
            Ok((value, result)) => {
                self.operator.notify(Event::StepFinished { title, result: &result, duration });
                self.report.steps.push(StepReport { title: title.to_owned(), result, duration });
                Ok(value)
            }
            Err(cause) => Err(ManagerError {
                step: title.to_owned(),
                cause,
                production: self.production_state.clone(),
                dump: self.report.dump.clone(),
            }),
        }
    }

    pub(super) fn finish(mut self, outcome: Outcome) -> Report {
        self.report.outcome = outcome;
        self.report
    }

    pub(super) fn dumped_to(&mut self, file: PathBuf) {
        self.report.dump = Some(file);
    }
}
