//! Conversions between encodings.

use super::not_written::not_written;

not_written! {
    Conversion {
        owner,
        source_encoding,
        target_encoding,
        function,
        default,
        comment,
    }
}
