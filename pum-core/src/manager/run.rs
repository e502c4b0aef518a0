use std::sync::PoisonError;

use super::closing_delta::closing_delta;
use super::dump::{dump_production, since};
use super::error::StepError;
use super::inputs_digest::starting_point;
use super::preflight::{production, ready};
use super::prepared::{Production, Ready};
use super::production_check::Rehearsal;
use super::record::Kept;
use super::rehearsals::Shared;
use super::role_check::{self, check_roles, lacks_permissions};
use super::run_context::{RunContext, Stop};
use super::suggestion::suggestions;
use super::test::TestDatabase;
use super::upgrade::upgrade;
use super::{
    Approver, Config, ManagerError, PendingScript, Question, Reference, RunOutcome, RunReport,
    RunStep, TestSource, production as production_steps, reference, test,
};
use crate::Interrupt;
use crate::compare::{CompareOptions, Comparison, compare_sources};
use crate::connect::Session;
use crate::humanize::{count, size, time};
use crate::plan::{Migration, MigrationError, PlanRequest, plan_sources};
use crate::progress::{Event, Observer};
use crate::source::Opened;
use crate::upgrade::UpgradeStep;

/// Rehearses the upgrade and, if the result is what the reference is, within the limits, and the
/// operator agrees, upgrades production.
///
/// # Errors
///
/// If a step fails: the error names it, what it means for production, and what was done until then.
pub fn run(
    job: &Config,
    operator: &mut dyn Approver,
    interrupt: &Interrupt,
) -> Result<RunReport, ManagerError> {
    let mut stage = RunContext::new(job, operator, interrupt);
    let outcome = match all_steps(&mut stage) {
        Ok(outcome) | Err(Stop::Ended(outcome)) => outcome,
        // Warnings may have come after it.
        Err(Stop::Failed(err)) => {
            return Err(ManagerError { report: Box::new(stage.report), ..err });
        }
    };
    Ok(RunReport { outcome, ..stage.report })
}

fn all_steps(stage: &mut RunContext<'_>) -> Result<RunOutcome, Stop> {
    let mut production = inspect_production(stage)?;
    if production.plan.is_empty() {
        return Ok(RunOutcome::NothingPending);
    }
    stage.reached(RunStep::Preflight)?;
    let rehearsal = shared_rehearsal(stage, &mut production)?;
    stage.reached(RunStep::Plan)?;
    approve(stage, &production)?;
    stage.step(RunStep::Confirm, |stage| {
        production_steps::confirm_unchanged(stage, &mut production)
    })?;
    stage.reached(RunStep::Confirm)?;
    production_steps::upgrade(stage, &mut production, &rehearsal)?;
    Ok(RunOutcome::Upgraded)
}

/// Asks the operator, who is given all that is known by now, or leaves it to be decided later.
fn approve(stage: &mut RunContext<'_>, production: &Production) -> Result<(), Stop> {
    // What is shown or written before the answer says that it is waited for.
    stage.report.outcome = RunOutcome::Stopped(RunStep::Approve);
    stage.reached(RunStep::Approve)?;
    let question = Question::UpgradeProduction {
        production: stage.job.production.label().to_owned(),
        from: production.plan.current_version.clone(),
        to: production.plan.target_version().clone(),
        scripts: production.plan.steps.len(),
    };
    let answer = stage.approve(&question);
    stage.report.outcome = RunOutcome::Failed;
    match answer {
        Ok(true) => Ok(()),
        Ok(false) => Err(Stop::Ended(RunOutcome::Declined(question))),
        Err(interrupted) => Err(stage.failed(RunStep::Approve, interrupted.into()).into()),
    }
}

