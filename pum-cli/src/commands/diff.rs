use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt;

use pum_core::exit;
use pum_core::plan::plan_sources;
use pum_core::source::open_both;

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
    let request = planning::request(context, &args.filter, &args.planning, table)?;
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
    let migration = plan_sources(&mut left, &mut right, &request, Some(&toolchain), quiet)?;
    if migration.plan.is_empty() && migration.plan.left_out.is_empty() {
        say("there is nothing to do: the schemas are the same");
        return Ok(exit::SUCCESS);
    }
    let losing = planning::losing(&migration, args.planning.allow_loss.as_deref())?;
    let proof = if args.no_proof || !migration.plan.refused.is_empty() {
        None
    } else {
        Some(migration.prove([&mut left, &mut right], &request, &toolchain, quiet)?)
    };
    let script = Script {
        migration: &migration,
        losing: &losing,
        proof: proof.as_ref(),
        sides: [&left, &right],
    };
    let problem = script.problem();
    let text = match args.format {
        ScriptFormat::Sql => script.to_sql(),
        ScriptFormat::Json => json::migration(&script),
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
