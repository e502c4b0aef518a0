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
