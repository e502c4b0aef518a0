use super::macros::{attributes, words};
use super::privileges::Privileges;
use super::value::Sql;

attributes! {
    /// A function, procedure, aggregate or window function: `pg_proc`.
    Function {
        /// `function`, `procedure`, `aggregate` or `window function`.
        routine: RoutineKind,
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
        volatility: Volatility,
        /// `STRICT`.
        strict: bool,
        /// `SECURITY DEFINER`.
        security_definer: bool,
        /// `LEAKPROOF`.
        leakproof: bool,
        /// `safe`, `restricted` or `unsafe`.
        parallel: ParallelSafety,
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

words! {
    /// What sort of routine it is: `pg_proc.prokind`.
    RoutineKind {
        /// A function.
        Function = "function",
        /// A procedure.
        Procedure = "procedure",
        /// An aggregate function.
        Aggregate = "aggregate",
        /// A window function.
        WindowFunction = "window function",
    }
}

words! {
    /// What a function's result depends on: `pg_proc.provolatile`.
    Volatility {
        /// Its arguments only.
        Immutable = "immutable",
        /// The database too, but it does not change it.
        Stable = "stable",
        /// Anything.
        Volatile = "volatile",
    }
}

words! {
    /// Whether a function can run in parallel: `pg_proc.proparallel`.
    ParallelSafety {
        /// In workers too.
        Safe = "safe",
        /// In the leader only.
        Restricted = "restricted",
        /// Not in a parallel plan.
        Unsafe = "unsafe",
    }
}
