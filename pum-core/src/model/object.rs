//! Objects, and all of a schema's.

use super::identity::Identity;
use super::kind::{Attributes, Kind, OfKind};
use super::name::{name_parts, quoted_name};
use super::table::Table;

/// One object of a schema.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Object {
    /// Which object it is.
    pub identity: Identity,
    /// Its attributes.
    pub attributes: Attributes,
}

impl Object {
    /// Whether it is this table or belongs to it.
    pub(crate) fn is_of_table(&self, schema: &str, table: &str) -> bool {
        let identity = &self.identity;
        let is_table = identity.kind == Kind::Table && identity.name == table;
        let belongs = identity.parent.as_deref() == Some(table);
        let owned = || match &self.attributes {
            Attributes::Sequence(sequence) => {
                let column = sequence.owner_column.column();
                column
                    .is_some_and(|column| column.starts_with(&(quoted_name([schema, table]) + ".")))
            }
            _ => false,
        };
        identity.schema == schema && (is_table || belongs || owned())
    }
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

    /// A model of objects that are sorted by identity.
    #[cfg(feature = "postgres")]
    pub(crate) fn from_sorted(objects: Vec<Object>) -> Self {
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

    /// The object that other objects' attributes call so ([`Identity::quoted_name`]).
    pub(crate) fn named(&self, kind: Kind, name: &str) -> Option<&Object> {
        let mut parts = name_parts(name)?;
        let own = parts.pop()?;
        let mut parts = parts.into_iter();
        let schema = parts.next().unwrap_or_default();
        if kind == Kind::Index {
            // It has its table in its identity, and not in its name.
            let (from, to) = (
                self.objects.partition_point(|it| {
                    (it.identity.kind, &it.identity.schema) < (kind, &schema)
                }),
                self.objects.partition_point(|it| {
                    (it.identity.kind, &it.identity.schema) <= (kind, &schema)
                }),
            );
            return self.objects[from..to].iter().find(|object| object.identity.name == own);
        }
        let parent = parts.next();
        self.get(&Identity { kind, schema, parent, name: own, arguments: None })
    }

    /// What belongs to an object, of one kind, by name.
    pub(crate) fn parts(&self, kind: Kind, whole: &Identity) -> &[Object] {
        let key = (kind, &whole.schema, Some(&whole.name));
        let of = |object: &Object| {
            let Identity { kind, schema, parent, .. } = &object.identity;
            (*kind, schema, parent.as_ref()).cmp(&key)
        };
        let from = self.objects.partition_point(|object| of(object).is_lt());
        let to = self.objects.partition_point(|object| of(object).is_le());
        &self.objects[from..to]
    }

    /// An object's attributes, if it is of this kind.
    pub(crate) fn of<T: OfKind>(&self, identity: &Identity) -> Option<&T> {
        self.get(identity).and_then(|object| T::of(&object.attributes))
    }

    /// What this object belongs to, if that is of the kind `T`.
    pub(crate) fn parent_of<T: OfKind>(&self, part: &Identity) -> Option<&T> {
        let parent = Identity {
            kind: T::KIND,
            schema: part.schema.clone(),
            parent: None,
            name: part.parent.clone()?,
            arguments: None,
        };
        T::of(&self.get(&parent)?.attributes)
    }

    /// The columns or constraints of the same name that the parents of the table have, or what it is a
    /// partition of (`pg_inherits`).
    pub(crate) fn inherited_from(&self, part: &Identity) -> Vec<Identity> {
        let parents = self.parent_of::<Table>(part).map_or(&[][..], |it| it.inheritance.parents());
        let of_parent = |parent: &String| {
            let table = &self.named(Kind::Table, parent)?.identity;
            let (schema, parent) = (table.schema.clone(), Some(table.name.clone()));
            let inherited = Identity { schema, parent, ..part.clone() };
            self.get(&inherited).map(|_| inherited)
        };
        parents.iter().filter_map(of_parent).collect()
    }

    /// What belongs to this object, of the kind `T`, by name.
    pub(crate) fn parts_of<'a, T: OfKind + 'a>(
        &'a self,
        parent: &Identity,
    ) -> impl Iterator<Item = (&'a Identity, &'a T)> {
        let key = (T::KIND, parent.schema.clone(), Some(parent.name.clone()));
        let is_before = |object: &Object| {
            let Identity { kind, schema, parent, .. } = &object.identity;
            (kind, schema, parent) < (&key.0, &key.1, &key.2)
        };
        let first = self.objects.partition_point(is_before);
        let parts = self.objects.iter().skip(first).map_while(move |object| {
            let Identity { kind, schema, parent, .. } = &object.identity;
            let is_part = (kind, schema, parent) == (&key.0, &key.1, &key.2);
            is_part.then_some(object)
        });
        parts.filter_map(|object| Some((&object.identity, T::of(&object.attributes)?)))
    }

    /// The objects of the kind `T`.
    pub(crate) fn all_of<'a, T: OfKind + 'a>(
        &'a self,
    ) -> impl Iterator<Item = (&'a Identity, &'a T)> {
        let first = self.objects.partition_point(|object| object.identity.kind < T::KIND);
        self.objects
            .iter()
            .skip(first)
            .map_while(|object| Some((&object.identity, T::of(&object.attributes)?)))
    }

    /// Those of the objects that `keep` says.
    #[must_use]
    pub fn filtered(&self, keep: impl Fn(&Identity) -> bool) -> Self {
        let kept = self.objects.iter().filter(|object| keep(&object.identity));
        Self { objects: kept.cloned().collect() }
    }

    /// Keeps the objects that `keep` says.
    pub(crate) fn retain(&mut self, keep: impl FnMut(&Object) -> bool) {
        self.objects.retain(keep);
    }

    /// Passwords become such as were written down: each is as good as another one.
    pub(crate) fn forget_secrets(&mut self) {
        self.change(|object| {
            let secrets = match &mut object.attributes {
                Attributes::ForeignDataWrapper(own) => &mut own.secrets,
                Attributes::ForeignServer(own) => &mut own.secrets,
                Attributes::UserMapping(own) => &mut own.secrets,
                Attributes::Subscription(own) => &mut own.secrets,
                _ => return,
            };
            *secrets = secrets.without_values();
        });
    }

    /// Changes the attributes of objects.
    pub(crate) fn change(&mut self, change: impl FnMut(&mut Object)) {
        self.objects.iter_mut().for_each(change);
    }

    /// Takes out a table and all that belongs to it: columns, constraints, indexes, triggers,
    /// rules, and the sequences its columns own.
    pub fn remove_table(&mut self, schema: &str, table: &str) {
        self.retain(|object| !object.is_of_table(schema, table));
    }
}
