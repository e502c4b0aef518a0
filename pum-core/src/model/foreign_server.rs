use super::macros::attributes;
use super::privileges::Privileges;
use super::value::Secrets;

attributes! {
    /// A foreign server: `pg_foreign_server`.
    ForeignServer {
        /// The owning role.
        owner: String,
        /// Its wrapper.
        foreign_data_wrapper: String,
        /// `TYPE`.
        server_type: Option<String>,
        /// `VERSION`.
        version: Option<String>,
        /// `OPTIONS (…)` without passwords.
        options: Vec<String>,
        /// Passwords and the like among the options. They are compared and never shown.
        secrets: Secrets,
        /// `COMMENT ON SERVER`.
        comment: Option<String>,
        /// Granted privileges.
        privileges: Privileges,
    }
}
