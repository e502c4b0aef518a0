//! A schema in a file.
//!
//! A snapshot is JSON with one line for each small thing, sorted, so that a change of the schema is
//! a few changed lines in version control. It holds a [`Model`](crate::model::Model), and what a
//! comparison with it must know: from which server it is, what was left out, which attributes the
//! pum that wrote it knew, and maybe how printed SQL reads after a dump and restore. What depends on what stands
//! behind all that, in numbers: no person reads it, and it changes in a few long lines.

mod canonical;
mod contents;
mod dependencies;
mod error;
mod excluded;
#[cfg(feature = "schema")]
mod field_schema;
mod fields;
mod layout;
#[cfg(feature = "scratch")]
mod lines;
mod read;
#[cfg(feature = "schema")]
mod schema;
#[cfg(test)]
mod tests;
mod write;

pub use contents::Snapshot;
pub(crate) use contents::{CanonicalObject, all_known};
pub use error::{FORMAT_VERSION, SnapshotError};
pub use excluded::Excluded;
#[cfg(feature = "scratch")]
pub(crate) use lines::lines_of;
