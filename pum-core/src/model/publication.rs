use super::macros::attributes;

attributes! {
    /// A publication: `pg_publication`. Its tables are objects of their own.
    Publication {
        /// The owning role.
        owner: String,
        /// `FOR ALL TABLES`.
        all_tables: bool,
        /// `FOR TABLES IN SCHEMA`.
        schemas: Vec<String>,
        /// What is published.
        operations: Vec<String>,
        /// `publish_via_partition_root`.
        via_root: bool,
        /// `publish_generated_columns`, since PostgreSQL 18.
        generated_columns: Option<String>,
        /// `COMMENT ON PUBLICATION`.
        comment: Option<String>,
    }
}
