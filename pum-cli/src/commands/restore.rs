use pum_core::dump::{RestoreOptions, Tools, maintenance_session, restore};
use pum_core::exit;

use crate::args::Restore;
use crate::console::{Console, print, say, seconds};
use crate::context::Context;
use crate::error::CliError;

pub(crate) fn run(context: &Context, args: &Restore) -> Result<u8, CliError> {
    let settings = context.settings(&args.pg_service)?;
    let server = maintenance_session(&settings, &context.interrupt)?;
    let tools =
        Tools::choose(&context.installations(), &context.overrides(), server.version().major())?;
    let options = RestoreOptions {
        replace: args.replace,
        ignore_errors: args.ignore_errors,
        without_roles: args.no_owner,
        exclude_schemas: args.exclude_schema.clone(),
        ..RestoreOptions::default()
    };
    let report = restore(
        &tools,
        &args.file,
        &settings,
        &options,
        &mut Console::new(false),
        &context.interrupt,
    )?;
    if !report.ignored_errors.is_empty() {
        say("ignored, as asked (-x):");
        for line in &report.ignored_errors {
            say(&format!("  {line}"));
        }
    }
    print(&format!(
        "{} was restored to {} ({})\n",
        args.file.display(),
        settings.label(),
        seconds(report.duration)
    ));
    Ok(exit::SUCCESS)
}
