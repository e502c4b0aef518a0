//! Operator families.

use super::not_written::not_written;

not_written! {
    OperatorFamily {
        owner,
        members,
        comment,
    }
}
