use super::super::placement::Placement;

/// What becomes of a step.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Way {
    /// What is done where the step is.
    pub(super) first: Vec<String>,
    /// What is done after the transaction in which that is, in order.
    pub(super) later: Vec<Part>,
    /// Whether what needs the step needs its later parts too.
    pub(super) is_needed_whole: bool,
    /// Whether the later parts come after those of all others.
    pub(super) is_last: bool,
}

/// Statements that are run together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Part {
    pub(super) placement: Placement,
    pub(super) statements: Vec<String>,
}

impl Part {
    /// In a transaction of their own.
    pub(super) fn transaction(statements: Vec<String>) -> Self {
        Self { placement: Placement::NewTransaction, statements }
    }

    /// Without a transaction.
    pub(super) fn alone(statement: String) -> Self {
        Self { placement: Placement::Alone, statements: vec![statement] }
    }
}

impl Way {
    /// All of it is done later, and so is what needs the step.
    pub(super) fn later(parts: Vec<Part>) -> Self {
        let later = parts.into_iter().filter(|part| !part.statements.is_empty()).collect();
        Self { later, is_needed_whole: true, ..Self::default() }
    }
}
