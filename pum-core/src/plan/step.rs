//! A step of a plan: what is done with an object, and the statements that do it.

use std::fmt;

use super::placement::Placement;
use crate::model::Identity;
use crate::upgrade::LockMode;

/// Statements that are run together.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Step {
    /// What is done.
    pub action: Action,
    /// The object.
    pub identity: Identity,
    /// The statements, each with its semicolon.
    pub statements: Vec<String>,
    /// What they destroy that cannot be computed again.
    pub loss: Option<&'static str>,
    /// Whether what they do can only be used once it is committed.
    pub before_transaction: bool,
    /// With which others it is run.
    pub placement: Placement,
    /// What makes it necessary, where it is not different itself.
    pub because: Option<Identity>,
    /// The steps that must be done before, by their numbers from 0.
    pub needs: Vec<usize>,
    /// The strongest lock that it takes on a table that was there before, by the documentation of
    /// PostgreSQL; none if it takes none.
    pub lock: Option<LockMode>,
    /// Whether it may rewrite all rows of a table.
    pub may_rewrite: bool,
    /// The type that a column has, and the one that it gets. Where a domain is replaced by another one of
    /// its name, the types that they are over.
    pub types: Option<[String; 2]>,
    /// Why it is done as it is, where it was asked for in another way.
    pub remark: Option<String>,
}

impl Step {
    /// One without statements.
    pub(super) fn new(action: Action, identity: &Identity) -> Self {
        Self {
            action,
            identity: identity.clone(),
            statements: Vec::new(),
            loss: None,
            before_transaction: false,
            placement: Placement::Together,
            because: None,
            needs: Vec::new(),
            lock: None,
            may_rewrite: false,
            types: None,
            remark: None,
        }
    }
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} {}", self.action, self.identity)
    }
}

/// What a step does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Action {
    /// Gives objects other names.
    Rename,
    /// Drops the default of a column for a while.
    DropDefault,
    /// Turns the values of a column into texts while its type is re-created, or takes its query from a view
    /// before it is dropped.
    Park,
    /// Drops an object.
    Drop,
    /// Announces a type, or a view that needs itself.
    Shell,
    /// Creates an object.
    Create,
    /// Changes an object.
    Alter,
    /// Puts an object in the place of another one.
    Replace,
    /// Sets the default of a column.
    SetDefault,
    /// Makes a table a partition, or lets it inherit from others.
    Attach,
    /// Copies the rows of a table into the one that was created under its name, and drops the old one.
    CopyRows,
    /// Does what can be done once all that belongs to a new object is there.
    Finish,
}

/// What cannot be done.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Refusal {
    /// The object.
    pub identity: Identity,
    /// Why there is no statement.
    pub reason: String,
    /// Whether there is one if it is said how the values of the column are converted
    /// ([`PlanRequest::conversions`](super::PlanRequest::conversions)).
    pub needs_conversion: bool,
}
