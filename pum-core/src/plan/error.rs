use crate::compare::CompareError;
use crate::delta::Version;
use crate::upgrade::UpgradeError;
use crate::{ErrorKind, Hint};

/// Why no plan could be made.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum MigrationError {
    /// Each of some steps needs another one of them.
    #[error("these changes need each other, so no order of them is right: {}", steps.join("; "))]
    Cycle {
        /// The steps.
        steps: Vec<String>,
    },
    /// A rename that was asked for is none, or cannot be made.
    #[error("cannot rename \"{spec}\": {problem}")]
    Rename {
        /// What was asked for.
        spec: String,
        /// What is wrong with it.
        problem: String,
    },
    /// The conversion of a column that was asked for cannot be made.
    #[error("cannot convert as \"{spec}\" says: {problem}")]
    Conversion {
        /// What was asked for.
        spec: String,
        /// What is wrong with it.
        problem: String,
    },
    /// The renames could not be made on a copy of the left schema, from which all else is planned.
    #[error("cannot make the renames on a copy of {label}: {reason}")]
    RenamedCopy {
        /// The left side.
        label: String,
        /// Why.
        reason: String,
    },
    /// A schema was changed while it was read and copied.
    #[error("the schema of {label} was changed while it was read: try again")]
    Changed {
        /// The source.
        label: String,
    },
    /// The roles of a side could not be listed.
    #[cfg(feature = "scratch")]
    #[error(transparent)]
    Roles(#[from] crate::dump::DumpError),
    /// No copy of the schema could be made, on which deltas are run.
    #[error("cannot make a copy of the schema of {label}: {reason}")]
    Copy {
        /// The source.
        label: String,
        /// Why.
        reason: String,
    },
    /// The pending deltas could not be run on the copy.
    #[error("the pending deltas fail on a copy of the schema of {label}, without rows: {cause}")]
    Pending {
        /// The database.
        label: String,
        /// What failed.
        cause: UpgradeError,
    },
    /// The deltas or the upgrades table are wrong.
    #[error(transparent)]
    Upgrade(#[from] UpgradeError),
    /// What a delta does cannot be undone.
    #[error("what brings {label} to the reference cannot be undone: {reason}")]
    NoWayBack {
        /// The database.
        label: String,
        /// Why.
        reason: String,
    },
    /// A database with rows could not be asked what stands in the way.
    #[error("cannot count in {label} what stands in the way: {reason}")]
    Questions {
        /// The database.
        label: String,
        /// Why.
        reason: String,
    },
    /// Ways could not be measured on a copy.
    #[error("cannot measure on a copy of {label}: {reason}")]
    Measured {
        /// The copy.
        label: String,
        /// Why.
        reason: String,
    },
    /// Deltas are for a database.
    #[error(
        "{label} is no database: deltas are written for one, and recorded in its upgrades table"
    )]
    NotADatabase {
        /// The source.
        label: String,
    },
    /// The reference is at a lower version than the database.
    #[error(
        "{} is at version {} and older than {}, which is at {}", labels[1], versions[1], labels[0],
        versions[0]
    )]
    OlderReference {
        /// The database and the reference.
        labels: [String; 2],
        /// Their versions.
        versions: Box<[Version; 2]>,
    },
    /// The sides could not be compared.
    #[error(transparent)]
    Compare(#[from] CompareError),
    /// A snapshot of an older version of pum does not say what depends on what.
    #[error(
        "{label} is a snapshot of an older version of pum, which does not hold what depends on what: \
         take it again"
    )]
    Snapshot {
        /// The snapshot.
        label: String,
    },
}

impl MigrationError {
    /// What sort of error it is.
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::Cycle { .. } | Self::NoWayBack { .. } => ErrorKind::Refused,
            Self::Compare(err) => err.kind(),
            #[cfg(feature = "scratch")]
            Self::Roles(err) => err.kind(),
            Self::Upgrade(err) | Self::Pending { cause: err, .. } => err.kind(),
            Self::Snapshot { .. }
            | Self::Rename { .. }
            | Self::Conversion { .. }
            | Self::NotADatabase { .. }
            | Self::OlderReference { .. } => ErrorKind::Input,
            Self::RenamedCopy { .. }
            | Self::Copy { .. }
            | Self::Measured { .. }
            | Self::Questions { .. }
            | Self::Changed { .. } => ErrorKind::Server,
        }
    }

    /// What to do about it.
    pub fn hint(&self) -> Option<Hint> {
        match self {
            Self::Compare(err) => err.hint(),
            #[cfg(feature = "scratch")]
            Self::Roles(err) => err.hint(),
            Self::Upgrade(err) | Self::Pending { cause: err, .. } => err.hint(),
            Self::Cycle { .. }
            | Self::NotADatabase { .. }
            | Self::Measured { .. }
            | Self::Questions { .. }
            | Self::NoWayBack { .. }
            | Self::OlderReference { .. }
            | Self::Copy { .. }
            | Self::Snapshot { .. }
            | Self::Rename { .. }
            | Self::Conversion { .. }
            | Self::RenamedCopy { .. }
            | Self::Changed { .. } => None,
        }
    }
}
