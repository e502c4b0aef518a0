use super::script_state::ScriptState;
use crate::delta::{Reader, StatementKind};

/// A rule: its texts, and how a statement is checked for it.
#[derive(Debug)]
pub(super) struct RuleDefinition {
    /// What is risky.
    pub(super) risk: &'static str,
    /// What to write instead.
    pub(super) instead: &'static str,
    /// Finds what breaks the rule in a statement.
    pub(super) check: fn(&StatementContext<'_, '_>) -> Vec<Match>,
}

/// A statement of a script, with what the script did before it.
#[derive(Debug, Clone, Copy)]
pub(super) struct StatementContext<'t, 'a> {
    pub(super) kind: &'t StatementKind,
    pub(super) sql: &'t str,
    pub(super) reader: Reader<'t, 'a>,
    pub(super) state: &'t ScriptState,
}

impl StatementContext<'_, '_> {
    /// A match at the start of the statement, if there is a subject.
    pub(super) fn match_at_start(&self, subject: Option<String>) -> Vec<Match> {
        subject.map(|subject| Match { at: self.reader.at(), subject }).into_iter().collect()
    }
}

/// Where a statement breaks a rule.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Match {
    /// The offset in the statement, in bytes.
    pub(super) at: usize,
    /// What the rule is about, such as a table.
    pub(super) subject: String,
}
