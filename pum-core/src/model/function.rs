use super::{Keyword, Privileges, Sql};

super::macros::attributes! {
    /// A function, procedure, aggregate or window function: `pg_proc`.
    Function {
        /// `function`, `procedure`, `aggregate` or `window function`.
        routine: Keyword,
        /// The owning role.
        owner: String,
        /// Arguments with names, modes and defaults.
        signature: Sql,
        /// Return type.
        returns: Option<String>,
        /// Language.
        language: String,
        /// The body as it was written, or the name of the C function.
        body: String,
        /// The body in its parsed form (`BEGIN ATOMIC`, `RETURN`).
        sql_body: Option<Sql>,
        /// Library of a C function.
        library: Option<String>,
        /// Parts of an aggregate: state type, functions, initial value.
        aggregate: Vec<String>,
        /// `immutable`, `stable` or `volatile`.
        volatility: Keyword,
        /// `STRICT`.
        strict: bool,
        /// `SECURITY DEFINER`.
        security_definer: bool,
        /// `LEAKPROOF`.
        leakproof: bool,
        /// `safe`, `restricted` or `unsafe`.
        parallel: Keyword,
        /// `COST`.
        cost: String,
        /// `ROWS`.
        rows: String,
        /// Planner support function.
        support: Option<String>,
        /// `SET …`.
        settings: Vec<String>,
        /// Types for which it needs a transform.
        transforms: Vec<String>,
        /// `DEPENDS ON EXTENSION`.
        extensions: Vec<String>,
        /// `COMMENT ON FUNCTION`.
        comment: Option<String>,
        /// Granted privileges.
        privileges: Privileges,
    }
}
