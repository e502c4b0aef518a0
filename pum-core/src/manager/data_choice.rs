use serde::{Deserialize, Serialize};

/// Who decides what of production is dumped.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum DataChoice {
    /// The caller.
    Said(DumpedData),
    /// The size of production: everything as long as there is room for a copy, else its schema.
    BySize {
        /// The largest production that is rehearsed on with all its rows, in bytes.
        full_up_to: u64,
    },
}

impl DataChoice {
    /// Where nothing else is said: 50 GB.
    pub const FULL_UP_TO: u64 = 50_000_000_000;
}

/// What of production is dumped, and so rehearsed on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DumpedData {
    /// Everything.
    All,
    /// The schema, the upgrades table, and the data of tables that matter, as globs on
    /// `schema.table`. Such a dump is no backup.
    Only(Vec<String>),
}
