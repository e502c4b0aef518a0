use super::macros::attributes;

attributes! {
    /// A text search configuration: `pg_ts_config`.
    TextSearchConfiguration {
        /// The owning role.
        owner: String,
        /// Its parser.
        parser: String,
        /// `token type: dictionaries`.
        mappings: Vec<String>,
        /// `COMMENT ON TEXT SEARCH CONFIGURATION`.
        comment: Option<String>,
    }
}
