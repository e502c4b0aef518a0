//! Tables that must be re-created, with their rows: those that become partitioned or cease to be, that get
//! another partition key or another type for a column of it, or whose columns are to be inherited.

use std::collections::{BTreeMap, BTreeSet};

use super::decided::{Decided, Reason, parent_identity, partition_of, parts_of};
use super::side::Side;
use crate::ddl;
use crate::model::{
    Column, Constraint, ConstraintType, DependencyKind, Identity, Inheritance, Kind, Model, Node,
    Sequence, SequenceOwner, Table, TableKind,
};

impl Decided {
    /// Finds the tables that are re-created for what is different of them.
    pub(super) fn find_refilled(
        &mut self,
        changed: &BTreeMap<Identity, Vec<&'static str>>,
        (left, right): (&Side, &Side),
    ) {
        let mut tables = BTreeSet::new();
        for (identity, attributes) in changed {
            let is_changed = |names: &[&str]| attributes.iter().any(|it| names.contains(it));
            match identity.kind {
                Kind::Table if is_changed(&["relation", "partition_key"]) => {
                    tables.insert(identity.clone());
                }
                Kind::Column if is_changed(&["data_type", "collation"]) => {
                    tables.extend(table_by_key(identity, left));
                }
                _ => {}
            }
        }
        tables.extend(tables_by_inheritance(left, right));
        for table in tables {
            let is_foreign = |side: &Side| {
                let own = side.model.of::<Table>(&table);
                own.is_some_and(|it| it.relation == TableKind::ForeignTable)
            };
            if is_foreign(left) && is_foreign(right) {
                self.rebuild(table, Reason::Itself);
            } else {
                self.refill(&table, left, right);
            }
        }
    }

    /// Re-creates a table, with its partitions and its rows. Gives what is re-created.
    pub(super) fn refill(&mut self, table: &Identity, left: &Side, right: &Side) -> Vec<Identity> {
        let root = root_of(table, &left.model);
        let before = with_partitions(&root, &left.model);
        let after = with_partitions(&root, &right.model);
        let is_foreign = |model: &Model, table: &Identity| {
            model.of::<Table>(table).is_some_and(|it| it.relation == TableKind::ForeignTable)
        };
        if before.iter().any(|it| is_foreign(&left.model, it))
            || after.iter().any(|it| is_foreign(&right.model, it))
        {
            // Its rows are elsewhere.
            return Vec::new();
        }
        let mut recreated = Vec::new();
        for member in &before {
            if self.refilled.contains_key(member) {
                continue;
            }
            let stays = after.contains(member);
            if !stays && !self.dropped.contains(member) {
                // It is detached, with its rows.
                continue;
            }
            for part in parts_of(member, &left.model) {
                // Their names are those of the new ones.
                if goes_before(&part, &left.model) {
                    self.dropped_before.insert(part);
                }
            }
            if !stays {
                continue;
            }
            let reason =
                if *member == root { Reason::Itself } else { Reason::DependsOn(root.clone()) };
            self.rebuild(member.clone(), reason);
            self.refilled.insert(member.clone(), root.clone());
            recreated.push(member.clone());
            for part in parts_of(member, &left.model) {
                self.converted.remove(&part);
                if right.model.get(&part).is_some() {
                    self.rebuild(part.clone(), Reason::DependsOn(member.clone()));
                    recreated.push(part);
                } else {
                    self.dropped.insert(part);
                }
            }
            for (sequence, from, to) in sequences_of(member, left, right) {
                if is_identity(from) || is_identity(to) {
                    self.rebuild(sequence.clone(), Reason::DependsOn(member.clone()));
                    recreated.push(sequence.clone());
                }
            }
        }
        recreated
    }

    /// The sequences that stay belong to none while their columns are re-created.
    pub(super) fn keep_sequences(&mut self, left: &Side, right: &Side) {
        let tables: Vec<Identity> = self.refilled.keys().cloned().collect();
        for table in tables {
            for (sequence, from, to) in sequences_of(&table, left, right) {
                if is_identity(from) || is_identity(to) {
                    continue;
                }
                let by_none = ddl::own_by_none(sequence);
                let altered = self.altered.entry(sequence.clone()).or_default();
                if !altered.contains(&by_none) {
                    altered.insert(0, by_none);
                }
                if let SequenceOwner::Column(_) = to.owner_column {
                    self.owned_again.insert(sequence.clone());
                }
            }
        }
    }

    /// The table with whose rows those of a table are copied, if it is re-created with them.
    pub(super) fn refilled_with(&self, table: &Identity) -> Option<&Identity> {
        self.refilled.get(table)
    }
}

