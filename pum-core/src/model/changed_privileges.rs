use super::macros::attributes;
use super::privileges::Privileges;

attributes! {
    /// Privileges on a built-in object or a member of an extension that are no longer those of
    /// `initdb` or of its extension: `pg_init_privs`.
    ChangedPrivileges {
        /// The extension whose member it is.
        extension: Option<String>,
        /// In what they differ from those.
        privileges: Privileges,
    }
}
