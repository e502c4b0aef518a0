//! Foreign-data wrappers.

use super::not_written::not_written;

not_written! {
    ForeignDataWrapper {
        owner,
        handler,
        validator,
        options,
        secrets,
        comment,
        privileges,
    }
}
