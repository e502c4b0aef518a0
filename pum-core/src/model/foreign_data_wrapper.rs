use super::macros::attributes;
use super::privileges::Privileges;
use super::value::Secrets;

attributes! {
    /// A foreign-data wrapper: `pg_foreign_data_wrapper`.
    ForeignDataWrapper {
        /// The owning role.
        owner: String,
        /// `HANDLER`.
        handler: Option<String>,
        /// `VALIDATOR`.
        validator: Option<String>,
        /// `OPTIONS (…)` without passwords.
        options: Vec<String>,
        /// Passwords and the like among the options. They are compared and never shown.
        secrets: Secrets,
        /// `COMMENT ON FOREIGN DATA WRAPPER`.
        comment: Option<String>,
        /// Granted privileges.
        privileges: Privileges,
    }
}
