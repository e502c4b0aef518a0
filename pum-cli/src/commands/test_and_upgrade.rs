use std::path::PathBuf;

use pum_core::connect::{Session, Settings};
use pum_core::delta::DeltaSet;
use pum_core::exit;
use pum_core::manager::{
    self, Config, DataChoice, DumpedData, Reference, RunDirectory, RunOutcome, TestSource,
};
use pum_core::source::Source;
use pum_core::upgrade::{BaselineSource, History, TableName, UpgradePlan};

use super::usual_jobs;
use crate::args::{Format, RunReports, TestAndUpgrade, TestSource as From};
use crate::commands::{fleet, run_reports};
use crate::config;
use crate::console::{self, Console, print};
use crate::context::Context;
use crate::error::CliError;
use crate::files::make_sure_that_reports_can_be_written;
use crate::limits::{self, Limit};
use crate::render;
use crate::render::run::Run;

/// Where runs have their directories if nothing else is said.
const RUNS: &str = "pum-runs";

/// The dump of a run that is not written elsewhere.
const DUMP: &str = "production.dump";

pub(crate) fn run(context: &Context, args: &TestAndUpgrade) -> Result<u8, CliError> {
    make_sure_that_reports_can_be_written(&args.reports.report)?;
    let productions = productions(context, args)?;
    let (deltas, table) = context.deltas_and_table(&args.deltas)?;
    let Ok([production]) = <[Settings; 1]>::try_from(productions.clone()) else {
        return fleet::run(context, args, &productions, &deltas, &table);
    };
    if args.if_pending && is_up_to_date(context, args, &production, &deltas, &table)? {
        return Ok(exit::SUCCESS);
    }
    let runs = runs(context, args).map(|runs| match &args.resume {
        Some(id) => RunDirectory::resume(&runs, id),
        None => RunDirectory::new(&runs),
    });
    let job = job(context, args, production, deltas, table, runs)?;
    let console =
        Console::new(args.run.verbose).agreeing(args.yes).not_asking(args.non_interactive);
    let limits = limits::of_options(&args.filter, &context.config);
    run_job(context, &job, console, &args.reports, limits)
}

/// Runs the Manager and shows what came of it.
pub(crate) fn run_job(
    context: &Context,
    job: &Config,
    mut console: Console,
    reports: &RunReports,
    limits: Vec<Limit>,
) -> Result<u8, CliError> {
    let ended = manager::run(job, &mut console, &context.interrupt);
    let unanswered = console.unanswered.take();
    drop(console);
    let run = Run::new(job, &ended, limits).unanswered(unanswered.is_some());
    let printed = match &ended {
        Ok(_) => print(&match reports.format {
            Format::Text => render::text::report(&run, console::on_terminal()),
            Format::Json => render::run::json::report(&run),
        }),
        Err(_) => Ok(()),
    };
    run_reports::write(&run, job, &reports.report);
    let ways_on = run.ways_on;
    let report = ended.map_err(|err| {
        if ways_on.is_empty() {
            return err.into();
        }
        CliError::Run { source: Box::new(err).into(), ways_on }
    })?;
    printed?;
    if let Some(question) = unanswered {
        return Err(CliError::Unanswered { question });
    }
    Ok(match report.outcome {
        RunOutcome::NothingPending | RunOutcome::Upgraded | RunOutcome::Stopped(_) => exit::SUCCESS,
        RunOutcome::Different | RunOutcome::Declined(_) | RunOutcome::OverLimit(_) => {
            exit::DIFFERENT
        }
        RunOutcome::Failed => exit::ERROR,
    })
}

/// Whether production has all that it should have: then nothing else need be there.
pub(super) fn is_up_to_date(
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
    Ok(UpgradePlan::read(&mut session, table, deltas, &options)?.is_empty())
}

/// The production databases that were named, each once.
fn productions(context: &Context, args: &TestAndUpgrade) -> Result<Vec<Settings>, CliError> {
    let configured = &context.config.production;
    let given = if args.pg_service_prod.is_empty() { configured } else { &args.pg_service_prod };
    if given.is_empty() {
        return Err(CliError::Missing {
            what: "the production database",
            flag: "-pp A",
            key: "production",
        });
    }
    context.databases(given)
}

