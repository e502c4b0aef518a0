//! A side that was read.

use super::side::Side;
use crate::catalog::Addressed;
use crate::model::{Model, SchemaRenames};

/// A side that was read.
pub(super) struct ReadSide<'s, 'a, 'c> {
    pub(super) side: &'s mut Side<'a, 'c>,
    pub(super) read: &'s Addressed,
    /// What of it is compared, under the names of the comparison.
    pub(super) compared: &'s Model,
    /// How what was read is called in the comparison.
    pub(super) renames: Option<&'s SchemaRenames<'s>>,
}

impl<'s, 'a, 'c> ReadSide<'s, 'a, 'c> {
    /// All of it, under its own names.
    pub(super) fn whole(side: &'s mut Side<'a, 'c>, read: &'s Addressed) -> Self {
        Self { side, read, compared: read.model(), renames: None }
    }

    /// The same for a while.
    pub(super) fn again(&mut self) -> ReadSide<'_, 'a, 'c> {
        let Self { side, read, compared, renames } = self;
        ReadSide { side, read, compared, renames: *renames }
    }
}
