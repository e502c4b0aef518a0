//! An upgrade to a reference: the delta is written, rehearsed, approved and applied in one.

use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

use pum_core::connect::Settings;
use pum_core::delta::{DeltaDirectory, DeltaSet, NewDelta};
use pum_core::manager::{
    self, Approver, ManagerError, Question, RunDirectory, RunOutcome, RunReport, RunStep,
};
use pum_core::plan::MeasuredWays;
use pum_core::progress::{Event, EventSink, Observer};
use pum_core::upgrade::TableName;
use pum_core::{exit, humanize};

use super::approval::Desk;
use super::delta::{Work, next_version, problem_of, refuse};
use super::manager_config::{RUNS, manager_config, runs};
use super::runs::{bound, last, no_run};
use super::{planning, test_and_upgrade};
use crate::args::{self, RunReports, Sources, TestAndUpgrade, UpgradeTo};
use crate::console::{Console, say};
use crate::context::Context;
use crate::error::CliError;
use crate::files::make_sure_that_reports_can_be_written;
use crate::limits;
use crate::text::{printable, shown};

/// The name of a delta for which none is given.
const NAME: &str = "to_reference";

/// Where a run keeps its delta.
const DELTAS: &str = "deltas";

pub(super) fn run(
    context: &Context,
    args: &args::Upgrade,
    reference: &str,
) -> Result<u8, CliError> {
    let to = &args.to;
    make_sure_that_reports_can_be_written(&to.report)?;
    let own = directory(context, args)?;
    let mut deltas = own.as_ref().map(|own| own.deltas().clone()).unwrap_or_default();
    args.run.skipped_parts().for_each(|part| deltas.skip(part));
    let table = context.table_of(args.target.deltas.table.as_deref(), &deltas)?;
    let database = context.database(args.target.named())?;
    let manager_args = manager_args(args, reference);
    // The delta is kept in the directory of the run: there is always one.
    let runs = runs(context, &manager_args).unwrap_or_else(|| PathBuf::from(RUNS));
    let (run_directory, deltas) = match args.resume.as_deref() {
        Some(id) => {
            let run = earlier(&runs, id)?;
            let kept = run.path().join(DELTAS);
            let deltas = if kept.is_dir() {
                DeltaDirectory::beside(deltas, &kept).with_written()?
            } else {
                deltas
            };
            (run, deltas)
        }
        None => match plan(context, args, (database, reference), (&deltas, &table, &runs))? {
            Planned::Ended(code) => return Ok(code),
            Planned::Delta(new, run) => {
                let deltas = match new {
                    Some(new) => kept_in_run(deltas, &new, &run)?,
                    None => deltas,
                };
                (run, deltas)
            }
        },
    };
    let production = context.settings(database)?;
    let planned = run_directory.path().join(DELTAS);
    let config =
        manager_config(context, &manager_args, production, (deltas, table), Some(run_directory))?;
    let mut console = Console::new(&context.interrupt, args.run.verbose)
        .agreeing(to.yes)
        .with_approval(to.approve)
        .not_asking(to.non_interactive);
    let limits = limits::of_options(&to.filter, &context.config);
    let desk = Desk {
        console: &mut console,
        config: &config,
        limits: &limits,
        reports: &manager_args.reports.report,
        browser: context.browser(),
    };
    let mut operator = Keeping { desk, planned: &planned, own: own.as_ref(), failed: None };
    let ended = manager::run(&config, &mut operator, &context.interrupt);
    let Keeping { failed, .. } = operator;
    if let Some(failed) = failed {
        return Err(failed);
    }
    let ended = can_be_resumed(ended);
    test_and_upgrade::show(
        &config,
        ended,
        console,
        (&manager_args.reports, &context.browser()),
        limits,
    )
}

/// An earlier run, which must be there.
fn earlier(runs: &Path, id: &str) -> Result<RunDirectory, CliError> {
    let run = match id {
        test_and_upgrade::LAST => last(runs)?,
        id => RunDirectory::resume(runs, id),
    };
    if run.path().is_dir() { Ok(run) } else { Err(no_run(runs, Some(id))) }
}

