use crate::model::Identity;
use crate::sql::quote_ident;

/// Rows that may stand in the way of a step.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Question {
    /// The object that changes.
    pub identity: Identity,
    /// What is wrong with the rows, behind their number: `rows of public.t have no name, which becomes
    /// NOT NULL`.
    pub what: String,
    /// The query that finds them.
    pub find: String,
}

/// The table of a part, as statements name it.
pub(super) fn table_of(part: &Identity) -> Option<String> {
    Some(format!("{}.{}", quote_ident(&part.schema), quote_ident(part.parent.as_deref()?)))
}
