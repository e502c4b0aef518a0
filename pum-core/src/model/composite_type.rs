use super::macros::attributes;
use super::privileges::Privileges;

attributes! {
    /// A composite type that is not the row type of a table: `pg_class` of relkind `c`. Its
    /// attributes are columns.
    CompositeType {
        /// The owning role.
        owner: String,
        /// `COMMENT ON TYPE`.
        comment: Option<String>,
        /// Granted privileges.
        privileges: Privileges,
    }
}
