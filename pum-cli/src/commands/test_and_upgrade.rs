use pum_core::connect::Settings;
use pum_core::exit;
use pum_core::manager::{self, Job, Outcome, Reference, Report};
use pum_core::upgrade::BaselineSource;

use crate::args::{Format, TestAndUpgrade};
use crate::console::{self, Console, print};
use crate::context::Context;
use crate::error::CliError;
use crate::render;

pub(crate) fn run(context: &Context, args: &TestAndUpgrade) -> Result<u8, CliError> {
    let job = job(context, args)?;
    run_job(context, &job, args.yes, args.run.verbose, args.format)
}

/// Runs the Manager and shows what came of it.
pub(crate) fn run_job(
    context: &Context,
    job: &Job,
    yes: bool,
    verbose: bool,
    format: Format,
) -> Result<u8, CliError> {
    let mut console = Console::new(verbose).agreeing(yes);
    let report = manager::run(job, &mut console, &context.interrupt)?;
    let unanswered = console.unanswered.take();
    drop(console);
    show(&report, job.production.label(), format);
    if let Some(question) = unanswered {
        return Err(CliError::Unanswered { question });
    }
    Ok(match report.outcome {
        Outcome::NothingPending | Outcome::Upgraded => exit::SUCCESS,
        Outcome::Different | Outcome::Declined(_) => exit::DIFFERENT,
    })
}

fn show(report: &Report, production: &str, format: Format) {
    print(&match format {
        Format::Text => render::text::report(report, production, console::on_terminal()),
        Format::Json => render::json::report(report, production),
    });
}

fn job(context: &Context, args: &TestAndUpgrade) -> Result<Job, CliError> {
    let config = &context.config;
    let production =
        args.pg_service_prod.as_ref().or(config.production.as_ref()).ok_or(CliError::Missing {
            what: "the production database",
            flag: "-pp A",
            key: "production",
        })?;
    let test = args.pg_service_test.as_ref().or(config.test.as_ref());
    let dump_file = args.file.clone().or_else(|| config.backup_file.clone());
    let baseline = match (&args.baseline, &config.baseline_query) {
        (Some(version), _) => Some(BaselineSource::Version(version.parse()?)),
        (None, Some(query)) => Some(BaselineSource::Query(query.clone())),
        (None, None) => None,
    };
    let production = context.settings(production)?;
    let (deltas, table) = context.deltas_and_table(&args.deltas)?;
    Ok(Job {
        test: test.map(|test| context.settings(test)).transpose()?,
        reference: reference(context, args)?,
        table,
        deltas,
        plan: context.plan_options(&args.run)?,
        baseline,
        dump_file: dump_file.ok_or(CliError::Missing {
            what: "the file for the dump of production",
            flag: "-f FILE",
            key: "backup_file",
        })?,
        filters: context.filters(&args.filter)?,
        ignore_restore_errors: args.ignore_restore_errors,
        run: context.run_options(&args.run),
        script_by_script: args.script_by_script,
        workshop: context.workshop(),
        production,
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