/// What comes of planning.
enum Planned {
    /// There is nothing to do, or it cannot be done: the exit code.
    Ended(u8),
    /// The delta, none if what is pending leads there; and the run.
    Delta(Option<NewDelta>, RunDirectory),
}

/// Plans what brings the database, after its pending deltas, to the reference.
fn plan(
    context: &Context,
    args: &args::Upgrade,
    (database, reference): (&str, &str),
    (deltas, table, runs): (&DeltaSet, &TableName, &Path),
) -> Result<Planned, CliError> {
    let to = &args.to;
    let sources = Sources { var: args.run.var.clone(), ..Sources::default() };
    let work = Work::new(context, (database, reference, &sources), table.clone())?;
    let mut sides = work.open()?;
    let mut request = planning::request(context, &to.filter, &to.planning, None)?;
    let mut after = work.plan_after(&mut sides, deltas, &request, false)?;
    let is_there = after.migration.plan.is_empty();
    if is_there && after.applied.is_empty() {
        let [left, right] = work.names(&sides);
        say(&format!("{left} is the same as {right}"));
        return Ok(Planned::Ended(exit::SUCCESS));
    }
    if let Some(problem) = problem_of(&after.migration, &sides, &to.planning)? {
        return Ok(Planned::Ended(refuse(&problem)));
    }
    bound(context, runs);
    let run = RunDirectory::new(runs);
    if to.measure_for.is_some() && after.migration.plan.is_online() {
        // The copy is not made while there are sessions on production that are not needed.
        drop(sides);
        let of_run = (deltas.clone(), table.clone());
        match measure(context, (args, reference), context.settings(database)?, of_run, &run)? {
            Ok(ways) => request.ways = ways,
            Err(code) => return Ok(Planned::Ended(code)),
        }
        after = work.plan_after(&mut work.open()?, deltas, &request, false)?;
    }
    let next = next_version(to.version.as_deref(), to.minor, to.major)?;
    let beside = DeltaDirectory::beside(deltas.clone(), Path::new("."));
    let version = beside.next_version(Some(&after.current_version), &next)?;
    let name = to.name.as_deref().unwrap_or(NAME);
    Ok(Planned::Delta((!is_there).then(|| after.new_delta(name, version, &[])), run))
}

/// Measures the ways on a copy that is made as for the rehearsal, or gives the exit code if that was declined.
fn measure(
    context: &Context,
    (args, reference): (&args::Upgrade, &str),
    production: Settings,
    of_run: (DeltaSet, TableName),
    run: &RunDirectory,
) -> Result<Result<MeasuredWays, u8>, CliError> {
    let manager_args = manager_args(args, reference);
    let mut config = manager_config(context, &manager_args, production, of_run, None)?;
    run.create().map_err(|cause| CliError::Write { path: run.path().to_owned(), cause })?;
    let dump = tempfile::Builder::new().prefix("measured-").tempdir_in(run.path());
    let dump = dump.map_err(|cause| CliError::Write { path: run.path().to_owned(), cause })?;
    config.dump_file = dump.path().join("production.dump");
    let mut console = Console::new(&context.interrupt, args.run.verbose)
        .agreeing(args.to.yes)
        .not_asking(args.to.non_interactive);
    say("measuring on a copy, before the rehearsal:");
    let limits = limits::of_options(&args.to.filter, &context.config);
    let mut desk = Desk {
        console: &mut console,
        config: &config,
        limits: &limits,
        reports: &[],
        browser: context.browser(),
    };
    let ended = manager::measure_on_copy(&config, &mut desk, &context.interrupt);
    let (ways, report) = match ended {
        Ok((ways, report)) => (ways, report),
        Err(err) => {
            let reports = (&manager_args.reports, &context.browser());
            let ended = can_be_resumed(Err(err));
            return test_and_upgrade::show(&config, ended, console, reports, limits).map(Err);
        }
    };
    drop(console);
    if let RunOutcome::Declined(question) = &report.outcome {
        say(&format!("declined: {question}"));
        return Ok(Err(exit::ERROR));
    }
    planning::say_measured(&ways);
    Ok(Ok(ways))
}

