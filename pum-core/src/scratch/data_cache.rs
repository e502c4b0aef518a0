//! Freshly initialized data directories, kept to be copied: `initdb` takes longer than all else
//! that a scratch server's start does.

use std::ffi::OsString;
use std::fs::{self, DirBuilder, File};
use std::io;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, chown};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use sha2::{Digest, Sha256};
use walkdir::WalkDir;

use super::system_identifier;
use super::user::ServerUser;
use crate::installation::Installation;

/// A directory with such data directories, of some 40 MB each.
///
/// An entry is named by the programs that made it, down to the time at which they were installed.
/// It has its name only when it is complete, and the list of its files is held against them when it
/// is copied. What is wrong with it is no error: the caller runs `initdb` then.
#[derive(Debug)]
pub(super) struct DataCache {
    directory: PathBuf,
}

/// How many entries are kept: those that were used last.
const MOST: usize = 8;

/// What is being written has such a name; after this time its writer is gone.
const UNFINISHED: &str = "new-";
const ABANDONED: Duration = Duration::from_secs(600);

/// The files of an entry, a line each: the size, and the path in the data directory.
const LIST: &str = "files";

impl DataCache {
    /// The cache in this directory, which is made if need be. `None` if it is not this user's alone:
    /// what others can write must not become a server.
    pub(super) fn open(directory: &Path) -> Option<Self> {
        let directory = directory.join("scratch");
        DirBuilder::new().recursive(true).mode(0o700).create(&directory).ok()?;
        let data = fs::symlink_metadata(&directory).ok()?;
        let is_private = data.is_dir()
            && data.uid() == nix::unistd::geteuid().as_raw()
            && data.mode() & 0o022 == 0;
        is_private.then_some(Self { directory })
    }

    /// The name of the entry for a data directory that these programs make with these arguments.
    pub(super) fn key(installation: &Installation, arguments: &[String]) -> Option<String> {
        let mut hash = Sha256::new();
        for name in ["initdb", "postgres"] {
            let path = fs::canonicalize(installation.directory().join(name)).ok()?;
            let data = fs::metadata(&path).ok()?;
            let identity = (data.dev(), data.ino(), data.size(), data.mtime(), data.mtime_nsec());
            hash.update(format!("{} {identity:?}\n", path.display()));
        }
        hash.update(arguments.join("\n"));
        let digest: String = hash.finalize().iter().take(16).map(|b| format!("{b:02x}")).collect();
        Some(format!("{}.{}-{digest}", installation.major(), installation.minor()))
    }

    /// Makes a data directory from an entry, as that of a cluster of its own. `false` if there is no
    /// entry or it is not as it was; then nothing is left there.
    pub(super) fn copy(&self, key: &str, to: &Path, user: ServerUser) -> bool {
        let entry = self.directory.join(key);
        let copied = copy_listed(&entry, to)
            .and_then(|()| system_identifier::renew(to))
            .and_then(|()| hand_over(to, user));
        if copied.is_ok() {
            let now = SystemTime::now();
            let _ = File::open(&entry).and_then(|entry| entry.set_modified(now));
            return true;
        }
        let _ = fs::remove_dir_all(to);
        if entry.exists() {
            self.forget(key);
        }
        false
    }

    /// Keeps a copy of a data directory that no server was started on yet.
    pub(super) fn keep(&self, key: &str, data: &Path) {
        let _ = self.try_to_keep(key, data);
        self.prune();
    }

    fn try_to_keep(&self, key: &str, data: &Path) -> io::Result<()> {
        // Removed when it is dropped, if it did not get its name.
        let unfinished = tempfile::Builder::new().prefix(UNFINISHED).tempdir_in(&self.directory)?;
        let (mut list, copy) = (String::new(), unfinished.path().join("data"));
        for (path, size) in tree(data)? {
            copy_one(data, &copy, &path, size.is_none())?;
            if let Some(size) = size {
                list.push_str(&format!("{size} {}\n", path.display()));
            } else {
                list.push_str(&format!("- {}\n", path.display()));
            }
        }
        fs::write(unfinished.path().join(LIST), list)?;
        // Another run may have been first: then this fails, and nothing is lost.
        fs::rename(unfinished.path(), self.directory.join(key))
    }

    /// Removes an entry.
    pub(super) fn forget(&self, key: &str) {
        // Under another name first: a run that copies it fails as a whole, and not in the middle.
        let unnamed = self.directory.join(format!("{UNFINISHED}{key}-{}", std::process::id()));
        if fs::rename(self.directory.join(key), &unnamed).is_ok() {
            let _ = fs::remove_dir_all(unnamed);
        }
    }

