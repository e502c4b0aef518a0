use pum_core::exit;
use pum_core::upgrade::{DowngradePlan, PlanOptions, RunOptions, Timeouts};

use crate::args::{Downgrade, version};
use crate::console::{Console, print, say};
use crate::context::Context;
use crate::error::CliError;
use crate::text::{connection_name, printable, shown};

pub(crate) fn run(context: &Context, args: &Downgrade) -> Result<u8, CliError> {
    let (deltas, table) = context.deltas_and_table(&args.target.deltas)?;
    let target = version(&args.to)?;
    let mut session = context.open(context.database(args.target.named())?)?;
    let label = connection_name(session.settings());
    let mut options = PlanOptions::default();
    options.variables = context.variables(&args.var)?;
    if let Some(form) = context.config.variable_form {
        options.variables.set_form(form.into());
    }
    let plan = DowngradePlan::read(&mut session, &table, &deltas, &options, &target)?;
    let DowngradePlan { current_version, target_version, half_undone, .. } = &plan;
    let steps = plan.steps();
    if steps.is_empty() {
        print(&format!("{label} is at {current_version}: there is nothing to undo\n"))?;
        return Ok(exit::SUCCESS);
    }
    let losses = plan.losses(&mut session)?;
    let mut text = format!("{label} would go back from {current_version} to {target_version}:\n");
    for step in steps {
        let is_begun = half_undone.is_some() && step.delta() == half_undone.as_ref();
        let begun = if is_begun { " (half done: it is continued)" } else { "" };
        text.push_str(&format!("  {}{begun}\n", printable(&shown(step.path()))));
    }
    for loss in &losses {
        text.push_str(&format!("  lost: {}\n", printable(&loss.to_string())));
    }
    if args.dry_run {
        print(&text)?;
        return Ok(exit::SUCCESS);
    }
    say(text.trim_end());
    let mut console = Console::new(&context.interrupt, false).agreeing(args.yes);
    if !console.confirm(&format!("Undo these deltas in {label}?"))? {
        return Ok(exit::DIFFERENT);
    }
    let mut run = RunOptions::default();
    run.run_lock_timeout = args.wait;
    run.timeouts = Timeouts::new(args.lock_timeout.or(context.config.lock_timeout), None);
    let done = plan.run(
        &mut session,
        (&run, args.resume.map(Into::into)),
        &mut context.reporting_to(&mut console),
    )?;
    drop(console);
    let count = pum_core::humanize::count(done.len(), "script");
    print(&format!("{label} went back from {current_version} to {target_version} ({count})\n"))?;
    Ok(exit::SUCCESS)
}
