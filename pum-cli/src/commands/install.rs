use pum_core::connect::Session;
use pum_core::delta::{DeltaSet, Version};
use pum_core::exit;
use pum_core::upgrade::{History, ProjectScripts, TableName, find_tables, set_baseline};

use super::{app, upgrade};
use crate::args::{Install, Upgrade};
use crate::console::{print, say};
use crate::context::Context;
use crate::error::CliError;
use crate::text::connection_name;

pub(crate) fn run(context: &Context, args: Install) -> Result<u8, CliError> {
    let Install { target, demo_data, allow_multiple_modules, run } = args;
    let (deltas, table) = context.deltas_of_run(&target.deltas, &run)?;
    if deltas.project.is_none() {
        return Err(CliError::NoProject);
    }
    check_demo_data(&deltas, demo_data.as_deref())?;
    context.check_dependencies(&deltas, &run)?;
    let mut session = context.open(context.database(target.named())?)?;
    prepare(&mut session, &table, allow_multiple_modules)?;
    drop(session);
    let args = Upgrade::plain(target, run);
    // Nothing is asked where the baseline is there already.
    let installed = upgrade::upgrade(context, &args)?.unwrap_or_default();
    let Some(name) = demo_data else {
        print(&installed)?;
        return Ok(exit::SUCCESS);
    };
    say(installed.trim_end());
    let done = format!("the demo data \"{name}\" was inserted");
    let Upgrade { target, run, .. } = &args;
    app::run_scripts(context, (target, run), &ProjectScripts::DemoData(name), &done)
}

/// Before anything is installed.
fn check_demo_data(deltas: &DeltaSet, name: Option<&str>) -> Result<(), CliError> {
    let (Some(name), Some(project)) = (name, &deltas.project) else { return Ok(()) };
    if project.demo_data().any(|known| known == name) {
        return Ok(());
    }
    let known = project.demo_data().map(str::to_owned).collect();
    Err(CliError::NoDemoData { name: name.to_owned(), known })
}

/// Makes the upgrades table, which says that nothing is installed yet.
fn prepare(
    session: &mut Session,
    table: &TableName,
    allow_multiple_modules: bool,
) -> Result<(), CliError> {
    let label = connection_name(session.settings());
    let nothing = Version::new(0, 0, 0);
    if let Some(history) = History::read(session, table)? {
        return match history.current_version() {
            // What an earlier attempt left.
            Some(version) if *version == nothing => Ok(()),
            Some(version) => {
                Err(CliError::AlreadyInstalled { label, version: version.to_string() })
            }
            None => Ok(set_baseline(session, table, &nothing)?),
        };
    }
    if let Some(other) = find_tables(session)?.first().filter(|_| !allow_multiple_modules) {
        return Err(CliError::OtherModule { label, table: other.to_string() });
    }
    Ok(set_baseline(session, table, &nothing)?)
}
