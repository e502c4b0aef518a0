use pum_core::exit;
use pum_core::upgrade::{History, Status};

use crate::args::{Format, Info};
use crate::console::print;
use crate::context::Context;
use crate::error::CliError;
use crate::render;

pub(crate) fn run(context: &Context, args: &Info) -> Result<u8, CliError> {
    let (deltas, table) = context.announced_deltas_and_table(&args.target.deltas)?;
    let mut session = context.open(context.database(args.target.named())?)?;
    let label = session.settings().label().to_owned();
    let history = History::expect(&mut session, &table)?;
    let status = Status::new(&deltas, &history, context.history_rules(None));
    print(&match args.format {
        Format::Text => render::text::status(&status, &label, &table.to_string()),
        Format::Json => {
            render::json::info(&status, deltas.passed_over(), &label, &table.to_string())
        }
    })?;
    let tell = args.check && status.is_behind();
    Ok(if tell { exit::DIFFERENT } else { exit::SUCCESS })
}
