//! What the Manager is given: from options, configuration and environment.

use std::path::{Path, PathBuf};

use nix::unistd::{AccessFlags, access};
use pum_core::connect::{Session, Settings};
use pum_core::delta::DeltaSet;
use pum_core::manager::{Config, DataChoice, DumpedData, Reference, RunDirectory, TestSource};
use pum_core::source::Source;
use pum_core::upgrade::{BaselineSource, History, TableName, UpgradePlan};

use super::{planning, usual_jobs};
use crate::args::{TestAndUpgrade, TestSource as From, version as parsed};
use crate::config;
use crate::console::say;
use crate::context::Context;
use crate::error::CliError;

/// Where runs have their directories if nothing else is said.
pub(super) const RUNS: &str = "pum-runs";

/// The word for no reference; a file of that name is `./none`.
pub(super) const NO_REFERENCE: &str = "none";

/// The dump of a run that is not written elsewhere.
pub(super) const DUMP: &str = "production.dump";

/// Whether production has all that it should have: then nothing else need be there.
pub(crate) fn is_up_to_date(
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

/// What the Manager is to do with one production database.
pub(crate) fn manager_config(
    context: &Context,
    args: &TestAndUpgrade,
    production: Settings,
    (deltas, table): (DeltaSet, TableName),
    directory: Option<RunDirectory>,
) -> Result<Config, CliError> {
    let config = &context.config;
    let baseline = match (&args.baseline, &config.baseline_query) {
        (Some(version), _) => Some(BaselineSource::Version(parsed(version)?)),
        (None, Some(query)) => Some(BaselineSource::Query(query.clone())),
        (None, None) => None,
    };
    let named = args.file.clone().or_else(|| config.backup_file.clone());
    let own = directory.as_ref().map(|directory| directory.path().join(DUMP));
    let dump_file = named.or(own).unwrap_or_else(|| PathBuf::from(DUMP));
    let test = test(context, args)?;
    // A server that others work on gets no more than it is asked to bear.
    let jobs = || if matches!(test, TestSource::Scratch) { usual_jobs() } else { 1 };
    // What a production server writes to its WAL can only be measured where it is written.
    let toolchain = context.toolchain_with(&[("wal_level", "replica")]);
    let own = deltas.project.is_some().then(|| context.delta_dirs(&args.deltas)).transpose()?;
    let reference = reference(context, args, own.and_then(<[PathBuf]>::first))?;
    let mut run = Config::new(production, reference, table, deltas, toolchain);
    run.dump_format = args.dump_format.into();
    run.jobs = args.jobs.map_or_else(jobs, usize::from);
    run.test = test;
    run.data = data(context, args);
    run.plan = context.plan_options(&args.run)?;
    run.baseline = baseline;
    run.dump_file = dump_file;
    run.filters = context.filters(&args.filter)?;
    run.ignore_restore_errors = args.ignore_restore_errors;
    run.run = context.run_options(&args.run);
    run.script_by_script = args.script_by_script;
    run.limits = (&config.limits).into();
    run.closing = planning::closing(&args.planning)?;
    run.closing.measure_for = args.measure_for;
    run.until = args.until;
    run.expect_rehearsal = args.approve;
    run.directory = directory;
    run.keep_test = args.keep_test;
    Ok(run)
}

/// Where runs have their directories. A run whose dump is written elsewhere does without one where nobody
/// named a place and none can be made here.
pub(crate) fn runs(context: &Context, args: &TestAndUpgrade) -> Option<PathBuf> {
    let config = &context.config;
    if let Some(named) = args.runs.as_ref().or(config.runs_dir.as_ref()) {
        return Some(named.clone());
    }
    let runs = PathBuf::from(RUNS);
    let dumps_elsewhere = args.file.is_some() || config.backup_file.is_some();
    let within = if runs.exists() { &*runs } else { Path::new(".") };
    let can_be_written = within.is_dir() && access(within, AccessFlags::W_OK).is_ok();
    if dumps_elsewhere && args.resume.is_none() && !can_be_written {
        say(&format!(
            "warning: {RUNS} cannot be written here: this run leaves no report and cannot be resumed; \
             --runs names another directory"
        ));
        return None;
    }
    Some(runs)
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

/// `project` is the directory of a project of PUM 1, whose changelogs make its schema from nothing.
fn reference(
    context: &Context,
    args: &TestAndUpgrade,
    project: Option<&PathBuf>,
) -> Result<Reference, CliError> {
    let configured = &context.config.reference;
    let database = |text: &str| Ok(Reference::Database(context.settings(text)?));
    let source = |text: &str| -> Result<Reference, CliError> {
        if text == NO_REFERENCE {
            return Ok(Reference::None);
        }
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
        _ => match project {
            Some(directory) => Ok(Reference::Source(Source::Directory(directory.clone()))),
            None => Err(CliError::Missing {
                what: "the reference",
                flag: "-pc C, --reference SOURCE (none: compare with nothing), --reference-sql FILE or --reference-command COMMAND",
                key: "reference",
            }),
        },
    }
}
