use super::macros::attributes;

attributes! {
    /// A conversion between encodings: `pg_conversion`.
    Conversion {
        /// The owning role.
        owner: String,
        /// What it reads.
        source_encoding: String,
        /// What it writes.
        target_encoding: String,
        /// Its function.
        function: String,
        /// `DEFAULT`.
        default: bool,
        /// `COMMENT ON CONVERSION`.
        comment: Option<String>,
    }
}
