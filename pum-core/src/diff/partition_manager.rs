//! What makes and drops partitions.

/// What makes and drops partitions by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum PartitionManager {
    /// The extension `pg_partman`.
    PgPartman,
    /// `TimescaleDB`, with its hypertables and chunks.
    #[serde(rename = "timescaledb")]
    TimescaleDb,
}

impl PartitionManager {
    /// What it is called.
    pub fn name(self) -> &'static str {
        match self {
            Self::PgPartman => "pg_partman",
            Self::TimescaleDb => "TimescaleDB",
        }
    }
}
