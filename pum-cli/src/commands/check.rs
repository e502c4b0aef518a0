use pum_core::compare::{CompareOptions, compare};
use pum_core::exit;

use crate::args::{Check, Format};
use crate::console::print;
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
    let (left, right) = std::thread::scope(|scope| {
        let other = scope.spawn(|| context.open(&right));
        (context.open(&left), other.join())
    });
    let right = right.unwrap_or_else(|panic| std::panic::resume_unwind(panic));
    let (mut left, mut right) = (left?, right?);
    let workshop = context.workshop();
    let comparison = compare(&mut left, &mut right, &options, Some(&workshop), &context.interrupt)?;
    let (left, right) = (left.settings().label(), right.settings().label());
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
