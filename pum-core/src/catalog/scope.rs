use std::collections::BTreeSet;
use std::time::Duration;

use crate::model::Kind;

/// What to read.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Scope {
    /// Globs of the schemas to leave out. Where the database is not in UTF-8, schemas are read whose
    /// globs are not ASCII.
    pub exclude_schemas: Vec<String>,
    /// Kinds to leave out.
    pub exclude_kinds: BTreeSet<Kind>,
    /// Go on at a letter in a catalog that pum does not know.
    pub allow_unknown: bool,
    /// How long to wait for a lock that somebody holds. Reading needs the weakest one.
    pub lock_timeout: Duration,
}

impl Default for Scope {
    /// All kinds of all schemas; five seconds for a lock.
    fn default() -> Self {
        Self {
            exclude_schemas: Vec::new(),
            exclude_kinds: BTreeSet::new(),
            allow_unknown: false,
            lock_timeout: Duration::from_secs(5),
        }
    }
}
