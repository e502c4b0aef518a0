use super::Keyword;

super::macros::attributes! {
    /// A cast: `pg_cast`.
    Cast {
        /// `without function`, `with inout` or `with function …`.
        method: Keyword,
        /// `explicit`, `assignment` or `implicit`.
        context: Keyword,
        /// `COMMENT ON CAST`.
        comment: Option<String>,
    }
}
