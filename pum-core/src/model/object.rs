//! Objects, and all of a schema's.

use super::identity::Identity;
use super::kind::{Attributes, Kind};
use super::name::quoted_name;

/// One object of a schema.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Object {
    /// Which object it is.
    pub identity: Identity,
    /// What it is like.
    pub attributes: Attributes,
}

/// A schema: its objects, sorted by identity, each identity once.
#[derive(Debug, Clone, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize)]
#[serde(transparent)]
pub struct Model {
    objects: Vec<Object>,
}

impl Model {
    /// A model of these objects, in whatever order they come.
    pub fn new(mut objects: Vec<Object>) -> Self {
        objects.sort_by(|a, b| a.identity.cmp(&b.identity));
        Self { objects }
    }

    /// The objects, sorted by identity.
    pub fn objects(&self) -> &[Object] {
        &self.objects
    }

    /// The object with this identity.
    pub fn get(&self, identity: &Identity) -> Option<&Object> {
        let found = self.objects.binary_search_by(|object| object.identity.cmp(identity));
        found.ok().and_then(|at| self.objects.get(at))
    }

    /// Those of the objects that `keep` says.
    #[must_use]
    pub fn filtered(&self, keep: impl Fn(&Identity) -> bool) -> Self {
        let kept = self.objects.iter().filter(|object| keep(&object.identity));
        Self { objects: kept.cloned().collect() }
    }

    /// Takes out a table and all that belongs to it: columns, constraints, indexes, triggers,
    /// rules, and the sequences its columns own.
    pub fn remove_table(&mut self, schema: &str, table: &str) {
        let column_prefix = quoted_name([schema, table]) + ".";
        self.objects.retain(|object| {
            let identity = &object.identity;
            let is_table = identity.kind == Kind::Table && identity.name == table;
            let belongs = identity.parent.as_deref() == Some(table);
            let owned = match &object.attributes {
                Attributes::Sequence(sequence) => sequence
                    .owner_column
                    .column()
                    .is_some_and(|column| column.starts_with(&column_prefix)),
                _ => false,
            };
            !(identity.schema == schema && (is_table || belongs || owned))
        });
    }
}
