use super::letters::FiringMode;
use super::macros::attributes;
use super::value::Sql;

attributes! {
    /// A rewrite rule: `pg_rewrite`. The rule that makes a view is its definition.
    Rule {
        /// As `pg_get_ruledef` prints it.
        definition: Sql,
        /// `origin` (the normal state), `disabled`, `replica` or `always`.
        enabled: FiringMode,
        /// `COMMENT ON RULE`.
        comment: Option<String>,
    }
}
