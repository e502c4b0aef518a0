use super::macros::attributes;
use super::privileges::Privileges;
use super::value::Sql;

attributes! {
    /// A domain: `pg_type` of typtype `d`. Its `CHECK`s are constraints.
    Domain {
        /// The owning role.
        owner: String,
        /// The type beneath, with its modifier.
        data_type: String,
        /// Collation, if it is not the type's own.
        collation: Option<String>,
        /// `NOT NULL`.
        not_null: bool,
        /// `DEFAULT`.
        default: Option<Sql>,
        /// `COMMENT ON DOMAIN`.
        comment: Option<String>,
        /// Granted privileges.
        privileges: Privileges,
    }
}
