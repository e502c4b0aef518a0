use super::steps::{Refusal, Step};
use super::variables::Variable;

/// How statements are run.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct MigrationOptions {
    /// The role that runs them, and so owns what they create.
    pub role: String,
    /// The major version of the server that runs them.
    pub major: u32,
}

impl MigrationOptions {
    /// For a role and a major version.
    pub fn new(role: impl Into<String>, major: u32) -> Self {
        Self { role: role.into(), major }
    }
}

/// The statements that bring one schema to another, as data.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct MigrationPlan {
    /// The steps, in the order in which they are run.
    pub steps: Vec<Step>,
    /// What cannot be done by statements.
    pub refused: Vec<Refusal>,
    /// What is left as it is: the order of columns.
    pub left_out: Vec<String>,
    /// The variables that stand for passwords in the statements.
    pub variables: Vec<Variable>,
}