    /// Removes all entries.
    pub(super) fn clear(&self) {
        let Ok(entries) = fs::read_dir(&self.directory) else { return };
        entries.flatten().for_each(|entry| self.forget(&entry.file_name().to_string_lossy()));
    }

    /// Removes the entries that were not used for longest, and what killed runs left.
    fn prune(&self) {
        let Ok(entries) = fs::read_dir(&self.directory) else { return };
        let mut kept: Vec<(SystemTime, OsString)> = Vec::new();
        for entry in entries.flatten() {
            let Ok(used) = entry.metadata().and_then(|data| data.modified()) else { continue };
            if !entry.file_name().to_string_lossy().starts_with(UNFINISHED) {
                kept.push((used, entry.file_name()));
            } else if used.elapsed().is_ok_and(|age| age > ABANDONED) {
                let _ = fs::remove_dir_all(entry.path());
            }
        }
        kept.sort();
        for (_, name) in kept.iter().rev().skip(MOST) {
            self.forget(&name.to_string_lossy());
        }
    }
}

/// The paths in a directory, directories first, with the sizes of files.
fn tree(directory: &Path) -> io::Result<Vec<(PathBuf, Option<u64>)>> {
    let mut found = Vec::new();
    for entry in WalkDir::new(directory) {
        let entry = entry.map_err(io::Error::other)?;
        let path = entry.path().strip_prefix(directory).map_err(io::Error::other)?.to_owned();
        let data = entry.metadata().map_err(io::Error::other)?;
        found.push((path, data.is_file().then_some(data.len())));
    }
    Ok(found)
}

fn copy_one(from: &Path, to: &Path, path: &Path, is_directory: bool) -> io::Result<()> {
    let target = if path.as_os_str().is_empty() { to.to_owned() } else { to.join(path) };
    if is_directory {
        return DirBuilder::new().mode(0o700).create(target);
    }
    // By reference where the file system can.
    fs::copy(from.join(path), target).map(drop)
}

/// Copies an entry, if it has the files that it had, in their sizes.
fn copy_listed(entry: &Path, to: &Path) -> io::Result<()> {
    let changed = || io::Error::other("the entry changed");
    let (list, data) = (fs::read_to_string(entry.join(LIST))?, entry.join("data"));
    for line in list.lines() {
        let (size, path) = line.split_once(' ').ok_or_else(changed)?;
        let path = Path::new(path);
        copy_one(&data, to, path, size == "-")?;
        if size != "-" && fs::metadata(to.join(path))?.len().to_string() != size {
            return Err(changed());
        }
    }
    if to.join("PG_VERSION").is_file() { Ok(()) } else { Err(changed()) }
}

fn hand_over(directory: &Path, user: ServerUser) -> io::Result<()> {
    if !user.is_other {
        return Ok(());
    }
    let (uid, gid) = (Some(user.uid.as_raw()), Some(user.gid.as_raw()));
    WalkDir::new(directory)
        .into_iter()
        .try_for_each(|entry| chown(entry.map_err(io::Error::other)?.path(), uid, gid))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_not_used_for_longest_goes() {
        let directory = tempfile::tempdir().unwrap();
        let cache = DataCache::open(directory.path()).unwrap();
        let now = SystemTime::now();
        for age in 0..MOST + 3 {
            let entry = cache.directory.join(format!("entry-{age}"));
            fs::create_dir(&entry).unwrap();
            let used = now - Duration::from_secs(60 * age as u64);
            File::open(&entry).unwrap().set_modified(used).unwrap();
        }
        cache.prune();
        let left: Vec<bool> = (0..MOST + 3)
            .map(|age| cache.directory.join(format!("entry-{age}")).exists())
            .collect();
        assert_eq!(left.iter().position(|there| !there), Some(MOST), "{left:?}");
        cache.clear();
        assert_eq!(fs::read_dir(&cache.directory).unwrap().count(), 0);
    }

    #[test]
    fn what_others_can_write_is_not_used() {
        use std::os::unix::fs::PermissionsExt;
        let directory = tempfile::tempdir().unwrap();
        let cache = DataCache::open(directory.path()).unwrap();
        fs::set_permissions(&cache.directory, fs::Permissions::from_mode(0o770)).unwrap();
        assert!(DataCache::open(directory.path()).is_none());
    }
}
