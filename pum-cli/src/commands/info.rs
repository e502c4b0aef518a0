use pum_core::exit;
use pum_core::upgrade::{History, Status, other_modules};

use super::open_page::open_page;
use crate::args::{Info, InfoFormat};
use crate::console::print;
use crate::context::Context;
use crate::error::CliError;
use crate::render;
use crate::text::connection_name;

pub(crate) fn run(context: &Context, args: &Info) -> Result<u8, CliError> {
    let (deltas, table) = context.deltas_and_table(&args.target.deltas)?;
    let mut session = context.open(context.database(args.target.named())?)?;
    let (label, name) =
        (session.settings().label().to_owned(), connection_name(session.settings()));
    let history = History::expect(&mut session, &table)?;
    let status = Status::new(&deltas, &history, context.history_rules(None));
    let others = other_modules(&mut session, &table)?;
    let table = table.to_string();
    print(&match args.format {
        InfoFormat::Text => {
            render::text::status(&status, &name, &table) + &render::text::modules(&others)
        }
        InfoFormat::Json => render::json::info(&status, (&label, &table), &others),
        InfoFormat::Html => render::info_page::page(&status, (&label, &table), &others),
    })?;
    if args.open {
        open_page(&context.browser(), None, || {
            render::info_page::page(&status, (&label, &table), &others)
        });
    }
    let tell = args.check && status.is_behind();
    Ok(if tell { exit::DIFFERENT } else { exit::SUCCESS })
}