/// What the Manager is to do with one production database.
pub(super) fn job(
    context: &Context,
    args: &TestAndUpgrade,
    production: Settings,
    deltas: DeltaSet,
    table: TableName,
    directory: Option<RunDirectory>,
) -> Result<Config, CliError> {
    let config = &context.config;
    let baseline = match (&args.baseline, &config.baseline_query) {
        (Some(version), _) => Some(BaselineSource::Version(version.parse()?)),
        (None, Some(query)) => Some(BaselineSource::Query(query.clone())),
        (None, None) => None,
    };
    let named = args.file.clone().or_else(|| config.backup_file.clone());
    let own = directory.as_ref().map(|directory| directory.path().join(DUMP));
    let dump_file = named.or(own).unwrap_or_else(|| PathBuf::from(DUMP));
    let test = test(context, args)?;
    // A server that others work on gets no more than it is asked to bear.
    let jobs = || if matches!(test, TestSource::Scratch) { usual_jobs() } else { 1 };
    Ok(Config {
        dump_format: args.dump_format.into(),
        jobs: args.jobs.map_or_else(jobs, usize::from),
        test,
        data: data(context, args),
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
        rehearsals: None,
        // What a production server writes to its WAL can only be measured where it is written.
        toolchain: context.toolchain_with(&[("wal_level", "replica")]),
        production,
    })
}

/// Where runs have their directories. They have none if all that is wanted is a dump elsewhere.
pub(super) fn runs(context: &Context, args: &TestAndUpgrade) -> Option<PathBuf> {
    let config = &context.config;
    let named = args.runs.as_ref().or(config.runs_dir.as_ref());
    let dumps_elsewhere = args.file.is_some() || config.backup_file.is_some();
    if named.is_none() && dumps_elsewhere && args.resume.is_none() {
        return None;
    }
    Some(named.cloned().unwrap_or_else(|| PathBuf::from(RUNS)))
}

fn data(context: &Context, args: &TestAndUpgrade) -> DataChoice {
    const GIGABYTE: u64 = 1_000_000_000;
    let is_named = args.pg_service_test.is_some() || context.config.test.is_some();
    match args.test_source {
        Some(From::Schema) => DataChoice::Said(DumpedData::Only(args.with_data.clone())),
        None if !args.with_data.is_empty() => {
            DataChoice::Said(DumpedData::Only(args.with_data.clone()))
        }
        None if !is_named && args.test_create.is_none() => {
            let configured = context.config.test_full_up_to_gb;
            let limit = configured.map(|gigabytes| gigabytes.saturating_mul(GIGABYTE));
            DataChoice::BySize { full_up_to: limit.unwrap_or(DataChoice::FULL_UP_TO) }
        }
        _ => DataChoice::Said(DumpedData::All),
    }
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
        (None | Some(From::Full | From::Schema), None) => TestSource::Scratch,
        (None | Some(From::Full | From::Schema), Some(test)) => TestSource::Replace(test),
        (Some(From::Template), test) => TestSource::Template(test),
        (Some(From::Service), Some(test)) => TestSource::Copy(test),
        (Some(From::Service), None) => {
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
    let database = |text: &str| Ok(Reference::Database(context.settings(text)?));
    let source = |text: &str| -> Result<Reference, CliError> {
        Ok(match Source::recognise(text, &context.environment)? {
            Source::Database(settings) => Reference::Database(settings),
            source => Reference::Source(source),
        })
    };
    if let Some(text) = &args.pg_service_comp {
        return database(text);
    }
    if let Some(text) = &args.reference {
        return source(text);
    }
    if !args.reference_sql.is_empty() {
        return Ok(Reference::Sql(args.reference_sql.clone()));
    }
    if let Some(command) = &args.reference_command {
        return Ok(Reference::Command(command.clone()));
    }
    match configured {
        config::Reference { database: Some(text), .. } => database(text),
        config::Reference { source: Some(text), .. } => source(text),
        config::Reference { sql, .. } if !sql.is_empty() => Ok(Reference::Sql(sql.clone())),
        config::Reference { command: Some(command), .. } => Ok(Reference::Command(command.clone())),
        _ => Err(CliError::Missing {
            what: "the reference",
            flag: "-pc C, --reference SOURCE, --reference-sql FILE or --reference-command COMMAND",
            key: "reference",
        }),
    }
}
