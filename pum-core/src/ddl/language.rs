//! Procedural languages.

use super::not_written::not_written;

not_written! {
    Language {
        owner,
        trusted,
        handler,
        inline_handler,
        validator,
        comment,
        privileges,
    }
}
