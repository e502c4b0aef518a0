//! Diesel: a directory for each migration, in the order of their versions as text.

use std::path::Path;

use serde::Deserialize;

use super::file_name::{HERE, directories_in, ends_in, files_in, leading_digits, name_of};
use super::migration::{Migration, Migrations, in_order, misfit};
use super::name::Layout;
use crate::delta::{DeltaError, Script};
use crate::source::SourceError;

/// What applies a migration.
pub(super) const UP: &str = "up.sql";

/// What says how it is applied.
const METADATA: &str = "metadata.toml";

pub(super) fn read(directory: &Path) -> Result<Migrations, SourceError> {
    let mut notes = Vec::new();
    let scripts_here =
        files_in(directory, HERE)?.into_iter().filter(|f| ends_in(&name_of(f), ".sql"));
    for file in scripts_here {
        let name = name_of(&file);
        if leading_digits(&name).is_some() {
            return Err(misfit(&file, Layout::Diesel, "it is not in a directory of its own"));
        }
        notes.push(format!(
            "{name} is left out, as Diesel does: it is not in a directory of its own"
        ));
    }
    let mut found = Vec::new();
    for migration in directories_in(directory)? {
        if !migration.join(UP).is_file() {
            return Err(misfit(&migration, Layout::Diesel, "there is no up.sql in it"));
        }
        let name = name_of(&migration);
        // As Diesel takes it: up to the first "_", without "-".
        let version = name.split('_').next().unwrap_or_default().replace('-', "");
        found.push((version, migration));
    }
    let mut scripts = Vec::new();
    for (_, migration) in in_order(Layout::Diesel, found)? {
        let script = Script::read(&migration.join(UP))?;
        scripts.push(Migration { script, transaction: in_transaction(&migration.join(METADATA))? });
    }
    Ok(Migrations { scripts, notes })
}

/// What the file says. In one that says nothing of it Diesel reads "no transaction".
fn in_transaction(path: &Path) -> Result<bool, SourceError> {
    #[derive(Deserialize)]
    struct Metadata {
        #[serde(default)]
        run_in_transaction: bool,
    }
    let text = match std::fs::read_to_string(path) {
        Ok(text) => text,
        Err(err) if err.kind() == std::io::ErrorKind::NotFound => return Ok(true),
        Err(source) => return Err(DeltaError::File { path: path.to_owned(), cause: source }.into()),
    };
    let metadata: Metadata = toml::from_str(&text)
        .map_err(|err| misfit(path, Layout::Diesel, err.to_string().trim_end()))?;
    Ok(metadata.run_in_transaction)
}
