//! What steps lock and rewrite, by the documentation of PostgreSQL.

use super::step::{Action, Step};
use crate::model::{Identity, Kind, Model};
use crate::upgrade::{LockMode, may_rewrite, strongest_lock};

/// Says of each step what it does to what is there before it.
pub(super) fn add_effects(steps: &mut [Step], left: &Model) {
    for step in steps {
        if !is_of_relation(&step.identity) || !was_there(&step.identity, left) {
            continue;
        }
        let statements = step.statements.iter();
        step.lock = statements.clone().filter_map(|sql| strongest_lock(sql)).max();
        step.may_rewrite = match step.action {
            // What is re-created has nothing yet.
            Action::Create | Action::Drop => step.identity.kind == Kind::Column,
            Action::CopyRows => continue,
            _ => true,
        } && statements.clone().any(|sql| may_rewrite(sql));
    }
}

/// Whether a table or view is what it is, or belongs to.
fn is_of_relation(identity: &Identity) -> bool {
    use Kind::{
        Column, Constraint, Index, Policy, PublicationTable, Rule, Sequence, Statistics, Table,
        Trigger, View,
    };
    matches!(
        identity.kind,
        Column
            | Constraint
            | Index
            | Policy
            | PublicationTable
            | Rule
            | Sequence
            | Statistics
            | Table
            | Trigger
            | View
    )
}

/// Whether the table or view of an object is there before the plan.
fn was_there(identity: &Identity, left: &Model) -> bool {
    let Some(parent) = &identity.parent else {
        return left.get(identity).is_some() || identity.kind == Kind::Statistics;
    };
    let parent = |kind: Kind| Identity {
        kind,
        schema: identity.schema.clone(),
        parent: None,
        name: parent.clone(),
        arguments: None,
    };
    identity.kind == Kind::PublicationTable
        || [Kind::Table, Kind::View].iter().any(|kind| left.get(&parent(*kind)).is_some())
}

impl Step {
    /// Whether others cannot write the table meanwhile.
    pub fn blocks_writes(&self) -> bool {
        self.lock.is_some_and(LockMode::blocks_writes)
    }
}
