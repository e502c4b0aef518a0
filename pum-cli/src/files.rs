//! Files that the command writes.

use std::fs::Permissions;
use std::io::{self, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use nix::errno::Errno;

use crate::args::ReportFile;
use crate::error::CliError;

/// For its owner only.
pub(crate) const PRIVATE: u32 = 0o600;

/// Writes a file of which there is, at any moment, all or the former one.
pub(crate) fn write_whole(path: &Path, text: &str, permissions: Permissions) -> io::Result<()> {
    let mut file = part(path, permissions)?;
    file.write_all(text.as_bytes())?;
    file.as_file().sync_all()?;
    file.persist(path).map_err(|err| err.error)?;
    Ok(())
}

/// The same for a file that must not be there yet; one that is there stays.
pub(crate) fn write_new(path: &Path, text: &str) -> io::Result<()> {
    let mut file = part(path, Permissions::from_mode(0o644))?;
    file.write_all(text.as_bytes())?;
    file.as_file().sync_all()?;
    file.persist_noclobber(path).map_err(|err| err.error)?;
    Ok(())
}

fn part(path: &Path, permissions: Permissions) -> io::Result<tempfile::NamedTempFile> {
    let mut file = tempfile::Builder::new();
    file.prefix(".pum-").suffix(".part").permissions(permissions);
    let directory = path.parent().filter(|parent| !parent.as_os_str().is_empty());
    file.tempfile_in(directory.unwrap_or(Path::new(".")))
}

/// Checks whether reports can be written, before any work is done.
pub(crate) fn make_sure_that_reports_can_be_written(files: &[ReportFile]) -> Result<(), CliError> {
    for (at, ReportFile { path, .. }) in files.iter().enumerate() {
        let refused =
            |errno: Errno| Err(CliError::Write { path: path.clone(), cause: errno.into() });
        if files.iter().take(at).any(|other| other.path == *path) {
            return Err(CliError::SameFile { path: path.clone() });
        }
        let directory = path.parent().filter(|parent| !parent.as_os_str().is_empty());
        if directory.is_some_and(|directory| !directory.is_dir()) {
            return refused(Errno::ENOENT);
        }
        if path.is_dir() {
            return refused(Errno::EISDIR);
        }
    }
    Ok(())
}
