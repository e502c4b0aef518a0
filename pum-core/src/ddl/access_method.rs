//! Access methods.

use super::not_written::not_written;

not_written! {
    AccessMethod {
        method_type,
        handler,
        comment,
    }
}
