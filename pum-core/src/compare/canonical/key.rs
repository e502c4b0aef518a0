//! What is built.

use crate::model::{Attributes, ConstraintType, Identity, Kind, Model};

/// A definition whose canonical spelling is wanted.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(in crate::compare) struct Wanted {
    pub(in crate::compare) identity: Identity,
    pub(in crate::compare) attribute: &'static str,
}

/// Something that is built by itself.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Key {
    pub(super) identity: Identity,
    pub(super) part: Part,
}

/// Which part of an object is built by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Part {
    /// The object, as far as others need it.
    Object,
    /// The default of a column or domain, or the expression of a generated column.
    Value,
    /// The body of a function.
    Body,
    /// The bound of a partition.
    Bound,
}

impl Key {
    pub(super) fn object(identity: Identity) -> Self {
        Self { identity, part: Part::Object }
    }

    /// What has a wanted definition when it is built.
    pub(super) fn of(wanted: &Wanted) -> Self {
        let part = match (wanted.identity.kind, wanted.attribute) {
            (Kind::Column, _) | (Kind::Domain, "default") => Part::Value,
            (Kind::Function, "sql_body") => Part::Body,
            (Kind::Table, "partition_bound") => Part::Bound,
            _ => Part::Object,
        };
        Self { identity: wanted.identity.clone(), part }
    }
}

/// Whether a definition is put together of names alone: it is always printed in the same way.
pub(in crate::compare) fn is_of_names(wanted: &Wanted, model: &Model) -> bool {
    match model.get(&wanted.identity).map(|object| &object.attributes) {
        Some(Attributes::Constraint(constraint)) => matches!(
            constraint.constraint_type,
            ConstraintType::PrimaryKey | ConstraintType::Unique | ConstraintType::ForeignKey
        ),
        // A text as it was written.
        Some(Attributes::BaseType(_)) => true,
        _ => false,
    }
}

/// What an object belongs to.
pub(super) fn parent(identity: &Identity, model: &Model) -> Option<Identity> {
    let name = identity.parent.as_ref()?;
    let kinds = [Kind::Table, Kind::View, Kind::Domain, Kind::CompositeType, Kind::Publication];
    let parents = kinds.into_iter().map(|kind| Identity {
        kind,
        schema: identity.schema.clone(),
        parent: None,
        name: name.clone(),
        arguments: None,
    });
    parents.into_iter().find(|parent| model.get(parent).is_some())
}

/// The table of this name, as other objects' attributes call it.
pub(super) fn table_named(name: &str) -> Option<Identity> {
    let (schema, rest) = first_part(name)?;
    let (table, rest) = first_part(rest.strip_prefix('.')?)?;
    rest.is_empty().then_some(Identity {
        kind: Kind::Table,
        schema,
        parent: None,
        name: table,
        arguments: None,
    })
}

fn first_part(text: &str) -> Option<(String, &str)> {
    if text.starts_with('"') {
        return crate::model::split_quoted(text);
    }
    let end = text.find('.').unwrap_or(text.len());
    Some((text[..end].to_owned(), &text[end..]))
}
