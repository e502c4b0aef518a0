//! Casts.

use super::not_written::not_written;

not_written! {
    Cast {
        method,
        context,
        comment,
    }
}
