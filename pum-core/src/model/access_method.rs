use super::Keyword;

super::macros::attributes! {
    /// An access method: `pg_am`.
    AccessMethod {
        /// `table` or `index`.
        method_type: Keyword,
        /// Handler function.
        handler: String,
        /// `COMMENT ON ACCESS METHOD`.
        comment: Option<String>,
    }
}
