use pum_core::exit;
use pum_core::humanize::count;
use pum_core::upgrade::{ProjectScripts, Upgrade, UpgradePlan};

use crate::args::{App, AppAction, Run, Target};
use crate::console::{Console, print};
use crate::context::Context;
use crate::error::CliError;
use crate::text::connection_name;

pub(crate) fn run(context: &Context, args: &App) -> Result<u8, CliError> {
    let (scripts, done) = match args.action {
        AppAction::Create => (ProjectScripts::CreateApplication, "the application was created"),
        AppAction::Drop => (ProjectScripts::DropApplication, "the application was dropped"),
        AppAction::Recreate => {
            (ProjectScripts::RecreateApplication, "the application was re-created")
        }
    };
    run_scripts(context, (&args.target, &args.run), &scripts, done)
}

/// Runs scripts of a project, and says what was done.
pub(super) fn run_scripts(
    context: &Context,
    (target, run): (&Target, &Run),
    scripts: &ProjectScripts,
    done: &str,
) -> Result<u8, CliError> {
    let (deltas, table) = context.deltas_of_run(&target.deltas, run)?;
    let options = context.plan_options(run)?;
    let mut session = context.open_for_scripts(context.database(target.named())?)?;
    let label = connection_name(session.settings());
    let plan = UpgradePlan::of_project(&mut session, &table, &deltas, scripts, &options)?;
    let mut upgrade = Upgrade::new(&plan).options(context.run_options(run));
    upgrade.check()?;
    let mut console = Console::new(&context.interrupt, run.verbose);
    let report = upgrade.run(&mut session, &mut context.reporting_to(&mut console))?;
    drop(console);
    let number = count(report.applied.len(), "script");
    print(&format!("{label}: {done} ({number})\n"))?;
    Ok(exit::SUCCESS)
}
