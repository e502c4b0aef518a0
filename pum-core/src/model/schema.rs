use super::macros::attributes;
use super::privileges::Privileges;

attributes! {
    /// A schema: `pg_namespace`.
    Schema {
        /// The owning role; `default` for the schema `public` as `initdb` made it.
        owner: String,
        /// `COMMENT ON SCHEMA`.
        comment: Option<String>,
        /// Granted privileges; `default` for the schema `public` as `initdb` made it.
        privileges: Privileges,
    }
}
