//! The contents of objects that exist on one side only.

use std::collections::HashMap;

use super::column_order::ColumnOrder;
use super::fingerprint::Texts;
use super::{Change, Difference, Filters, Fingerprint};
use crate::model::{Identity, Kind, Model, Object, Value};

/// The contents of objects that exist on one side only: a table with its columns, constraints and
/// so on. A difference says only that they exist; this detects changes in them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Contents(HashMap<Identity, Fingerprint>);

impl Contents {
    /// The contents of the objects among `differences`, without those that the filters exclude.
    pub fn new(differences: &[Difference], left: &Model, right: &Model, filters: &Filters) -> Self {
        let mut found = HashMap::new();
        for (model, change) in [(left, Change::OnlyLeft), (right, Change::OnlyRight)] {
            let of = differences.iter().filter(|difference| difference.change == change);
            let identities: Vec<&Identity> = of.map(|difference| &difference.identity).collect();
            found.extend(contents(&identities, model, filters));
        }
        Self(found)
    }

    /// Adds those of other objects.
    #[cfg(feature = "postgres")]
    pub(crate) fn add(&mut self, other: Self) {
        self.0.extend(other.0);
    }

    /// What a difference is in: the values of an attribute, or the contents of an object. It is
    /// made from the text `pum values 1` and each value's texts (the value, or for a list the
    /// number of its items and the items), or from `pum contents 1` and, for the object and each
    /// that belongs to it, element, name, arguments and the names and values of the attributes that
    /// are set.
    ///
    /// Secrets are included by name only. Otherwise a stored fingerprint could be used to guess a
    /// password.
    pub fn fingerprint(&self, difference: &Difference) -> Option<Fingerprint> {
        match &difference.change {
            Change::OnlyLeft | Change::OnlyRight => self.0.get(&difference.identity).copied(),
            Change::Attribute { left, right, .. } => {
                let mut texts = Texts::new("pum values 1");
                texts.value(left);
                texts.value(right);
                Some(texts.finish())
            }
        }
    }
}

/// What a schema is, as far as the filters let it count. It is made from the text `pum schema 1` and, for
/// each object, its element, schema, parent, name, arguments and the names and values of the attributes
/// that are set. SQL counts as the server prints it; secrets by their names only.
pub fn schema_fingerprint(model: &Model, filters: &Filters) -> Fingerprint {
    let order = ColumnOrder::new(model, model);
    let mut texts = Texts::new("pum schema 1");
    for object in model.objects() {
        if filters.hides_object(&object.identity) {
            continue;
        }
        texts.add(&object.identity.schema);
        texts.maybe(object.identity.parent.as_deref());
        texts.object(object, filters, &order);
    }
    texts.finish()
}

/// What objects hold others: by kind, schema and name.
type Owner<'a> = (Kind, &'a str, &'a str);

fn contents(
    identities: &[&Identity],
    model: &Model,
    filters: &Filters,
) -> HashMap<Identity, Fingerprint> {
    let mut held: HashMap<Owner<'_>, Vec<&Object>> = identities
        .iter()
        .map(|identity| ((identity.kind, &*identity.schema, &*identity.name), Vec::new()))
        .collect();
    for object in model.objects() {
        if filters.hides_object(&object.identity) || filters.hides_copy(object) {
            continue;
        }
        for owner in owners(&object.identity) {
            if let Some(held) = held.get_mut(&owner) {
                held.push(object);
            }
        }
    }
    let order = ColumnOrder::new(model, model);
    let fingerprint = |identity: &&Identity| {
        let object = model.get(identity)?;
        let mut texts = Texts::new("pum contents 1");
        texts.object(object, filters, &order);
        let owner = (identity.kind, &*identity.schema, &*identity.name);
        for object in held.get(&owner).into_iter().flatten() {
            texts.object(object, filters, &order);
        }
        Some(((*identity).clone(), texts.finish()))
    };
    identities.iter().filter_map(fingerprint).collect()
}

/// What an object may belong to.
fn owners(identity: &Identity) -> impl Iterator<Item = Owner<'_>> {
    let schema = &*identity.schema;
    let parents = identity.parent.as_deref().into_iter();
    let parents =
        parents.flat_map(move |parent| super::implied::PARENTS.map(|kind| (kind, schema, parent)));
    let schema = Some((Kind::Schema, "", schema)).filter(|(_, _, schema)| !schema.is_empty());
    parents.chain(schema)
}

impl Texts {
    fn object(&mut self, object: &Object, filters: &Filters, order: &ColumnOrder<'_>) {
        let Object { identity, attributes } = object;
        self.add(identity.kind.element());
        self.add(&identity.name);
        self.maybe(identity.arguments.as_deref());
        let names = identity.kind.attribute_names().iter().copied();
        for (name, value) in names.zip(attributes.values()) {
            // What is not set is left out: a later version of pum may know more attributes.
            let set = !matches!(value, Value::Boolean(false)) && value != value.unset();
            let is_layout =
                name == "position" && filters.hides_column_order() && order.is_of_table(identity);
            if set && !is_layout && !filters.hides_attribute(identity.kind, name) {
                self.add(name);
                self.value(&value);
            }
        }
    }

    fn value(&mut self, value: &Value) {
        match value {
            Value::None => self.maybe(None),
            Value::List(items) => {
                self.add(&items.len().to_string());
                for item in items {
                    self.add(item);
                }
            }
            Value::Boolean(_)
            | Value::Integer(_)
            | Value::Text(_)
            | Value::Sql(_)
            | Value::Secrets(_) => self.add(&value.to_string()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Secrets;

    fn identity() -> Identity {
        Identity {
            kind: Kind::Table,
            schema: "app".to_owned(),
            parent: None,
            name: "orders".to_owned(),
            arguments: None,
        }
    }

    fn fingerprint(left: Value, right: Value) -> String {
        let change = Change::Attribute { name: "comment", left, right };
        let difference = Difference { identity: identity(), change };
        Contents::default().fingerprint(&difference).unwrap().to_string()
    }

    fn text(text: &str) -> Value {
        Value::Text(text.to_owned())
    }

    /// Accepted differences are written down by these: they may never change.
    #[test]
    fn fingerprints_of_values_are_for_ever() {
        // printf '12:pum values 11:a-' | sha256sum
        assert_eq!(fingerprint(text("a"), Value::None), "7b1294f244669b68abd4e9716e1997e7");
    }

    #[test]
    fn other_values_have_other_fingerprints() {
        let list = |items: &[&str]| Value::List(items.iter().map(|&i| i.to_owned()).collect());
        assert_ne!(fingerprint(text("a"), text("b")), fingerprint(text("b"), text("a")));
        assert_ne!(
            fingerprint(list(&["a, b"]), list(&[])),
            fingerprint(list(&["a", "b"]), list(&[]))
        );
        // Whether a text is SQL is known to some versions of pum only.
        let sql = Value::Sql("a".to_owned());
        assert_eq!(fingerprint(text("a"), text("b")), fingerprint(sql, text("b")));
    }

    #[test]
    fn a_fingerprint_tells_nothing_of_a_password() {
        let secret = |value: &str| Value::Secrets(Secrets::new(vec![format!("password={value}")]));
        assert_eq!(
            fingerprint(secret("one"), Value::None),
            fingerprint(secret("two"), Value::None)
        );
    }
}