pub(super) fn inspect_production(stage: &mut RunContext<'_>) -> Result<Production, Stop> {
    let opened = stage.step(RunStep::Preflight, |stage| {
        let opened = production(stage)?;
        let result = match &opened {
            Ok(found) if found.plan.is_empty() => {
                format!("version {}, nothing pending", found.plan.current_version)
            }
            Ok(found) => format!(
                "version {}, {} pending, to {}",
                found.plan.current_version,
                count(found.plan.pending().count(), "delta"),
                found.plan.target_version()
            ),
            Err(_) => "declined".to_owned(),
        };
        Ok((opened, result))
    })?;
    let production = opened.map_err(|question| Stop::Ended(RunOutcome::Declined(question)))?;
    stage.report.from = Some(production.plan.current_version.clone());
    stage.report.to = Some(production.plan.target_version().clone());
    stage.report.data = production.data.clone();
    stage.report.one_transaction = upgrade(stage.job, &production.plan).is_one_transaction();
    stage.report.scripts = production.plan.steps.iter().map(pending).collect();
    Ok(production)
}

/// A step of a plan, as reports have it.
fn pending(step: &UpgradeStep) -> PendingScript {
    PendingScript {
        path: step.path().to_owned(),
        sql: if step.is_program() { String::new() } else { step.script.shown_text() },
        statements: step.script.statements().len(),
    }
}

/// The rehearsal: one that was for another production database of the same schema, or an own one,
/// which others may share.
fn shared_rehearsal(
    stage: &mut RunContext<'_>,
    production: &mut Production,
) -> Result<Rehearsal, Stop> {
    let Some(rehearsals) = &stage.job.rehearsals else {
        let ready = inspect_others(stage, production, None)?;
        return rehearsal(stage, production, &ready);
    };
    let slot = rehearsals.slot(starting_point(stage.job, production));
    let mut shared = slot.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(Shared { by, result }) = &*shared {
        let rehearsal = result.clone().map_err(Stop::Ended)?;
        let ready = inspect_others(stage, production, Some(by))?;
        drop(shared);
        stage.reached(RunStep::Prepare)?;
        stage.step(RunStep::Dump, |stage| dump_production(stage, production, &ready))?;
        stage.reached(RunStep::Dump)?;
        stage.report.measured = Some(rehearsal.measured.clone());
        stage.report.changes = Some(rehearsal.changes(stage.job.schema_scope()));
        stage.report.hidden.clone_from(&rehearsal.hidden);
        return Ok(rehearsal);
    }
    let ready = inspect_others(stage, production, None)?;
    let result = rehearsal(stage, production, &ready);
    let known = match &result {
        Ok(rehearsal) => Some(Ok(rehearsal.clone())),
        Err(Stop::Ended(outcome @ (RunOutcome::Different | RunOutcome::OverLimit(_)))) => {
            Some(Err(outcome.clone()))
        }
        // Another one may have more luck.
        Err(_) => None,
    };
    let by = stage.job.production.label().to_owned();
    *shared = known.map(|result| Shared { by, result });
    result
}

/// Looks at test, reference and what was kept of an earlier run.
pub(super) fn inspect_others(
    stage: &mut RunContext<'_>,
    production: &mut Production,
    rehearsed_by: Option<&str>,
) -> Result<Ready, Stop> {
    let looked = stage.step(RunStep::Prepare, |stage| {
        let looked = ready(stage, production, rehearsed_by.is_some())?;
        if let (Ok(ready), Some(directory)) = (&looked, &stage.job.directory) {
            let kept = Kept::begin(stage.job, directory, production, ready)?;
            // What an earlier run chose stays: there was more room before it had its dump.
            production.data = kept.data().clone();
            stage.report.data = production.data.clone();
            stage.kept = Some(kept);
        }
        let result = match (&looked, rehearsed_by) {
            (Err(_), _) => "declined".to_owned(),
            (Ok(_), None) => "ready".to_owned(),
            (Ok(_), Some(by)) => format!("the same schema as {by}, where it was rehearsed"),
        };
        Ok((looked, result))
    })?;
    looked.map_err(|question| Stop::Ended(RunOutcome::Declined(question)))
}

