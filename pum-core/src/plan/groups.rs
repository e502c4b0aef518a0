//! What of a plan is run together.

use super::migration_plan::MigrationPlan;
use super::placement::Placement;
use super::step::Step;

/// Steps that are run together.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Group<'p> {
    /// Whether they are one transaction; otherwise each statement is one, or has none.
    pub is_transaction: bool,
    /// Whether they must be committed before the others, which use what they add.
    pub is_before: bool,
    /// The steps, in order.
    pub steps: Vec<&'p Step>,
}

impl MigrationPlan {
    /// Whether it is more than one transaction so that others can read and write tables meanwhile.
    pub fn is_online(&self) -> bool {
        self.steps.iter().any(|step| step.placement != Placement::Together)
    }

    /// The steps by what is run together, in order.
    pub fn groups(&self) -> Vec<Group<'_>> {
        let (before, others): (Vec<&Step>, Vec<&Step>) =
            self.steps.iter().partition(|step| step.before_transaction);
        let mut groups = Vec::new();
        if !before.is_empty() {
            groups.push(Group { is_transaction: false, is_before: true, steps: before });
        }
        for step in others {
            let is_transaction = step.placement != Placement::Alone;
            let joins = |last: &&mut Group<'_>| {
                !last.is_before
                    && last.is_transaction == is_transaction
                    && step.placement != Placement::NewTransaction
            };
            match groups.last_mut().filter(joins) {
                Some(last) => last.steps.push(step),
                None => groups.push(Group { is_transaction, is_before: false, steps: vec![step] }),
            }
        }
        groups
    }
}
