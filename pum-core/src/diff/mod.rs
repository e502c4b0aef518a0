//! Compares two models.
//!
//! One merge handles all kinds: both models are sorted by identity, so an object on one side only
//! is detected when the other side's next object sorts after it, and two objects with the same
//! identity are compared attribute by attribute.

mod accepted;
mod column_order;
mod contents;
mod difference;
mod filter;
mod filter_error;
mod fingerprint;
mod glob;
mod implied;
mod merge;
#[cfg(feature = "postgres")]
mod partition_manager;
#[cfg(feature = "postgres")]
mod partition_shape;
#[cfg(feature = "postgres")]
mod partitions;
mod preset;
mod property;
mod rename;
mod spelling;
mod suggest;
mod words;

use crate::model::Model;

pub use accepted::{Accepted, AcceptedState, hide_accepted};
pub use contents::{Contents, schema_fingerprint};
pub use difference::{Change, Difference};
pub use filter::{Filters, HiddenByRule, IgnoreRule};
pub use filter_error::FilterError;
pub use fingerprint::{Fingerprint, FingerprintError};
pub use glob::Glob;
pub(crate) use merge::merge;
#[cfg(feature = "postgres")]
pub(crate) use merge::sort;
#[cfg(feature = "postgres")]
pub use partition_manager::PartitionManager;
#[cfg(feature = "postgres")]
pub use partitions::ManagedPartitions;
#[cfg(feature = "postgres")]
pub(crate) use partitions::{Held, hold_partitions, without_partitions};
pub use preset::Preset;
pub use spelling::same_deparse;
pub use suggest::{Rename, suggest_renames};

/// The differences between two models, sorted by schema, table and kind.
///
/// Differences implied by another one are not listed: the columns of a missing table, the sequence
/// of a missing column, the copies in partitions. They are listed if filters hide the other one.
pub fn diff(left: &Model, right: &Model, filters: &Filters) -> Vec<Difference> {
    let mut differences = merge(left, right, filters);
    finish(&mut differences, left, right);
    filters.apply_rules(&mut differences);
    differences
}

/// All differences between two models, also those that others explain: what a missing table had, an
/// attribute that follows another one.
pub fn all_differences(left: &Model, right: &Model, filters: &Filters) -> Vec<Difference> {
    merge(left, right, filters)
}

/// Leaves those differences that no other one explains, in the form in which they are told.
pub(crate) fn finish(differences: &mut Vec<Difference>, left: &Model, right: &Model) {
    implied::drop_implied(differences, left, right);
    property::as_attribute(differences, left, right);
}
