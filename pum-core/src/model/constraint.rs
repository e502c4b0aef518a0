use super::macros::{attributes, words};
use super::value::Sql;

attributes! {
    /// A constraint of a table or domain: `pg_constraint`. `NOT NULL` is an attribute of its
    /// column, and the copies of foreign keys that partitions get are not listed: they cannot be
    /// named.
    Constraint {
        /// `primary key`, `unique`, `foreign key`, `check` or `exclusion`.
        constraint_type: ConstraintType,
        /// As `pg_get_constraintdef` prints it: columns, expression, actions, deferrability;
        /// without `NOT VALID`.
        definition: Sql,
        /// False for `NOT VALID`.
        validated: bool,
        /// Got from a parent table only.
        inherited: bool,
        /// The constraint or the plain index of the partitioned table that the index of this one is a
        /// partition of.
        partition_of: Option<String>,
        /// `WITH (…)` of its index.
        storage_parameters: Vec<String>,
        /// Tablespace of its index, if it is not the database's own.
        tablespace: Option<String>,
        /// `COMMENT ON INDEX` of its index.
        index_comment: Option<String>,
        /// `COMMENT ON CONSTRAINT`.
        comment: Option<String>,
    }
}

words! {
    /// What sort of constraint it is: `pg_constraint.contype`.
    ConstraintType {
        /// `PRIMARY KEY`.
        PrimaryKey = "primary key",
        /// `UNIQUE`.
        Unique = "unique",
        /// `FOREIGN KEY`.
        ForeignKey = "foreign key",
        /// `CHECK`.
        Check = "check",
        /// `EXCLUDE`.
        Exclusion = "exclusion",
    }
}
