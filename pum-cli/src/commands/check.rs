use pum_core::compare::{CompareOptions, compare_sources};
use pum_core::exit;
use pum_core::source::open_both;

use crate::args::{Check, Format};
use crate::console::{Console, print};
use crate::context::Context;
use crate::error::CliError;
use crate::render;

pub(crate) fn run(context: &Context, args: &Check) -> Result<u8, CliError> {
    if args.list_elements {
        print(&render::text::elements());
        return Ok(exit::SUCCESS);
    }
    let side = |positional: &Option<String>, option: &Option<String>| {
        positional.clone().or_else(|| option.clone()).unwrap_or_default()
    };
    // What one positional argument means depends on the options beside it.
    let (left, right) = match (&args.pg_service1, &args.left, &args.right) {
        (Some(first), Some(only), None) => (first.clone(), only.clone()),
        _ => (side(&args.left, &args.pg_service1), side(&args.right, &args.pg_service2)),
    };
    let table = args.table.as_deref().or(context.config.upgrades_table.as_deref());
    let options = CompareOptions {
        filters: context.filters(&args.filter)?,
        upgrades_table: table.map(str::parse).transpose()?,
        allow_unknown: args.allow_unknown,
        lock_timeout: args.lock_timeout,
    };
    let (left, right) = (context.source(&left)?, context.source(&right)?);
    let open_options = context.open_options(&args.sources, table.is_some())?;
    let workshop = context.workshop();
    let mut console = Console::new(false);
    let interrupt = &context.interrupt;
    let opened = open_both([&left, &right], &open_options, &workshop, &mut console, interrupt);
    drop(console);
    let [mut left, mut right] = opened?;
    let comparison = compare_sources(&mut left, &mut right, &options, Some(&workshop), interrupt)?;
    let (left, right) = (left.label(), right.label());
    let report = match args.format {
        Format::Text => render::text::comparison(&comparison, left, right, args.verbose_level),
        Format::Json => render::json::comparison(&comparison, left, right),
    };
    match &args.output_file {
        Some(path) => {
            std::fs::write(path, report)
                .map_err(|source| CliError::Write { path: path.clone(), source })?;
            print(&render::text::comparison(&comparison, left, right, 0));
        }
        None => print(&report),
    }
    Ok(if comparison.differences.is_empty() { exit::SUCCESS } else { exit::DIFFERENT })
}
