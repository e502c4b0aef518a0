//! What is verified.

use std::time::Duration;

use super::Level;
use crate::connect::Settings;

/// How to look at a database.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct VerifyOptions {
    /// How deep.
    pub level: Level,
    /// How many tables and indexes at once, each on a connection of its own.
    pub jobs: usize,
    /// How long to wait for a lock that somebody holds on a table or index.
    pub lock_timeout: Duration,
    /// Another database. Whatever the level, every table of both is read and hashed, each in one
    /// snapshot, and put side by side.
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
