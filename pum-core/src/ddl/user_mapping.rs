//! User mappings.

use super::not_written::not_written;

not_written! {
    UserMapping {
        options,
        secrets,
    }
}
