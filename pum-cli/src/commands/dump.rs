use std::path::PathBuf;

use pum_core::dump::{BackupReport, backup, name_for, prune};
use pum_core::exit;
use pum_core::humanize::{count, seconds, size};

use super::backup::{options, tools_for};
use crate::args::Dump;
use crate::console::{Console, print};
use crate::context::Context;
use crate::error::CliError;
use crate::text::connection_name;

pub(crate) fn run(context: &Context, args: &Dump) -> Result<u8, CliError> {
    if args.what.role_passwords && !args.what.globals && !args.cluster {
        let what = "--role-passwords needs --globals or --cluster";
        return Err(CliError::ConflictingOptions { what });
    }
    if let (true, Some(dir)) = (args.cluster, &args.dir) {
        return super::cluster::dump(context, args, dir);
    }
    let options = options(context, &args.what)?;
    // Opened to learn the version; and what is wrong with the connection is said better by us.
    let mut session = context.open(context.database(args.pg_service.as_deref())?)?;
    let label = connection_name(session.settings());
    let tools = tools_for(context, &session)?;
    let mut console = Console::new(&context.interrupt, args.what.verbose);
    let file = match (&args.file, &args.dir) {
        (Some(file), _) => file.clone(),
        (None, Some(dir)) => name_for(dir, session.settings().database(), options.dump.format),
        // The command line asks for one of them.
        (None, None) => PathBuf::new(),
    };
    let report =
        backup(&mut session, &tools, &file, &options, &mut context.reporting_to(&mut console))?;
    drop(console);
    let mut text = described(&report, &label, &file.display().to_string());
    if let (Some(dir), Some(keep)) = (&args.dir, args.keep) {
        for removed in prune(dir, &file, keep as usize)? {
            text += &format!("removed {}\n", removed.display());
        }
    }
    print(&text)?;
    Ok(exit::SUCCESS)
}

fn described(report: &BackupReport, label: &str, file: &str) -> String {
    let manifest = &report.manifest;
    let mut text = format!(
        "{label} was dumped to {file} ({}, {}, read back completely, {})\n",
        size(manifest.bytes),
        count(manifest.tables.len(), "table"),
        seconds(report.duration)
    );
    if let Some(upgrades) = &manifest.upgrades_table {
        text += &format!("it is at version {} ({})\n", upgrades.version, upgrades.table);
    }
    if let Some(globals) = &report.globals {
        text += &format!("roles and tablespaces are in {}\n", globals.display());
    }
    text
}
