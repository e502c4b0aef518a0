//! Transforms of types for languages.

use super::not_written::not_written;

not_written! {
    Transform {
        from_sql,
        to_sql,
        comment,
    }
}
