use super::macros::{attributes, words};
use super::privileges::Privileges;
use super::value::Sql;

attributes! {
    /// A view or materialized view: `pg_class` of relkind `v` or `m`.
    View {
        /// `view` or `materialized view`.
        relation: ViewKind,
        /// The owning role.
        owner: String,
        /// The query.
        definition: Sql,
        /// `WITH (…)`: `check_option`, `security_barrier`, `security_invoker`; storage parameters
        /// of a materialized view.
        options: Vec<String>,
        /// Access method of a materialized view.
        access_method: Option<String>,
        /// Tablespace of a materialized view, if it is not the database's own.
        tablespace: Option<String>,
        /// The index that a materialized view was last clustered on.
        clustered_on: Option<String>,
        /// `DEPENDS ON EXTENSION`, for materialized views.
        extensions: Vec<String>,
        /// `COMMENT ON VIEW`.
        comment: Option<String>,
        /// Granted privileges.
        privileges: Privileges,
    }
}

words! {
    /// Whether a view holds rows: `pg_class.relkind`.
    ViewKind {
        /// A view.
        View = "view",
        /// A materialized view.
        MaterializedView = "materialized view",
    }
}
