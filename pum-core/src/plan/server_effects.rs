//! What the server does of its own accord beside what a statement says.

use super::decided::{Decided, Reason, parent_identity};
use super::graph::Graph;
use super::side::Side;
use super::step::Action;
use crate::model::{Identity, Index, Inheritance, Operator, Table, quoted_name};

/// An operator as others name it that have it as commutator or negator.
fn operator_name(operator: &Identity) -> String {
    let Identity { schema, name, arguments, .. } = operator;
    let arguments = arguments.as_deref().unwrap_or_default().replace(", ", ",");
    format!("{}.{name}({arguments})", quoted_name([&**schema]))
}

/// Whether an operator has another one as commutator or negator.
fn names(operator: &Operator, other: &str) -> bool {
    [&operator.commutator, &operator.negator].iter().any(|it| it.as_deref() == Some(other))
}

/// The table of an index that is no partition of another one, if it is partitioned and `partition` becomes
/// one of its partitions that has no index attached to it.
fn lacks(index: (&Identity, &Index), partition: &Identity, left: &Side, right: &Side) -> bool {
    let (identity, own) = index;
    let Some(whole) = parent_identity(identity, &right.model) else { return false };
    let joins = |side: &Side| match side.model.of::<Table>(partition).map(|it| &it.inheritance) {
        Some(Inheritance::Partition { of, .. }) => *of == whole.quoted_name(),
        _ => false,
    };
    let name = identity.quoted_name();
    let mut attached = right.model.parts_of::<Index>(partition);
    own.partition_of.is_none()
        && joins(right)
        && !joins(left)
        && !attached.any(|(_, index)| index.partition_of.as_deref() == Some(&*name))
}

impl Decided {
    /// An operator of which the commutator or negator is dropped forgets that, also where it is to name one
    /// that there is not.
    pub(super) fn rebuild_forgetful_operators(&mut self, left: &Side, right: &Side) {
        let gone: Vec<(Identity, String)> = left
            .model
            .all_of::<Operator>()
            .filter(|(operator, _)| self.dropped.contains(*operator))
            .map(|(operator, _)| (operator.clone(), operator_name(operator)))
            .collect();
        for (identity, wanted) in right.model.all_of::<Operator>() {
            let is_there = left.model.of::<Operator>(identity).is_some_and(|own| {
                own.commutator == wanted.commutator && own.negator == wanted.negator
            });
            let named = gone.iter().find(|(_, name)| names(wanted, name));
            if let (true, Some((other, _)), false) = (is_there, named, self.goes(identity)) {
                self.rebuild(identity.clone(), Reason::DependsOn(other.clone()));
            }
        }
    }

    /// A table that becomes a partition gets an index of each that its partitioned table has. One that is
    /// invalid, as the partitions lack it, is created after that.
    pub(super) fn rebuild_indexes_that_partitions_lack(&mut self, left: &Side, right: &Side) {
        let mut found = Vec::new();
        for (identity, index) in right.model.all_of::<Index>() {
            if left.model.of::<Index>(identity).is_none() || self.goes(identity) {
                continue;
            }
            let mut partitions = right.model.all_of::<Table>().map(|(partition, _)| partition);
            let by = partitions.find(|it| lacks((identity, index), it, left, right));
            found.extend(by.map(|by| (identity.clone(), by.clone())));
        }
        for (index, partition) in found {
            self.rebuild(index, Reason::DependsOn(partition));
        }
    }
}

impl Graph<'_> {
    /// What is created again because of what the server does comes after that.
    pub(super) fn after_server_effects(&mut self, left: &Side, right: &Side) {
        for (at, step) in self.steps.iter().enumerate() {
            if step.action != Action::Create {
                continue;
            }
            if let Some(operator) = right.model.of::<Operator>(&step.identity) {
                for (other, _) in left.model.all_of::<Operator>() {
                    let is_new = right.model.of::<Operator>(other).is_none();
                    if is_new && names(operator, &operator_name(other)) {
                        self.add(self.step(Action::Drop, other), at);
                    }
                }
            }
            if let Some(index) = right.model.of::<Index>(&step.identity) {
                let partitions = right.model.all_of::<Table>().map(|(partition, _)| partition);
                let own = (&step.identity, index);
                for partition in partitions.filter(|it| lacks(own, it, left, right)) {
                    for action in [Action::Attach, Action::Alter, Action::Create] {
                        self.add(self.step(action, partition), at);
                    }
                }
            }
        }
    }
}
