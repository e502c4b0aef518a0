use super::{Keyword, Privileges};

super::macros::attributes! {
    /// A sequence: `pg_sequence`.
    Sequence {
        /// The owning role.
        owner: String,
        /// `smallint`, `integer` or `bigint`.
        data_type: String,
        /// `START WITH`.
        start: Option<i64>,
        /// `INCREMENT BY`.
        increment: Option<i64>,
        /// `MINVALUE`.
        minimum: Option<i64>,
        /// `MAXVALUE`.
        maximum: Option<i64>,
        /// `CACHE`.
        cache: Option<i64>,
        /// `CYCLE`.
        cycle: bool,
        /// `permanent` or `unlogged`.
        persistence: Keyword,
        /// The column that owns it, as `schema.table.column`.
        owned_by: Option<String>,
        /// Whether it is an identity column's.
        identity: bool,
        /// `COMMENT ON SEQUENCE`.
        comment: Option<String>,
        /// Granted privileges.
        privileges: Privileges,
    }
}
