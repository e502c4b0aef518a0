//! What dumps, restores and copies share: their programs and options, and what may be replaced.

use std::collections::BTreeMap;

use pum_core::connect::{Session, Settings};
use pum_core::dump::{
    BackupOptions, DumpOptions, Globals, LeftSetting, ServerSettings, Tools, WhyLeft, is_empty,
    open_if_exists,
};
use pum_core::upgrade::TableName;

use crate::args::{DumpWhat, Roles, allowed};
use crate::console::Console;
use crate::context::Context;
use crate::error::CliError;
use crate::text::{connection_name, printable};

/// The programs that suit the server of a session.
pub(crate) fn tools_for(context: &Context, session: &Session) -> Result<Tools, CliError> {
    let major = session.version().major();
    Ok(Tools::choose(&context.installations(), &context.overrides(), major)?)
}

pub(crate) fn options(context: &Context, what: &DumpWhat) -> Result<BackupOptions, CliError> {
    let table = what.table.as_deref().or(context.config.upgrades_table.as_deref());
    let table: Option<TableName> = table.map(str::parse).transpose()?;
    let mut dump = DumpOptions::default();
    dump.format = what.format.into();
    dump.jobs = what.jobs;
    dump.compression = what.compress;
    dump.schemas.clone_from(&what.schema);
    dump.exclude_schemas.clone_from(&what.exclude_schema);
    dump.exclude_table_data.clone_from(&what.exclude_table_data);
    dump.schema_only = what.schema_only;
    let mut options = BackupOptions::default();
    options.dump = dump;
    options.upgrades_table =
        table.map(|table| (table.schema().to_owned(), table.name().to_owned()));
    options.globals = match (what.globals, what.role_passwords) {
        (false, _) => None,
        (true, false) => Some(Globals::WithoutPasswords),
        (true, true) => Some(Globals::WithPasswords),
    };
    options.allow = allowed(&what.allow);
    Ok(options)
}

/// Whether there is nothing to replace, or the user agrees.
pub(crate) fn may_replace(
    context: &Context,
    target: &Settings,
    console: &mut Console,
) -> Result<bool, CliError> {
    let Some(mut session) = open_if_exists(target, &context.interrupt)? else { return Ok(true) };
    if is_empty(&mut session)? {
        return Ok(true);
    }
    drop(session);
    let (database, label) = (printable(target.database()), connection_name(target));
    console.confirm(&format!(
        "The database \"{database}\" of {label} is not empty. Replace everything in it?"
    ))
}

/// Production of the configuration, which is never replaced.
pub(crate) fn production(context: &Context, replace: bool) -> Result<Vec<Settings>, CliError> {
    if !replace {
        return Ok(Vec::new());
    }
    context.databases(&context.config.production)
}

/// Pairs of OLD and NEW.
pub(crate) fn role_map(roles: &Roles) -> BTreeMap<String, String> {
    let pairs = roles.map_role.chunks_exact(2);
    pairs.map(|pair| (pair[0].clone(), pair[1].clone())).collect()
}

pub(crate) fn described_settings(settings: &ServerSettings) -> String {
    let mut text = String::new();
    if !settings.set.is_empty() {
        text += &format!("settings made with ALTER SYSTEM: {}\n", settings.set.join(", "));
    }
    if !settings.left.is_empty() {
        text += "settings that were made with ALTER SYSTEM, and are not on the new server:\n";
    }
    for LeftSetting { name, why, .. } in &settings.left {
        let why = match why {
            WhyLeft::Place => {
                "belongs to the old server's files, network, archive or standbys".to_owned()
            }
            WhyLeft::ReadAtStart(sql) => {
                format!("takes effect at server start; if it suits this server: {sql};")
            }
            WhyLeft::Taken => "the new server has a value of its own".to_owned(),
            WhyLeft::Refused(said) => said.clone(),
        };
        text += &format!("  {name}: {why}\n");
    }
    if !settings.different_in_files.is_empty() {
        let list = settings.different_in_files.join(", ");
        text +=
            &format!("in the old server's postgresql.conf, and different on the new one: {list}\n");
    }
    text
}