/// The rehearsal: that of an earlier run, or a new one.
fn rehearsal(
    stage: &mut RunContext<'_>,
    production: &mut Production,
    ready: &Ready,
) -> Result<Rehearsal, Stop> {
    stage.reached(RunStep::Prepare)?;
    let earlier = match &stage.kept {
        Some(kept) => kept.rehearsal(),
        None => Ok(None),
    };
    let earlier = stage.step(RunStep::Dump, |stage| match earlier? {
        None if stage.job.expect_rehearsal => {
            let id = stage.job.directory.as_ref().map(|one| one.id().to_owned());
            Err(StepError::NotRehearsed { id: id.unwrap_or_default() })
        }
        Some((rehearsal, reached)) => {
            let since = since(reached);
            stage.dumped_to(stage.job.dump_file.clone());
            stage.report.restore = rehearsal.restore;
            stage.report.measured = Some(rehearsal.measured.clone());
            stage.report.changes = Some(rehearsal.changes(stage.job.schema_scope()));
            stage.report.hidden.clone_from(&rehearsal.hidden);
            let message = format!(
                "the rehearsal was {since}: later writes to production are neither in it nor in \
                 the dump"
            );
            stage.notify(Event::Warning { message: &message });
            Ok((Some(rehearsal), format!("rehearsed {since}")))
        }
        None => dump_production(stage, production, ready).map(|((), result)| (None, result)),
    })?;
    may_resume(stage);
    if let Some(rehearsal) = earlier {
        return Ok(rehearsal);
    }
    stage.reached(RunStep::Dump)?;
    let mut made = stage.step(RunStep::Restore, |stage| test::make(stage, production, ready))?;
    let result = rehearse(stage, production, ready, &mut made);
    made.end(stage);
    result
}

/// All that needs the test database.
fn rehearse(
    stage: &mut RunContext<'_>,
    production: &Production,
    ready: &Ready,
    made: &mut TestDatabase<'_>,
) -> Result<Rehearsal, Stop> {
    let test = &made.settings.clone();
    stage.reached(RunStep::Restore)?;
    let (mut rehearsal, mut opened) =
        stage.step(RunStep::VerifyTest, |stage| test::verify(stage, production, test))?;
    stage.reached(RunStep::VerifyTest)?;
    stage.step(RunStep::UpgradeTest, |stage| {
        test::upgrade(stage, production, &mut opened, &mut rehearsal)
    })?;
    stage.reached(RunStep::UpgradeTest)?;
    if matches!(stage.job.reference, Reference::None) {
        stage.step(RunStep::BuildReference, |stage| Ok(((), reference::none(stage))))?;
        stage.reached(RunStep::BuildReference)?;
        if !stage.job.deltas.roles_with_permissions().is_empty() {
            stage.step(RunStep::Compare, |stage| {
                check_roles(stage, test)?;
                let roles = role_check::result(stage.report.roles.as_ref());
                Ok(((), format!("with nothing{roles}")))
            })?;
            if lacks_permissions(stage.report.roles.as_ref()) {
                return Err(Stop::Ended(RunOutcome::Different));
            }
        }
        stage.reached(RunStep::Compare)?;
    } else {
        compare_with_reference(stage, production, ready, (made, opened.session), &mut rehearsal)?;
    }
    let exceeded = stage.step(RunStep::Plan, |stage| {
        let exceeded = stage.job.limits.exceeded_by(&rehearsal.measured);
        let mut result = format!(
            "{} in statements, {} of WAL",
            time(rehearsal.measured.duration()),
            size(rehearsal.measured.wal_bytes())
        );
        if exceeded.is_empty() {
            stage.keep(|kept| kept.has_rehearsal(&rehearsal))?;
        } else {
            result = count(exceeded.len(), "limit") + " exceeded";
        }
        Ok((exceeded, result))
    })?;
    if exceeded.is_empty() {
        Ok(rehearsal)
    } else {
        Err(Stop::Ended(RunOutcome::OverLimit(exceeded)))
    }
}

