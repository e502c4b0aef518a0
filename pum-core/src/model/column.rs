use super::{Keyword, Privileges, Sql};

super::macros::attributes! {
    /// A column of a table or view, an attribute of a composite type: `pg_attribute`.
    Column {
        /// Which column of its table it is, from 1; dropped ones are not counted.
        position: Option<i64>,
        /// Type with its modifier, as `format_type` prints it.
        data_type: String,
        /// Collation, if it is not the type's own.
        collation: Option<String>,
        /// `NOT NULL`.
        not_null: bool,
        /// `not valid` or `no inherit`, of a `NOT NULL` since PostgreSQL 18.
        not_null_form: Option<String>,
        /// `DEFAULT`.
        default: Option<Sql>,
        /// `always` or `by default`, for identity columns.
        identity: Option<Keyword>,
        /// Expression of a generated column.
        generated: Option<Sql>,
        /// Whether a generated column is `VIRTUAL`.
        generated_virtual: bool,
        /// Storage strategy, if it is not the type's own.
        storage: Option<Keyword>,
        /// Compression method.
        compression: Option<Keyword>,
        /// `SET STATISTICS`.
        statistics_target: Option<i64>,
        /// `SET (…)`, options of a foreign table's column too.
        options: Vec<String>,
        /// Got from a parent table only.
        inherited: bool,
        /// `COMMENT ON COLUMN`.
        comment: Option<String>,
        /// Privileges granted on this column alone.
        privileges: Privileges,
    }
}
