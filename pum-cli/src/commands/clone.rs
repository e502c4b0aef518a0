use pum_core::connect::{Session, Settings};
use pum_core::dump::{
    CloneOptions, CloneReport, ClusterReport, DatabaseOutcome, RestoreOptions, clone, clone_cluster,
};
use pum_core::exit;
use pum_core::humanize::{count, seconds, size};

use super::backup::{described_settings, may_replace, production, role_map, tools_for};
use super::usual_jobs;
use crate::args::{CloneDatabase, Via, allowed};
use crate::console::{Console, print};
use crate::context::Context;
use crate::error::CliError;
use crate::text::connection_name;

pub(crate) fn run(context: &Context, args: &CloneDatabase) -> Result<u8, CliError> {
    let source = context.open(&args.source)?;
    let label = connection_name(source.settings());
    let target = target(context, args, &source)?;
    let mut console = Console::new(&context.interrupt, args.verbose).agreeing(args.yes);
    let protected = production(context, args.replace)?;
    if args.replace && !may_replace(context, &target, &mut console)? {
        return Ok(exit::DIFFERENT);
    }
    let mut options = CloneOptions::default();
    options.as_template = args.via == Via::Template;
    options.exclude_schemas.clone_from(&args.exclude_schema);
    options.exclude_table_data.clone_from(&args.exclude_table_data);
    options.schema_only = args.schema_only;
    options.restore = {
        let mut options = RestoreOptions::default();
        options.replace = args.replace;
        options.create_roles = args.roles.create_roles;
        options.without_roles = args.roles.no_owner;
        options.role_map = role_map(&args.roles);
        options.without_tablespaces = args.no_tablespaces;
        options.jobs = args.jobs.unwrap_or_else(usual_jobs);
        options.owner.clone_from(&args.owner);
        options.analyze = !args.no_analyze;
        options.protected = protected;
        options.allow = allowed(&args.allow);
        options
    };
    let tools = tools_for(context, &source)?;
    if args.cluster {
        let copied = clone_cluster(
            source,
            &tools,
            &target,
            &options,
            &mut context.reporting_to(&mut console),
        );
        drop(console);
        return show_cluster(&copied?, &label, &target);
    }
    let report = clone(source, &tools, &target, &options, &mut context.reporting_to(&mut console))?;
    drop(console);
    print(&described(&report, &label, &target))?;
    Ok(exit::SUCCESS)
}

/// All databases and roles, each database with the result.
fn show_cluster(report: &ClusterReport, from: &str, target: &Settings) -> Result<u8, CliError> {
    let mut failed = 0;
    let mut text = String::new();
    for (name, outcome) in &report.databases {
        let said = match outcome {
            DatabaseOutcome::Copied(copy) => {
                let bytes = size(copy.bytes);
                format!(
                    "copied ({}, {bytes}, {})",
                    count(copy.tables, "table"),
                    seconds(copy.duration)
                )
            }
            DatabaseOutcome::Empty => "nothing in it".to_owned(),
            DatabaseOutcome::Failed(err) => {
                failed += 1;
                format!("FAILED: {err}")
            }
            DatabaseOutcome::NotTried => {
                failed += 1;
                "not tried".to_owned()
            }
        };
        text += &format!("  {name}: {said}\n");
    }
    if !report.created_roles.is_empty() {
        text += &format!("roles created: {}\n", report.created_roles.join(", "));
    }
    if !report.tablespaces.is_empty() {
        let list = report.tablespaces.join(", ");
        text += &format!("no longer in their own tablespaces: what was in {list}\n");
    }
    if let Some(settings) = &report.settings {
        text += &described_settings(settings);
    }
    text += &format!("the server of {from} was not changed\n");
    let in_part = if failed > 0 { " in part" } else { "" };
    let to = connection_name(target);
    print(&format!("the server of {from} was copied{in_part} to that of {to}\n{text}"))?;
    if failed > 0 { Err(CliError::NotAllCopied { failed }) } else { Ok(exit::SUCCESS) }
}

/// The connection to the copy.
fn target(context: &Context, args: &CloneDatabase, source: &Session) -> Result<Settings, CliError> {
    let server = match &args.on {
        Some(on) => context.settings(on)?,
        None => source.settings().clone(),
    };
    let copied = source.settings().database();
    Ok(match (&args.name, &args.suffix) {
        (Some(name), _) => server.with("dbname", name)?,
        (None, Some(suffix)) => server.with("dbname", &format!("{copied}{suffix}"))?,
        (None, None) => server,
    })
}

fn described(report: &CloneReport, label: &str, target: &Settings) -> String {
    let mut text = format!(
        "{label} was copied to database \"{}\" of {} ({}, {}, {})\n",
        target.database(),
        connection_name(target),
        count(report.tables, "table"),
        size(report.bytes),
        seconds(report.duration)
    );
    if !report.created_roles.is_empty() {
        text += &format!("roles created: {}\n", report.created_roles.join(", "));
    }
    text
}
