//! Text search templates.

use super::not_written::not_written;

not_written! {
    TextSearchTemplate {
        init,
        lexize,
        comment,
    }
}
