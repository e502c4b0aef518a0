//! The findings and exclusions of a check.

/// The severity of a finding.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// Something is broken or puts data at risk.
    Finding,
    /// Something to know about; the database is intact nevertheless.
    Note,
}

impl Severity {
    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Finding => "finding",
            Self::Note => "note",
        }
    }
}

/// A problem in a database.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Finding {
    /// Its severity.
    pub severity: Severity,
    /// The kind of object, and its name as written in SQL: `index app."my index"`.
    pub object: String,
    /// The problem.
    pub problem: String,
    /// The fix, if known; often a statement.
    pub remedy: Option<String>,
}

/// Something that was not checked.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub struct Skip {
    /// The object, as in [`Finding::object`]; if `None`, everything that the check covers.
    pub object: Option<String>,
    /// The reason.
    pub reason: String,
}

/// The contents of a table.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct TableContent {
    /// Its name as written in SQL, with its schema.
    pub name: String,
    /// The number of rows.
    pub rows: u64,
    /// A hash of all rows that does not depend on the order of rows and columns, if requested.
    pub hash: Option<String>,
}

/// The state of a sequence.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct SequenceState {
    /// Its name as written in SQL, with its schema.
    pub name: String,
    /// The last value returned, or the first one to be returned.
    pub last_value: i64,
    /// Whether that value was already returned.
    pub is_called: bool,
}
