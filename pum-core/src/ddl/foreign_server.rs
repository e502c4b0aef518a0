//! Foreign servers.

use super::not_written::not_written;

not_written! {
    ForeignServer {
        owner,
        foreign_data_wrapper,
        server_type,
        version,
        options,
        secrets,
        comment,
        privileges,
    }
}
