use std::path::{Path, PathBuf};

use pum_core::connect::{Session, Settings};
use pum_core::delta::DeltaSet;
use pum_core::exit;
use pum_core::manager::{self, DumpedData, Job, Outcome, Reference, RunDirectory, TestSource};
use pum_core::upgrade::{BaselineSource, History, Plan, TableName};

use crate::args::{Format, RunReports, TestAndUpgrade, TestSource as Source};
use crate::commands::run_reports;
use crate::console::{self, Console, print};
use crate::context::Context;
use crate::error::CliError;
use crate::files::make_sure_that_reports_can_be_written;
use crate::render;
use crate::render::run::Run;

/// Where runs have their directories if nothing else is said.
const RUNS: &str = "pum-runs";

/// The dump of a run that is not written elsewhere.
const DUMP: &str = "production.dump";

pub(crate) fn run(context: &Context, args: &TestAndUpgrade) -> Result<u8, CliError> {
    make_sure_that_reports_can_be_written(&args.reports.report)?;
    let production = production(context, args)?;
    let (deltas, table) = context.deltas_and_table(&args.deltas)?;
    if args.if_pending && is_up_to_date(context, args, &production, &deltas, &table)? {
        return Ok(exit::SUCCESS);
    }
    let job = job(context, args, production, deltas, table)?;
    let console =
        Console::new(args.run.verbose).agreeing(args.yes).not_asking(args.non_interactive);
    run_job(context, &job, console, &args.reports)
}

/// Runs the Manager and shows what came of it.
pub(crate) fn run_job(
    context: &Context,
    job: &Job,
    mut console: Console,
    reports: &RunReports,
) -> Result<u8, CliError> {
    let ended = manager::run(job, &mut console, &context.interrupt);
    let unanswered = console.unanswered.take();
    drop(console);
    let run = Run::new(job, &ended).unanswered(unanswered.is_some());
    if ended.is_ok() {
        print(&match reports.format {
            Format::Text => render::text::report(&run, console::on_terminal()),
            Format::Json => render::run::json::report(&run),
        });
    }
    run_reports::write(&run, job, &reports.report);
    let report = ended?;
    if let Some(question) = unanswered {
        return Err(CliError::Unanswered { question });
    }
    Ok(match report.outcome {
        Outcome::NothingPending | Outcome::Upgraded | Outcome::Stopped(_) => exit::SUCCESS,
        Outcome::Different | Outcome::Declined(_) | Outcome::OverLimit(_) => exit::DIFFERENT,
        Outcome::Failed => exit::ERROR,
    })
}

/// Whether production has all that it should have: then nothing else need be there.
fn is_up_to_date(
    context: &Context,
    args: &TestAndUpgrade,
    production: &Settings,
    deltas: &DeltaSet,
    table: &TableName,
) -> Result<bool, CliError> {
    let mut session = Session::open(production, &context.interrupt)?;
    let Some(history) = History::read(&mut session, table)? else { return Ok(false) };
    if history.current_version().is_none() {
        return Ok(false);
    }
    let options = context.plan_options(&args.run)?;
    let mut plan = Plan::new(deltas, &history, &options)?;
    plan.add_owed(&mut session, table, deltas, &history, &options)?;
    Ok(plan.is_empty())
}

fn production(context: &Context, args: &TestAndUpgrade) -> Result<Settings, CliError> {
    let given = args.pg_service_prod.as_ref().or(context.config.production.as_ref());
    context.settings(given.ok_or(CliError::Missing {
        what: "the production database",
        flag: "-pp A",
        key: "production",
    })?)
}

