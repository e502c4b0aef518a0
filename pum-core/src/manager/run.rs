use std::sync::PoisonError;

use jiff::Timestamp;

use super::error::StepError;
use super::inputs_digest::starting_point;
use super::preflight::{production, ready};
use super::prepared::{Production, Ready};
use super::production_check::Rehearsal;
use super::record::Kept;
use super::rehearsals::Shared;
use super::run_context::{RunContext, Stop};
use super::suggested_sql::Sides;
use super::suggestion::suggestions;
use super::{
    Approver, Config, DumpedData, ManagerError, Question, Reference, RunOutcome, RunReport,
    RunStep, TestSource, production as production_steps, reference, test,
};
use crate::Interrupt;
use crate::compare::{CompareOptions, Comparison, compare_sources};
use crate::connect::{ConnectError, Session, Settings};
use crate::ddl::Schemas;
use crate::diff::Glob;
use crate::dump::{Allow, BackupOptions, DumpOptions, Format, Manifest, backup};
use crate::humanize::{count, size, time};
use crate::progress::{Event, Observer};
use crate::source::Opened;

/// Rehearses the upgrade and, if the result is what the reference is, within the limits, and the
/// operator agrees, upgrades production.
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
    let job = stage.job;
    let mut production = inspect_production(stage)?;
    if production.plan.is_empty() {
        return Ok(RunOutcome::NothingPending);
    }
    stage.reached(RunStep::Preflight)?;
    let rehearsal = shared_rehearsal(stage, &mut production)?;
    stage.reached(RunStep::Plan)?;
    let question = Question::UpgradeProduction {
        production: job.production.label().to_owned(),
        from: production.plan.current_version.clone(),
        to: production.plan.target_version().clone(),
        scripts: production.plan.steps.len(),
    };
    if !stage.approve(&question) {
        return Err(Stop::Ended(RunOutcome::Declined(question)));
    }
    stage.step(RunStep::Confirm, |stage| {
        production_steps::confirm_unchanged(stage, &mut production)
    })?;
    stage.reached(RunStep::Confirm)?;
    production_steps::upgrade(stage, &mut production, &rehearsal)?;
    Ok(RunOutcome::Upgraded)
}

