use super::super::super::side::Side;
use crate::ddl::Schemas;

/// What the two schemas are, and what statements are written from.
#[derive(Clone, Copy)]
pub(in crate::plan::online) struct World<'a> {
    pub(in crate::plan::online) left: &'a Side,
    pub(in crate::plan::online) right: &'a Side,
    pub(in crate::plan::online) schemas: &'a Schemas<'a>,
}
