use super::Sql;

super::macros::attributes! {
    /// A constraint of a table: `pg_constraint`. `NOT NULL` is an attribute of its column, and the
    /// copies that partitions get are not listed.
    Constraint {
        /// `primary key`, `unique`, `foreign key`, `check` or `exclusion`.
        constraint_type: String,
        /// As `pg_get_constraintdef` prints it: columns, expression, actions, deferrability.
        definition: Sql,
        /// False for `NOT VALID`.
        validated: bool,
        /// Got from a parent table only.
        inherited: bool,
        /// `COMMENT ON CONSTRAINT`.
        comment: Option<String>,
    }
}
