//! Finds differences implied by others, so that every change is reported once.

use std::collections::HashSet;

use super::rename::Renames;
use super::{Change, Difference};
use crate::model::{Attributes, Identity, Kind, Model, Object, SequenceOwner, Value, quoted_name};

/// Kind and exact name: how objects speak of each other in their attributes.
type Key = (Kind, String);

/// Drops the differences that others explain.
pub(super) fn drop_implied(differences: &mut Vec<Difference>, left: &Model, right: &Model) {
    let renames = Renames::among(differences, left, right);
    let explanations = Explanations::new(differences);
    differences.retain(|difference| match &difference.change {
        Change::OnlyLeft => !explanations.explain_one_sided(&difference.identity, left),
        Change::OnlyRight => !explanations.explain_one_sided(&difference.identity, right),
        Change::Attribute { name, left: l, right: r } => {
            !explanations.explain_attribute(&difference.identity, (name, l, r), [left, right])
                && !renames.explain(&difference.identity, l, r)
        }
    });
}

/// What the differences say, in a form to be looked up.
struct Explanations {
    /// Objects on one side only.
    one_sided: HashSet<Key>,
    /// Their exact names, with the arguments of functions.
    one_sided_names: Vec<String>,
    /// Attributes that differ, and how.
    attributes: HashSet<(Key, &'static str, String, String)>,
    /// Views whose definition differs and columns whose identity does.
    redefined: HashSet<Key>,
    /// Exact names of the tables that have other parents.
    adopted: HashSet<String>,
}

impl Explanations {
    fn new(differences: &[Difference]) -> Self {
        let mut found = Self {
            one_sided: HashSet::new(),
            one_sided_names: Vec::new(),
            attributes: HashSet::new(),
            redefined: HashSet::new(),
            adopted: HashSet::new(),
        };
        for Difference { identity, change } in differences {
            let key = (identity.kind, identity.quoted_name());
            match change {
                Change::OnlyLeft | Change::OnlyRight => {
                    found.one_sided_names.push(described_name(identity));
                    found.one_sided.insert(key);
                }
                Change::Attribute { name, left, right } => {
                    match (identity.kind, *name) {
                        (Kind::View, "definition") | (Kind::Column, "identity") => {
                            found.redefined.insert(key.clone());
                        }
                        (Kind::Table, "inherits" | "partition_of") => {
                            found.adopted.insert(key.1.clone());
                        }
                        _ => (),
                    }
                    found.attributes.insert((key, name, left.to_string(), right.to_string()));
                }
            }
        }
        found
    }

    /// Whether it is clear from other differences that `model` alone has the object.
    fn explain_one_sided(&self, identity: &Identity, model: &Model) -> bool {
        let object = model.get(identity);
        let sources = object.map(|object| sources(object, model)).unwrap_or_default();
        self.has_one_sided_parent(identity)
            || self.has_redefined_view(identity)
            || self.describes_one_sided(identity)
            || sources.iter().any(|source| self.one_sided.contains(source))
            || object.is_some_and(is_of_identity_column)
                && sources.iter().any(|source| self.redefined.contains(source))
    }

