//! What becomes of the indexes and constraints of partitions and of tables that inherit.

use super::decided::{Decided, Reason, parent_identity, partition_of, parts_of};
use super::side::Side;
use crate::ddl::{self, Schemas};
use crate::model::{
    Constraint, ConstraintType, Identity, Index, Inheritance, Kind, Model, Table, split_quoted,
};

impl Decided {
    /// A table that becomes a partition has its own indexes afterwards, or the server would attach one of
    /// them where another one like it is wanted.
    pub(super) fn rebuild_indexes_like_attached_ones(&mut self, left: &Side, right: &Side) {
        let parents = |side: &Side, table: &Identity| {
            side.model.of::<Table>(table).map(|table| table.inheritance.parents().to_vec())
        };
        for (index, own) in left.model.all_of::<Index>() {
            let wanted = right.model.of::<Index>(index);
            let stays_its_own = wanted.is_some_and(|wanted| wanted.partition_of.is_none());
            let Some(table) = parent_identity(index, &left.model).filter(|_| stays_its_own) else {
                continue;
            };
            if self.goes(&table) || parents(left, &table) == parents(right, &table) {
                continue;
            }
            let like_it = |(other, attached): (&Identity, &Index)| {
                attached.partition_of.is_some()
                    && other != index
                    && defined_as(attached) == defined_as(own)
            };
            if right.model.parts_of::<Index>(&table).any(like_it) {
                self.rebuild(index.clone(), Reason::Itself);
            }
        }
    }

    /// An index of a partitioned table that goes is dropped by itself where a partition leaves and stays: with
    /// the table it would go without those of the partition.
    pub(super) fn drop_indexes_before_partitions_leave(&mut self, left: &Side, right: &Side) {
        for (partition, table) in left.model.all_of::<Table>() {
            let Inheritance::Partition { of, .. } = &table.inheritance else { continue };
            let Some(whole) = left.model.named(Kind::Table, of) else { continue };
            let stays = right.model.of::<Table>(partition).filter(|_| !self.goes(partition));
            if stays.is_none_or(|to| to.inheritance == table.inheritance)
                || !self.goes(&whole.identity)
            {
                continue;
            }
            for (part, index) in indexes_of_partition(partition, &left.model) {
                if self.goes(&part) {
                    self.dropped_before.insert(index);
                }
            }
        }
    }

    /// A table that becomes a partition keeps its foreign keys as those of the partitioned table, and a
    /// partition that is detached keeps those.
    pub(super) fn keep_foreign_keys_of_partitions(&mut self, left: &Side, right: &Side) {
        let is_kept = |key: &Identity, own: &Model, other: &Model| {
            let constraint = own.of::<Constraint>(key);
            let constraint =
                constraint.filter(|it| it.constraint_type == ConstraintType::ForeignKey);
            let partitioned = partitioned_table(key, other);
            constraint.is_some_and(|constraint| {
                partitioned != partitioned_table(key, own)
                    && partitioned.is_some_and(|table| {
                        let mut keys = other.parts_of::<Constraint>(&table);
                        keys.any(|(_, it)| it.definition == constraint.definition)
                    })
            })
        };
        self.dropped.retain(|key| !is_kept(key, &left.model, &right.model));
        self.created.retain(|key| {
            !is_kept(key, &right.model, &left.model)
                || partitioned_table(key, &left.model).is_some_and(|table| {
                    left.model
                        .of::<Constraint>(&Identity {
                            schema: table.schema,
                            parent: Some(table.name),
                            ..key.clone()
                        })
                        .is_none()
                })
        });
    }

    /// A constraint of a table's own that is to be inherited only comes again with those of its parents.
    pub(super) fn rebuild_inherited(
        &mut self,
        constraint: &Identity,
        left: &Side,
        right: &Side,
    ) -> bool {
        let own = |side: &Side, identity: &Identity| {
            side.model.of::<Constraint>(identity).is_some_and(|it| !it.inherited && !it.has_index())
        };
        if !own(left, constraint) || own(right, constraint) {
            return false;
        }
        let mut parents = Vec::new();
        let mut open = vec![constraint.clone()];
        while let Some(one) = open.pop() {
            let above = right.model.inherited_from(&one);
            parents.extend(above.iter().cloned());
            open.extend(above);
        }
        let is_there = |it: &Identity| left.model.get(it).is_some();
        for parent in parents.into_iter().filter(is_there) {
            self.rebuild(parent, Reason::DependsOn(constraint.clone()));
        }
        self.rebuild(constraint.clone(), Reason::Itself);
        true
    }

    /// The index of a partition cannot be dropped alone: it gets its new name.
    pub(super) fn rename_partitions(&mut self, left: &Side, schemas: &Schemas<'_>) {
        let mut renames = Vec::new();
        let is_refilled = |part: &Identity| {
            let table = parent_identity(part, schemas.current);
            table.is_some_and(|table| self.refilled.contains_key(&table))
        };
        for from in self.dropped.iter().filter(|from| !is_refilled(from)) {
            let Some(parent) = partition_of(from, schemas.current) else { continue };
            // It goes with that.
            let whole = schemas.current.named(from.kind, parent).map(|it| &it.identity);
            if whole.is_some_and(|whole| self.goes(whole)) {
                continue;
            }
            let to = self.created.iter().find(|to| {
                (to.kind, &to.schema, &to.parent) == (from.kind, &from.schema, &from.parent)
                    && partition_of(to, schemas.wanted) == Some(parent)
            });
            if let Some(to) = to {
                renames.push((from.clone(), to.clone()));
            }
        }
        for (from, to) in renames {
            let Some(object) = left.model.get(&from) else { continue };
            if let Ok(statements) = ddl::rename(object, &to, schemas) {
                self.dropped.remove(&from);
                self.created.remove(&to);
                self.altered.insert(to, statements);
            }
        }
    }
}

/// The definition of an index without its name.
fn defined_as(index: &Index) -> Option<(&str, &str)> {
    let (create, named) = index.definition.0.split_once(" INDEX ")?;
    let unnamed = match split_quoted(named) {
        Some((_, rest)) => rest,
        None => named.split_once(' ')?.1,
    };
    Some((create, unnamed.trim_start()))
}

/// The partitioned table of which the table of a part is a partition.
fn partitioned_table(part: &Identity, model: &Model) -> Option<Identity> {
    let Inheritance::Partition { of, .. } = &model.parent_of::<Table>(part)?.inheritance else {
        return None;
    };
    Some(model.named(Kind::Table, of)?.identity.clone())
}

/// The indexes and keys of a partition that belong to those of the partitioned table, each with that one.
pub(super) fn indexes_of_partition(
    partition: &Identity,
    model: &Model,
) -> Vec<(Identity, Identity)> {
    let parts = parts_of(partition, model).into_iter();
    let found = parts.filter_map(|part| {
        let whole = partition_of(&part, model)?;
        let kinds = [Kind::Constraint, Kind::Index];
        let whole = kinds.into_iter().find_map(|kind| model.named(kind, whole))?;
        let whole = whole.identity.clone();
        Some((part, whole))
    });
    found.collect()
}
