use super::macros::attributes;

attributes! {
    /// An operator: `pg_operator`.
    Operator {
        /// The owning role.
        owner: String,
        /// The function it calls.
        function: String,
        /// `COMMUTATOR`.
        commutator: Option<String>,
        /// `NEGATOR`.
        negator: Option<String>,
        /// Selectivity estimator for restrictions.
        restrict: Option<String>,
        /// Selectivity estimator for joins.
        join: Option<String>,
        /// `HASHES`.
        hashes: bool,
        /// `MERGES`.
        merges: bool,
        /// `COMMENT ON OPERATOR`.
        comment: Option<String>,
    }
}
