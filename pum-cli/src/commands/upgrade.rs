use pum_core::delta::DeltaSet;
use pum_core::exit;
use pum_core::upgrade::{Applied, ApplyOptions, HistoryMismatch, UpgradeError, UpgradePlan, apply};

use crate::args::{Format, Upgrade};
use crate::console::{Console, print, say};
use crate::context::Context;
use crate::error::CliError;
use crate::render;

pub(crate) fn run(context: &Context, args: &Upgrade) -> Result<u8, CliError> {
    let (deltas, table) = context.announced_deltas_and_table(&args.target.deltas)?;
    let plan_options = context.plan_options(&args.run)?;
    let mut session = context.open(&args.target.pg_service)?;
    let label = session.settings().label().to_owned();
    let options = ApplyOptions {
        run: context.run_options(&args.run),
        rehearse: args.rehearse,
        resume: args.resume.map(Into::into),
        ..ApplyOptions::new(table.clone())
    };
    loop {
        let plan = UpgradePlan::read(&mut session, &table, &deltas, &plan_options)?;
        plan.fits(&options)?;
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
            print(&match args.format {
                Format::Text => render::plan::text(&plan, &options, &lint, &label),
                Format::Json => {
                    render::json::dry_run(&plan, &options, &lint, deltas.passed_over(), &label)
                }
            })?;
            return Ok(exit::SUCCESS);
        }
        let mut console = Console::new(args.run.verbose);
        let applied = apply(&mut session, &plan, &options, &mut context.reporting_to(&mut console));
        drop(console);
        match applied {
            Ok(applied) => {
                show(&plan, &applied, &options, &deltas, &label, args.format)?;
                return Ok(exit::SUCCESS);
            }
            // While this run waited, another one did something: what is pending now is another
            // question. There is an end to it: somebody has recorded a delta each time.
            Err(UpgradeError::Overtaken { .. }) => {}
            Err(err) => return Err(err.into()),
        }
    }
}

fn show(
    plan: &UpgradePlan,
    applied: &[Applied],
    options: &ApplyOptions,
    deltas: &DeltaSet,
    label: &str,
    format: Format,
) -> Result<(), CliError> {
    print(&match format {
        Format::Text => render::plan::outcome(plan, applied, options, label),
        Format::Json => render::json::upgrade(plan, applied, options, deltas.passed_over(), label),
    })
}
