use nix::unistd::{Gid, Uid, User, geteuid};

use super::ScratchError;

/// The user that runs a scratch server.
#[derive(Debug, Clone, Copy)]
pub(super) struct ServerUser {
    pub(super) uid: Uid,
    pub(super) gid: Gid,
    /// Whether it is another than the one running this process.
    pub(super) is_other: bool,
}

/// This process's user; for root, who may not run PostgreSQL, `postgres` or else `nobody`.
pub(super) fn server_user() -> Result<ServerUser, ScratchError> {
    if !geteuid().is_root() {
        return Ok(ServerUser { uid: geteuid(), gid: nix::unistd::getegid(), is_other: false });
    }
    ["postgres", "nobody"]
        .into_iter()
        .find_map(|name| User::from_name(name).ok().flatten())
        .filter(|user| !user.uid.is_root())
        .map(|user| ServerUser { uid: user.uid, gid: user.gid, is_other: true })
        .ok_or(ScratchError::NoUser)
}
