//! Options of the command that verifies a database.

use std::time::Duration;

use clap::{Args, ValueEnum};
use pum_core::delta::parse_time_limit;

use super::Format;

/// How much to check.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Level {
    /// Checks of the catalogs.
    Quick,
    /// Also every table read, and the structure of tables and indexes.
    #[default]
    Standard,
    /// Also every row looked up in every index, and a hash of each table.
    Deep,
}

impl From<Level> for pum_core::verify::Level {
    fn from(level: Level) -> Self {
        match level {
            Level::Quick => Self::Quick,
            Level::Standard => Self::Standard,
            Level::Deep => Self::Deep,
        }
    }
}

#[derive(Debug, Args)]
pub(crate) struct Verify {
    /// Database. Default: production of pum.toml.
    #[arg(value_name = "A")]
    pub(crate) database: Option<String>,
    /// Compare with another database: rows, hashes of tables, sequences.
    #[arg(long, value_name = "B", conflicts_with = "all")]
    pub(crate) against: Option<String>,
    /// All databases of the server.
    #[arg(long)]
    pub(crate) all: bool,
    /// How much to check.
    #[arg(long, value_enum, default_value_t)]
    pub(crate) level: Level,
    /// How many tables and indexes to check at once, each on its own connection. Default: one per
    /// processor, at most 4.
    #[arg(short, long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=256))]
    pub(crate) jobs: Option<u16>,
    /// How long to wait for a lock on a table or index, such as 5s.
    #[arg(long, value_name = "TIME", value_parser = parse_time_limit)]
    pub(crate) lock_timeout: Option<Duration>,
    /// Format of the report.
    #[arg(long, value_enum, default_value_t)]
    pub(crate) format: Format,
}
