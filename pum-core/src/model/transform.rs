use super::macros::attributes;

attributes! {
    /// A transform of a type for a language: `pg_transform`.
    Transform {
        /// `FROM SQL WITH FUNCTION`.
        from_sql: Option<String>,
        /// `TO SQL WITH FUNCTION`.
        to_sql: Option<String>,
        /// `COMMENT ON TRANSFORM`.
        comment: Option<String>,
    }
}
