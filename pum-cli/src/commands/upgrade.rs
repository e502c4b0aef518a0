use clap::ValueEnum;
use pum_core::connect::Settings;
use pum_core::delta::{Delta, DeltaSet, Version};
use pum_core::exit;
use pum_core::humanize::count;
use pum_core::upgrade::{
    Applied, HistoryMismatch, Resume, TableName, Upgrade, UpgradeError, UpgradePlan,
    create_baseline, is_new_database,
};

use super::upgrade_to;
use crate::args::{self, Format};
use crate::console::{Console, print, say};
use crate::context::Context;
use crate::error::CliError;
use crate::render;
use crate::text::{connection_name, printable};

pub(crate) fn run(context: &Context, args: &args::Upgrade) -> Result<u8, CliError> {
    if let Some(reference) = &args.to.to {
        return upgrade_to::run(context, args, reference);
    }
    if args.to.is_useless() {
        let what =
            "options of planning and comparison are for an upgrade to a schema: give it with --to";
        return Err(CliError::ConflictingOptions { what });
    }
    let Some(report) = upgrade(context, args)? else { return Ok(exit::DIFFERENT) };
    print(&report)?;
    Ok(exit::SUCCESS)
}

/// Does it, and gives the report; `None` if the user did not want it.
pub(super) fn upgrade(context: &Context, args: &args::Upgrade) -> Result<Option<String>, CliError> {
    let resume = args.resume.as_deref().map(decision).transpose()?;
    let (deltas, table) = context.deltas_of_run(&args.target.deltas, &args.run)?;
    let mut plan_options = context.plan_options(&args.run)?;
    plan_options.allow_beta_testing |= args.force;
    if args.create {
        context.check_dependencies(&deltas, &args.run)?;
    }
    let mut session = context.open_for_scripts(context.database(args.target.named())?)?;
    let settings = session.settings().clone();
    let name = connection_name(&settings);
    if args.create && is_new_database(&mut session, &table)? {
        let mut console = Console::new(&context.interrupt, false)
            .agreeing(args.to.yes)
            .not_asking(args.to.non_interactive);
        let most = plan_options.max_version.as_ref();
        if !console.confirm(&question(&name, &table, &deltas, most))? {
            return Ok(None);
        }
        drop(console);
        create_baseline(&mut session, &table)?;
        say(&format!("recorded version 0.0.0 of {name} in {table}"));
    }
    loop {
        let plan = UpgradePlan::read(&mut session, &table, &deltas, &plan_options)?;
        let mut upgrade = Upgrade::new(&plan)
            .options(context.run_options(&args.run))
            .rehearse(args.rehearse)
            .resume(resume);
        upgrade.check()?;
        let only_shown = args.dry_run || plan.is_empty();
        // A run that goes on with a delta says so when it gets there.
        let goes_on = |concern: &&HistoryMismatch| {
            matches!(concern, HistoryMismatch::HalfDone { has_file: true, .. })
        };
        for concern in plan.concerns.iter().filter(|concern| only_shown || !goes_on(concern)) {
            say(&format!("warning: {concern}"));
        }
        if only_shown {
            let lint = context.lint_options(args.run.lock_timeout);
            return Ok(Some(match args.format {
                Format::Text => render::plan::text(&upgrade, &lint, &name),
                Format::Json => render::json::dry_run(&upgrade, &lint, settings.label()),
            }));
        }
        let mut console = Console::new(&context.interrupt, args.run.verbose);
        let result = upgrade.run(&mut session, &mut context.reporting_to(&mut console));
        drop(console);
        match result {
            Ok(report) => {
                return Ok(Some(outcome(&upgrade, &report.applied, &settings, args.format)));
            }
            // While this run waited, another one did something: what is pending now is another
            // question. This ends: another run has recorded a delta each time.
            Err(UpgradeError::Overtaken { .. }) => {}
            Err(err) => return Err(err.into()),
        }
    }
}

/// What is asked before an empty database gets its upgrades table.
fn question(name: &str, table: &TableName, deltas: &DeltaSet, most: Option<&Version>) -> String {
    let is_wanted = |delta: &&Delta| most.is_none_or(|most| delta.name.version <= *most);
    let wanted: Vec<&Delta> = deltas.deltas.iter().filter(is_wanted).collect();
    let applied = match wanted.last() {
        Some(last) => {
            format!("apply {} up to {}", count(wanted.len(), "delta"), last.name.version)
        }
        None => "apply no delta: there is none".to_owned(),
    };
    let table = printable(&table.to_string());
    format!(
        "{name} is empty. Create the upgrades table {table} in it at version 0.0.0, and {applied}?"
    )
}

/// What becomes of the statement at which an earlier run stopped.
fn decision(word: &str) -> Result<Resume, CliError> {
    let what = "--resume takes again or done; a run is continued where --to names its schema";
    let chosen = args::Resume::from_str(word, false);
    chosen.map(Into::into).map_err(|_| CliError::ConflictingOptions { what })
}

fn outcome(
    upgrade: &Upgrade<'_>,
    applied: &[Applied],
    settings: &Settings,
    format: Format,
) -> String {
    match format {
        Format::Text => render::plan::outcome(upgrade, applied, &connection_name(settings)),
        Format::Json => render::json::upgrade(upgrade, applied, settings.label()),
    }
}
