use super::Privileges;

super::macros::attributes! {
    /// Default privileges: `pg_default_acl`.
    DefaultPrivileges {
        /// Granted privileges.
        privileges: Privileges,
    }
}