/// Builds the reference, and compares the upgraded copy with it.
fn compare_with_reference(
    stage: &mut RunContext<'_>,
    production: &Production,
    ready: &Ready,
    (made, session): (&mut TestDatabase<'_>, Session),
    rehearsal: &mut Rehearsal,
) -> Result<(), Stop> {
    let test = &made.settings.clone();
    let [mut upgraded, mut reference] = stage.step(RunStep::BuildReference, |stage| {
        reference::build(stage, production, ready, (test, session))
    })?;
    stage.reached(RunStep::BuildReference)?;
    let comparison = stage.step(RunStep::Compare, |stage| {
        check_roles(stage, test)?;
        let request = plan_request(stage)?;
        let sides = [&mut upgraded, &mut reference];
        let (comparison, migration) = compare_both(stage, sides, &request)?;
        stage.report.suggestions = suggestions(
            &comparison.differences,
            migration.as_ref(),
            &production.plan,
            &rehearsal.measured,
        );
        if !comparison.differences.is_empty() && migration.is_some() {
            let on = (made, [&mut upgraded, &mut reference]);
            stage.report.closing_delta = closing_delta(stage, production, on, &request)?;
        }
        let objects = comparison.left_objects.max(comparison.right_objects);
        let result = match comparison.differences.len() {
            0 => format!("no differences, {}", count(objects, "object")),
            n => count(n, "difference"),
        };
        let roles = role_check::result(stage.report.roles.as_ref());
        Ok((comparison, result + &roles))
    })?;
    let agrees =
        comparison.differences.is_empty() && !lacks_permissions(stage.report.roles.as_ref());
    rehearsal.hidden.clone_from(&comparison.hidden);
    stage.report.hidden.clone_from(&comparison.hidden);
    stage.report.comparison = Some(comparison);
    if !agrees {
        return Err(Stop::Ended(RunOutcome::Different));
    }
    stage.reached(RunStep::Compare)
}

/// From here on a later run can go on with this one.
fn may_resume(stage: &mut RunContext<'_>) {
    if let (Some(_), Some(directory)) = (&stage.kept, &stage.job.directory) {
        stage.report.resume = Some(directory.id().to_owned());
    }
}

/// Compares the copy with the reference, and plans what would bring it there, if that can be planned.
fn compare_both(
    stage: &mut RunContext<'_>,
    [test, reference]: [&mut Opened; 2],
    request: &PlanRequest,
) -> Result<(Comparison, Option<Migration>), StepError> {
    let toolchain = Some(&stage.job.toolchain);
    match plan_sources(test, reference, request, toolchain, &mut stage.context()) {
        Ok(migration) => Ok((migration.comparison.clone(), Some(migration))),
        Err(MigrationError::Compare(err)) => Err(err.into()),
        Err(_) => {
            let mut context = stage.context();
            let comparison =
                compare_sources(test, reference, &request.compare, toolchain, &mut context)?;
            Ok((comparison, None))
        }
    }
}

/// How they are compared.
pub(super) fn plan_request(stage: &RunContext<'_>) -> Result<PlanRequest, StepError> {
    let mut filters = stage.job.filters.clone();
    let on_scratch = matches!(stage.job.test, TestSource::Scratch);
    if on_scratch || !matches!(stage.job.reference, Reference::Database(_)) {
        // A scratch server has no tablespaces but its own.
        filters.ignore("tablespace")?;
    }
    let compare = CompareOptions {
        filters,
        upgrades_table: Some(stage.job.table.clone()),
        overview: true,
        ..CompareOptions::default()
    };
    let role = Some(stage.job.production.user().to_owned());
    Ok(PlanRequest { compare, role, ..PlanRequest::default() })
}
