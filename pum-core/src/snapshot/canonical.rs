//! The schema of a snapshot as it reads after a dump and restore.

use std::collections::BTreeMap;

use super::contents::{CanonicalObject, Snapshot};
use super::fields::{attributes, fields_of, text_value};
use crate::model::{Attributes, Identity, Model, Object};

impl Snapshot {
    /// The schema as it reads after a dump and restore.
    pub(crate) fn canonical_model(&self) -> Model {
        let mut by_object: BTreeMap<&Identity, Vec<&CanonicalObject>> = BTreeMap::new();
        for one in &self.canonicalized {
            by_object.entry(&one.identity).or_default().push(one);
        }
        let canonicalized = |object: &Object| match by_object.get(&object.identity) {
            Some(changes) => Object {
                identity: object.identity.clone(),
                attributes: canonicalize(object, changes),
            },
            None => object.clone(),
        };
        Model::new(self.model.objects().iter().map(canonicalized).collect())
    }
}

/// The attributes of an object with the SQL of some replaced.
fn canonicalize(object: &Object, changes: &[&CanonicalObject]) -> Attributes {
    let mut fields = fields_of(object);
    for change in changes {
        fields.insert(change.attribute.clone(), text_value(&change.sql));
    }
    // What was written can be read.
    attributes(object.identity.kind, fields, None).unwrap_or_else(|_| object.attributes.clone())
}
