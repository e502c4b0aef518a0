use super::made::Made;
use super::{alter, drop, enum_value, index, lock, maintenance, rows};
use crate::delta::LintRule;
use crate::delta::Reader;

/// What a check found in a statement.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Hit {
    pub(super) rule: LintRule,
    /// Where, in the statement.
    pub(super) at: usize,
    /// What the rule is about, such as a table.
    pub(super) what: String,
}

/// Looks at a statement, knowing what the script did before it.
pub(super) type Check = fn(Reader<'_, '_>, &Made) -> Vec<Hit>;

/// All checks.
pub(super) const CHECKS: &[Check] = &[
    index::look,
    alter::look,
    drop::look,
    rows::look,
    maintenance::look,
    enum_value::look,
    lock::look,
];
