use crate::connect::{ServerVersion, SessionOn};
use crate::snapshot::Snapshot;

/// One side of a comparison.
#[derive(Debug)]
pub(super) enum Side<'a, 'c> {
    Live(&'a mut SessionOn<'c>),
    Snapshot(&'a Snapshot),
}

impl Side<'_, '_> {
    /// The major version of the server that printed its SQL.
    pub(super) fn major(&self) -> u32 {
        self.version().major()
    }

    /// The version of that server.
    pub(super) fn version(&self) -> ServerVersion {
        match self {
            Self::Live(session) => session.version(),
            Self::Snapshot(snapshot) => snapshot.server_version(),
        }
    }

    /// Whether both are one database of one server. If that cannot be found out they are not.
    pub(super) fn is_same_database(&mut self, other: &mut Side<'_, '_>) -> bool {
        let (Self::Live(one), Side::Live(other)) = (self, other) else { return false };
        matches!((one.identity(), other.identity()), (Ok(one), Ok(other)) if one == other)
    }
}
