//! A whole server as files, and back.

use std::os::unix::fs::DirBuilderExt;
use std::path::Path;

use pum_core::dump::{
    ClusterBackupOptions, ClusterBackupReport, ClusterManifest, ClusterRestoreOptions,
    ClusterRestoreReport, DumpError, RestoredDatabase, Tools, backup_cluster, maintenance_session,
    name_for_cluster, prune_clusters, restore_cluster,
};
use pum_core::exit;
use pum_core::humanize::{count, seconds, size};

use super::backup::{described_settings, options, tools_for};
use crate::args::{Dump, Restore, allowed};
use crate::console::{Console, print};
use crate::context::Context;
use crate::error::CliError;
use crate::text::connection_name;

/// `pum dump --cluster`
pub(super) fn dump(context: &Context, args: &Dump, dir: &Path) -> Result<u8, CliError> {
    let backup_options = options(context, &args.what)?;
    let mut options = ClusterBackupOptions::default();
    options.each = backup_options;
    options.role_passwords = args.what.role_passwords;
    options.exclude_databases.clone_from(&args.exclude_database);
    let session = context.open(context.database(args.pg_service.as_deref())?)?;
    let label = connection_name(session.settings());
    let tools = tools_for(context, &session)?;
    let made = make_directory(dir)?;
    let directory = name_for_cluster(dir);
    let mut console = Console::new(&context.interrupt, args.what.verbose);
    let dumped = backup_cluster(
        session,
        &tools,
        &directory,
        &options,
        &mut context.reporting_to(&mut console),
    );
    drop(console);
    if dumped.is_err() && made {
        // Only if it is empty.
        let _ = std::fs::remove_dir(dir);
    }
    let report = dumped?;
    let mut text = described(&report, &label, &directory);
    if let Some(keep) = args.keep {
        for removed in prune_clusters(dir, &directory, keep as usize)? {
            text += &format!("removed {}\n", removed.display());
        }
    }
    print(&text)?;
    Ok(exit::SUCCESS)
}

/// Makes the directory for dumps, if it is not there.
fn make_directory(dir: &Path) -> Result<bool, CliError> {
    if dir.is_dir() {
        return Ok(false);
    }
    let made = std::fs::DirBuilder::new().mode(0o700).create(dir);
    made.map(|()| true).map_err(|source| CliError::Write { path: dir.to_owned(), cause: source })
}

fn described(report: &ClusterBackupReport, label: &str, directory: &Path) -> String {
    let manifest = &report.manifest;
    let mut text = format!(
        "the server of {label} was dumped to {} ({}, {}, read back completely, {})\n",
        directory.display(),
        count(manifest.databases.len(), "database"),
        size(manifest.bytes),
        seconds(report.duration)
    );
    for database in &manifest.databases {
        let said = match database.file {
            Some(_) => size(database.bytes),
            None => "nothing in it".to_owned(),
        };
        text += &format!("  {}: {said}\n", database.name);
    }
    let passwords = if manifest.role_passwords { "with" } else { "without" };
    let roles = manifest.roles.len();
    text += &format!("roles: {roles}, {passwords} their passwords\n");
    if !manifest.tablespaces.is_empty() {
        let names: Vec<&str> = manifest.tablespaces.iter().map(|one| one.name.as_str()).collect();
        text += &format!(
            "tablespaces: {}. The server that this is restored to needs them\n",
            names.join(", ")
        );
    }
    if !manifest.left_out.is_empty() {
        text += &format!("left out: {}\n", manifest.left_out.join(", "));
    }
    text
}

/// `pum restore --cluster`
pub(super) fn restore(context: &Context, args: &Restore, given: &Path) -> Result<u8, CliError> {
    let directory = ClusterManifest::find(given)?;
    let manifest = ClusterManifest::read(&directory)?;
    let target = context.settings(&args.pg_service)?;
    let major = maintenance_session(&target, &context.interrupt)?.version().major();
    let (installations, overrides) = (context.installations(), context.overrides());
    let dumped_by = manifest.client_major();
    let tools = Tools::choose_for_restore(&installations, &overrides, dumped_by, major)?;
    let mut options = ClusterRestoreOptions::default();
    options.keep_roles = args.keep_roles;
    options.without_tablespaces = args.no_tablespaces;
    options.jobs = args.jobs;
    options.analyze = !args.no_analyze;
    options.allow = allowed(&args.allow);
    let mut console = Console::new(&context.interrupt, args.verbose);
    let restored = restore_cluster(
        &tools,
        &directory,
        &target,
        &options,
        &mut context.reporting_to(&mut console),
    );
    drop(console);
    let report = restored.map_err(|err| match err {
        DumpError::MissingTablespaces { .. } => CliError::Hinted {
            cause: err.into(),
            hints: vec![
                "--no-tablespaces leaves them out".to_owned(),
                "tablespaces.sql in the dump says where they were".to_owned(),
            ],
        },
        err => err.into(),
    })?;
    print(&told(&report, &directory, &connection_name(&target)))?;
    match report.failed() {
        0 => Ok(exit::SUCCESS),
        failed => Err(CliError::NotAllRestored { failed }),
    }
}

fn told(report: &ClusterRestoreReport, directory: &Path, label: &str) -> String {
    let in_part = if report.failed() > 0 { " in part" } else { "" };
    let mut text = format!(
        "{} was restored{in_part} to the server of {label} ({})\n",
        directory.display(),
        seconds(report.duration)
    );
    for (name, outcome) in &report.databases {
        let said = match outcome {
            RestoredDatabase::Restored(report) => {
                format!("restored ({})", seconds(report.duration))
            }
            RestoredDatabase::AlreadyThere => "there already, from an earlier run".to_owned(),
            RestoredDatabase::Empty => "nothing in it".to_owned(),
            RestoredDatabase::Failed(err) => format!("FAILED: {err}"),
            RestoredDatabase::NotTried => "not tried".to_owned(),
        };
        text += &format!("  {name}: {said}\n");
    }
    if !report.created_roles.is_empty() {
        let without = if report.manifest.role_passwords { "" } else { ", without passwords" };
        text += &format!("roles created{without}: {}\n", report.created_roles.join(", "));
    }
    if let Some(settings) = &report.settings {
        text += &described_settings(settings);
    }
    text
}
