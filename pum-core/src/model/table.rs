use super::{Keyword, Privileges, Sql};

super::macros::attributes! {
    /// A table: `pg_class` of relkind `r`, `p` or `f`.
    Table {
        /// `table`, `partitioned table` or `foreign table`.
        relation: Keyword,
        /// The owning role.
        owner: String,
        /// `COMMENT ON TABLE`.
        comment: Option<String>,
        /// Granted privileges, one per role and privilege; the owner's too.
        privileges: Privileges,
        /// `permanent` or `unlogged`.
        persistence: Keyword,
        /// Table access method, `pg_am.amname`.
        access_method: Option<String>,
        /// Tablespace, if it is not the database's own.
        tablespace: Option<String>,
        /// `WITH (…)`, those of its TOAST table with `toast.` before them.
        storage_parameters: Vec<String>,
        /// `default`, `nothing`, `full`, or the index whose columns are used.
        replica_identity: Keyword,
        /// Row level security enabled.
        row_security: bool,
        /// Row level security for the owner too.
        force_row_security: bool,
        /// Parents, in order (`INHERITS`).
        inherits: Vec<String>,
        /// The partitioned table that it is a partition of.
        partition_of: Option<String>,
        /// `FOR VALUES …`.
        partition_bound: Option<Sql>,
        /// Strategy and columns, `PARTITION BY …`.
        partition_key: Option<Sql>,
        /// The composite type of a typed table.
        of_type: Option<String>,
        /// The index it was last clustered on.
        clustered_on: Option<String>,
        /// Server of a foreign table.
        foreign_server: Option<String>,
        /// Options of a foreign table.
        foreign_options: Vec<String>,
    }
}
