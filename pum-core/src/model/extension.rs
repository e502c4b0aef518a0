use super::macros::attributes;

attributes! {
    /// An extension: `pg_extension`. Its members belong to it and are not listed.
    Extension {
        /// The schema its members are in.
        schema: String,
        /// Installed version.
        version: String,
        /// The version that its server installs by default: a property of the server, which is
        /// never compared.
        default_version: Option<String>,
        /// Whether it cannot be moved to another schema (`extrelocatable` is false): a property of its
        /// version, which is never compared.
        not_relocatable: bool,
        /// `COMMENT ON EXTENSION`.
        comment: Option<String>,
    }
}
