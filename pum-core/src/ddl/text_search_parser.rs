//! Text search parsers.

use super::not_written::not_written;

not_written! {
    TextSearchParser {
        start,
        get_token,
        end,
        headline,
        token_types,
        comment,
    }
}
