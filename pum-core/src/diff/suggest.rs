//! Objects that look renamed or moved.

use std::collections::{HashMap, HashSet};
use std::hash::Hash;

use super::words::words;
use super::{Change, Difference};
use crate::model::{Identity, Model, Object, Value};

/// An object on the left side only and one on the right side only that differ only in name or
/// schema.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct Rename {
    /// The object of the left side.
    pub left: Identity,
    /// The object of the right side.
    pub right: Identity,
}

/// Finds pairs of differences that look renamed: no other object is like either of them.
///
/// They are suggestions. Both objects remain differences, because their data may differ.
pub fn suggest_renames(differences: &[Difference], left: &Model, right: &Model) -> Vec<Rename> {
    let one_sided = |change: &Change| -> Vec<&Identity> {
        let of = differences.iter().filter(|difference| difference.change == *change);
        of.map(|difference| &difference.identity).collect()
    };
    let left = Side::new(left, one_sided(&Change::OnlyLeft));
    let right = Side::new(right, one_sided(&Change::OnlyRight));
    let renamed =
        pairs(&left, &right, |identity| (identity.kind, &identity.schema, &identity.parent));
    let moved = pairs(&left, &right, |identity| {
        (identity.kind, &identity.parent, &identity.name, &identity.arguments)
    });
    let mut taken = HashSet::new();
    let mut found: Vec<Rename> = renamed.into_iter().chain(moved).collect();
    found.retain(|rename| taken.insert(rename.left.clone()) && taken.insert(rename.right.clone()));
    found.sort_by(|a, b| a.left.cmp(&b.left));
    found
}

/// One model's objects that the other does not have.
struct Side<'a> {
    /// Each with what it is like but for its name.
    objects: Vec<(&'a Identity, Vec<String>)>,
}

impl<'a> Side<'a> {
    fn new(model: &'a Model, identities: Vec<&'a Identity>) -> Self {
        let owners: HashSet<(&str, &str)> =
            identities.iter().map(|identity| (&*identity.schema, &*identity.name)).collect();
        let mut children: HashMap<(&str, &str), Vec<&Object>> = HashMap::new();
        for object in model.objects() {
            let Some(parent) = object.identity.parent.as_deref() else { continue };
            let owner = (&*object.identity.schema, parent);
            if owners.contains(&owner) {
                children.entry(owner).or_default().push(object);
            }
        }
        let likeness = |identity: &'a Identity| {
            let object = model.get(identity)?;
            let mut lines = vec![likeness(object, identity)];
            for child in children.get(&(&*identity.schema, &*identity.name)).into_iter().flatten() {
                let Identity { kind, name, .. } = &child.identity;
                lines.push(format!("{kind:?} {name} {}", likeness(child, identity)));
            }
            Some((identity, lines))
        };
        Self { objects: identities.into_iter().filter_map(likeness).collect() }
    }
}

/// What an object is like, with a mark where its owner's name and schema stand.
fn likeness(object: &Object, owner: &Identity) -> String {
    let names = object.identity.kind.attribute_names();
    let values = names.iter().zip(object.attributes.values());
    let words_of = |value: &Value| -> Vec<String> {
        let mut words = words(&value.to_string());
        for word in &mut words {
            if *word == owner.name || *word == owner.schema {
                "\0".clone_into(word);
            }
        }
        words
    };
    values
        .filter(|(name, _)| **name != "position")
        .map(|(_, value)| words_of(&value).join("\u{1}") + "\n")
        .collect()
}

/// The pairs that are alike and agree in `key`, where each has only one to go with.
fn pairs<'a, K: Hash + Eq>(
    left: &Side<'a>,
    right: &Side<'a>,
    key: impl Fn(&'a Identity) -> K,
) -> Vec<Rename> {
    type Both<'a> = (Vec<&'a Identity>, Vec<&'a Identity>);
    let mut groups: HashMap<(K, &[String]), Both<'a>> = HashMap::new();
    for (identity, likeness) in &left.objects {
        groups.entry((key(identity), likeness)).or_default().0.push(identity);
    }
    for (identity, likeness) in &right.objects {
        groups.entry((key(identity), likeness)).or_default().1.push(identity);
    }
    groups
        .into_values()
        .filter_map(|(left, right)| match (&*left, &*right) {
            ([l], [r]) => Some(Rename { left: (*l).clone(), right: (*r).clone() }),
            _ => None,
        })
        .collect()
}
