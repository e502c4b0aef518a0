use super::macros::attributes;

attributes! {
    /// A text search dictionary: `pg_ts_dict`.
    TextSearchDictionary {
        /// The owning role.
        owner: String,
        /// Its template.
        template: String,
        /// Its options, as they were written.
        options: Option<String>,
        /// `COMMENT ON TEXT SEARCH DICTIONARY`.
        comment: Option<String>,
    }
}
