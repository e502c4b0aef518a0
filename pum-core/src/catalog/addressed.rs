//! A model with the addresses of its objects.

use std::collections::BTreeSet;

use super::address::Address;
use crate::model::{Model, Object, SchemaRenames};

/// A schema as it was read, and how the catalogs refer to its objects.
#[derive(Debug)]
pub(crate) struct Addressed {
    model: Model,
    /// As many as there are objects, in their order; none of a model that was not read from a
    /// database.
    addresses: Vec<Option<Address>>,
    /// Schemas in which nothing is left of what was read.
    emptied: BTreeSet<String>,
}

impl Addressed {
    pub(super) fn new(mut objects: Vec<(Option<Address>, Object)>) -> Self {
        // In place: there may be many.
        objects.sort_unstable_by(|(_, a), (_, b)| a.identity.cmp(&b.identity));
        let addresses = objects.iter().map(|(address, _)| *address).collect();
        let objects = objects.into_iter().map(|(_, object)| object).collect();
        Self { model: Model::from_sorted(objects), addresses, emptied: BTreeSet::new() }
    }

    /// A model that is not from a database.
    pub(crate) fn without_addresses(model: Model) -> Self {
        Self { model, addresses: Vec::new(), emptied: BTreeSet::new() }
    }

    /// The schema.
    pub(crate) fn model(&self) -> &Model {
        &self.model
    }

    /// The same with other names of schemas.
    pub(crate) fn renamed(&self, renames: &SchemaRenames<'_>) -> Self {
        let objects = self.model.objects().iter().map(|object| renames.object(object));
        if self.addresses.is_empty() {
            return Self::without_addresses(Model::new(objects.collect()));
        }
        Self::new(self.addresses.iter().copied().zip(objects).collect())
    }

    /// The schema, to change attributes of its objects.
    #[cfg(feature = "scratch")]
    pub(crate) fn model_mut(&mut self) -> &mut Model {
        &mut self.model
    }

    /// The schema alone.
    pub(crate) fn into_model(self) -> Model {
        self.model
    }

    /// Keeps the objects that `keep` says.
    pub(crate) fn retain(&mut self, keep: impl Fn(&Object) -> bool) {
        let kept: Vec<bool> = self.model.objects().iter().map(keep).collect();
        let mut at = kept.iter().copied();
        self.addresses.retain(|_| at.next().unwrap_or_default());
        let mut at = kept.iter().copied();
        self.model.retain(|_| at.next().unwrap_or_default());
    }

    /// The same, and remembers of which schemas nothing but themselves is left.
    pub(crate) fn retain_and_note_emptied(&mut self, keep: impl Fn(&Object) -> bool) {
        let goes = self.model.objects().iter().filter(|object| !keep(object));
        let mut emptied: BTreeSet<String> =
            goes.map(|object| object.identity.schema.clone()).collect();
        if emptied.is_empty() {
            return;
        }
        self.retain(keep);
        for object in self.model.objects() {
            emptied.remove(&object.identity.schema);
        }
        self.emptied.append(&mut emptied);
    }

    /// Whether all that was read of a schema is left out.
    pub(crate) fn is_emptied(&self, schema: &str) -> bool {
        self.emptied.contains(schema)
    }

    /// The objects with their addresses.
    pub(super) fn objects(&self) -> impl Iterator<Item = (Address, &Object)> {
        let all = self.addresses.iter().zip(self.model.objects());
        all.filter_map(|(address, object)| Some(((*address)?, object)))
    }
}
