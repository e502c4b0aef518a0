//! Notices of a server.

use std::sync::Arc;

use postgres::error::DbError;

/// Is given each notice of the server.
pub type NoticeHandler = Arc<dyn Fn(&DbError) + Send + Sync>;
