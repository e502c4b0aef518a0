use std::fmt;

use super::record::Record;
use crate::delta::{DeltaName, Version};

/// A mismatch between a directory of deltas and an upgrades table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HistoryMismatch {
    /// The file of an applied delta was changed.
    Changed {
        /// Its file name.
        file: String,
        /// The delta.
        delta: DeltaName,
        /// The checksum in the upgrades table.
        recorded: String,
        /// The file's checksum.
        now: String,
    },
    /// An applied delta's file is missing.
    Missing {
        /// Its row.
        record: Record,
    },
    /// A delta without a transaction, or a program, was started but not completed.
    HalfDone {
        /// Its row.
        record: Record,
        /// Whether its file exists, so that the next run retries it.
        has_file: bool,
    },
    /// A pending delta precedes an applied one.
    OutOfOrder {
        /// Its file name.
        file: String,
        /// The last of the applied deltas that follow it.
        after: String,
    },
    /// A pending delta with the version of the baseline.
    BaselineVersion {
        /// Its file name.
        file: String,
        /// The version.
        version: Version,
    },
}

impl fmt::Display for HistoryMismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Changed { file, recorded, now, .. } => write!(
                f,
                "{file} was changed after it was applied (checksum {recorded}, now {now})"
            ),
            Self::Missing { record } => write!(
                f,
                "{} was applied on {} and is no longer in the directory",
                record.script_name(),
                record.installed_on
            ),
            Self::HalfDone { record, has_file: true } => write!(
                f,
                "{} was started on {} and is half done: the next run continues it",
                record.script_name(),
                record.installed_on
            ),
            Self::HalfDone { record, has_file: false } => write!(
                f,
                "{} was started on {} and is half done, and is no longer in the directory: restore \
                 it, or check in the database what it did",
                record.script_name(),
                record.installed_on
            ),
            Self::OutOfOrder { file, after } => {
                write!(f, "{file} is pending but sorts before {after}, which was applied")
            }
            Self::BaselineVersion { file, version } => write!(
                f,
                "{file} has the baseline's version, {version}, and counts as pending \
                 (baseline_includes_version = true would count it as applied)"
            ),
        }
    }
}
