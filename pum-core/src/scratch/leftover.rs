//! What killed runs left behind.

use std::fs::{File, TryLockError};
use std::io;
use std::os::unix::fs::MetadataExt;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::{Pid, geteuid};

/// How the names of scratch directories start.
pub(super) const PREFIX: &str = "pum-scratch-";

/// The file whose lock says that the owner of a scratch directory is alive.
pub(super) const LOCK: &str = "owner.lock";

/// The server's socket in its directory.
pub(super) const SOCKET: &str = ".s.PGSQL.5432";

/// Removes the scratch directories in `base` whose owner is gone, and ends their servers. What
/// cannot be removed stays: this is housekeeping, and not what the caller is after.
pub(super) fn remove_leftovers(base: &Path) {
    let Ok(entries) = std::fs::read_dir(base) else { return };
    for entry in entries.flatten() {
        let ours = entry.file_name().to_string_lossy().starts_with(PREFIX)
            && entry.metadata().is_ok_and(|data| data.is_dir() && is_ours(&data));
        if ours && owner_is_gone(&entry.path()) {
            end_server(&entry.path());
            let _ = std::fs::remove_dir_all(entry.path());
        }
    }
}

/// Only directories of this user, or for root of the users that root runs servers as.
fn is_ours(data: &std::fs::Metadata) -> bool {
    let own = geteuid();
    own.is_root() || data.uid() == own.as_raw()
}

/// Whether the lock is free. A directory without the file is just being made or removed.
fn owner_is_gone(directory: &Path) -> bool {
    let Ok(lock) = File::open(directory.join(LOCK)) else { return false };
    match lock.try_lock() {
        Ok(()) => true,
        Err(TryLockError::WouldBlock | TryLockError::Error(_)) => false,
    }
}

/// Ends a server that still answers on its socket, and waits a moment for its end; the number in its
/// `postmaster.pid` alone might be another process's by now, or that of one that was not asked
/// about since it ended.
fn end_server(directory: &Path) {
    const PATIENCE: Duration = Duration::from_secs(5);
    let answers = || UnixStream::connect(directory.join(SOCKET)).is_ok();
    if answers()
        && let Ok(pid) = postmaster_pid(&directory.join("data/postmaster.pid"))
    {
        let _ = kill(pid, Signal::SIGQUIT);
        let begun = Instant::now();
        while answers() && begun.elapsed() < PATIENCE {
            std::thread::sleep(Duration::from_millis(5));
        }
    }
}

fn postmaster_pid(file: &Path) -> io::Result<Pid> {
    let text = std::fs::read_to_string(file)?;
    let first = text.lines().next().unwrap_or_default().trim();
    let pid: i32 = first.parse().map_err(io::Error::other)?;
    if pid > 1 { Ok(Pid::from_raw(pid)) } else { Err(io::Error::other("no process id")) }
}
