use super::macros::attributes;
use super::privileges::Privileges;

attributes! {
    /// A procedural language that is no member of an extension: `pg_language`.
    Language {
        /// The owning role.
        owner: String,
        /// `TRUSTED`.
        trusted: bool,
        /// Call handler function.
        handler: Option<String>,
        /// Function for `DO` blocks.
        inline_handler: Option<String>,
        /// Function that checks a new function.
        validator: Option<String>,
        /// `COMMENT ON LANGUAGE`.
        comment: Option<String>,
        /// Granted privileges.
        privileges: Privileges,
    }
}
