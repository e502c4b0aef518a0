//! What belongs to an object that is made.

use super::statements::Schemas;
use crate::model::{Column, Identity};

/// The columns that something is to have, in their order.
pub(super) fn columns<'a>(
    parent: &Identity,
    schemas: &Schemas<'a>,
) -> Vec<(&'a Identity, &'a Column)> {
    let mut columns: Vec<_> = schemas.wanted.parts_of::<Column>(parent).collect();
    columns.sort_by_key(|(_, column)| column.position);
    columns
}
