use super::macros::attributes;
use super::privileges::Privileges;

attributes! {
    /// A range type: `pg_range`. Its multirange type and its constructors belong to it.
    RangeType {
        /// The owning role.
        owner: String,
        /// The type of its bounds.
        subtype: String,
        /// Operator class that orders the bounds.
        operator_class: String,
        /// Collation that orders the bounds.
        collation: Option<String>,
        /// Function that brings a range to its canonical form.
        canonical: Option<String>,
        /// Function that tells how far two bounds are apart.
        subtype_diff: Option<String>,
        /// Name of its multirange type, if it is not called after the range.
        multirange: Option<String>,
        /// `COMMENT ON TYPE`.
        comment: Option<String>,
        /// Granted privileges.
        privileges: Privileges,
    }
}
