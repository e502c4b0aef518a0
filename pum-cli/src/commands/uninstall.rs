use pum_core::exit;
use pum_core::humanize::count;
use pum_core::upgrade::{ProjectScripts, Removal, Upgrade, UpgradePlan, UpgradeStep, find_tables};

use crate::args::Uninstall;
use crate::console::{Console, print, say};
use crate::context::Context;
use crate::error::CliError;
use crate::text::{connection_name, printable};

pub(crate) fn run(context: &Context, args: &Uninstall) -> Result<u8, CliError> {
    let (deltas, table) = context.deltas_of_run(&args.target.deltas, &args.run)?;
    let options = context.plan_options(&args.run)?;
    let mut session = context.open_for_scripts(context.database(args.target.named())?)?;
    let label = connection_name(session.settings());
    let scripts = ProjectScripts::Uninstall;
    let plan = UpgradePlan::of_project(&mut session, &table, &deltas, &scripts, &options)?;
    let run_options = context.run_options(&args.run);
    let mut console = Console::new(&context.interrupt, args.run.verbose);
    if plan.steps.iter().any(UpgradeStep::is_program) {
        // It has a connection of its own, and so cannot be tried and rolled back.
        say("what is lost cannot be told: the project is removed by a program");
    } else {
        let mut context = context.reporting_to(&mut console);
        let removal = Removal::by(&plan, &mut session, run_options.clone(), &mut context)?;
        say(&lost(&label, &removal));
    }
    if args.dry_run {
        return Ok(exit::SUCCESS);
    }
    console = console.agreeing(args.yes);
    if !console.confirm(&format!("Remove the module from {label}?"))? {
        return Ok(exit::DIFFERENT);
    }
    let mut upgrade = Upgrade::new(&plan).options(run_options);
    let report = upgrade.run(&mut session, &mut context.reporting_to(&mut console))?;
    drop(console);
    let number = count(report.applied.len(), "script");
    print(&format!("{label}: the module was removed ({number})\n"))?;
    if find_tables(&mut session)?.iter().any(|left| left.path() == table.path()) {
        say(&format!("the table {table} is still there: the scripts do not drop it"));
    }
    Ok(exit::SUCCESS)
}

/// Tables by name, with their rows; other objects by kind.
fn lost(label: &str, removal: &Removal) -> String {
    let rows = |rows: u64| count(rows, "row");
    let tables = removal.tables.iter();
    let tables = tables.map(|(name, count)| format!("table {name} with {}", rows(*count)));
    let deleted = removal.rows.iter();
    let deleted = deleted.map(|(name, count)| format!("{} of table {name}", rows(*count)));
    let others = removal.others.iter().map(|(kind, number)| count(*number, kind));
    let lines: Vec<String> = tables.chain(deleted).chain(others).collect();
    if lines.is_empty() {
        return format!("{label} would lose nothing");
    }
    let lines: String = lines.iter().map(|line| format!("\n  {}", printable(line))).collect();
    format!("{label} would lose:{lines}")
}
