//! What becomes of the objects.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::{Attributes, Identity, Kind, Model, View};

/// What becomes of the objects.
pub(super) struct Decided {
    /// What is dropped and is not there in the end.
    pub(super) dropped: BTreeSet<Identity>,
    /// What is new in the end.
    pub(super) created: BTreeSet<Identity>,
    /// What is dropped and created again, with what it must go for.
    pub(super) rebuilt: BTreeMap<Identity, Reason>,
    /// What stays, and the statements that change it.
    pub(super) altered: BTreeMap<Identity, Vec<String>>,
    /// What is replaced in its place.
    pub(super) replaced: BTreeSet<Identity>,
    /// Defaults of columns that go for a while.
    pub(super) defaults: BTreeSet<Identity>,
    /// Columns whose type is replaced by another one of its name.
    pub(super) converted: BTreeMap<Identity, Identity>,
    /// Columns whose values are texts while their type is re-created.
    pub(super) parked: BTreeSet<Identity>,
    /// Types that make place for others of their names before they are dropped.
    pub(super) moved: BTreeSet<Identity>,
    /// Tables that are re-created with their rows, each with the one whose rows are copied: a partition
    /// gets its rows with the partitioned table.
    pub(super) refilled: BTreeMap<Identity, Identity>,
    /// What is dropped before the table that it belongs to: constraints, and defaults of columns.
    pub(super) dropped_before: BTreeSet<Identity>,
    /// New views that need themselves: a stand-in comes first.
    pub(super) stand_ins: BTreeSet<Identity>,
    /// Old views that need themselves: a stand-in takes their place before they are dropped.
    pub(super) emptied: BTreeSet<Identity>,
    /// Sequences that get another column as their owner.
    pub(super) owned_again: BTreeSet<Identity>,
    /// What is a member of an extension on one side only.
    pub(super) members: Vec<ChangedMember>,
    /// What has no statement.
    pub(super) refused: BTreeMap<Identity, String>,
    /// What is left as it is.
    pub(super) left_out: Vec<String>,
}

/// An object that becomes a member of an extension, or is one no more.
#[derive(Debug, Clone)]
pub(super) struct ChangedMember {
    pub(super) object: Identity,
    pub(super) extension: Identity,
    /// Whether it becomes one.
    pub(super) is_added: bool,
}

/// Why an object is rebuilt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Reason {
    /// It is different, and PostgreSQL has no statement that changes it.
    Itself,
    /// It depends on this.
    DependsOn(Identity),
}

impl Decided {
    /// Whether an object is not there for a while, or in the end.
    pub(super) fn goes(&self, identity: &Identity) -> bool {
        self.dropped.contains(identity) || self.rebuilt.contains_key(identity)
    }

    /// Whether an object is made.
    pub(super) fn comes(&self, identity: &Identity) -> bool {
        self.created.contains(identity) || self.rebuilt.contains_key(identity)
    }

    /// Whether the type of a column is replaced by another one of its name.
    pub(super) fn is_converted(&self, column: &Identity) -> bool {
        self.converted.contains_key(column) || self.parked.contains(column)
    }

    pub(super) fn rebuild(&mut self, identity: Identity, reason: Reason) {
        self.altered.remove(&identity);
        self.replaced.remove(&identity);
        self.refused.remove(&identity);
        self.rebuilt.entry(identity).or_insert(reason);
    }
}

/// Whether a column is one of a view.
pub(super) fn is_of_view(identity: &Identity, model: &Model) -> bool {
    identity.kind == Kind::Column && model.parent_of::<View>(identity).is_some()
}

/// What belongs to an object: it is dropped with it.
pub(super) fn parts_of(identity: &Identity, model: &Model) -> Vec<Identity> {
    if identity.parent.is_some() {
        return Vec::new();
    }
    let kinds = Kind::ALL.iter().filter(|part| is_whole_of(identity.kind, **part));
    let parts = kinds.flat_map(|kind| model.parts(*kind, identity));
    parts.map(|object| object.identity.clone()).collect()
}

/// The kinds of objects that others belong to.
pub(super) fn is_whole_of(whole: Kind, part: Kind) -> bool {
    use Kind::{
        Column, CompositeType, Constraint, Domain, ForeignServer, Index, Policy, Publication,
        PublicationTable, Rule, Table, Trigger, UserMapping, View,
    };
    match part {
        Column => matches!(whole, Table | View | CompositeType),
        Constraint => matches!(whole, Table | Domain),
        Index | Trigger | Rule | Policy => matches!(whole, Table | View),
        UserMapping => whole == ForeignServer,
        PublicationTable => whole == Publication,
        _ => false,
    }
}

/// What an object belongs to.
pub(super) fn parent_identity(identity: &Identity, model: &Model) -> Option<Identity> {
    let parent = identity.parent.as_ref()?;
    let wholes = Kind::ALL.iter().filter(|whole| is_whole_of(**whole, identity.kind));
    wholes
        .map(|kind| Identity {
            kind: *kind,
            schema: identity.schema.clone(),
            parent: None,
            name: parent.clone(),
            arguments: None,
        })
        .find(|whole| model.get(whole).is_some())
}

/// The index or key of the partitioned table that one of a partition belongs to.
pub(super) fn partition_of<'m>(identity: &Identity, model: &'m Model) -> Option<&'m str> {
    match &model.get(identity)?.attributes {
        Attributes::Index(index) => index.partition_of.as_deref(),
        Attributes::Constraint(constraint) => constraint.partition_of.as_deref(),
        _ => None,
    }
}
