use std::fmt;

use serde::{Deserialize, Serialize};

/// How a table is locked, from the weakest to the strongest; see "Table-Level Locks" in the
/// documentation of PostgreSQL.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub enum LockMode {
    /// Of those who read.
    AccessShare,
    /// Of `SELECT … FOR UPDATE`.
    RowShare,
    /// Of those who write.
    RowExclusive,
    /// Keeps out schema changes and `VACUUM`.
    ShareUpdateExclusive,
    /// Keeps out those who write.
    Share,
    /// Keeps out those who write, and itself.
    ShareRowExclusive,
    /// Keeps out all but those who only read.
    Exclusive,
    /// Keeps out everybody.
    AccessExclusive,
}

impl LockMode {
    const ALL: [Self; 8] = [
        Self::AccessShare,
        Self::RowShare,
        Self::RowExclusive,
        Self::ShareUpdateExclusive,
        Self::Share,
        Self::ShareRowExclusive,
        Self::Exclusive,
        Self::AccessExclusive,
    ];

    /// As the documentation writes it, without spaces and the final "Lock".
    pub fn name(self) -> &'static str {
        match self {
            Self::AccessShare => "AccessShare",
            Self::RowShare => "RowShare",
            Self::RowExclusive => "RowExclusive",
            Self::ShareUpdateExclusive => "ShareUpdateExclusive",
            Self::Share => "Share",
            Self::ShareRowExclusive => "ShareRowExclusive",
            Self::Exclusive => "Exclusive",
            Self::AccessExclusive => "AccessExclusive",
        }
    }

    /// Of `pg_locks.mode`, such as `RowExclusiveLock`.
    pub(super) fn from_name(mode: &str) -> Option<Self> {
        let name = mode.strip_suffix("Lock")?;
        Self::ALL.into_iter().find(|one| one.name() == name)
    }

    /// Whether others cannot write the table meanwhile.
    pub fn blocks_writes(self) -> bool {
        self >= Self::Share
    }

    /// Whether others cannot even read it.
    pub fn blocks_reads(self) -> bool {
        self == Self::AccessExclusive
    }
}

impl fmt::Display for LockMode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
