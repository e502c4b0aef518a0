//! Options of a verification.

use std::time::Duration;

use super::Level;
use crate::connect::Settings;

/// How to verify a database.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct VerifyOptions {
    /// The level.
    pub level: Level,
    /// How many tables and indexes to check in parallel, each on its own connection.
    pub jobs: usize,
    /// How long to wait for a lock that another session holds on a table or index.
    pub lock_timeout: Duration,
    /// Another database to compare with. At every level, every table of both is read and hashed,
    /// each database in one snapshot.
    pub against: Option<Settings>,
}

impl Default for VerifyOptions {
    /// The standard level, two at once, five seconds for a lock.
    fn default() -> Self {
        Self {
            level: Level::Standard,
            jobs: 2,
            lock_timeout: Duration::from_secs(5),
            against: None,
        }
    }
}
