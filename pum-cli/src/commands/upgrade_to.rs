//! An upgrade to a reference: the delta is written, rehearsed, approved and applied in one.

use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

use pum_core::delta::{DeltaDirectory, DeltaSet, NewDelta};
use pum_core::manager::{self, Approver, ManagerError, Question, RunDirectory, RunReport};
use pum_core::progress::{Event, EventSink, Observer};
use pum_core::{exit, humanize};

use super::approval::Desk;
use super::delta::{Work, next_version, problem_of, refuse};
use super::manager_config::{manager_config, runs};
use super::runs::bound;
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
    let sources = Sources { var: args.run.var.clone(), ..Sources::default() };
    let manager_args = manager_args(args, reference);
    let planned = {
        let work = Work::new(context, (database, reference, &sources), table.clone())?;
        let mut sides = work.open()?;
        let request = planning::request(context, &to.filter, &to.planning, None)?;
        let after = work.plan_after(&mut sides, &deltas, &request, false)?;
        let is_there = after.migration.plan.is_empty();
        if is_there && after.applied.is_empty() {
            say(&format!(
                "{} is the same as {}",
                printable(sides[0].label()),
                printable(reference)
            ));
            return Ok(exit::SUCCESS);
        }
        if let Some(problem) = problem_of(&after.migration, &sides, &to.planning)? {
            return Ok(refuse(&problem));
        }
        let next = next_version(to.version.as_deref(), to.minor, to.major)?;
        let beside = DeltaDirectory::beside(deltas.clone(), Path::new("."));
        let version = beside.next_version(Some(&after.current_version), &next)?;
        let name = to.name.as_deref().unwrap_or(NAME);
        (!is_there).then(|| after.new_delta(name, version, &[]))
    };
    let run_directory = runs(context, &manager_args).map(|runs| {
        bound(context, &runs);
        RunDirectory::new(&runs)
    });
    if let (Some(new), Some(run)) = (&planned, &run_directory) {
        deltas = kept_in_run(deltas, new, run)?;
    }
    let production = context.settings(database)?;
    let config =
        manager_config(context, &manager_args, production, (deltas, table), run_directory)?;
    let mut console = Console::new(&context.interrupt, args.run.verbose)
        .agreeing(to.yes)
        .not_asking(to.non_interactive);
    let limits = limits::of_options(&to.filter, &context.config);
    let desk = Desk {
        console: &mut console,
        config: &config,
        limits: &limits,
        reports: &manager_args.reports.report,
        browser: context.browser(),
    };
    let mut operator = Keeping { desk, new: planned.as_ref(), own: own.as_ref(), failed: None };
    let ended = manager::run(&config, &mut operator, &context.interrupt);
    let Keeping { failed, .. } = operator;
    if let Some(failed) = failed {
        return Err(failed);
    }
    // Another run plans another delta.
    let ended = match ended {
        Ok(mut report) => {
            report.resume = None;
            Ok(report)
        }
        Err(mut err) => {
            err.report.resume = None;
            Err::<_, ManagerError>(err)
        }
    };
    test_and_upgrade::show(
        &config,
        ended,
        console,
        (&manager_args.reports, &context.browser()),
        limits,
    )
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
    let UpgradeTo { pg_service_test, test_source, file, runs, report, .. } = to;
    TestAndUpgrade {
        pg_service_prod: target.named().map(str::to_owned).into_iter().collect(),
        parallel: 1,
        pg_service_test: pg_service_test.clone(),
        reference: Some(reference.to_owned()),
        test_source: *test_source,
        file: file.clone(),
        runs: runs.clone(),
        run: run.clone(),
        filter: to.filter.clone(),
        planning: to.planning.clone(),
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
    new: Option<&'a NewDelta>,
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
        let (Question::UpgradeProduction { .. }, Some(new), Some(own)) =
            (question, self.new, self.own)
        else {
            return true;
        };
        // Before it is applied: a delta that was applied is not to be missing.
        match own.stage(new).and_then(pum_core::delta::StagedDelta::write) {
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
