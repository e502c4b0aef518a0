use clap::ValueEnum;
use pum_core::exit;
use pum_core::upgrade::{
    Applied, HistoryMismatch, Resume, Upgrade, UpgradeError, UpgradePlan, create_baseline,
};

use super::upgrade_to;
use crate::args::{self, Format};
use crate::console::{Console, print, say};
use crate::context::Context;
use crate::error::CliError;
use crate::render;

pub(crate) fn run(context: &Context, args: &args::Upgrade) -> Result<u8, CliError> {
    if let Some(reference) = &args.to.to {
        return upgrade_to::run(context, args, reference);
    }
    if args.to.is_useless() {
        let what =
            "options of planning and comparison are for an upgrade to a schema: give it with --to";
        return Err(CliError::ConflictingOptions { what });
    }
    print(&upgrade(context, args)?)?;
    Ok(exit::SUCCESS)
}

/// Does it, and gives the report.
pub(super) fn upgrade(context: &Context, args: &args::Upgrade) -> Result<String, CliError> {
    let resume = args.resume.as_deref().map(decision).transpose()?;
    let (deltas, table) = context.deltas_of_run(&args.target.deltas, &args.run)?;
    let mut plan_options = context.plan_options(&args.run)?;
    plan_options.allow_beta_testing |= args.force;
    if args.create {
        context.check_dependencies(&deltas, &args.run)?;
    }
    let mut session = context.open_for_scripts(context.database(args.target.named())?)?;
    let label = session.settings().label().to_owned();
    if args.create && create_baseline(&mut session, &table)? {
        say(&format!("{label} is empty: recorded version 0.0.0 in {table}"));
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
            return Ok(match args.format {
                Format::Text => render::plan::text(&upgrade, &lint, &label),
                Format::Json => render::json::dry_run(&upgrade, &lint, &label),
            });
        }
        let mut console = Console::new(&context.interrupt, args.run.verbose);
        let result = upgrade.run(&mut session, &mut context.reporting_to(&mut console));
        drop(console);
        match result {
            Ok(report) => {
                return Ok(outcome(&upgrade, &report.applied, &label, args.format));
            }
            // While this run waited, another one did something: what is pending now is another
            // question. This ends: another run has recorded a delta each time.
            Err(UpgradeError::Overtaken { .. }) => {}
            Err(err) => return Err(err.into()),
        }
    }
}

/// What becomes of the statement at which an earlier run stopped.
fn decision(word: &str) -> Result<Resume, CliError> {
    let what = "--resume takes again or done; a run is continued where --to names its schema";
    let chosen = args::Resume::from_str(word, false);
    chosen.map(Into::into).map_err(|_| CliError::ConflictingOptions { what })
}

fn outcome(upgrade: &Upgrade<'_>, applied: &[Applied], label: &str, format: Format) -> String {
    match format {
        Format::Text => render::plan::outcome(upgrade, applied, label),
        Format::Json => render::json::upgrade(upgrade, applied, label),
    }
}
