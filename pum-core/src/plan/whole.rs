//! What objects are created and dropped with: columns with their table, keys of partitions with that of the
//! partitioned table, functions with the type that they make.

use std::collections::BTreeSet;

use super::decided::{Decided, parent_identity};
use super::side::Side;
use crate::ddl;
use crate::model::{
    Attributes, Identity, Inheritance, Kind, Model, Node, Object, SequenceOwner, Table,
};

/// Whether functions of a type need it before it can be there.
pub(super) fn needs_shell(identity: &Identity, right: &Side) -> bool {
    let node = Node::object(identity.clone());
    matches!(identity.kind, Kind::BaseType | Kind::RangeType)
        && right.dependencies.needs(&node).any(|(function, _)| {
            right.dependencies.needs(function).any(|(needed, _)| needed.identity == *identity)
        })
}

/// Whether an object is dropped with another one that is.
pub(super) fn goes_with_another(object: &Object, decided: &Decided, left: &Side) -> bool {
    whole_of(object, left).iter().any(|whole| decided.goes(whole))
}

/// What an object is dropped with.
pub(super) fn whole_of(object: &Object, side: &Side) -> Vec<Identity> {
    let identity = &object.identity;
    let model = &side.model;
    let mut wholes: Vec<Identity> = parent_identity(identity, model).into_iter().collect();
    // A server cannot be dropped before them.
    if identity.kind == Kind::UserMapping {
        wholes.clear();
    }
    match &object.attributes {
        Attributes::Column(column) if column.inherited => {
            wholes.extend(model.inherited_from(identity));
        }
        Attributes::Sequence(sequence) => {
            if let Some(column) = sequence.owner_column.column() {
                wholes.extend(column_named(column, model));
                let tables: BTreeSet<Identity> =
                    wholes.iter().filter_map(|column| parent_identity(column, model)).collect();
                wholes.extend(tables);
            }
        }
        Attributes::Index(index) => {
            if let Some(other) = &index.partition_of {
                wholes.extend(named(other, &[Kind::Index], model));
            }
        }
        Attributes::Constraint(constraint) => {
            if let Some(other) = &constraint.partition_of {
                wholes.extend(named(other, &[Kind::Constraint, Kind::Index], model));
            }
        }
        Attributes::Table(table) => {
            if let Inheritance::Partition { of, .. } = &table.inheritance {
                wholes.extend(named(of, &[Kind::Table], model));
            }
        }
        Attributes::Function(_) => {
            let own = Node::object(identity.clone());
            let needed = side.dependencies.needs(&own);
            let types = needed.map(|(node, _)| &node.identity).filter(|needed| {
                let node = Node::object((*needed).clone());
                matches!(needed.kind, Kind::BaseType | Kind::RangeType)
                    && side.dependencies.needs(&node).any(|(node, _)| node.identity == *identity)
            });
            wholes.extend(types.cloned());
        }
        _ => {}
    }
    wholes
}

/// Whether an object is created with another one.
pub(super) fn comes_with_another(
    object: &Object,
    decided: &Decided,
    [left, model]: [&Model; 2],
) -> bool {
    let identity = &object.identity;
    match &object.attributes {
        Attributes::Column(_) => parent_identity(identity, model)
            .is_some_and(|whole| whole.kind == Kind::View || decided.comes(&whole)),
        Attributes::Sequence(sequence) => {
            matches!(sequence.owner_column, SequenceOwner::IdentityColumn(_))
        }
        Attributes::Constraint(constraint) => {
            let whole = parent_identity(identity, model);
            let is_new = whole.as_ref().is_some_and(|it| decided.comes(it));
            let of_domain = is_new && whole.is_some_and(|it| it.kind == Kind::Domain);
            let comes = || is_new || !ddl::is_needed_to_join(identity, left, model);
            of_domain || constraint.inherited && !constraint.has_index() && comes()
        }
        _ => false,
    }
}

/// The objects with a quoted name.
fn named<'m>(name: &'m str, kinds: &'m [Kind], model: &'m Model) -> impl Iterator<Item = Identity> {
    kinds.iter().filter_map(|kind| Some(model.named(*kind, name)?.identity.clone()))
}

fn column_named(name: &str, model: &Model) -> Option<Identity> {
    Some(model.named(Kind::Column, name)?.identity.clone())
}

/// Whether a table is a partition.
pub(super) fn is_partition(identity: &Identity, model: &Model) -> bool {
    matches!(
        model.get(identity).map(|object| &object.attributes),
        Some(Attributes::Table(table)) if matches!(**table, Table { inheritance: Inheritance::Partition { .. }, .. })
    )
}
