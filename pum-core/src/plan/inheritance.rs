//! The order of what tables inherit, and of partitions.

use super::graph::Graph;
use super::order::{columns_of, is_for_finish};
use super::partitions::indexes_of_partition;
use super::side::Side;
use super::step::Action;
use super::steps::is_retyped;
use crate::model::{
    Constraint, ConstraintType, Identity, Index, Inheritance, Kind, Model, Node, Table,
};

impl Graph<'_> {
    /// A column that is inherited comes with that of the parent; a table that comes later must find
    /// those of its parents, and with the types that its own have.
    pub(super) fn after_what_it_inherits(&mut self, at: usize, left: &Side, right: &Side) {
        let identity = &self.steps[at].identity;
        let own = columns_of(identity, &right.model);
        let columns = own.chain((identity.kind == Kind::Column).then(|| identity.clone()));
        for column in columns.flat_map(|column| right.model.inherited_from(&column)) {
            self.add(self.step(Action::Create, &column), at);
            if is_retyped(&column, &left.model, &right.model) {
                self.add(self.step(Action::Alter, &column), at);
            }
        }
    }

    /// A table leaves its parents before what it has of them changes there.
    pub(super) fn before_its_parents_change(&mut self, at: usize, left: &Side, right: &Side) {
        let identity = &self.steps[at].identity;
        let parents =
            |side: &Side| side.model.of::<Table>(identity).map(|it| it.inheritance.clone());
        let (Some(from), Some(to)) = (parents(left), parents(right)) else { return };
        if from == to {
            return;
        }
        // An index that comes again for another partitioned table is dropped with that of this one.
        for (part, index) in indexes_of_partition(identity, &left.model) {
            if self.step(Action::Create, &part).is_some() || right.model.get(&part).is_none() {
                self.add(self.step(Action::Drop, &index), at);
            }
        }
        let (is_partition, stay) = (matches!(to, Inheritance::Partition { .. }), to.parents());
        for parent in from.parents() {
            let Some(parent) = left.model.named(Kind::Table, parent) else { continue };
            let stays = stay.contains(&parent.identity.quoted_name());
            let parts =
                [left, right].map(|side| inheritable(&parent.identity, &side.model)).concat();
            let steps = parts.iter().flat_map(|part| {
                [Action::Create, Action::Alter, Action::Drop].map(|action| self.step(action, part))
            });
            let changes: Vec<usize> = steps.flatten().collect();
            for change in changes {
                match (stays, is_partition) {
                    (false, _) => self.add(Some(at), change),
                    // It only gets another bound.
                    (true, true) => self.add(Some(change), at),
                    (true, false) => {}
                }
            }
        }
    }

    /// A table that is there has its columns and checks before it inherits, and those that make place for
    /// it have left.
    fn join(&mut self, at: usize, left: &Side, right: &Side) {
        let identity = &self.steps[at].identity;
        self.add(self.step(Action::Alter, identity), at);
        for column in columns_of(identity, &right.model) {
            for action in [Action::Create, Action::Alter] {
                self.add(self.step(action, &column), at);
            }
        }
        for (constraint, own) in right.model.parts_of::<Constraint>(identity) {
            if own.constraint_type == ConstraintType::Check {
                self.add(self.step(Action::Create, constraint), at);
            }
        }
        let inheritance = |side: &'_ Side, table: &Identity| {
            side.model.of::<Table>(table).map(|it| it.inheritance.clone())
        };
        let Some(Inheritance::Partition { of, .. }) = inheritance(right, identity) else { return };
        for (other, table) in left.model.all_of::<Table>() {
            let is_beside = matches!(&table.inheritance, Inheritance::Partition { of: whole, .. } if *whole == of);
            if is_beside && inheritance(right, other).as_ref() != Some(&table.inheritance) {
                self.add(self.step(Action::Alter, other), at);
            }
        }
    }

    /// A new partitioned table gets its partitions before its keys and indexes, or the server would
    /// make those of the partitions. Where they are there, a partition has its own before.
    pub(super) fn attach(&mut self, at: usize, left: &Side, right: &Side) {
        let identity = &self.steps[at].identity;
        self.add(self.step(Action::Create, identity), at);
        self.after_what_it_inherits(at, left, right);
        if left.model.get(identity).is_some() {
            self.join(at, left, right);
        }
        let node = Node::object(identity.clone());
        let parents = right
            .dependencies
            .needs(&node)
            .filter(|(needed, kind)| is_for_finish(&node, needed, *kind, &right.model));
        let parents: Vec<Identity> = parents.map(|(needed, _)| needed.identity.clone()).collect();
        for parent in parents {
            for maker in self.makers(&parent, &right.model) {
                self.add(Some(maker), at);
            }
            // It hands on what it gets itself: since 17 identity columns.
            self.add(self.step(Action::Attach, &parent), at);
            let is_new = self.step(Action::Create, &parent).is_some();
            let whole = if is_new { &parent } else { identity };
            for part in self.parts.get(whole).cloned().unwrap_or_default() {
                let own = &self.steps[part].identity;
                let is_check = right
                    .model
                    .of::<Constraint>(own)
                    .is_some_and(|it| it.constraint_type == ConstraintType::Check);
                // The server would attach it to an index of the partitioned table that is like it.
                let is_own_index =
                    right.model.of::<Index>(own).is_some_and(|index| index.partition_of.is_none());
                if is_new && !is_check || !is_new && is_own_index {
                    self.add(Some(at), part);
                } else {
                    self.add(Some(part), at);
                }
            }
        }
    }
}

/// The columns and checks of a table.
fn inheritable(table: &Identity, model: &Model) -> Vec<Identity> {
    let checks = model.parts_of::<Constraint>(table);
    let checks = checks.filter(|(_, it)| it.constraint_type == ConstraintType::Check);
    columns_of(table, model).chain(checks.map(|(check, _)| check.clone())).collect()
}
