//! Operator classes.

use super::not_written::not_written;

not_written! {
    OperatorClass {
        owner,
        data_type,
        family,
        default,
        key_type,
        members,
        comment,
    }
}
