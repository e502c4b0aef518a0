//! Changed privileges on what is built in or belongs to an extension.

use super::not_written::not_written;

not_written! {
    ChangedPrivileges {
        extension,
        privileges,
    }
}
