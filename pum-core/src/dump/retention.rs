//! Removes old dumps in a directory.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::backup::now;
use super::globals;
use super::manifest::Manifest;
use super::partial_file::{prefix, remove_abandoned};
use super::{ClusterManifest, DumpError, Format};

/// How the names of dumps end.
const ENDS: [&str; 3] = ["dump", "dir", "sql"];

/// An unused name for a new dump of a database: `shop_20261120T030012Z.dump`.
///
/// Special characters of paths and shells are written like `%2F`.
pub fn name_for(directory: &Path, database: &str, format: Format) -> PathBuf {
    let [custom, of_directory, plain] = ENDS;
    let end = match format {
        Format::Custom => custom,
        Format::Directory => of_directory,
        Format::Plain => plain,
    };
    let time = now().replace(['-', ':'], "");
    let base = format!("{}_{time}", escaped(database));
    let name = |n: u32, end: &str| match n {
        1 => directory.join(format!("{base}.{end}")),
        n => directory.join(format!("{base}_{n}.{end}")),
    };
    // Two may be made within one second, of whatever format: their names tell which came first.
    let is_taken = |n| ENDS.iter().any(|end| name(n, end).symlink_metadata().is_ok());
    let mut n = 1;
    while is_taken(n) {
        n += 1;
    }
    name(n, end)
}

pub(super) fn escaped(database: &str) -> String {
    let plain = |c: &u8| c.is_ascii_alphanumeric() || matches!(c, b'-' | b'.' | b'_');
    let escape = |c: u8| if plain(&c) { char::from(c).to_string() } else { format!("%{c:02X}") };
    database.bytes().map(escape).collect()
}

/// An unused name for a new dump of a whole server: `cluster_20261120T030012Z`.
pub fn name_for_cluster(directory: &Path) -> PathBuf {
    let time = now().replace(['-', ':'], "");
    let name = |n: u32| match n {
        1 => directory.join(format!("{CLUSTER}{time}")),
        n => directory.join(format!("{CLUSTER}{time}_{n}")),
    };
    let mut n = 1;
    while name(n).symlink_metadata().is_ok() {
        n += 1;
    }
    name(n)
}

/// How the names of dumps of whole servers start.
const CLUSTER: &str = "cluster_";

/// Removes the oldest dumps of the whole server of the `newest` one so that `keep` are left, and
/// remains of killed runs, and returns the removed paths. Only dumps of the same whole server are
/// removed.
///
/// # Errors
///
/// If a file cannot be removed.
pub fn prune_clusters(
    directory: &Path,
    newest: &Path,
    keep: usize,
) -> Result<Vec<PathBuf>, DumpError> {
    let failed =
        |source| DumpError::File { action: "read", path: directory.to_owned(), cause: source };
    let reference = ClusterManifest::read(newest)?;
    let abandoned = remove_abandoned(directory, &prefix(CLUSTER)).map_err(failed)?;
    let mut dumps = Vec::new();
    for entry in directory.read_dir().map_err(failed)? {
        let path = entry.map_err(failed)?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if !name.starts_with(CLUSTER) || path.is_symlink() {
            continue;
        }
        // What cannot be read is not ours to remove.
        let Ok(manifest) = ClusterManifest::read(&path) else { continue };
        let is_same_server = manifest.system_identifier == reference.system_identifier;
        if is_same_server && path.file_name() != newest.file_name() {
            dumps.push((manifest.taken_at, path));
        }
    }
    dumps.sort();
    let too_many = (dumps.len() + 1).saturating_sub(keep.max(1));
    let oldest: Vec<PathBuf> = dumps.into_iter().take(too_many).map(|(_, dump)| dump).collect();
    for path in &oldest {
        // A removal that is cut short must leave nothing that looks complete.
        let hidden = directory.join(format!("{}removed.part", prefix(CLUSTER)));
        fs::rename(path, &hidden).and_then(|()| fs::remove_dir_all(&hidden)).map_err(|source| {
            DumpError::File { action: "remove the older dump", path: path.clone(), cause: source }
        })?;
    }
    Ok(oldest.into_iter().chain(abandoned).collect())
}

/// Removes the oldest dumps of the database of the `newest` one so that `keep` are left, and
/// remains of killed runs, and returns the removed paths.
///
/// Only dumps whose manifest names the same database on the same server are removed, and only if
/// `newest` exists with its manifest.
///
/// # Errors
///
/// If a file cannot be removed.
pub fn prune(directory: &Path, newest: &Path, keep: usize) -> Result<Vec<PathBuf>, DumpError> {
    let failed =
        |source| DumpError::File { action: "read", path: directory.to_owned(), cause: source };
    let missing = || DumpError::File {
        action: "find the manifest of",
        path: newest.to_owned(),
        cause: io::ErrorKind::NotFound.into(),
    };
    newest.metadata().map_err(|_| missing())?;
    let reference = Manifest::read(newest)?.ok_or_else(missing)?;
    let start = format!("{}_", escaped(&reference.database));
    let mut dumps = Vec::new();
    for entry in directory.read_dir().map_err(failed)? {
        let path = entry.map_err(failed)?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let Some(name) = name.strip_suffix(".manifest.json").filter(|it| it.starts_with(&start))
        else {
            continue;
        };
        let dump = directory.join(name);
        // What cannot be read is not ours to remove.
        let Ok(Some(manifest)) = Manifest::read(&dump) else { continue };
        if manifest.database == reference.database
            && manifest.system_identifier == reference.system_identifier
            && dump.file_name() != newest.file_name()
        {
            dumps.push((manifest.taken_at, dump));
        }
    }
    dumps.sort();
    let too_many = (dumps.len() + 1).saturating_sub(keep.max(1));
    let oldest: Vec<PathBuf> = dumps.into_iter().take(too_many).map(|(_, dump)| dump).collect();
    oldest.iter().try_for_each(|dump| remove(dump))?;
    let abandoned = remove_abandoned(directory, &prefix(&start)).map_err(failed)?;
    Ok(oldest.into_iter().chain(abandoned).collect())
}

/// The manifest goes last: a removal that was cut short is gone on with the next time.
fn remove(dump: &Path) -> Result<(), DumpError> {
    for path in [dump.to_owned(), globals::path_of(dump), Manifest::path_of(dump)] {
        let removed = match path.symlink_metadata() {
            Ok(data) if data.is_dir() => fs::remove_dir_all(&path),
            _ => fs::remove_file(&path),
        };
        match removed {
            Err(source) if source.kind() != io::ErrorKind::NotFound => {
                return Err(DumpError::File {
                    action: "remove the older dump",
                    path,
                    cause: source,
                });
            }
            _ => {}
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_free_and_safe() {
        let dir = tempfile::tempdir().unwrap();
        let first = name_for(dir.path(), "a/b 'c'", Format::Custom);
        let name = first.file_name().unwrap().to_str().unwrap();
        assert!(name.starts_with("a%2Fb%20%27c%27_2") && name.ends_with("Z.dump"), "{name}");
        fs::write(&first, "").unwrap();
        assert_ne!(name_for(dir.path(), "a/b 'c'", Format::Custom), first);
    }
}
