use pum_core::exit;
use pum_core::verify::{Options, verify};

use crate::args::{Format, Verify};
use crate::console::{Console, print};
use crate::context::Context;
use crate::error::CliError;
use crate::render;

/// More would be in the way of others on a server that is in use.
const MOST_JOBS: usize = 4;

pub(crate) fn run(context: &Context, args: &Verify) -> Result<u8, CliError> {
    let settings = context.settings(&args.database)?;
    let options = options(args);
    let mut console = Console::new(false);
    let report = verify(&settings, &options, &mut console, &context.interrupt)?;
    drop(console);
    print(&match args.format {
        Format::Text => render::verify::text(&report),
        Format::Json => render::verify::json(&report),
    });
    Ok(if report.findings() == 0 { exit::SUCCESS } else { exit::DIFFERENT })
}

fn options(args: &Verify) -> Options {
    let processors = || std::thread::available_parallelism().map_or(1, usize::from);
    let defaults = Options::default();
    Options {
        level: args.level.into(),
        jobs: args.jobs.map_or_else(|| processors().min(MOST_JOBS), usize::from),
        lock_timeout: args.lock_timeout.unwrap_or(defaults.lock_timeout),
    }
}
