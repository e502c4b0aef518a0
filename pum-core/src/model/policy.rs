use super::{Keyword, Sql};

super::macros::attributes! {
    /// A row security policy: `pg_policy`.
    Policy {
        /// `all`, `select`, `insert`, `update` or `delete`.
        command: Keyword,
        /// False for `AS RESTRICTIVE`.
        permissive: bool,
        /// The roles it is for.
        roles: Vec<String>,
        /// `USING (…)`.
        using: Option<Sql>,
        /// `WITH CHECK (…)`.
        with_check: Option<Sql>,
        /// `COMMENT ON POLICY`.
        comment: Option<String>,
    }
}
