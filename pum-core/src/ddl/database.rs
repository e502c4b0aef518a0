//! The database as a whole.

use super::not_written::not_written;

not_written! {
    Database {
        owner,
        encoding,
        locale_provider,
        lc_collate,
        lc_ctype,
        locale,
        icu_rules,
        settings,
        role_settings,
        connection_limit,
        comment,
        privileges,
    }
}
