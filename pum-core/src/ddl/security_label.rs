//! Security labels.

use super::not_written::not_written;

not_written! {
    SecurityLabel {
        label,
    }
}