fn inspect_production(stage: &mut RunContext<'_>) -> Result<Production, Stop> {
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
    Ok(production)
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
fn inspect_others(
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
            (Ok(_), Some(by)) => format!("the same schema as {by}, for which it was rehearsed"),
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
        Some((rehearsal, reached)) => {
            let since = since(reached);
            stage.dumped_to(stage.job.dump_file.clone());
            stage.report.restore = rehearsal.restore;
            stage.report.measured = Some(rehearsal.measured.clone());
            let message = format!(
                "the rehearsal was {since}: what was written to production since then is neither \
                 in it nor in the dump"
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
    let made = stage.step(RunStep::Restore, |stage| test::make(stage, production, ready))?;
    let result = rehearse(stage, production, ready, &made.settings);
    made.end(stage);
    result
}

/// All that needs the test database.
fn rehearse(
    stage: &mut RunContext<'_>,
    production: &Production,
    ready: &Ready,
    test: &Settings,
) -> Result<Rehearsal, Stop> {
    stage.reached(RunStep::Restore)?;
    let mut rehearsal =
        stage.step(RunStep::VerifyTest, |stage| test::verify(stage, production, test))?;
    stage.reached(RunStep::VerifyTest)?;
    stage.step(RunStep::UpgradeTest, |stage| {
        test::upgrade(stage, production, test, &mut rehearsal)
    })?;
    stage.reached(RunStep::UpgradeTest)?;
    let [mut upgraded, mut reference] = stage
        .step(RunStep::BuildReference, |stage| reference::build(stage, production, ready, test))?;
    stage.reached(RunStep::BuildReference)?;
    let comparison = stage.step(RunStep::Compare, |stage| {
        let comparison = compare_both(stage, &mut upgraded, &mut reference)?;
        let objects = comparison.left_objects.max(comparison.right_objects);
        let result = match comparison.differences.len() {
            0 => format!("no differences, {objects} objects"),
            n => count(n, "difference"),
        };
        if !comparison.differences.is_empty() {
            let sides = Sides {
                comparison: &comparison,
                schemas: Schemas {
                    current: rehearsal.upgraded(),
                    wanted: &reference.model(&stage.job.schema_scope().of_catalog())?,
                    role: stage.job.production.user(),
                    major: production.session.version().major(),
                },
            };
            stage.report.suggestions = suggestions(&sides, &production.plan, &rehearsal.measured);
        }
        Ok((comparison, result))
    })?;
    let agrees = comparison.differences.is_empty();
    stage.report.comparison = Some(comparison);
    if !agrees {
        return Err(Stop::Ended(RunOutcome::Different));
    }
    stage.reached(RunStep::Compare)?;
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

/// From here on a later run can go on with this one.
fn may_resume(stage: &mut RunContext<'_>) {
    if let (Some(_), Some(directory)) = (&stage.kept, &stage.job.directory) {
        stage.report.resume = Some(directory.id().to_owned());
    }
}

fn dump_production(
    stage: &mut RunContext<'_>,
    production: &mut Production,
    ready: &Ready,
) -> Result<((), String), StepError> {
    let job = stage.job;
    let Config { dump_file, dump_format, table, filters, .. } = job;
    if let Some(reached) = stage.kept.as_ref().and_then(|kept| kept.dumped(dump_file))
        && let Some(manifest) = Manifest::read(dump_file)?
    {
        manifest.verify(dump_file, job.jobs, stage.interrupt)?;
        stage.dumped_to(dump_file.clone());
        return Ok(((), format!("{}, dumped {}", dump_file.display(), since(reached))));
    }
    let exclude_table_data = match &production.data {
        DumpedData::All => Vec::new(),
        DumpedData::Only(kept) => tables_but(&mut production.session, kept, job)?,
    };
    let options = BackupOptions {
        dump: DumpOptions {
            exclude_schemas: filters.excluded_schemas().map(str::to_owned).collect(),
            exclude_table_data,
            format: *dump_format,
            jobs: if *dump_format == Format::Directory { job.jobs } else { 1 },
            ..DumpOptions::default()
        },
        upgrades_table: Some((table.schema().to_owned(), table.name().to_owned())),
        // Here it is a means to an end: what is risky about it is said.
        allow: Allow::ALL,
        ..BackupOptions::default()
    };
    let session = &mut production.session;
    let report = backup(session, &ready.tools, dump_file, &options, &mut stage.context())?;
    stage.dumped_to(dump_file.clone());
    stage.keep(Kept::has_dump)?;
    let bytes = size(report.manifest.bytes);
    Ok(((), format!("{}, {bytes}, read back", dump_file.display())))
}

/// The tables whose data are not wanted, as patterns of `pg_dump`.
fn tables_but(
    session: &mut Session,
    wanted: &[String],
    job: &Config,
) -> Result<Vec<String>, StepError> {
    const TABLES: &str = "SELECT n.nspname::pg_catalog.text, c.relname::pg_catalog.text, \
         pg_catalog.format('%I.%I', n.nspname, c.relname) \
         FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace \
         WHERE c.relkind IN ('r', 'm') AND n.nspname !~ '^pg_' \
         AND n.nspname <> 'information_schema'";
    let patterns =
        wanted.iter().map(|pattern| Glob::new(pattern)).collect::<Result<Vec<_>, _>>()?;
    let label = session.settings().label().to_owned();
    let rows = session.client().query(TABLES, &[]).map_err(|source| {
        let action = "list its tables";
        StepError::Connect(ConnectError::Query { label, action, cause: source })
    })?;
    let is_own = |schema: &str, name: &str| {
        job.table.all().iter().any(|own| own.schema() == schema && own.name() == name)
    };
    Ok(rows
        .iter()
        .filter(|row| {
            let (schema, name): (&str, &str) = (row.get(0), row.get(1));
            let full = format!("{schema}.{name}");
            !is_own(schema, name) && !patterns.iter().any(|pattern| pattern.matches(&full))
        })
        .map(|row| row.get(2))
        .collect())
}

fn compare_both(
    stage: &mut RunContext<'_>,
    test: &mut Opened,
    reference: &mut Opened,
) -> Result<Comparison, StepError> {
    let mut filters = stage.job.filters.clone();
    let on_scratch = matches!(stage.job.test, TestSource::Scratch);
    if on_scratch || !matches!(stage.job.reference, Reference::Database(_)) {
        // A scratch server has no tablespaces but its own.
        filters.ignore("tablespace")?;
    }
    let options = CompareOptions {
        filters,
        upgrades_table: Some(stage.job.table.clone()),
        ..CompareOptions::default()
    };
    let toolchain = Some(&stage.job.toolchain);
    Ok(compare_sources(test, reference, &options, toolchain, &mut stage.context())?)
}

/// `2026-11-21 14:03 UTC (3 min 20 s ago)`
fn since(then: Timestamp) -> String {
    let ago = Timestamp::now().duration_since(then).unsigned_abs();
    format!("{} UTC ({} ago)", then.strftime("%Y-%m-%d %H:%M"), time(ago))
}
