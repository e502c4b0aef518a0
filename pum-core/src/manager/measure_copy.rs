//! A copy of production as a rehearsal makes it, on which is measured how a delta is to be written.

use super::dump::dump_production;
use super::measure_closing::measure_both;
use super::prepared::{Production, Ready};
use super::run::{inspect_others, inspect_production, plan_request};
use super::run_context::{RunContext, Stop};
use super::test::{self, TestDatabase};
use super::{Approver, Config, ManagerError, RunOutcome, RunReport, RunStep, reference};
use crate::humanize::count;
use crate::plan::{MeasuredWays, PendingDeltas, both_ways_after};
use crate::progress::{Event, Observer};
use crate::{Context, Interrupt};

/// Dumps production, restores it as a rehearsal does, and measures there how what is missing between
/// production after its pending deltas and the reference is best changed; see
/// [`measure_ways`](crate::plan::measure_ways). [`Config::closing`] says how it is planned, and for how long
/// it is measured. The copy goes, unless it is one that stays.
///
/// The report ends as one that was stopped after the comparison, or says what was declined.
///
/// # Errors
///
/// If a step fails: the error names it, and what was done until then. That nothing could be measured is no
/// error: then all ways are by rule.
pub fn measure_on_copy(
    job: &Config,
    operator: &mut dyn Approver,
    interrupt: &Interrupt,
) -> Result<(MeasuredWays, RunReport), ManagerError> {
    let mut stage = RunContext::new(job, operator, interrupt);
    let (ways, outcome) = match all_steps(&mut stage) {
        Ok(ways) => (ways, RunOutcome::Stopped(RunStep::Compare)),
        Err(Stop::Ended(outcome)) => (MeasuredWays::default(), outcome),
        Err(Stop::Failed(err)) => return Err(err),
    };
    Ok((ways, RunReport { outcome, ..stage.report }))
}

fn all_steps(stage: &mut RunContext<'_>) -> Result<MeasuredWays, Stop> {
    let mut production = inspect_production(stage)?;
    let ready = inspect_others(stage, &mut production, None)?;
    stage.step(RunStep::Dump, |stage| dump_production(stage, &mut production, &ready))?;
    let mut made =
        stage.step(RunStep::Restore, |stage| test::make(stage, &mut production, &ready))?;
    let measured = on_test(stage, &production, &ready, &mut made);
    made.end(stage);
    measured
}

/// All that needs the test database.
fn on_test(
    stage: &mut RunContext<'_>,
    production: &Production,
    ready: &Ready,
    made: &mut TestDatabase<'_>,
) -> Result<MeasuredWays, Stop> {
    let settings = &made.settings.clone();
    let (_, opened) =
        stage.step(RunStep::VerifyTest, |stage| test::verify(stage, production, settings))?;
    let [mut copy, mut reference] = stage.step(RunStep::BuildReference, |stage| {
        reference::build(stage, production, ready, (settings, opened.session))
    })?;
    let job = stage.job;
    let measured = stage.step(RunStep::Compare, |stage| {
        let request = job.closing.applied_to(&plan_request(stage)?);
        let pending = PendingDeltas::new(&job.deltas, &job.table, &job.plan, &request);
        let quiet = &mut Context::silent(stage.interrupt);
        let sides = [&mut copy, &mut reference];
        let planned = both_ways_after(sides, pending, &job.toolchain, quiet);
        stage.interrupt.check()?;
        let both = planned.unwrap_or_else(|err| {
            let message = format!("the ways are chosen by rule, as they cannot be planned: {err}");
            stage.notify(Event::Warning { message: &message });
            None
        });
        let ways = match (both, job.closing.measure_for) {
            (Some(both), Some(within)) => {
                let on = (made, &mut copy);
                measure_both(stage, production, on, (&both, Some(pending)), within)?
            }
            _ => MeasuredWays::default(),
        };
        let result = format!("{} measured in both ways", count(ways.ways.len(), "change"));
        Ok((ways, result))
    })?;
    Ok(measured)
}
