//! Partitions that come and go: which there are is no difference, but what deviates from the parent is.

use std::collections::{BTreeMap, HashMap, HashSet};

use super::partition_manager::PartitionManager;
use super::partition_shape::{Shape, Whole};
use super::{Change, Difference, Filters, merge};
use crate::model::{
    Attributes, Identity, Kind, Model, Object, Table, TablePath, Value, name_parts, quoted_name,
};

/// A table whose partitions come and go: each is held against the shape of the table.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ManagedPartitions {
    /// The table.
    pub parent: TablePath,
    /// What makes its partitions, if that was recognized; otherwise a pattern says that they are managed.
    pub manager: Option<PartitionManager>,
    /// Its partitions on the left side.
    pub left: Vec<TablePath>,
    /// Its partitions on the right side.
    pub right: Vec<TablePath>,
}

/// What is left to be compared, and what deviates among the partitions.
pub(crate) struct Held {
    pub(crate) left: Model,
    pub(crate) right: Model,
    pub(crate) differences: Vec<Difference>,
    pub(crate) parents: Vec<ManagedPartitions>,
}

/// Whether the partitions of a table come and go, and what makes them.
pub(crate) type IsManaged<'f> = dyn Fn(&Identity) -> Option<Option<PartitionManager>> + 'f;

/// Takes the partitions of managed tables out of two models, and holds each against the shape of its
/// parent. Nothing if no table of either has such ones.
pub(crate) fn hold_partitions(
    left: &Model,
    right: &Model,
    is_managed: &IsManaged<'_>,
    filters: &Filters,
) -> Option<Held> {
    let sides = [left, right].map(|model| Side::new(model, is_managed));
    let [left_side, right_side] = &sides;
    if left_side.children.is_empty() && right_side.children.is_empty() {
        return None;
    }
    let mut parents: BTreeMap<&Identity, ManagedPartitions> = BTreeMap::new();
    for (side, number) in [(left_side, 0), (right_side, 1)] {
        for Child { root, identity, manager, .. } in &side.children {
            let entry = parents.entry(root).or_insert_with(|| ManagedPartitions {
                parent: path(root),
                manager: *manager,
                left: Vec::new(),
                right: Vec::new(),
            });
            let list = if number == 0 { &mut entry.left } else { &mut entry.right };
            list.push(path(identity));
        }
    }
    let mut differences = Vec::new();
    let parent_names: HashSet<&Identity> =
        sides.iter().flat_map(|side| &side.children).map(|child| child.parent).collect();
    for parent in parent_names {
        let [of_left, of_right] =
            [left_side, right_side].map(|side| side.deviations(parent, filters));
        let models = if of_right.is_empty() { &of_left } else { &of_right };
        let expected = Expected { beyond: common(&of_right), models };
        let deviations = |all: &[Deviation<'_>], is_right| -> Vec<Difference> {
            all.iter().flat_map(|one| one.compared_with(&expected, is_right)).collect()
        };
        differences.extend(deviations(&of_left, false));
        differences.extend(deviations(&of_right, true));
    }
    let [left, right] = [left_side, right_side].map(Side::without_children);
    Some(Held { left, right, differences, parents: parents.into_values().collect() })
}

/// A schema without the partitions of managed tables.
pub(crate) fn without_partitions(model: &Model, is_managed: &IsManaged<'_>) -> Model {
    Side::new(model, is_managed).without_children()
}

fn path(identity: &Identity) -> TablePath {
    TablePath { schema: identity.schema.clone(), name: identity.name.clone() }
}

/// A partition.
struct Child<'m> {
    identity: &'m Identity,
    parent: &'m Identity,
    /// The parent that is managed: partitions can have partitions.
    root: &'m Identity,
    manager: Option<PartitionManager>,
}

struct Side<'m> {
    model: &'m Model,
    /// What belongs to each table, itself too, by schema and name.
    objects: HashMap<(String, String), Vec<&'m Object>>,
    children: Vec<Child<'m>>,
}

impl<'m> Side<'m> {
    fn new(model: &'m Model, is_managed: &IsManaged<'_>) -> Self {
        let children = children(model, is_managed);
        let mut objects: HashMap<(String, String), Vec<&Object>> = HashMap::new();
        if !children.is_empty() {
            for object in model.objects() {
                if let Some(table) = table_of(object) {
                    objects.entry(table).or_default().push(object);
                }
            }
        }
        Self { model, objects, children }
    }

    fn whole(&self, identity: &'m Identity) -> Option<Whole<'_>> {
        let objects = self.objects.get(&(identity.schema.clone(), identity.name.clone()))?;
        Some(Whole { identity, table: self.model.of::<Table>(identity)?, objects })
    }

    /// In what each partition of a table is not as it says.
    fn deviations(&self, parent: &Identity, filters: &Filters) -> Vec<Deviation<'m>> {
        let mut found = Vec::new();
        let mut of_parent = None;
        for child in self.children.iter().filter(|child| child.parent == parent) {
            let (Some(whole), Some(parent)) =
                (self.whole(child.identity), self.whole(child.parent))
            else {
                continue;
            };
            let expected = of_parent.get_or_insert_with(|| Shape::of_parent(parent, child.manager));
            let shape = Shape::of_child(whole, parent, child.manager);
            let facts = merge(&shape.model, &expected.model, filters);
            let real = |fact: &Difference| match fact.change {
                Change::OnlyRight => expected.real(&fact.identity),
                _ => shape.real(&fact.identity),
            };
            let names = facts.iter().map(|fact| real(fact).cloned()).collect();
            found.push(Deviation { child: child.identity, facts, names });
        }
        found
    }