fn job(
    context: &Context,
    args: &TestAndUpgrade,
    production: Settings,
    deltas: DeltaSet,
    table: TableName,
) -> Result<Job, CliError> {
    let config = &context.config;
    let baseline = match (&args.baseline, &config.baseline_query) {
        (Some(version), _) => Some(BaselineSource::Version(version.parse()?)),
        (None, Some(query)) => Some(BaselineSource::Query(query.clone())),
        (None, None) => None,
    };
    let (directory, dump_file) = directory_and_dump(context, args);
    Ok(Job {
        test: test(context, args)?,
        data: match args.test_source {
            Source::Schema => DumpedData::Only(args.with_data.clone()),
            Source::Full | Source::Service => DumpedData::All,
        },
        reference: reference(context, args)?,
        table,
        deltas,
        plan: context.plan_options(&args.run)?,
        baseline,
        dump_file,
        filters: context.filters(&args.filter)?,
        ignore_restore_errors: args.ignore_restore_errors,
        run: context.run_options(&args.run),
        script_by_script: args.script_by_script,
        limits: (&config.limits).into(),
        until: args.until,
        directory,
        // What a production server writes to its WAL can only be measured where it is written.
        workshop: context.workshop_with(&[("wal_level", "replica")]),
        production,
    })
}

/// A run has a directory, unless all that is wanted of it is a dump elsewhere.
fn directory_and_dump(context: &Context, args: &TestAndUpgrade) -> (Option<RunDirectory>, PathBuf) {
    let dump_file = args.file.as_ref().or(context.config.backup_file.as_ref());
    let runs = args.runs.as_deref().or(context.config.runs_dir.as_deref());
    let directory = match (runs, dump_file, &args.resume) {
        (None, Some(_), None) => None,
        (runs, _, id) => {
            let runs = runs.unwrap_or(Path::new(RUNS));
            Some(match id {
                Some(id) => RunDirectory::resume(runs, id),
                None => RunDirectory::new(runs),
            })
        }
    };
    let own = directory.as_ref().map(|directory| directory.path().join(DUMP));
    let dump_file = dump_file.cloned().or(own).unwrap_or_else(|| PathBuf::from(DUMP));
    (directory, dump_file)
}

fn test(context: &Context, args: &TestAndUpgrade) -> Result<TestSource, CliError> {
    if let (Some(create), Some(destroy)) = (&args.test_create, &args.test_destroy) {
        return Ok(TestSource::Command {
            create: create.clone(),
            destroy: destroy.clone(),
            environment: Box::new(context.environment.clone()),
        });
    }
    let named = args.pg_service_test.as_ref().or(context.config.test.as_ref());
    let settings = named.map(|test| context.settings(test)).transpose()?;
    Ok(match (args.test_source, settings) {
        (Source::Full | Source::Schema, None) => TestSource::Scratch,
        (Source::Full | Source::Schema, Some(test)) => TestSource::Replace(test),
        (Source::Service, Some(test)) => TestSource::Copy(test),
        (Source::Service, None) => {
            return Err(CliError::Missing {
                what: "the test database, which is a copy of production already",
                flag: "-pt B",
                key: "test",
            });
        }
    })
}

fn reference(context: &Context, args: &TestAndUpgrade) -> Result<Reference, CliError> {
    let configured = &context.config.reference;
    let database = |text: &String| -> Result<Reference, CliError> {
        let settings: Settings = context.settings(text)?;
        Ok(Reference::Database(settings))
    };
    if let Some(text) = &args.pg_service_comp {
        return database(text);
    }
    if !args.reference_sql.is_empty() {
        return Ok(Reference::Sql(args.reference_sql.clone()));
    }
    if let Some(command) = &args.reference_command {
        return Ok(Reference::Command(command.clone()));
    }
    match (&configured.database, configured.sql.as_slice(), &configured.command) {
        (Some(text), _, _) => database(text),
        (None, [_, ..], _) => Ok(Reference::Sql(configured.sql.clone())),
        (None, [], Some(command)) => Ok(Reference::Command(command.clone())),
        (None, [], None) => Err(CliError::Missing {
            what: "the reference",
            flag: "-pc C, --reference-sql FILE or --reference-command COMMAND",
            key: "reference",
        }),
    }
}
