use super::macros::attributes;
use super::privileges::Privileges;

attributes! {
    /// An enumeration type: `pg_enum`.
    EnumType {
        /// The owning role.
        owner: String,
        /// The values, in their order.
        labels: Vec<String>,
        /// `COMMENT ON TYPE`.
        comment: Option<String>,
        /// Granted privileges.
        privileges: Privileges,
    }
}
