//! The destination of a dump: it is checked first, and the dump has a temporary name until it is
//! complete.

use std::fs::{self, File};
use std::io;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};

use nix::unistd::getegid;

use super::DumpError;
use crate::progress::{Event, Observer};

/// Risks that cause a warning instead of an error.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Allow {
    /// A client with a known vulnerability.
    pub vulnerable_client: bool,
    /// A directory in which others could replace the dump.
    pub shared_directory: bool,
    /// Less free space than the estimated size of the dump.
    pub little_space: bool,
}

impl Allow {
    /// All risks.
    pub const ALL: Self =
        Self { vulnerable_client: true, shared_directory: true, little_space: true };
}

/// An error, or only a warning where that is allowed.
pub(super) fn refuse_unless(
    allowed: bool,
    err: DumpError,
    observer: &mut dyn Observer,
) -> Result<(), DumpError> {
    if !allowed {
        return Err(err);
    }
    observer.notify(Event::Warning { message: &err.to_string() });
    Ok(())
}

/// The directory that a path is in.
pub(super) fn parent_of(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    }
}

/// `path` with more at the end of its name.
pub(super) fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    PathBuf::from(name)
}

/// Checks that a dump can be written there and that no one else could replace it.
pub(super) fn inspect(
    destination: &Path,
    is_directory: bool,
    allow: Allow,
    observer: &mut dyn Observer,
) -> Result<(), DumpError> {
    let failed = |source: io::Error| DumpError::File {
        action: "write the dump to",
        path: destination.to_owned(),
        cause: source,
    };
    let wrong = |reason: &str| DumpError::Destination {
        path: destination.to_owned(),
        reason: reason.to_owned(),
    };
    if destination.file_name().is_none() {
        return Err(failed(io::ErrorKind::IsADirectory.into()));
    }
    match fs::symlink_metadata(destination) {
        Ok(found) if found.is_symlink() => {
            return Err(wrong(
                "is a symbolic link, which could point anywhere; name the file itself",
            ));
        }
        Ok(found) if found.is_dir() && !is_directory => {
            return Err(failed(io::ErrorKind::IsADirectory.into()));
        }
        Ok(found) if found.is_dir() && !is_dump_or_empty(destination) => {
            return Err(wrong("is a directory that contains more than a dump"));
        }
        Ok(found) if !found.is_dir() && is_directory => {
            return Err(wrong("is a file, but the directory format needs a directory"));
        }
        Ok(found) if !found.is_dir() && !found.is_file() => {
            return Err(wrong("is neither a file nor a directory"));
        }
        Ok(_) => {}
        Err(err) if err.kind() == io::ErrorKind::NotFound => {}
        Err(err) => return Err(failed(err)),
    }
    let parent = parent_of(destination);
    let data = parent.metadata().map_err(failed)?;
    let (mode, others) = (data.permissions().mode(), "others could replace the dump there");
    let sticky = mode & 0o1000 != 0;
    if mode & 0o002 != 0 && !sticky {
        let reason = format!("is in a world-writable directory: {others}");
        let err = DumpError::Destination { path: destination.to_owned(), reason };
        refuse_unless(allow.shared_directory, err, observer)?;
    } else if mode & 0o020 != 0 && !sticky && data.gid() != getegid().as_raw() {
        let message = format!("{} is group-writable: {others}", parent.display());
        observer.notify(Event::Warning { message: &message });
    }
    Ok(())
}

fn is_dump_or_empty(directory: &Path) -> bool {
    directory.join("toc.dat").is_file()
        || directory.read_dir().is_ok_and(|mut entries| entries.next().is_none())
}

/// How many bytes this process may still write where `destination` is to be; `None` if the system
/// does not say.
pub(crate) fn free_space(destination: &Path) -> Option<u64> {
    let found = nix::sys::statvfs::statvfs(parent_of(destination)).ok()?;
    // Their types differ between systems.
    #[allow(clippy::useless_conversion)]
    let (blocks, size) = (u64::from(found.blocks_available()), u64::from(found.fragment_size()));
    blocks.checked_mul(size)
}

/// Has the system write to disk what it keeps of a file or directory.
pub(super) fn sync(path: &Path) -> io::Result<()> {
    File::open(path)?.sync_all()
}

#[cfg(test)]
mod tests {
    use super::super::partial_file::PartialFile;
    use super::*;
    use crate::progress::NoopObserver;
    use std::fs::Permissions;

    #[test]
    fn a_directory_replaces_an_older_dump_and_nothing_else() {
        let dir = tempfile::tempdir().unwrap();
        let destination = dir.path().join("prod");
        fs::create_dir(&destination).unwrap();
        fs::write(destination.join("mine"), "").unwrap();
        assert!(inspect(&destination, true, Allow::default(), &mut NoopObserver).is_err());
        fs::write(destination.join("toc.dat"), "").unwrap();
        inspect(&destination, true, Allow::default(), &mut NoopObserver).unwrap();
        let part = PartialFile::new(&destination, true).unwrap();
        fs::write(part.path().join("new"), "").unwrap();
        part.persist(&destination).unwrap();
        assert!(destination.join("new").exists() && !destination.join("mine").exists());
        assert_eq!(dir.path().read_dir().unwrap().count(), 1);
    }

    #[test]
    fn links_devices_and_open_directories_are_refused() {
        let dir = tempfile::tempdir().unwrap();
        let link = dir.path().join("link");
        std::os::unix::fs::symlink(dir.path().join("anywhere"), &link).unwrap();
        let open = dir.path().join("open");
        fs::create_dir(&open).unwrap();
        fs::set_permissions(&open, Permissions::from_mode(0o777)).unwrap();
        for path in [&link, Path::new("/dev/null"), &open.join("x.dump")] {
            let result = inspect(path, false, Allow::default(), &mut NoopObserver);
            assert!(matches!(result, Err(DumpError::Destination { .. })), "{result:?}");
        }
        inspect(&open.join("x.dump"), false, Allow::ALL, &mut NoopObserver).unwrap();
        fs::set_permissions(&open, Permissions::from_mode(0o1777)).unwrap();
        inspect(&open.join("x.dump"), false, Allow::default(), &mut NoopObserver).unwrap();
    }
}
