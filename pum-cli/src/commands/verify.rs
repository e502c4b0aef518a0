use pum_core::connect::Settings;
use pum_core::exit;
use pum_core::verify::{VerifyError, VerifyOptions, databases, verify};

use super::usual_jobs;
use crate::args::{Format, Verify};
use crate::console::{Console, print};
use crate::context::Context;
use crate::error::CliError;
use crate::render;
use crate::render::verify::{Names, Seen};
use crate::text::connection_name;

pub(crate) fn run(context: &Context, args: &Verify) -> Result<u8, CliError> {
    let settings = context.settings(context.database(args.database.as_deref())?)?;
    let options = options(context, args)?;
    if args.all {
        return all(context, &settings, &options, args.format);
    }
    let mut console = Console::new(&context.interrupt, false);
    let report = verify(&settings, &options, &mut context.reporting_to(&mut console))?;
    drop(console);
    print(&match args.format {
        Format::Text => render::verify::text(&report, &names(&settings, &options)),
        Format::Json => render::json::verify(&report),
    })?;
    Ok(if report.findings() == 0 { exit::SUCCESS } else { exit::DIFFERENT })
}

/// One database after the other. One that cannot be looked at does not keep the others from it.
fn all(
    context: &Context,
    settings: &Settings,
    options: &VerifyOptions,
    format: Format,
) -> Result<u8, CliError> {
    let mut seen = Vec::new();
    for database in databases(settings, &context.interrupt)? {
        if let Some(reason) = database.closed {
            seen.push((database.name, Seen::Closed(reason)));
            continue;
        }
        let mut console = Console::new(&context.interrupt, false);
        let one = settings.with("dbname", &database.name)?;
        let result = match verify(&one, options, &mut context.reporting_to(&mut console)) {
            Ok(report) => Seen::Report(Box::new(report), names(&one, options)),
            Err(VerifyError::Interrupted(stopped)) => return Err(VerifyError::from(stopped).into()),
            Err(err) => Seen::Failed(CliError::from(err).with_hints()),
        };
        seen.push((database.name, result));
    }
    print(&match format {
        Format::Text => render::verify::all_text(&seen),
        Format::Json => render::json::verify_all(&seen, settings.label()),
    })?;
    let failed = seen.iter().any(|(_, seen)| matches!(seen, Seen::Failed(_)));
    let found = seen.iter().any(|(_, seen)| seen.findings() > 0);
    Ok(if failed {
        exit::ERROR
    } else if found {
        exit::DIFFERENT
    } else {
        exit::SUCCESS
    })
}

fn names(settings: &Settings, options: &VerifyOptions) -> Names {
    let against = options.against.as_ref().map(connection_name).unwrap_or_default();
    Names { verified: connection_name(settings), against }
}

fn options(context: &Context, args: &Verify) -> Result<VerifyOptions, CliError> {
    let defaults = VerifyOptions::default();
    let mut options = VerifyOptions::default();
    options.level = args.level.into();
    options.jobs = args.jobs.map_or_else(usual_jobs, usize::from);
    options.lock_timeout = args.lock_timeout.unwrap_or(defaults.lock_timeout);
    options.against = args.against.as_deref().map(|other| context.settings(other)).transpose()?;
    Ok(options)
}
