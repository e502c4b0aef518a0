use super::macros::attributes;

attributes! {
    /// An operator family: `pg_opfamily`. The arguments of its identity are its index method.
    OperatorFamily {
        /// The owning role.
        owner: String,
        /// Operators and support functions that belong to none of its classes.
        members: Vec<String>,
        /// `COMMENT ON OPERATOR FAMILY`.
        comment: Option<String>,
    }
}
