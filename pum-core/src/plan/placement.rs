/// Where a step is run.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Placement {
    /// In one transaction with the step before it, unless that one has none.
    #[default]
    Together,
    /// In a new transaction.
    NewTransaction,
    /// By itself: the server refuses its statements in a transaction.
    Alone,
}

/// What a statement begins with that fills a column in batches.
pub(super) const FILL: &str = "DO $pum";

/// Whether a statement fills a column in batches: each is committed, and it can be run again.
pub(super) fn is_fill(sql: &str) -> bool {
    sql.starts_with(FILL)
}
