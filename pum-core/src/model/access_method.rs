use super::macros::{attributes, words};

attributes! {
    /// An access method: `pg_am`.
    AccessMethod {
        /// `table` or `index`.
        method_type: AccessMethodType,
        /// Handler function.
        handler: String,
        /// `COMMENT ON ACCESS METHOD`.
        comment: Option<String>,
    }
}

words! {
    /// What an access method is for: `pg_am.amtype`.
    AccessMethodType {
        /// Tables.
        Table = "table",
        /// Indexes.
        Index = "index",
    }
}
