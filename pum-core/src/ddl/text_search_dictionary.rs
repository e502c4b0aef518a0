//! Text search dictionaries.

use super::not_written::not_written;

not_written! {
    TextSearchDictionary {
        owner,
        template,
        options,
        comment,
    }
}
