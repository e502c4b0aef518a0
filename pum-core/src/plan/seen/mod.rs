//! Renames that are seen, and not guessed: each with its evidence.
//!
//! In this order: what the scripts renamed from which the right side was built; what has the same object
//! identifiers in both, because both are of one template; what has the same values by key. That names or
//! definitions are alike is no evidence.

mod build;
mod found;
mod identifiers;
mod values;

use found::Seen;
pub use found::{RenameEvidence, SeenRename};

use super::rename_spec::RenameSpec;
use crate::model::Model;
use crate::source::Opened;

/// The renames that are seen between two sides with these schemas. What was asked for is left out.
pub(super) fn seen_renames(
    sides: [&mut Opened; 2],
    models: [&Model; 2],
    asked: &[RenameSpec],
) -> Vec<SeenRename> {
    let [left, right] = sides;
    let mut seen = Seen { models, asked, found: Vec::new() };
    build::look(&mut seen, right);
    identifiers::look(&mut seen, [&mut *left, &mut *right]);
    values::look(&mut seen, [left, right]);
    seen.found.into_iter().map(|(_, one)| one).collect()
}
