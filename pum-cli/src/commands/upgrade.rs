use pum_core::exit;
use pum_core::upgrade::{ApplyOptions, History, Plan, UpgradeError, apply};

use crate::args::{Format, Upgrade};
use crate::console::{Console, print, say};
use crate::context::Context;
use crate::error::CliError;
use crate::render;

pub(crate) fn run(context: &Context, args: &Upgrade) -> Result<u8, CliError> {
    let table = context.table(args.target.deltas.table.as_deref())?;
    let deltas = context.deltas(&args.target.deltas)?;
    let plan_options = context.plan_options(&args.run)?;
    let mut session = context.open(&args.target.pg_service)?;
    let label = session.settings().label().to_owned();
    let history = History::read(&mut session, &table)?
        .ok_or_else(|| UpgradeError::NoTable { table: table.clone(), label: label.clone() })?;
    let mut plan = Plan::new(&deltas, &history, &plan_options)?;
    plan.add_owed(&mut session, &table, &deltas, &plan_options)?;
    let options = ApplyOptions {
        run: context.run_options(&args.run),
        rehearse: args.rehearse,
        resume: args.resume.map(Into::into),
        ..ApplyOptions::new(table)
    };
    plan.fits(&options)?;
    for concern in &plan.concerns {
        say(&format!("warning: {concern}"));
    }
    if args.dry_run || plan.is_empty() {
        print(&match args.format {
            Format::Text => render::plan::text(&plan, &options, &label),
            Format::Json => render::json::upgrade(&plan, &[], &options, &label),
        });
        return Ok(exit::SUCCESS);
    }
    let mut console = Console::new(args.run.verbose);
    let applied = apply(&mut session, &plan, &history, &options, &mut console, &context.interrupt)?;
    drop(console);
    print(&match args.format {
        Format::Text => render::plan::outcome(&plan, &applied, &options, &label),
        Format::Json => render::json::upgrade(&plan, &applied, &options, &label),
    });
    Ok(exit::SUCCESS)
}
