//! Tables of publications.

use super::not_written::not_written;

not_written! {
    PublicationTable {
        columns,
        condition,
    }
}
