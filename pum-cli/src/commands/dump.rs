use pum_core::connect::Session;
use pum_core::dump::{DumpOptions, Tools, dump};
use pum_core::exit;

use crate::args::Dump;
use crate::console::{Console, print, seconds};
use crate::context::Context;
use crate::error::CliError;

pub(crate) fn run(context: &Context, args: &Dump) -> Result<u8, CliError> {
    let settings = context.settings(&args.pg_service)?;
    // Opened to learn the version; and what is wrong with the connection is said better by us.
    let session = Session::open(&settings, &context.interrupt)?;
    let tools =
        Tools::choose(&context.installations(), &context.overrides(), session.version().major())?;
    let options =
        DumpOptions { exclude_schemas: args.exclude_schema.clone(), ..DumpOptions::default() };
    let report = dump(
        &tools,
        session.settings(),
        &args.file,
        &options,
        &mut Console::new(false),
        &context.interrupt,
    )?;
    print(&format!(
        "{} was dumped to {} ({} bytes, read back completely, {})\n",
        settings.label(),
        args.file.display(),
        report.bytes,
        seconds(report.duration)
    ));
    Ok(exit::SUCCESS)
}
