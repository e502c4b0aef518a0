use std::path::Path;

use pum_core::compare::Undecided;
use pum_core::exit;
use pum_core::model::Kind;
use pum_core::source::{Excluded, Snapshot, SnapshotOptions, open};
use pum_core::upgrade::TableName;

use crate::args;
use crate::console::{Console, print, say};
use crate::context::Context;
use crate::error::CliError;
use crate::text::printable;
use pum_core::humanize::count;

pub(crate) fn run(context: &Context, args: &args::Snapshot) -> Result<u8, CliError> {
    let table = args.table.as_deref().or(context.config.upgrades_table.as_deref());
    let table: Option<TableName> = table.map(str::parse).transpose()?;
    let mut left_out = Excluded::default();
    left_out.tables = table.iter().flat_map(TableName::all).map(|it| it.path().clone()).collect();
    left_out.schemas.clone_from(&args.exclude_schema);
    left_out.elements.clone_from(&args.ignore);
    let mut options = SnapshotOptions::default();
    options.left_out = left_out;
    options.allow_unknown = args.allow_unknown;
    let named = args.source.as_deref().or(args.pg_service.as_deref());
    let source = context.source(context.database(named)?)?;
    let open_options = context.open_options(&args.sources, table.is_some())?;
    let toolchain = context.toolchain();
    let mut console = Console::new(&context.interrupt, false);
    let mut opened =
        open(&source, &open_options, &toolchain, &mut context.reporting_to(&mut console))?;
    let mut snapshot =
        Snapshot::capture(&mut opened, &options, &mut context.reporting_to(&mut console))?;
    let undecided = if args.canonical {
        snapshot.canonicalize(&toolchain, &mut context.reporting_to(&mut console))?
    } else {
        Vec::new()
    };
    drop(console);
    for Undecided { identity, attribute, reason } in &undecided {
        say(&printable(&format!(
            "warning: {identity}: {attribute}: how it is printed after a dump and restore is not \
             known: {reason}"
        )));
    }
    if args.output_file == Path::new("-") {
        print(&snapshot.to_json())?;
    } else {
        snapshot.write(&args.output_file)?;
        // As a comparison counts, to which the database itself is none.
        let objects = snapshot.model().objects().iter();
        let number = objects.filter(|object| object.identity.kind != Kind::Database).count();
        say(&format!(
            "{opened} is in {} ({})",
            args.output_file.display(),
            count(number, "object")
        ));
    }
    // Many small pieces of memory, which would be taken apart one by one when the process ends anyway.
    std::mem::forget(snapshot);
    Ok(exit::SUCCESS)
}
