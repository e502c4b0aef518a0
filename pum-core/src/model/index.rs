use super::macros::attributes;
use super::value::Sql;

attributes! {
    /// An index: `pg_index`. The indexes of primary keys, unique and exclusion constraints are
    /// part of those.
    Index {
        /// As `pg_get_indexdef` prints it: method, columns, operator classes, predicate.
        definition: Sql,
        /// False after a failed `CREATE INDEX CONCURRENTLY`.
        valid: bool,
        /// The partitioned index that it is a partition of.
        partition_of: Option<String>,
        /// `column number: target`, for those columns that have one.
        statistics_targets: Vec<String>,
        /// Tablespace, if it is not the database's own.
        tablespace: Option<String>,
        /// `DEPENDS ON EXTENSION`.
        extensions: Vec<String>,
        /// `COMMENT ON INDEX`.
        comment: Option<String>,
    }
}
