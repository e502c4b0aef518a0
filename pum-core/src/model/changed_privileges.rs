super::macros::attributes! {
    /// Privileges on a built-in object or a member of an extension that are no longer those of
    /// `initdb` or of its extension: `pg_init_privs`.
    ChangedPrivileges {
        /// Granted privileges.
        privileges: Vec<String>,
    }
}
