use super::letters::Storage;
use super::macros::{attributes, words};
use super::privileges::Privileges;
use super::value::Sql;

attributes! {
    /// A base type, or a shell type that is only announced: `pg_type` of typtype `b` and `p`.
    BaseType {
        /// The owning role.
        owner: String,
        /// False for a shell type.
        defined: bool,
        /// Input function.
        input: Option<String>,
        /// Output function.
        output: Option<String>,
        /// Binary input function.
        receive: Option<String>,
        /// Binary output function.
        send: Option<String>,
        /// Function that reads type modifiers.
        modifier_input: Option<String>,
        /// Function that prints type modifiers.
        modifier_output: Option<String>,
        /// Function for `ANALYZE`.
        analyze: Option<String>,
        /// Function for subscripts.
        subscript: Option<String>,
        /// Length in bytes; -1 and -2 for variable ones.
        length: Option<i64>,
        /// Whether values are passed by value.
        by_value: bool,
        /// `char`, `int2`, `int4` or `double`.
        alignment: Alignment,
        /// `plain`, `external`, `extended` or `main`.
        storage: Storage,
        /// Category letter.
        category: String,
        /// Whether it is preferred in its category.
        preferred: bool,
        /// `DEFAULT`.
        default: Option<Sql>,
        /// Type of its elements.
        element: Option<String>,
        /// What stands between elements of its arrays.
        delimiter: String,
        /// `COLLATABLE`.
        collatable: bool,
        /// `COMMENT ON TYPE`.
        comment: Option<String>,
        /// Granted privileges.
        privileges: Privileges,
    }
}

words! {
    /// How values of a type are aligned: `pg_type.typalign`.
    Alignment {
        /// Not at all.
        Char = "char",
        /// To two bytes.
        Int2 = "int2",
        /// To four bytes.
        Int4 = "int4",
        /// To eight bytes.
        Double = "double",
    }
}
