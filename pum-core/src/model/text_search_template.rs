use super::macros::attributes;

attributes! {
    /// A text search template: `pg_ts_template`.
    TextSearchTemplate {
        /// `INIT`.
        init: Option<String>,
        /// `LEXIZE`.
        lexize: String,
        /// `COMMENT ON TEXT SEARCH TEMPLATE`.
        comment: Option<String>,
    }
}
