use super::macros::attributes;

attributes! {
    /// A text search parser: `pg_ts_parser`.
    TextSearchParser {
        /// `START`.
        start: String,
        /// `GETTOKEN`.
        get_token: String,
        /// `END`.
        end: String,
        /// `HEADLINE`.
        headline: Option<String>,
        /// `LEXTYPES`.
        token_types: String,
        /// `COMMENT ON TEXT SEARCH PARSER`.
        comment: Option<String>,
    }
}