/// The tables of which a column of its own is to be only inherited, or the reverse while the parent
/// keeps it; and those that are to inherit from another table what they do not have.
fn tables_by_inheritance(left: &Side, right: &Side) -> Vec<Identity> {
    let columns = right.model.all_of::<Column>().filter(|(identity, to)| {
        let (from, models) = (left.model.of::<Column>(identity), (&left.model, &right.model));
        match from.map(|from| from.inherited) {
            Some(true) => !to.inherited && !ddl::becomes_local(identity, models.0, models.1),
            Some(false) => to.inherited,
            None => to.inherited && ddl::is_needed_to_join(identity, models.0, models.1),
        }
    });
    let checks = right.model.all_of::<Constraint>().filter(|(identity, to)| {
        to.inherited
            && left.model.get(identity).is_none()
            && ddl::is_needed_to_join(identity, &left.model, &right.model)
    });
    let parts = columns.map(|(column, _)| column).chain(checks.map(|(check, _)| check));
    let tables = parts.filter_map(|part| {
        let table = parent_identity(part, &right.model)?;
        let of_partition = |side: &Side| {
            let own = side.model.of::<Table>(&table);
            own.is_some_and(|it| matches!(it.inheritance, Inheritance::Partition { .. }))
        };
        let stays = left.model.of::<Table>(&table).is_some();
        (stays && !of_partition(left) && !of_partition(right)).then_some(table)
    });
    tables.collect()
}

/// The sequences of the columns of a table that are there afterwards too.
fn sequences_of<'m>(
    table: &Identity,
    left: &'m Side,
    right: &'m Side,
) -> Vec<(&'m Identity, &'m Sequence, &'m Sequence)> {
    let columns: BTreeSet<String> =
        left.model.parts_of::<Column>(table).map(|(column, _)| column.quoted_name()).collect();
    let all = left.model.all_of::<Sequence>();
    let own = all.filter(|(_, it)| it.owner_column.column().is_some_and(|it| columns.contains(it)));
    own.filter_map(|(sequence, from)| Some((sequence, from, right.model.of::<Sequence>(sequence)?)))
        .collect()
}

fn is_identity(sequence: &Sequence) -> bool {
    matches!(sequence.owner_column, SequenceOwner::IdentityColumn(_))
}

/// The partitioned table that a table is a part of, by however many partitions; or the table itself.
pub(super) fn root_of(table: &Identity, model: &Model) -> Identity {
    let mut root = table;
    while let Some(Inheritance::Partition { of, .. }) =
        model.of::<Table>(root).map(|table| &table.inheritance)
        && let Some(whole) = model.named(Kind::Table, of)
    {
        root = &whole.identity;
    }
    root.clone()
}

/// A table with its partitions, and theirs.
pub(super) fn with_partitions(table: &Identity, model: &Model) -> Vec<Identity> {
    let mut all = vec![table.clone()];
    let mut at = 0;
    while let Some(whole) = all.get(at).map(Identity::quoted_name) {
        let is_partition = |(_, table): &(&Identity, &Table)| matches!(&table.inheritance, Inheritance::Partition { of, .. } if *of == whole);
        let partitions = model.all_of::<Table>().filter(is_partition);
        all.extend(partitions.map(|(identity, _)| identity.clone()));
        at += 1;
    }
    all
}

/// The table that must be re-created to give a column another type: it is in its partition key, or in
/// that of one of its partitions.
pub(super) fn table_by_key(column: &Identity, left: &Side) -> Option<Identity> {
    left.model.parent_of::<Table>(column)?;
    let table = parent_identity(column, &left.model)?;
    let is_in_key = |table: &Identity| {
        let (schema, parent) = (table.schema.clone(), Some(table.name.clone()));
        let own = Node::object(Identity { schema, parent, ..column.clone() });
        let mut wholes = left.dependencies.needs(&own);
        wholes.any(|(whole, kind)| {
            kind == DependencyKind::Internal && whole.identity.kind == Kind::Table
        })
    };
    with_partitions(&table, &left.model).iter().any(is_in_key).then(|| root_of(&table, &left.model))
}

/// Whether a part of a table goes before it: it has a name among the relations of its schema.
fn goes_before(part: &Identity, model: &Model) -> bool {
    let is_own = partition_of(part, model).is_none();
    match part.kind {
        Kind::Index => is_own,
        // A foreign key may refer to what is re-created too.
        Kind::Constraint => model.of::<Constraint>(part).is_some_and(|constraint| {
            let is_foreign_key = constraint.constraint_type == ConstraintType::ForeignKey;
            is_own && (constraint.has_index() || is_foreign_key && !constraint.inherited)
        }),
        _ => false,
    }
}
