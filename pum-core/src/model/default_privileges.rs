use super::macros::attributes;
use super::privileges::Privileges;

attributes! {
    /// Default privileges: `pg_default_acl`.
    DefaultPrivileges {
        /// Granted privileges.
        privileges: Privileges,
    }
}
