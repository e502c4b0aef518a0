use super::error::StepError;
use super::preflight::{Production, Ready, production, ready, scope};
use super::proof::Rehearsed;
use super::stage::Stage;
use super::{
    Job, ManagerError, Operator, Outcome, ProductionState, Question, Reference, Report, reference,
};
use crate::Interrupt;
use crate::catalog;
use crate::compare::{CompareOptions, Comparison, compare};
use crate::connect::{Session, Settings};
use crate::diff::Difference;
use crate::dump::{Allow, BackupOptions, DumpOptions, RestoreOptions, backup, restore};
use crate::progress::Event;
use crate::upgrade::{ApplyOptions, History, Plan, Proof, UpgradeError, apply, apply_proven};

/// The name of the test database among the scratch databases.
const SCRATCH_TEST: &str = "test";

/// Rehearses the upgrade and, if the result is what the reference is and the operator agrees,
/// upgrades production.
pub fn run(
    job: &Job,
    operator: &mut dyn Operator,
    interrupt: &Interrupt,
) -> Result<Report, ManagerError> {
    let mut stage = Stage::new(job, operator, interrupt);
    let opened = stage.step("look at production", |stage| {
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
    let mut production = match opened {
        Ok(production) => production,
        Err(question) => return Ok(stage.finish(Outcome::Declined(question))),
    };
    stage.report.from = Some(production.plan.current_version.clone());
    stage.report.to = Some(production.plan.target_version().clone());
    if production.plan.is_empty() {
        return Ok(stage.finish(Outcome::NothingPending));
    }
    let looked = stage.step("look at test and reference", |stage| {
        let looked = ready(stage, &mut production)?;
        let result = if looked.is_ok() { "ready" } else { "declined" };
        Ok((looked, result.to_owned()))
    })?;
    let ready = match looked {
        Ok(ready) => ready,
        Err(question) => return Ok(stage.finish(Outcome::Declined(question))),
    };
    let (comparison, rehearsed) = rehearse(&mut stage, &mut production, &ready)?;
    let agrees = comparison.differences.is_empty();
    stage.report.comparison = Some(comparison);
    if !agrees {
        return Ok(stage.finish(Outcome::Different));
    }
    let question = Question::UpgradeProduction {
        production: job.production.label().to_owned(),
        from: production.plan.current_version.clone(),
        to: production.plan.target_version().clone(),
        scripts: production.plan.steps.len(),
    };
    if !stage.operator.approve(&question) {
        return Ok(stage.finish(Outcome::Declined(question)));
    }
    upgrade_production(&mut stage, &mut production, &ready, &rehearsed)?;
    Ok(stage.finish(Outcome::Upgraded))
}

/// Dump, restore, upgrade of the copy, reference, comparison.
fn rehearse(
    stage: &mut Stage<'_>,
    production: &mut Production,
    ready: &Ready,
) -> Result<(Comparison, Rehearsed), ManagerError> {
    stage.step("dump production", |stage| dump_production(stage, production, ready))?;
    let test = stage.step("restore to test", |stage| restore_test(stage, production, ready))?;
    let rehearsed = stage.step("upgrade test", |stage| upgrade_test(stage, production, &test))?;
    let reference =
        stage.step("build reference", |stage| reference::build(stage, production, ready))?;
    let comparison = stage.step("compare test and reference", |stage| {
        let comparison = compare_both(stage, &test, &reference)?;
        let objects = comparison.left_objects.max(comparison.right_objects);
        let result = match comparison.differences.len() {
            0 => format!("no differences, {objects} objects"),
            n => count(n, "difference"),
        };
        Ok((comparison, result))
    })?;
    Ok((comparison, rehearsed))
}

fn dump_production(
    stage: &mut Stage<'_>,
    production: &mut Production,
    ready: &Ready,
) -> Result<((), String), StepError> {
    let Job { dump_file, table, filters, .. } = stage.job;
    let options = BackupOptions {
        dump: DumpOptions {
            exclude_schemas: filters.excluded_schemas().map(str::to_owned).collect(),
            ..DumpOptions::default()
        },
        upgrades_table: Some((table.schema().to_owned(), table.name().to_owned())),
        // Here it is a means to an end: what is risky about it is said.
        allow: Allow::ALL,
        ..BackupOptions::default()
    };
    let session = &mut production.session;
    let report =
        backup(session, &ready.tools, dump_file, &options, &mut *stage.operator, stage.interrupt)?;
    stage.dumped_to(dump_file.clone());
    Ok(((), format!("{}, {} bytes, read back", dump_file.display(), report.manifest.bytes)))
}

fn restore_test(
    stage: &mut Stage<'_>,
    production: &Production,
    ready: &Ready,
) -> Result<(Settings, String), StepError> {
    let job = stage.job;
    let (restored, test) = if let Some(test) = &job.test {
        (test.clone(), test.clone())
    } else {
        let major = production.session.version().major();
        let server = job.workshop.scratch.get(major, stage.interrupt)?;
        let role = production.session.settings().user();
        (server.settings(SCRATCH_TEST)?, server.settings_as(SCRATCH_TEST, role)?)
    };
    let options = RestoreOptions {
        replace: true,
        ignore_errors: job.ignore_restore_errors,
        without_tablespaces: job.test.is_none(),
        properties: Some(ready.properties.clone()),
        analyze: true,
        allow: Allow::ALL,
        ..RestoreOptions::default()
    };
    let report = restore(
        &ready.tools,
        &job.dump_file,
        &restored,
        &options,
        &mut *stage.operator,
        stage.interrupt,
    )?;
    for error in &report.ignored_errors {
        let message = format!("ignored: {}: {}", error.entry, error.message);
        stage.operator.notify(Event::Warning { message: &message });
    }
    let mut result = test.label().to_owned();
    if !report.ignored_errors.is_empty() {
        result.push_str(&format!(", {} ignored", count(report.ignored_errors.len(), "error")));
    }
    Ok((test, result))
}

fn upgrade_test(
    stage: &mut Stage<'_>,
    production: &Production,
    test: &Settings,
) -> Result<(Rehearsed, String), StepError> {
    let mut session = Session::open(test, stage.interrupt)?;
    let rehearsed = Rehearsed::before(stage.job, &mut session)?;
    let (history, plan) = plan_on(stage.job, &mut session)?;
    if !plan.runs_the_same(&production.plan) {
        let label = stage.job.production.label().to_owned();
        let what = "its upgrades table is not that of the dump".to_owned();
        return Err(StepError::ProductionChanged { label, what });
    }
    let applied = apply(
        &mut session,
        &plan,
        &history,
        &apply_options(stage.job, &plan),
        &mut *stage.operator,
        stage.interrupt,
    )?;
    let rehearsed = rehearsed.and_after(stage.job, &mut session)?;
    let result = format!("{}, now at {}", count(applied.len(), "script"), plan.target_version());
    Ok((rehearsed, result))
}

fn compare_both(
    stage: &mut Stage<'_>,
    test: &Settings,
    reference: &Settings,
) -> Result<Comparison, StepError> {
    let mut left = Session::open(test, stage.interrupt)?;
    let mut right = Session::open(reference, stage.interrupt)?;
    let mut filters = stage.job.filters.clone();
    if stage.job.test.is_none() || !matches!(stage.job.reference, Reference::Database(_)) {
        // A scratch server has no tablespaces but its own.
        filters.ignore("tablespace")?;
    }
    let options = CompareOptions {
        filters,
        upgrades_table: Some(stage.job.table.clone()),
        ..CompareOptions::default()
    };
    let workshop = Some(&stage.job.workshop);
    Ok(compare(&mut left, &mut right, &options, workshop, stage.interrupt)?)
}

/// Makes sure that production is still what was rehearsed, and upgrades it.
fn upgrade_production(
    stage: &mut Stage<'_>,
    production: &mut Production,
    ready: &Ready,
    rehearsed: &Rehearsed,
) -> Result<(), ManagerError> {
    stage.step("look at production again", |stage| {
        let label = stage.job.production.label().to_owned();
        let changed = |what: &str| {
            let (label, what) = (label.clone(), what.to_owned());
            Err(StepError::ProductionChanged { label, what })
        };
        // The operator may have thought for long: the first session may be gone.
        production.session = Session::open(production.session.settings(), stage.interrupt)?;
        if production.session.identity()? != production.identity {
            return changed("it is another database now");
        }
        let (history, plan) = plan_on(stage.job, &mut production.session)?;
        if history != production.history || !plan.runs_the_same(&production.plan) {
            return changed("its upgrades table");
        }
        if catalog::read(&mut production.session, &scope(stage.job))? != ready.model {
            return changed("its schema");
        }
        Ok(((), "unchanged since the dump".to_owned()))
    })?;
    stage.step("upgrade production", |stage| {
        let Production { session, history, plan, .. } = production;
        let job = stage.job;
        let options = apply_options(job, plan);
        let mut unsure = Vec::new();
        let major = session.version().major();
        let proof: Proof<'_> = Box::new(|session| {
            let now = catalog::read_in_transaction(session, &scope(job))
                .map_err(|err| err.to_string())?;
            let deviation = rehearsed.deviation(job, major, &ready.model, now);
            unsure.clone_from(&deviation.perhaps_spelling);
            if deviation.differences.is_empty() {
                return Ok(());
            }
            Err(format!(
                "production (left) did not come out as the rehearsal (right) did:\n{}",
                deviation.describe()
            ))
        });
        let (operator, interrupt) = (&mut *stage.operator, stage.interrupt);
        let applied = apply_proven(session, plan, history, &options, proof, operator, interrupt)
            .inspect_err(|err| {
                if err.may_have_committed() {
                    stage.production_state = ProductionState::Upgrading;
                }
            })?;
        warn_of_spelling(stage, &unsure);
        let proven = if plan.in_one_transaction(&options) {
            ", seen to be as rehearsed before the commit"
        } else {
            ""
        };
        let scripts = count(applied.len(), "script");
        stage.report.applied = applied;
        Ok(((), format!("{scripts}, now at {}{proven}", plan.target_version())))
    })?;
    if production.plan.in_one_transaction(&apply_options(stage.job, &production.plan)) {
        return Ok(());
    }
    // What was committed script by script could not be looked at before.
    stage.step("confirm production", |stage| {
        let session = &mut production.session;
        let now = catalog::read(session, &scope(stage.job))?;
        let major = session.version().major();
        let deviation = rehearsed.deviation(stage.job, major, &ready.model, now);
        warn_of_spelling(stage, &deviation.perhaps_spelling);
        if deviation.differences.is_empty() {
            return Ok(((), "as rehearsed".to_owned()));
        }
        stage.production_state = ProductionState::Upgraded;
        let label = stage.job.production.label().to_owned();
        Err(StepError::NotAsRehearsed { label, differences: deviation.describe() })
    })
}

/// Shows SQL that production and the rehearsal have in two texts, which may mean the same.
fn warn_of_spelling(stage: &mut Stage<'_>, differences: &[Difference]) {
    for one in differences {
        let message =
            format!("in production and in the rehearsal it is spelled differently: {one}");
        stage.operator.notify(Event::Warning { message: &message });
    }
}

fn plan_on(job: &Job, session: &mut Session) -> Result<(History, Plan), UpgradeError> {
    let history = History::read(session, &job.table)?.unwrap_or_default();
    let mut plan = Plan::new(&job.deltas, &history, &job.plan)?;
    plan.add_owed(session, &job.table, &job.deltas, &history, &job.plan)?;
    Ok((history, plan))
}

/// All in one transaction where the plan can be run so: then the result can be looked at before it
/// is committed.
pub(super) fn apply_options(job: &Job, plan: &Plan) -> ApplyOptions {
    let mut options = ApplyOptions { run: job.run.clone(), ..ApplyOptions::new(job.table.clone()) };
    if !job.script_by_script && plan.can_be_one_transaction() {
        options.run.single_transaction = true;
    }
    options
}

fn count(number: usize, thing: &str) -> String {
    format!("{number} {thing}{}", if number == 1 { "" } else { "s" })
}
