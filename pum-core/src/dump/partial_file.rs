//! A dump that is being written: under another name, and recognizable as abandoned if its writer is
//! killed.

use std::fs::{self, File, Permissions, TryLockError};
use std::io;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};

use tempfile::{NamedTempFile, TempDir};

use super::destination::{beside, parent_of, sync};

/// The end of the names of such files.
const END: &str = ".part";

/// How much of a dump's name goes into that of its part: the system limits names to 255 bytes.
const KEPT: usize = 50;

/// A file or directory, readable by its owner only, that goes when it is dropped before it got its
/// name.
pub(super) struct PartialFile {
    what: What,
    /// Locked as long as its writer lives, whatever ends it.
    _lock: File,
}

enum What {
    File(NamedTempFile),
    Directory(TempDir),
}

impl PartialFile {
    /// Makes it beside its destination. What killed runs left of the same destination goes.
    pub(super) fn new(destination: &Path, directory: bool) -> io::Result<Self> {
        let name = destination.file_name().ok_or(io::ErrorKind::InvalidFilename)?;
        let prefix = prefix(&name.to_string_lossy()) + ".";
        let parent = parent_of(destination);
        remove_abandoned(parent, &prefix)?;
        loop {
            let what = What::new(parent, &prefix, directory)?;
            let lock = File::open(what.path())?;
            // Who looks for abandoned ones may have found it before it was locked.
            if lock_if_possible(&lock)? && is_at(&lock, what.path()) {
                return Ok(Self { what, _lock: lock });
            }
        }
    }

    pub(super) fn path(&self) -> &Path {
        self.what.path()
    }

    /// Gives it its name; what had that name before is replaced.
    pub(super) fn persist(self, destination: &Path) -> io::Result<()> {
        match self.what {
            What::File(file) => {
                file.persist(destination).map_err(|err| err.error)?;
            }
            What::Directory(directory) => {
                // A directory cannot replace one that is not empty.
                let old = destination.exists().then(|| beside(directory.path(), ".old"));
                if let Some(old) = &old {
                    fs::rename(destination, old)?;
                }
                if let Err(err) = fs::rename(directory.path(), destination) {
                    if let Some(old) = &old {
                        fs::rename(old, destination)?;
                    }
                    return Err(err);
                }
                // It has another name now: there is nothing to remove.
                let _ = directory.keep();
                if let Some(old) = old {
                    fs::remove_dir_all(old)?;
                }
            }
        }
        sync(parent_of(destination))
    }
}

impl What {
    fn new(parent: &Path, prefix: &str, directory: bool) -> io::Result<Self> {
        let mut builder = tempfile::Builder::new();
        builder.prefix(prefix).suffix(END);
        if directory {
            let private = builder.permissions(Permissions::from_mode(0o700));
            return private.tempdir_in(parent).map(Self::Directory);
        }
        builder.permissions(Permissions::from_mode(0o600)).tempfile_in(parent).map(Self::File)
    }

    fn path(&self) -> &Path {
        match self {
            Self::File(file) => file.path(),
            Self::Directory(directory) => directory.path(),
        }
    }
}

/// How the names of the parts of a dump start whose name starts like this.
pub(super) fn prefix(name: &str) -> String {
    format!(".{}", name.chars().take(KEPT).collect::<String>())
}

/// Removes the parts in a directory whose names start like this and that no process is writing,
/// and gives them.
pub(super) fn remove_abandoned(directory: &Path, prefix: &str) -> io::Result<Vec<PathBuf>> {
    let mut removed = Vec::new();
    for entry in directory.read_dir()? {
        let entry = entry?;
        let name = entry.file_name();
        let name = name.to_string_lossy();
        if !name.starts_with(prefix) || !name.ends_with(END) || entry.file_type()?.is_symlink() {
            continue;
        }
        let path = entry.path();
        // One that another user may read only is not ours to remove.
        let Ok(part) = File::open(&path) else { continue };
        if matches!(part.try_lock(), Ok(())) && is_at(&part, &path) {
            if entry.file_type()?.is_dir() {
                fs::remove_dir_all(&path)?;
            } else {
                fs::remove_file(&path)?;
            }
            removed.push(path);
        }
    }
    Ok(removed)
}

/// Locks a file; `false` if another process has. A file system without locks locks none, and
/// nothing is taken for abandoned.
fn lock_if_possible(file: &File) -> io::Result<bool> {
    match file.try_lock() {
        Ok(()) => Ok(true),
        Err(TryLockError::WouldBlock) => Ok(false),
        Err(TryLockError::Error(err)) if err.kind() == io::ErrorKind::Unsupported => Ok(true),
        Err(TryLockError::Error(err)) => Err(err),
    }
}

/// Whether an open file is still the one of that name.
fn is_at(file: &File, path: &Path) -> bool {
    match (file.metadata(), path.symlink_metadata()) {
        (Ok(open), Ok(named)) => (open.dev(), open.ino()) == (named.dev(), named.ino()),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_part_is_private_and_goes() {
        let dir = tempfile::tempdir().unwrap();
        for (directory, expected) in [(false, 0o600), (true, 0o700)] {
            let part = PartialFile::new(&dir.path().join("prod.dump"), directory).unwrap();
            let mode = part.path().metadata().unwrap().permissions().mode();
            assert_eq!(mode & 0o777, expected);
            let path = part.path().to_owned();
            assert!(path.starts_with(dir.path()));
            drop(part);
            assert!(!path.exists());
        }
    }

    #[test]
    fn what_nobody_writes_any_more_goes_with_the_next_one() {
        let dir = tempfile::tempdir().unwrap();
        let destination = dir.path().join("prod.dump");
        for directory in [false, true] {
            let living = PartialFile::new(&destination, directory).unwrap();
            let abandoned = dir.path().join(".prod.dump.abcdef.part");
            let of_another = dir.path().join(".prod.dump2.abcdef.part");
            for path in [&abandoned, &of_another] {
                fs::create_dir(path).unwrap();
                fs::write(path.join("toc.dat"), "").unwrap();
            }
            let next = PartialFile::new(&destination, directory).unwrap();
            assert!(!abandoned.exists() && of_another.exists());
            assert!(living.path().exists() && next.path().exists());
            fs::remove_dir_all(of_another).unwrap();
        }
    }
}
