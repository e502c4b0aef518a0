use super::{Keyword, Sql};

super::macros::attributes! {
    /// A rewrite rule: `pg_rewrite`. The rule that makes a view is its definition.
    Rule {
        /// As `pg_get_ruledef` prints it.
        definition: Sql,
        /// `origin` (the normal state), `disabled`, `replica` or `always`.
        enabled: Keyword,
        /// `COMMENT ON RULE`.
        comment: Option<String>,
    }
}
