use pum_core::exit;
use pum_core::upgrade::set_baseline;

use crate::args::{Baseline, version};
use crate::console::print;
use crate::context::Context;
use crate::error::CliError;
use crate::text::connection_name;

pub(crate) fn run(context: &Context, args: &Baseline) -> Result<u8, CliError> {
    let given = args.target.deltas.table.as_deref();
    // The deltas matter only in that they may be a project that says which table it has.
    let table = match context.deltas(&args.target.deltas) {
        Ok(deltas) => context.table_of(given, &deltas)?,
        Err(err) if context.table(given).is_err() && !args.target.deltas.dir.is_empty() => {
            return Err(err);
        }
        Err(_) => context.table(given)?,
    };
    let version = version(&args.version)?;
    let mut session = context.open(context.database(args.target.named())?)?;
    set_baseline(&mut session, &table, &version)?;
    print(&format!("{} is at version {version} ({table})\n", connection_name(session.settings())))?;
    Ok(exit::SUCCESS)
}
