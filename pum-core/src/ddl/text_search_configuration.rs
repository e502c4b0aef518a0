//! Text search configurations.

use super::not_written::not_written;

not_written! {
    TextSearchConfiguration {
        owner,
        parser,
        mappings,
        comment,
    }
}
