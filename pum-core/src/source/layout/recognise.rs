use std::collections::BTreeMap;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use super::file_name::{
    ALL_BELOW, HERE, directories_in, ends_in, files_in, leading_digits, name_of,
};
use super::flyway::Role;
use super::name::Layout;
use super::{diesel, flyway, markers, numbered, refinery};
use crate::delta::{DeltaError, DeltaSet};
use crate::source::SourceError;

/// Files that show which layouts a directory may have.
type Evidence = BTreeMap<Layout, PathBuf>;

pub(super) fn layout_of(directory: &Path) -> Result<Layout, SourceError> {
    let mut found = Evidence::new();
    if let Some(path) = pum(directory)? {
        found.insert(Layout::Pum, path);
    } else {
        if let Some(path) =
            directories_in(directory)?.into_iter().find(|d| d.join(diesel::UP).is_file())
        {
            found.insert(Layout::Diesel, path.join(diesel::UP));
        }
        found.extend(lettered(directory)?);
        match without_prefix(directory)? {
            Some(path) => drop(found.insert(Layout::Flyway, path)),
            None => found.extend(with_numbers(directory)?),
        }
    }
    let mut layouts = found.keys().copied();
    match (layouts.next(), layouts.next()) {
        (Some(only), None) => Ok(only),
        (None, _) => Err(SourceError::NoMigrations {
            path: directory.to_owned(),
            expected: Layout::ALL
                .iter()
                .map(|layout| format!("\n  {layout}: {}", layout.pattern()))
                .collect(),
        }),
        (Some(_), Some(_)) => Err(SourceError::SeveralLayouts {
            path: directory.to_owned(),
            found: found.into_iter().collect(),
        }),
    }
}

/// Deltas of pum, also of PUM 1; an error if they are wrong ones.
fn pum(directory: &Path) -> Result<Option<PathBuf>, SourceError> {
    let deltas = |path: &PathBuf| name_of(path).to_ascii_lowercase().starts_with("delta_");
    let delta = files_in(directory, HERE)?.into_iter().find(deltas);
    let read = DeltaSet::read(&[directory]);
    let project = read.as_ref().ok().and_then(|deltas| deltas.project.as_ref());
    let is_configured = project.is_some_and(|project| project.module.is_some());
    match (read, delta) {
        (_, Some(path)) => Ok(Some(path)),
        // Directories with the names of versions are not PUM 1's alone.
        (_, None) if !is_configured && !lettered(directory)?.is_empty() => Ok(None),
        (Ok(_), None) => Ok(Some(directory.to_owned())),
        // A file of PUM 1 is wrong: whose else would it be?
        (Err(err @ DeltaError::Project { .. }), None) => Err(err.into()),
        (Err(_), None) => Ok(None),
    }
}

/// Names such as `V1__name.sql`: Flyway's or refinery's.
fn lettered(directory: &Path) -> Result<Evidence, SourceError> {
    let (mut either, mut found) = (None, Evidence::new());
    let (mut undone, mut versions) = (Vec::new(), Vec::new());
    for path in files_in(directory, ALL_BELOW)? {
        let name = name_of(&path);
        let only_flyway = refinery::version_of(&name, ".sql").is_none();
        if refinery::version_of(&name, ".rs").is_some() {
            found.insert(Layout::Refinery, path);
            continue;
        }
        match flyway::role_of(&name) {
            None if flyway::is_program(&name) => drop(found.insert(Layout::Flyway, path)),
            None => {}
            Some(Role::Undo(version)) => undone.push((version, path)),
            Some(Role::Versioned(version)) => {
                versions.push(version);
                if only_flyway && name.contains("__") {
                    found.insert(Layout::Flyway, path);
                } else if !only_flyway {
                    either.get_or_insert(path);
                }
            }
            Some(_) => drop(found.insert(Layout::Flyway, path)),
        }
    }
    // Undoing what is there, or a migration of refinery that has its version for itself?
    for (version, path) in undone {
        let layout = if versions.contains(&version) { Layout::Flyway } else { Layout::Refinery };
        found.insert(layout, path);
    }
    if found.is_empty() {
        // Both do the same with these.
        found.extend(either.map(|path| (Layout::Flyway, path)));
    }
    Ok(found)
}

/// A file of Flyway where it is configured to have no prefix: then all that have a number in front
/// have two underscores behind it, and no marks of other programs.
fn without_prefix(directory: &Path) -> Result<Option<PathBuf>, SourceError> {
    let mut first = None;
    for path in files_in(directory, ALL_BELOW)? {
        let name = name_of(&path);
        if !ends_in(&name, ".sql") || leading_digits(&name).is_none() {
            continue;
        }
        let fits = flyway::version_without_prefix(&name).is_some();
        if !fits || markers::layout_of(&start_of(&path)?).is_some() {
            return Ok(None);
        }
        first.get_or_insert(path);
    }
    Ok(first)
}

/// Names that begin with a number.
fn with_numbers(directory: &Path) -> Result<Evidence, SourceError> {
    let (mut found, mut plain) = (Evidence::new(), Evidence::new());
    for path in files_in(directory, HERE)? {
        let name = name_of(&path);
        if !ends_in(&name, ".sql") || leading_digits(&name).is_none() {
            continue;
        }
        let start = start_of(&path)?;
        if name.ends_with(numbered::DOWN) {
            continue;
        }
        if let Some(layout) = markers::layout_of(&start) {
            found.insert(layout, path);
        } else if start.starts_with("-- no-transaction") {
            found.insert(Layout::Sqlx, path);
        } else if name.ends_with(numbered::UP) {
            plain.insert(Layout::GolangMigrate, path);
        } else {
            plain.insert(Layout::Numbered, path);
        }
    }
    if !found.is_empty() {
        // Those without a mark are for the program that wants one to judge.
        return Ok(found);
    }
    if plain.len() == 2 {
        // Only sqlx takes both.
        let path = plain.remove(&Layout::Numbered);
        return Ok(path.map(|path| (Layout::Sqlx, path)).into_iter().collect());
    }
    Ok(plain)
}

/// As much of a file as marks may stand in.
fn start_of(path: &Path) -> Result<String, SourceError> {
    const ENOUGH: u64 = 1 << 20;
    let mut start = Vec::new();
    File::open(path)
        .and_then(|file| file.take(ENOUGH).read_to_end(&mut start))
        .map_err(|source| DeltaError::File { path: path.to_owned(), cause: source })?;
    Ok(String::from_utf8_lossy(&start).into_owned())
}
