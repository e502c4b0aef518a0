use pum_core::exit;
use pum_core::upgrade::{History, HistoryMismatch, Status, repair};

use crate::args::Repair;
use crate::console::{Console, print, say};
use crate::context::Context;
use crate::error::CliError;
use crate::render;
use crate::text::connection_name;

pub(crate) fn run(context: &Context, args: &Repair) -> Result<u8, CliError> {
    let (deltas, table) = context.deltas_and_table(&args.target.deltas)?;
    let mut session = context.open(context.database(args.target.named())?)?;
    let label = connection_name(session.settings());
    let history = History::expect(&mut session, &table)?;
    let status = Status::new(&deltas, &history, context.history_rules(None));
    let changed: Vec<HistoryMismatch> = status
        .concerns
        .into_iter()
        .filter(|concern| matches!(concern, HistoryMismatch::Changed { .. }))
        .collect();
    let shown = render::text::repairs(&changed, &label, &table.to_string());
    if changed.is_empty() {
        print(&shown)?;
        return Ok(exit::SUCCESS);
    }
    say(shown.trim_end());
    let question = format!("Record the files' current checksums in {table} of {label}?");
    let mut console = Console::new(&context.interrupt, false).agreeing(args.yes);
    if !console.confirm(&question)? {
        return Ok(exit::DIFFERENT);
    }
    let repaired =
        repair(&mut session, &table, &changed, args.wait, &mut context.reporting_to(&mut console))?;
    drop(console);
    print(&format!("{repaired} of {} recorded\n", changed.len()))?;
    Ok(exit::SUCCESS)
}
