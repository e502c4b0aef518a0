use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt;
use std::time::Duration;

use pum_core::exit;
use pum_core::plan::{
    MeasureOn, MeasuredWays, PlanRequest, ask, measure_ways_of_sources, plan_sources,
};
use pum_core::source::{Opened, Toolchain, open_both};

use super::planning;
use crate::args::{Diff, ScriptFormat};
use crate::console::{Console, print, say};
use crate::context::Context;
use crate::error::CliError;
use crate::files::write_whole;
use crate::render::json;
use crate::render::migration::Script;

pub(crate) fn run(context: &Context, args: &Diff) -> Result<u8, CliError> {
    if !args.map_schema.is_empty() {
        return Err(CliError::ConflictingOptions {
            what: "pum diff writes no SQL for schemas of different names: --map-schema is for pum check",
        });
    }
    if !context.config.map_schema.is_empty() {
        say(
            "note: map_schema in pum.toml is for pum check; here each schema is compared by its own name",
        );
    }
    let table = args.table.as_deref().or(context.config.upgrades_table.as_deref());
    let mut request = planning::request(context, &args.filter, &args.planning, table)?;
    let (left, right) = (context.source(&args.left)?, context.source(&args.right)?);
    let mut open_options = context.open_options(&args.sources, table.is_some())?;
    open_options.watch_names = request.find_renames;
    let toolchain = context.toolchain();
    let mut console = Console::new(&context.interrupt, false);
    let opened = open_both(
        [&left, &right],
        &open_options,
        &toolchain,
        &mut context.reporting_to(&mut console),
    );
    drop(console);
    let [mut left, mut right] = opened?;
    if left.is_same_database(&mut right) && request.renames.is_empty() {
        say("there is nothing to do: A and B are the same database");
        return Ok(exit::SUCCESS);
    }
    let quiet = &mut pum_core::Context::silent(&context.interrupt);
    let mut sides = [left, right];
    if let Some(on) = &args.on {
        let on = (&**on, args.measure_for);
        request.ways = measured(context, &toolchain, on, &mut sides, &request)?;
    }
    let migration = {
        let [left, right] = &mut sides;
        plan_sources(left, right, &request, Some(&toolchain), quiet)?
    };
    if migration.plan.is_empty() && migration.plan.left_out.is_empty() {
        say("there is nothing to do: the schemas are the same");
        return Ok(exit::SUCCESS);
    }
    let losing = planning::losing(&migration, args.planning.allow_loss.as_deref())?;
    let answers = match &args.on {
        Some(on) => {
            let mut copy = planning::open_copy(context, on, &mut sides)?;
            ask(&mut copy, &migration.plan, &migration.questions)?
        }
        None => Vec::new(),
    };
    let proof = if args.no_proof || !migration.plan.refused.is_empty() {
        None
    } else {
        Some(migration.prove(sides.each_mut(), &request, &toolchain, quiet)?)
    };
    let script = Script {
        migration: &migration,
        losing: &losing,
        proof: proof.as_ref(),
        sides: sides.each_ref(),
        answers: &answers,
    };
    write(args, &script)
}

/// What was measured of the ways on a copy of A, if that is asked for.
fn measured(
    context: &Context,
    toolchain: &Toolchain,
    (copy, within): (&str, Option<Duration>),
    sides: &mut [Opened; 2],
    request: &PlanRequest,
) -> Result<MeasuredWays, CliError> {
    drop(planning::open_copy(context, copy, sides)?);
    let Some(within) = within else { return Ok(MeasuredWays::default()) };
    let settings = context.settings(copy)?;
    let on = MeasureOn::new(&settings, within);
    let quiet = &mut pum_core::Context::silent(&context.interrupt);
    let found = measure_ways_of_sources(sides.each_mut(), request, on, toolchain, quiet)?;
    planning::say_measured(&found);
    Ok(found)
}

/// Prints or writes it.
fn write(args: &Diff, script: &Script<'_>) -> Result<u8, CliError> {
    let problem = script.problem();
    let text = match args.format {
        ScriptFormat::Sql => script.to_sql(),
        ScriptFormat::Json => json::migration(script),
    };
    match &args.output_file {
        Some(path) if problem.is_none() || args.partial => {
            write_whole(path, &text, Permissions::from_mode(0o666))
                .map_err(|cause| CliError::Write { path: path.clone(), cause })?;
            say(&format!("wrote {}", path.display()));
        }
        Some(path) => {
            print(&text)?;
            say(&format!("{} was not written (see --partial)", path.display()));
        }
        None => print(&text)?,
    }
    match problem {
        Some(problem) => {
            say(&format!("error: {problem}"));
            Ok(exit::ERROR)
        }
        None => Ok(exit::DIFFERENT),
    }
}
