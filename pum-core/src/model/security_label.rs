use super::macros::attributes;

attributes! {
    /// A security label: `pg_seclabel`. The arguments of its identity are its provider.
    SecurityLabel {
        /// The label.
        label: String,
    }
}
