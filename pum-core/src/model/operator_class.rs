use super::macros::attributes;

attributes! {
    /// An operator class: `pg_opclass`. The arguments of its identity are its index method.
    OperatorClass {
        /// The owning role.
        owner: String,
        /// The indexed type.
        data_type: String,
        /// The family it is in.
        family: String,
        /// `DEFAULT`.
        default: bool,
        /// `STORAGE`.
        key_type: Option<String>,
        /// Operators and support functions that came with it.
        members: Vec<String>,
        /// `COMMENT ON OPERATOR CLASS`.
        comment: Option<String>,
    }
}
