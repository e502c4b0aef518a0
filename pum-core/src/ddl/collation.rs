//! Collations.

use super::not_written::not_written;

not_written! {
    Collation {
        owner,
        provider,
        lc_collate,
        lc_ctype,
        locale,
        rules,
        deterministic,
        comment,
    }
}
