use std::path::Path;

use pum_core::connect::Settings;
use pum_core::dump::{
    Manifest, RestoreOptions, RestoreReport, Tools, maintenance_session, restore,
};
use pum_core::exit;
use pum_core::humanize::seconds;

use super::backup::{may_replace, production, role_map};
use crate::args::{Restore, allowed};
use crate::console::{Console, print, say};
use crate::context::Context;
use crate::error::CliError;
use crate::text::connection_name;

pub(crate) fn run(context: &Context, args: &Restore) -> Result<u8, CliError> {
    if let Some(directory) = &args.cluster {
        return super::cluster::restore(context, args, directory);
    }
    // The command line asks for one of them.
    let file = args.file.clone().unwrap_or_default();
    let manifest = Manifest::read(&file)?;
    let target = target(context, args, manifest.as_ref())?;
    let mut console = Console::new(&context.interrupt, args.verbose).agreeing(args.yes);
    let protected = production(context, args.replace)?;
    if args.replace && !may_replace(context, &target, &mut console)? {
        return Ok(exit::DIFFERENT);
    }
    let mut options = RestoreOptions::default();
    options.replace = args.replace;
    options.ignore_errors = args.ignore_errors;
    options.create_roles = args.roles.create_roles;
    options.without_roles = args.roles.no_owner;
    options.role_map = role_map(&args.roles);
    options.without_tablespaces = args.no_tablespaces;
    options.exclude_schemas.clone_from(&args.exclude_schema);
    options.jobs = args.jobs;
    options.owner.clone_from(&args.owner);
    options.analyze = !args.no_analyze;
    options.protected = protected;
    options.allow = allowed(&args.allow);
    let tools = tools(context, &target, manifest.as_ref())?;
    let report =
        restore(&tools, &file, &target, &options, &mut context.reporting_to(&mut console))?;
    drop(console);
    print(&described(&report, args, &file, &target))?;
    Ok(exit::SUCCESS)
}

/// The connection to the database that is to be made.
fn target(
    context: &Context,
    args: &Restore,
    manifest: Option<&Manifest>,
) -> Result<Settings, CliError> {
    let settings = context.settings(&args.pg_service)?;
    let name = match (&args.name, &args.suffix) {
        (Some(name), _) => name.clone(),
        (None, Some(suffix)) => {
            let dumped = manifest.map_or(settings.database(), |manifest| &manifest.database);
            format!("{dumped}{suffix}")
        }
        (None, None) => return Ok(settings),
    };
    Ok(settings.with("dbname", &name)?)
}

/// Programs that suit the server, and can read what a newer `pg_dump` wrote.
fn tools(
    context: &Context,
    target: &Settings,
    manifest: Option<&Manifest>,
) -> Result<Tools, CliError> {
    let server = maintenance_session(target, &context.interrupt)?.version().major();
    let dumped_by = manifest.map_or(0, Manifest::client_major);
    let (installations, overrides) = (context.installations(), context.overrides());
    Ok(Tools::choose_for_restore(&installations, &overrides, dumped_by, server)?)
}

fn described(report: &RestoreReport, args: &Restore, file: &Path, target: &Settings) -> String {
    if !report.ignored_errors.is_empty() {
        say("ignored, as requested (-x):");
        for error in &report.ignored_errors {
            let entry = if error.entry.is_empty() { "?" } else { &error.entry };
            say(&format!("  {entry}: {}", error.message.replace('\n', "\n    ")));
        }
    }
    let mut text = format!("{} was restored to {}", file.display(), connection_name(target));
    if args.name.is_some() || args.suffix.is_some() {
        text += &format!(", database \"{}\"", target.database());
    }
    text += &format!(" ({}", seconds(report.duration));
    match report.ignored_errors.len() {
        0 => {}
        1 => text += ", 1 error was ignored",
        n => text += &format!(", {n} errors were ignored"),
    }
    if !report.created_roles.is_empty() {
        text += &format!(", roles created: {}", report.created_roles.join(", "));
    }
    text + ")\n"
}
