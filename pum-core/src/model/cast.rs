super::macros::attributes! {
    /// A cast: `pg_cast`.
    Cast {
        /// `without function`, `with inout` or `with function …`.
        method: String,
        /// `explicit`, `assignment` or `implicit`.
        context: String,
        /// `COMMENT ON CAST`.
        comment: Option<String>,
    }
}