/// A delta that failed in its rehearsal is planned again, by another run.
fn can_be_resumed(ended: Result<RunReport, ManagerError>) -> Result<RunReport, ManagerError> {
    ended.map_err(|mut err| {
        if err.step < RunStep::Approve {
            err.report.resume = None;
        }
        err
    })
}

/// The delta directories, if there are any.
fn directory(context: &Context, args: &args::Upgrade) -> Result<Option<DeltaDirectory>, CliError> {
    let given = &args.target.deltas.dir;
    let directories: &[PathBuf] = if given.is_empty() { &context.config.delta_dirs } else { given };
    if directories.is_empty() {
        return Ok(None);
    }
    Ok(Some(DeltaDirectory::read(directories)?))
}

/// The delta in the directory of the run, and all others.
fn kept_in_run(deltas: DeltaSet, new: &NewDelta, run: &RunDirectory) -> Result<DeltaSet, CliError> {
    let path = run.path().join(DELTAS);
    run.create().map_err(|cause| CliError::Write { path: run.path().to_owned(), cause })?;
    let made = std::fs::DirBuilder::new().recursive(true).mode(0o700).create(&path);
    made.map_err(|cause| CliError::Write { path: path.clone(), cause })?;
    let staged = DeltaDirectory::beside(deltas, &path).stage(new)?;
    for path in staged.paths() {
        let parts = humanize::count(new.sections.len(), "part");
        say(&format!("planned: {} ({parts})", printable(&shown(&path))));
    }
    Ok(staged.write_and_read()?)
}

/// The options of the Manager.
fn manager_args(args: &args::Upgrade, reference: &str) -> TestAndUpgrade {
    let args::Upgrade { target, run, to, format, .. } = args;
    let UpgradeTo { pg_service_test, test_source, file, runs, report, approve, until, .. } = to;
    TestAndUpgrade {
        pg_service_prod: target.named().map(str::to_owned).into_iter().collect(),
        parallel: 1,
        pg_service_test: pg_service_test.clone(),
        reference: Some(reference.to_owned()),
        test_source: *test_source,
        file: file.clone(),
        runs: runs.clone(),
        resume: args.resume.clone(),
        approve: *approve,
        until: *until,
        run: run.clone(),
        filter: to.filter.clone(),
        planning: to.planning.clone(),
        measure_for: to.measure_for,
        reports: RunReports {
            format: *format,
            report: report.clone(),
            write_delta: None,
            open: to.open,
        },
        yes: to.yes,
        non_interactive: to.non_interactive,
        ..TestAndUpgrade::default()
    }
}

/// The operator, and what is kept when the upgrade is approved.
struct Keeping<'a> {
    desk: Desk<'a>,
    /// Where the planned delta is, if there is one.
    planned: &'a Path,
    own: Option<&'a DeltaDirectory>,
    failed: Option<CliError>,
}

impl Observer for Keeping<'_> {
    fn notify(&mut self, event: Event<'_>) {
        self.desk.notify(event);
    }

    fn sink(&self) -> Option<EventSink> {
        self.desk.sink()
    }
}

impl Approver for Keeping<'_> {
    fn approve(&mut self, question: &Question, report: &RunReport) -> bool {
        if !self.desk.approve(question, report) {
            return false;
        }
        let (Question::UpgradeProduction { .. }, Some(own)) = (question, self.own) else {
            return true;
        };
        if !self.planned.is_dir() {
            return true;
        }
        // Before it is applied: a delta that was applied is not to be missing.
        match own.copy_from(self.planned) {
            Ok(paths) => {
                for path in paths {
                    say(&format!("wrote {}", printable(&shown(&path))));
                }
                true
            }
            Err(err) => {
                self.failed = Some(err.into());
                false
            }
        }
    }
}
