//! Production: still what was rehearsed, upgraded, and come out as rehearsed.

use super::error::StepError;
use super::prepared::Production;
use super::production_check::Rehearsal;
use super::record::Kept;
use super::role_check;
use super::run_context::RunContext;
use super::upgrade::{read_plan, upgrade as upgrade_of};
use super::{ManagerError, ProductionState, RunStep};
use crate::catalog;
use crate::connect::{Session, SessionOn};
use crate::diff::Difference;
use crate::humanize::count;
use crate::progress::{Event, Observer};

/// Makes sure that production is still what was rehearsed.
pub(super) fn confirm_unchanged(
    stage: &mut RunContext<'_>,
    production: &mut Production,
) -> Result<((), String), StepError> {
    // If it is not, a later run cannot go on with this one.
    let resume = stage.report.resume.take();
    let label = stage.job.production.label().to_owned();
    let changed = |what: &str| {
        let (label, what) = (label.clone(), what.to_owned());
        Err(StepError::ProductionChanged { label, what })
    };
    // The operator may have thought for long: the first session may be gone. If it is not, its
    // backend knows the catalogs already.
    if !production.session.answers() {
        production.session = Session::open(&stage.job.production, stage.interrupt)?;
        production.committed = None;
    }
    if production.session.identity()? != production.identity {
        return changed("it is another database now");
    }
    let plan = read_plan(stage.job, &mut production.session)?;
    if plan.history() != production.plan.history() || !plan.runs_the_same(&production.plan) {
        return changed("its upgrades table");
    }
    if role_check::on_server(stage.job, &mut production.session)? != production.roles {
        return changed("a role of the project");
    }
    // Where nothing at all was committed since, the catalogs need not be read again.
    let before = production.committed.take();
    let is_idle = before.is_some() && before == Production::committed(&mut production.session);
    let scope = stage.job.schema_scope();
    let known = scope.without_managed(&production.model);
    let mut read = || catalog::read(&mut production.session, &scope.of_catalog());
    if !is_idle && scope.without_managed(&read()?) != known {
        return changed("its schema");
    }
    stage.report.resume = resume;
    Ok(((), "unchanged since the rehearsal".to_owned()))
}

/// Upgrades it, and makes sure that the result is that of the rehearsal: before the commit if there
/// is only one.
pub(super) fn upgrade(
    stage: &mut RunContext<'_>,
    production: &mut Production,
    rehearsal: &Rehearsal,
) -> Result<(), ManagerError> {
    let one_transaction = upgrade_of(stage.job, &production.plan).is_one_transaction();
    stage.step(RunStep::UpgradeProduction, |stage| apply(stage, production, rehearsal))?;
    if one_transaction {
        return Ok(());
    }
    // What was committed script by script could not be verified before.
    stage.step(RunStep::ConfirmProduction, |stage| verify(stage, production, rehearsal))
}

fn apply(
    stage: &mut RunContext<'_>,
    production: &mut Production,
    rehearsal: &Rehearsal,
) -> Result<((), String), StepError> {
    let Production { session, plan, model, .. } = production;
    let job = stage.job;
    let one_transaction = upgrade_of(job, plan).is_one_transaction();
    let mut unsure = Vec::new();
    let major = session.version().major();
    let check = |session: &mut SessionOn<'_>| {
        let now = catalog::read_in_transaction(session, &job.schema_scope().of_catalog())
            .map_err(|err| err.to_string())?;
        let deviation = rehearsal.deviation(job.schema_scope(), major, model, now);
        unsure.clone_from(&deviation.perhaps_spelling);
        if deviation.differences.is_empty() {
            return Ok(());
        }
        Err(format!("production differs from the rehearsal's result:\n{}", deviation.describe()))
    };
    stage.keep(Kept::commits)?;
    let resume = stage.report.resume.take();
    let result = upgrade_of(job, plan)
        .expect(&rehearsal.measured)
        .verify_before_commit(check)
        .run(session, &mut stage.context());
    let applied = match result {
        Ok(report) => report.applied,
        Err(err) => {
            if err.may_have_committed() {
                stage.production_state = ProductionState::Upgrading;
            } else {
                // What was rehearsed still holds.
                stage.keep(Kept::did_not_commit)?;
                stage.report.resume = resume;
            }
            return Err(err.into());
        }
    };
    warn_of_spelling(stage, &unsure);
    let proven =
        if one_transaction { ", verified against the rehearsal before the commit" } else { "" };
    let scripts = count(applied.len(), "script");
    stage.report.applied = applied;
    Ok(((), format!("{scripts}, now at {}{proven}", plan.target_version())))
}

fn verify(
    stage: &mut RunContext<'_>,
    production: &mut Production,
    rehearsal: &Rehearsal,
) -> Result<((), String), StepError> {
    let session = &mut production.session;
    let now = catalog::read(session, &stage.job.schema_scope().of_catalog())?;
    let major = session.version().major();
    let deviation = rehearsal.deviation(stage.job.schema_scope(), major, &production.model, now);
    warn_of_spelling(stage, &deviation.perhaps_spelling);
    if deviation.differences.is_empty() {
        return Ok(((), "as rehearsed".to_owned()));
    }
    stage.production_state = ProductionState::Upgraded;
    let label = stage.job.production.label().to_owned();
    Err(StepError::NotAsRehearsed { label, differences: deviation.describe() })
}

/// Shows SQL that production and the rehearsal have in two texts, which may mean the same.
fn warn_of_spelling(stage: &mut RunContext<'_>, differences: &[Difference]) {
    for one in differences {
        let told = one.between("production", "the rehearsal");
        let message = format!("possibly only spelled differently: {told}");
        stage.notify(Event::Warning { message: &message });
    }
}
