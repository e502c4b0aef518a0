use crate::connect::SessionOn;
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
        match self {
            Self::Live(session) => session.version().major(),
            Self::Snapshot(snapshot) => snapshot.server_version().major(),
        }
    }
}
