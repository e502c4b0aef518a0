//! The findings and exclusions of a check.

/// How bad something is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// Something is broken, or data are at risk.
    Finding,
    /// Something that people should know; the database is whole nevertheless.
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

/// Something that is not as it should be.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Finding {
    /// How bad it is.
    pub severity: Severity,
    /// What sort of object, and its name as it stands in SQL: `index app."my index"`.
    pub object: String,
    /// The problem.
    pub problem: String,
    /// The way out, where there is one to name; often a statement.
    pub remedy: Option<String>,
}

/// Something that was not looked at.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub struct Skip {
    /// What, as in [`Finding::object`]; all that the check looks at if there is none.
    pub object: Option<String>,
    /// Why not.
    pub reason: String,
}

/// The contents of a table.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct TableContent {
    /// Its name as it stands in SQL, with its schema.
    pub name: String,
    /// How many rows.
    pub rows: u64,
    /// A hash of all rows that does not depend on the order of rows and columns, if one was asked
    /// for.
    pub hash: Option<String>,
}

/// Where a sequence stands.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct SequenceState {
    /// Its name as it stands in SQL, with its schema.
    pub name: String,
    /// The last value that it gave, or the first that it will give.
    pub last_value: i64,
    /// Whether it gave that value.
    pub is_called: bool,
}