    /// The model without the partitions and all that belongs to them.
    fn without_children(&self) -> Model {
        let children: HashSet<(&str, &str)> = self
            .children
            .iter()
            .map(|child| (&*child.identity.schema, &*child.identity.name))
            .collect();
        let mut model = self.model.clone();
        model.retain(|object| {
            table_of(object).is_none_or(|(schema, name)| !children.contains(&(&*schema, &*name)))
        });
        model
    }
}

/// The partitions of managed tables, and theirs.
fn children<'m>(model: &'m Model, is_managed: &IsManaged<'_>) -> Vec<Child<'m>> {
    let mut by_parent: HashMap<&str, Vec<&Identity>> = HashMap::new();
    for (identity, table) in model.all_of::<Table>() {
        // With several parents none of them says what it looks like.
        if let [parent] = table.inheritance.parents() {
            by_parent.entry(parent).or_default().push(identity);
        }
    }
    let mut found = Vec::new();
    if by_parent.is_empty() {
        return found;
    }
    for (root, _) in model.all_of::<Table>() {
        let Some(manager) = is_managed(root) else { continue };
        let mut open = vec![root];
        while let Some(parent) = open.pop() {
            let name = quoted_name([&*parent.schema, &*parent.name]);
            for &identity in by_parent.get(&*name).into_iter().flatten() {
                if found.iter().any(|child: &Child<'_>| child.identity == identity) {
                    continue;
                }
                found.push(Child { identity, parent, root, manager });
                open.push(identity);
            }
        }
    }
    found
}

/// The table that an object is, or belongs to.
fn table_of(object: &Object) -> Option<(String, String)> {
    let Object { identity, attributes } = object;
    let named = |name: &str, most: usize| {
        let parts = name_parts(name)?;
        let mut parts = parts.into_iter().take(most);
        Some((parts.next()?, parts.next()?))
    };
    match attributes {
        Attributes::Table(_) => Some((identity.schema.clone(), identity.name.clone())),
        Attributes::Sequence(sequence) => named(sequence.owner_column.column()?, 2),
        Attributes::PublicationTable(_) => named(&identity.name, 2),
        Attributes::Statistics(statistics) => named(&statistics.table, 2),
        _ if identity.kind == Kind::UserMapping => None,
        _ => Some((identity.schema.clone(), identity.parent.clone()?)),
    }
}

/// In what a partition is not as its parent says.
struct Deviation<'m> {
    child: &'m Identity,
    /// The partition is the left side, the shape that the parent gives the right one.
    facts: Vec<Difference>,
    /// The names of the objects, of the partition or of the parent.
    names: Vec<Option<Identity>>,
}

/// In what all of some partitions deviate in the same way.
fn common(all: &[Deviation<'_>]) -> Vec<Difference> {
    let Some((first, others)) = all.split_first() else { return Vec::new() };
    let is_common = |fact: &&Difference| others.iter().all(|one| one.facts.contains(fact));
    first.facts.iter().filter(is_common).cloned().collect()
}

impl Deviation<'_> {
    /// The differences from what partitions are expected to have beyond their parent.
    fn compared_with(&self, expected: &Expected<'_, '_>, is_right: bool) -> Vec<Difference> {
        let mut found = Vec::new();
        for (fact, name) in self.facts.iter().zip(&self.names) {
            if expected.beyond.contains(fact) || expected.is_as_made(fact) {
                continue;
            }
            let identity = self.own(fact, name.as_ref());
            let same = expected.beyond.iter().find(|other| other.is_about_the_same(fact));
            let change = match (&fact.change, same.map(|other| &other.change)) {
                (
                    Change::Attribute { name, left, .. },
                    Some(Change::Attribute { left: wanted, .. }),
                ) => Change::Attribute { name, left: left.clone(), right: wanted.clone() },
                (change, _) => change.clone(),
            };
            found.push(Difference { identity, change });
        }
        for fact in &expected.beyond {
            if !self.facts.iter().any(|own| own.is_about_the_same(fact)) {
                let identity = self.own(fact, None);
                found.push(Difference { identity, change: mirrored(fact.change.clone()) });
            }
        }
        if is_right {
            for difference in &mut found {
                difference.change = mirrored(difference.change.clone());
            }
        }
        found
    }

    /// An object of the shape as one of this partition.
    fn own(&self, fact: &Difference, real: Option<&Identity>) -> Identity {
        let mut identity = real.unwrap_or(&fact.identity).clone();
        if fact.identity.kind == Kind::Table {
            return self.child.clone();
        }
        if !identity.schema.is_empty() {
            identity.schema.clone_from(&self.child.schema);
        }
        if identity.parent.is_some() && identity.kind != Kind::PublicationTable {
            identity.parent = Some(self.child.name.clone());
        }
        identity
    }
}

/// What is expected of partitions.
struct Expected<'a, 'm> {
    /// What they have beyond their parent, all in the same way.
    beyond: Vec<Difference>,
    /// Those that are taken for the model.
    models: &'a [Deviation<'m>],
}

impl Expected<'_, '_> {
    /// Whether this is how the server makes a partition, whatever the parent is like: no user has
    /// privileges on it, as rows are reached by way of the parent. Not if a model has those of the parent.
    fn is_as_made(&self, fact: &Difference) -> bool {
        let has_none = matches!(&fact.change,
            Change::Attribute { name: "privileges", left: Value::List(own), .. } if own.is_empty());
        has_none
            && self
                .models
                .iter()
                .all(|model| model.facts.iter().any(|other| other.is_about_the_same(fact)))
    }
}

fn mirrored(change: Change) -> Change {
    match change {
        Change::OnlyLeft => Change::OnlyRight,
        Change::OnlyRight => Change::OnlyLeft,
        Change::Attribute { name, left, right } => {
            Change::Attribute { name, left: right, right: left }
        }
    }
}
