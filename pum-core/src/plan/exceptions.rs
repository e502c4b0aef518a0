//! What the dependencies of the server do not say of the order of steps.

use std::collections::HashMap;

use super::closure::needed_types;
use super::decided::{Decided, partition_of};
use super::graph::Graph;
use super::refill::with_partitions;
use super::side::Side;
use super::step::{Action, Step};
use crate::model::{
    ChangedPrivileges, Column, Constraint, ConstraintType, Identity, Inheritance, Kind, Node,
    Sequence, Table, quoted_name,
};

impl Graph<'_> {
    /// What is dropped with something else needs others too: a partition its schema and its types.
    pub(super) fn before_what_goes_with_it(&mut self, decided: &Decided, left: &Side) {
        for identity in decided.dropped.iter().chain(decided.rebuilt.keys()) {
            if self.step(Action::Drop, identity).is_some() {
                continue;
            }
            let Some(whole) = self.remover(identity, left) else { continue };
            let aside = Some(&self.steps[whole].identity).filter(|it| self.is_aside(it)).cloned();
            for node in [Node::object(identity.clone()), Node::default_of(identity.clone())] {
                let needed: Vec<Identity> = left
                    .dependencies
                    .needs(&node)
                    .map(|(needed, _)| needed.identity.clone())
                    .collect();
                for needed in needed {
                    if let Some(table) = &aside {
                        self.after_copying(table, &needed, decided, left);
                    } else if let Some(remover) = self.remover(&needed, left) {
                        self.add(Some(whole), remover);
                    }
                }
            }
        }
    }

    /// Whether the step that drops a table only puts it aside, until its rows are copied.
    pub(super) fn is_aside(&self, table: &Identity) -> bool {
        self.refilled.contains_key(table)
    }

    /// The step that copies the rows of a table that is re-created.
    pub(super) fn copy_of(&self, table: &Identity) -> Option<usize> {
        self.step(Action::CopyRows, self.refilled.get(table)?)
    }

    /// What a table that was put aside needs goes after its rows are copied.
    pub(super) fn after_copying(
        &mut self,
        table: &Identity,
        needed: &Identity,
        decided: &Decided,
        left: &Side,
    ) {
        let copied = self.copy_of(table);
        if decided.moved.contains(needed) {
            if let Some(last) = self.step(Action::Finish, needed) {
                self.add(copied, last);
            }
        } else if let Some(remover) = self.remover(needed, left)
            && !self.is_aside(&self.steps[remover].identity)
            && !decided.dropped_before.contains(&self.steps[remover].identity)
        {
            self.add(copied, remover);
        }
    }

    /// The rows are copied into the table with its partitions; then it gets its keys and indexes, and the
    /// triggers and rules that would act on the rows.
    pub(super) fn copy_rows(&mut self, at: usize, right: &Side) {
        let root = self.steps[at].identity.clone();
        let all = with_partitions(&root, &right.model);
        for table in &all {
            for action in [Action::Create, Action::Alter, Action::Attach] {
                self.add(self.step(action, table), at);
            }
            if self.step(Action::Create, table).is_none() {
                continue;
            }
            for (column, _) in right.model.parts_of::<Column>(table) {
                self.add(self.step(Action::SetDefault, column), at);
            }
            for part in self.parts.get(table).cloned().unwrap_or_default() {
                let check = right.model.of::<Constraint>(&self.steps[part].identity);
                let is_check = check.is_some_and(|it| it.constraint_type == ConstraintType::Check);
                if !is_check || all.len() == 1 {
                    self.add(Some(at), part);
                }
            }
            if let Some(last) = self.step(Action::Finish, table) {
                self.add(Some(at), last);
            }
        }
        let columns: Vec<String> =
            right.model.parts_of::<Column>(&root).map(|(it, _)| it.quoted_name()).collect();
        let is_own = |it: &Sequence| {
            it.owner_column.column().is_some_and(|it| columns.iter().any(|other| other == it))
        };
        for (sequence, _) in right.model.all_of::<Sequence>().filter(|(_, it)| is_own(it)) {
            self.add(self.step(Action::Create, sequence), at);
        }
    }

    /// A type that made place is dropped once no column has it.
    pub(super) fn convert(&mut self, decided: &Decided, left: &Side) {
        for (column, data_type) in &decided.converted {
            if let Some(last) = self.step(Action::Finish, data_type) {
                self.add(self.step(Action::Alter, column), last);
            }
        }
        for data_type in &decided.moved {
            let Some(last) = self.step(Action::Finish, data_type) else { continue };
            for needed in needed_types(data_type, left) {
                if let Some(after) = self.step(Action::Finish, &needed) {
                    self.add(Some(last), after);
                }
            }
        }
    }

    /// A constraint of a table's own is there before the one that it inherits is merged with it.
    pub(super) fn merge_constraints(&mut self, right: &Side) {
        let created =
            |step: &Step| step.identity.kind == Kind::Constraint && step.action == Action::Create;
        let mut by_name: HashMap<(&str, String), usize> = HashMap::new();
        for (at, step) in self.steps.iter().enumerate().filter(|(_, step)| created(step)) {
            if let Some(parent) = &step.identity.parent {
                let table = quoted_name([&*step.identity.schema, parent]);
                by_name.insert((&step.identity.name, table), at);
            }
        }
        let mut edges = Vec::new();
        for (at, step) in self.steps.iter().enumerate().filter(|(_, step)| created(step)) {
            let Some(table) = right.model.parent_of::<Table>(&step.identity) else { continue };
            let Inheritance::Parents(parents) = &table.inheritance else { continue };
            let inherited =
                parents.iter().filter_map(|it| by_name.get(&(&*step.identity.name, it.clone())));
            edges.extend(inherited.map(|other| (at, *other)));
        }
        for (before, after) in edges {
            self.add(Some(before), after);
        }
    }

    /// A constraint that a table has of its own and inherits is dropped after that of the parent.
    pub(super) fn part_constraints(&mut self, left: &Side) {
        for (at, step) in self.steps.iter().enumerate() {
            if step.action == Action::Drop && step.identity.kind == Kind::Constraint {
                for parent in left.model.inherited_from(&step.identity) {
                    self.add(self.step(Action::Drop, &parent), at);
                }
            }
        }
    }

    /// Privileges on the members of an extension come after it.
    pub(super) fn after_extensions(&mut self, right: &Side) {
        for (at, step) in self.steps.iter().enumerate() {
            let changed = right.model.of::<ChangedPrivileges>(&step.identity);
            let Some(extension) = changed.and_then(|changed| changed.extension.as_ref()) else {
                continue;
            };
            let makers = self.steps.iter().enumerate().filter(|(_, other)| {
                other.identity.kind == Kind::Extension
                    && other.identity.name == *extension
                    && other.action != Action::Drop
            });
            let makers: Vec<usize> = makers.map(|(maker, _)| maker).collect();
            for maker in makers {
                self.add(Some(maker), at);
            }
        }
    }

    /// A table gets the indexes that are those of its partitioned table before it becomes a partition,
    /// or the server would make its own; a partition loses them when it is one no more.
    pub(super) fn index_partitions(&mut self, left: &Side, right: &Side) {
        let inheritance = |side: &Side, table: &Identity| {
            side.model.of::<Table>(table).map(|table| table.inheritance.clone())
        };
        for (at, step) in self.steps.iter().enumerate() {
            let table = &step.identity;
            let (from, to) = (inheritance(left, table), inheritance(right, table));
            if step.action != Action::Alter || table.kind != Kind::Table || from == to {
                continue;
            }
            if let Some(Inheritance::Partition { .. }) = from {
                for (dropped, other) in self.steps.iter().enumerate() {
                    let is_part = other.action == Action::Drop
                        && other.identity.schema == table.schema
                        && other.identity.parent.as_deref() == Some(&*table.name);
                    if is_part && partition_of(&other.identity, &left.model).is_some() {
                        self.edges.remove(&(dropped, at));
                        self.edges.insert((at, dropped));
                    }
                }
            }
        }
    }

    /// What is taken out of an extension stays when that is dropped.
    pub(super) fn change_members(&mut self, decided: &Decided) {
        for member in decided.members.iter().filter(|member| !member.is_added) {
            let taken = self.step(Action::Alter, &member.object);
            if let Some(dropped) = self.step(Action::Drop, &member.extension) {
                self.add(taken, dropped);
            }
        }
    }
}