    fn explain_attribute(
        &self,
        identity: &Identity,
        (name, left, right): (&'static str, &Value, &Value),
        models: [&Model; 2],
    ) -> bool {
        if self.has_one_sided_parent(identity) {
            return true;
        }
        if name == "owned_by" {
            let renamed = |column: &Value| self.has_one_sided_column(&column.to_string());
            return renamed(left) && renamed(right);
        }
        if self.is_matter_of_parents(identity, name) {
            return true;
        }
        if matches!(name, "data_type" | "collation" | "position")
            && self.has_redefined_view(identity)
        {
            return true;
        }
        // These are never inherited.
        if matches!(name, "comment" | "privileges") {
            return false;
        }
        let sources_in = |model: &Model| {
            model.get(identity).map(|object| sources(object, model)).unwrap_or_default()
        };
        // What follows something on one side only has changed by itself.
        let [left_sources, right_sources] = models.map(sources_in);
        left_sources.into_iter().filter(|source| right_sources.contains(source)).any(|source| {
            self.attributes.contains(&(source, name, left.to_string(), right.to_string()))
        })
    }

    fn has_one_sided_parent(&self, identity: &Identity) -> bool {
        let schema = quoted_name([&*identity.schema]);
        self.one_sided.contains(&(Kind::Schema, schema))
            || parent_name(identity).is_some_and(|parent| {
                PARENTS.iter().any(|&kind| self.one_sided.contains(&(kind, parent.clone())))
            })
    }

    /// Whether the description that stands for the object's name is of something that only one
    /// side has: `function app.f(integer)`, `app_owner IN SCHEMA app ON TABLES`.
    fn describes_one_sided(&self, identity: &Identity) -> bool {
        match identity.kind {
            Kind::SecurityLabel => self.one_sided_names.iter().any(|name| {
                identity.name.strip_suffix(&**name).is_some_and(|rest| rest.ends_with(' '))
            }),
            Kind::DefaultPrivileges => {
                let schema = identity.name.split_once(" IN SCHEMA ").map(|(_, after)| after);
                let schema = schema.and_then(|after| after.rsplit_once(" ON "));
                schema.is_some_and(|(schema, _)| {
                    self.one_sided.contains(&(Kind::Schema, schema.to_owned()))
                })
            }
            _ => false,
        }
    }

    /// Whether the table's other parents explain the attribute.
    fn is_matter_of_parents(&self, identity: &Identity, name: &str) -> bool {
        match (identity.kind, name) {
            (Kind::Table, "partition_bound") => self.adopted.contains(&identity.quoted_name()),
            (Kind::Column | Kind::Constraint, "inherited")
            | (Kind::Constraint | Kind::Index, "partition_of") => {
                parent_name(identity).is_some_and(|parent| self.adopted.contains(&parent))
            }
            _ => false,
        }
    }

    /// A view's query decides what columns it has.
    fn has_redefined_view(&self, identity: &Identity) -> bool {
        identity.kind == Kind::Column
            && parent_name(identity)
                .is_some_and(|parent| self.redefined.contains(&(Kind::View, parent)))
    }

    fn has_one_sided_column(&self, column: &str) -> bool {
        self.one_sided.contains(&(Kind::Column, column.to_owned()))
            || table_of(column)
                .is_some_and(|table| self.one_sided.contains(&(Kind::Table, table.to_owned())))
    }
}

/// The kinds to which others belong.
pub(super) const PARENTS: [Kind; 6] = [
    Kind::Table,
    Kind::View,
    Kind::CompositeType,
    Kind::Domain,
    Kind::ForeignServer,
    Kind::Publication,
];

/// The objects that this one follows without being asked: a sequence its column and table, what
/// is inherited its origin, a partition's index the partitioned one.
fn sources(object: &Object, model: &Model) -> Vec<Key> {
    match &object.attributes {
        Attributes::Sequence(sequence) => {
            let column = sequence.owner_column.column();
            let table = column.and_then(table_of).map(|table| (Kind::Table, table.to_owned()));
            column
                .map(|column| (Kind::Column, column.to_owned()))
                .into_iter()
                .chain(table)
                .collect()
        }
        Attributes::Index(index) => {
            index.partition_of.iter().map(|parent| (Kind::Index, parent.clone())).collect()
        }
        Attributes::Statistics(statistics) => [Kind::Table, Kind::View]
            .map(|kind| (kind, statistics.table.clone()))
            .into_iter()
            .collect(),
        Attributes::PublicationTable(_) => vec![(Kind::Table, object.identity.name.clone())],
        Attributes::ChangedPrivileges(changed) => changed
            .extension
            .iter()
            .map(|name| (Kind::Extension, quoted_name([name.as_str()])))
            .collect(),
        Attributes::Column(column) if column.inherited => inherited_from(&object.identity, model),
        Attributes::Constraint(constraint) if constraint.partition_of.is_some() => {
            let parent = constraint.partition_of.iter();
            parent.map(|parent| (Kind::Constraint, parent.clone())).collect()
        }
        Attributes::Constraint(constraint) if constraint.inherited => {
            inherited_from(&object.identity, model)
        }
        _ => Vec::new(),
    }
}

/// The columns or constraints of the same name in the parents of the object's table.
fn inherited_from(identity: &Identity, model: &Model) -> Vec<Key> {
    let table = identity.parent.as_ref().and_then(|parent| {
        model.get(&Identity {
            kind: Kind::Table,
            schema: identity.schema.clone(),
            parent: None,
            name: parent.clone(),
            arguments: None,
        })
    });
    let Some(Attributes::Table(table)) = table.map(|object| &object.attributes) else {
        return Vec::new();
    };
    let name = quoted_name([&*identity.name]);
    table
        .inheritance
        .parents()
        .iter()
        .map(|parent| (identity.kind, format!("{parent}.{name}")))
        .collect()
}

fn is_of_identity_column(object: &Object) -> bool {
    matches!(&object.attributes, Attributes::Sequence(sequence)
        if matches!(sequence.owner_column, SequenceOwner::IdentityColumn(_)))
}

fn parent_name(identity: &Identity) -> Option<String> {
    let parent = identity.parent.as_deref()?;
    let schema = Some(&*identity.schema).filter(|schema| !schema.is_empty());
    Some(quoted_name(schema.into_iter().chain([parent])))
}

/// The exact name, and the arguments if there are any.
fn described_name(identity: &Identity) -> String {
    let arguments = identity.arguments.as_ref().map(|arguments| {
        // As pg_identify_object writes them.
        format!("({})", arguments.replace(", ", ","))
    });
    identity.quoted_name() + &arguments.unwrap_or_default()
}

/// The exact name of a column's table.
fn table_of(column: &str) -> Option<&str> {
    let mut quoted = false;
    let mut last_dot = None;
    for (at, c) in column.char_indices() {
        match c {
            '"' => quoted = !quoted,
            '.' if !quoted => last_dot = Some(at),
            _ => (),
        }
    }
    last_dot.map(|at| &column[..at])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_columns_table_is_found_in_its_name() {
        assert_eq!(table_of("s.t.c"), Some("s.t"));
        assert_eq!(table_of(r#""s.x"."t""."."c.d""#), Some(r#""s.x"."t"".""#));
        assert_eq!(table_of("c"), None);
    }
}
