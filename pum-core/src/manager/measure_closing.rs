//! Measures on the rehearsed copy in which way the changes of the delta that closes a gap are made.

use std::time::Duration;

use super::error::StepError;
use super::prepared::Production;
use super::run_context::RunContext;
use super::test::{TestDatabase, superuser};
use crate::Context;
use crate::connect::Session;
use crate::dump::maintenance_session;
use crate::plan::{
    BothWays, MeasureOn, MeasuredWays, NotMeasured, PendingDeltas, PlanRequest, both_ways,
};
use crate::source::{Content, Opened};

/// Measures the ways from the copy to the reference, no longer than `within`. What hinders it is a warning:
/// then they are made by rule.
pub(super) fn measure(
    stage: &mut RunContext<'_>,
    production: &Production,
    (made, [test, reference]): (&mut TestDatabase<'_>, [&mut Opened; 2]),
    request: &PlanRequest,
    within: Duration,
) -> Result<MeasuredWays, StepError> {
    let toolchain = &stage.job.toolchain;
    let quiet = &mut Context::silent(stage.interrupt);
    let planned = both_ways([&mut *test, reference], request, toolchain, quiet);
    stage.interrupt.check()?;
    // If it cannot be planned, that is said when it is planned in one way.
    let Ok(Some(both)) = planned else { return Ok(MeasuredWays::default()) };
    measure_both(stage, production, (made, test), (&both, None), within)
}

/// Runs both ways on databases that are made of the copy, after the pending deltas if there are any.
pub(super) fn measure_both(
    stage: &mut RunContext<'_>,
    production: &Production,
    copy: (&mut TestDatabase<'_>, &mut Opened),
    (both, pending): (&BothWays, Option<PendingDeltas<'_>>),
    within: Duration,
) -> Result<MeasuredWays, StepError> {
    let measured = alone(stage, copy, |stage, test| {
        let settings = test.settings.clone();
        let superuser = superuser(stage, production, &settings)?;
        let mut on = MeasureOn::new(&settings, within);
        on.superuser = Some(&superuser);
        let quiet = &mut Context::silent(stage.interrupt);
        let found = both.measure(on, pending, quiet);
        stage.interrupt.check()?;
        Ok(found.unwrap_or_else(|err| failed(both, err.to_string())))
    })?;
    let measured = measured.unwrap_or_else(|reason| failed(both, reason));
    if let Some(one) = measured.by_rule.first() {
        stage.report.warnings.push(format!("not measured: {one}"));
    }
    Ok(measured)
}

fn failed(both: &BothWays, reason: String) -> MeasuredWays {
    both.by_rule(&NotMeasured::Failed { reason })
}

/// Does something while the run has no session on the copy, of which the server makes databases then. Says
/// why if that cannot be.
fn alone<T>(
    stage: &mut RunContext<'_>,
    (made, test): (&mut TestDatabase<'_>, &mut Opened),
    work: impl FnOnce(&mut RunContext<'_>, &TestDatabase<'_>) -> Result<T, StepError>,
) -> Result<Result<T, String>, StepError> {
    let Content::Database(session) = &mut test.content else {
        return Ok(Err("the copy is no database".to_owned()));
    };
    let settings = session.settings().clone();
    match maintenance_session(&settings, stage.interrupt) {
        Ok(elsewhere) => **session = elsewhere,
        Err(err) => return Ok(Err(err.to_string())),
    }
    made.leave();
    let done = work(stage, made);
    **session = Session::open(&settings, stage.interrupt)?;
    made.guard(stage.interrupt)?;
    done.map(Ok)
}
