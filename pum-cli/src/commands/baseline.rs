use pum_core::exit;
use pum_core::upgrade::set_baseline;

use crate::args::Baseline;
use crate::console::print;
use crate::context::Context;
use crate::error::CliError;

pub(crate) fn run(context: &Context, args: &Baseline) -> Result<u8, CliError> {
    let table = context.table(args.target.deltas.table.as_deref())?;
    let version = args.baseline.parse()?;
    let mut session = context.open(&args.target.pg_service)?;
    set_baseline(&mut session, &table, &version)?;
    print(&format!("{} is at version {version} ({table})\n", session.settings().label()));
    Ok(exit::SUCCESS)
}
