use std::collections::BTreeMap;
use std::sync::OnceLock;

use super::identity::Identity;

/// What depends on what in a schema: `pg_depend`, among the objects of a
/// [`Model`](super::Model). It is no part of the model: two equal schemas can have been made
/// differently.
///
/// They are collected from nodes, two and two:
///
/// ```
/// use pum_core::model::{Dependencies, DependencyKind, Identity, Kind, Node};
///
/// let named = |kind, name: &str| Identity {
///     kind,
///     schema: String::new(),
///     parent: None,
///     name: name.to_owned(),
///     arguments: None,
/// };
/// let server = Node::object(named(Kind::ForeignServer, "elsewhere"));
/// let wrapper = Node::object(named(Kind::ForeignDataWrapper, "postgres_fdw"));
/// let edge = (server.clone(), wrapper.clone(), DependencyKind::Normal);
/// let dependencies: Dependencies = [edge].into_iter().collect();
/// assert_eq!(dependencies.needed_by(&wrapper).next(), Some((&server, DependencyKind::Normal)));
/// ```
#[derive(Debug, Clone, Default)]
pub struct Dependencies {
    /// Sorted, each once.
    nodes: Vec<Node>,
    /// Which node needs which; sorted, each pair once.
    needs: Vec<Edge>,
    /// The same the other way round, from when it is first asked for.
    needed_by: OnceLock<Vec<Edge>>,
    members: BTreeMap<String, Identity>,
}

/// Two nodes by their numbers, and how one depends on the other.
type Edge = (u32, u32, DependencyKind);

/// An object, or a part of one that depends on others by itself.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Node {
    /// The object.
    pub identity: Identity,
    /// Which part of it.
    pub part: Part,
}

/// A part of an object that depends on others by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Part {
    /// The object.
    Object,
    /// The default of a column, or the expression of a generated one: `pg_attrdef`.
    Default,
    /// The members of an operator family that belong to none of its classes: `pg_amop`,
    /// `pg_amproc`.
    Members,
}

/// The parts, in their order.
const PARTS: [Part; 3] = [Part::Object, Part::Default, Part::Members];

/// How an object depends on another: `pg_depend.deptype`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum DependencyKind {
    /// The other one cannot be dropped without `CASCADE`.
    Normal,
    /// It is dropped with the other one.
    Automatic,
    /// It is a part of the other one.
    Internal,
    /// It is a partition of the other one.
    Partition,
}

impl Node {
    /// The object itself.
    pub fn object(identity: Identity) -> Self {
        Self { identity, part: Part::Object }
    }

    /// The default of a column.
    pub fn default_of(column: Identity) -> Self {
        Self { identity: column, part: Part::Default }
    }

    /// The members of an operator family.
    pub fn members_of(family: Identity) -> Self {
        Self { identity: family, part: Part::Members }
    }
}

/// A node, by the number of its object in a list.
pub type NumberedNode = (u32, Part);

impl Dependencies {
    /// Dependencies among objects of a list: which one, by its number from 0, or which part of it depends
    /// on which other one, and how. Numbers beyond the list are left out.
    ///
    /// For many it is far less work than to collect them, where each is compared by its names; least of all
    /// if the list is sorted.
    pub fn among(
        identities: &[&Identity],
        mut edges: Vec<(NumberedNode, NumberedNode, DependencyKind)>,
    ) -> Self {
        edges.retain(|((from, _), (to, _), _)| (*from.max(to) as usize) < identities.len());
        let mut sorted: Vec<u32> = (0..).take(identities.len()).collect();
        sorted.sort_by_key(|&number| identities[number as usize]);
        // The number of the node that each part of each object is, if it is one.
        let mut numbers = vec![[None; PARTS.len()]; identities.len()];
        for (number, part) in edges.iter().flat_map(|(from, to, _)| [from, to]) {
            numbers[*number as usize][*part as usize] = Some(0);
        }
        let mut nodes = Vec::new();
        for at in sorted {
            let identity = identities[at as usize];
            for (number, part) in numbers[at as usize].iter_mut().zip(PARTS) {
                if let Some(number) = number {
                    *number = count(&nodes);
                    nodes.push(Node { identity: identity.clone(), part });
                }
            }
        }
        let number =
            |(number, part): NumberedNode| numbers[number as usize][part as usize].unwrap_or(0);
        let edges = edges.into_iter().map(|(from, to, kind)| (number(from), number(to), kind));
        Self::of_sorted_nodes(nodes, edges.collect())
    }

    fn of_sorted_nodes(nodes: Vec<Node>, mut needs: Vec<Edge>) -> Self {
        sort(&mut needs);
        Self { nodes, needs, ..Self::default() }
    }

    /// Adds that an extension has this member, which is no object of the model; called as
    /// `pg_identify_object` does, its type and its identity.
    pub fn insert_member(&mut self, member: String, extension: Identity) {
        self.members.insert(member, extension);
    }

    /// The members of extensions, each with its extension.
    pub fn members(&self) -> impl Iterator<Item = (&str, &Identity)> {
        self.members.iter().map(|(member, extension)| (&**member, extension))
    }

    /// The extension that an object is a member of, called as `pg_identify_object` does.
    pub fn extension_of(&self, member: &str) -> Option<&Identity> {
        self.members.get(member)
    }

    /// Each dependency: what depends, on what, and how; sorted.
    pub fn edges(&self) -> impl Iterator<Item = (&Node, &Node, DependencyKind)> {
        self.needs
            .iter()
            .map(|(from, to, kind)| (&self.nodes[*from as usize], &self.nodes[*to as usize], *kind))
    }

    /// The nodes, sorted, and each dependency by the numbers of its nodes, from 0; sorted.
    pub(crate) fn numbered(&self) -> (&[Node], &[(u32, u32, DependencyKind)]) {
        (&self.nodes, &self.needs)
    }

    /// Those among the objects that `keep` says.
    #[must_use]
    pub fn filtered(&self, keep: impl Fn(&Identity) -> bool) -> Self {
        let mut nodes = Vec::new();
        let numbers: Vec<Option<u32>> = self
            .nodes
            .iter()
            .map(|node| {
                keep(&node.identity).then(|| {
                    nodes.push(node.clone());
                    count(&nodes) - 1
                })
            })
            .collect();
        let number = |node: u32| numbers[node as usize];
        let edges = self.needs.iter();
        let edges =
            edges.filter_map(|(from, to, kind)| Some((number(*from)?, number(*to)?, *kind)));
        let members = self.members().filter(|(_, extension)| keep(extension));
        Self {
            members: members
                .map(|(member, extension)| (member.to_owned(), extension.clone()))
                .collect(),
            ..Self::of_sorted_nodes(nodes, edges.collect())
        }
    }

    /// The same among objects of other names.
    #[cfg(feature = "postgres")]
    pub(crate) fn renamed(&self, name: impl Fn(&Identity) -> Identity) -> Self {
        let node = |node: &Node| Node { identity: name(&node.identity), part: node.part };
        let edges = self.edges().map(|(from, to, kind)| (node(from), node(to), kind));
        Self { members: self.members.clone(), ..edges.collect() }
    }

    /// What something needs, sorted.
    pub fn needs(&self, node: &Node) -> impl Iterator<Item = (&Node, DependencyKind)> {
        self.of(&self.needs, node)
    }

    /// What needs something, sorted.
    pub fn needed_by(&self, node: &Node) -> impl Iterator<Item = (&Node, DependencyKind)> {
        let needed_by = self.needed_by.get_or_init(|| {
            let mut reversed: Vec<Edge> =
                self.needs.iter().map(|(from, to, kind)| (*to, *from, *kind)).collect();
            sort(&mut reversed);
            reversed
        });
        self.of(needed_by, node)
    }

    /// The nodes that the edges lead to from this one.
    fn of<'a>(
        &'a self,
        edges: &'a [Edge],
        node: &Node,
    ) -> impl Iterator<Item = (&'a Node, DependencyKind)> {
        let number = self.nodes.binary_search(node).ok().and_then(|at| u32::try_from(at).ok());
        let first = edges.partition_point(|(from, ..)| Some(*from) < number);
        let of_node = edges[first..].iter().take_while(move |(from, ..)| Some(*from) == number);
        of_node.map(|(_, to, kind)| (&self.nodes[*to as usize], *kind))
    }
}

impl FromIterator<(Node, Node, DependencyKind)> for Dependencies {
    /// That each first node depends on the second one.
    fn from_iter<T: IntoIterator<Item = (Node, Node, DependencyKind)>>(edges: T) -> Self {
        let edges: Vec<(Node, Node, DependencyKind)> = edges.into_iter().collect();
        let mut nodes: Vec<Node> =
            edges.iter().flat_map(|(from, to, _)| [from.clone(), to.clone()]).collect();
        nodes.sort_unstable();
        nodes.dedup();
        let number = |node: &Node| nodes.binary_search(node).ok().and_then(|at| at.try_into().ok());
        let numbered =
            edges.iter().filter_map(|(from, to, kind)| Some((number(from)?, number(to)?, *kind)));
        let numbered = numbered.collect();
        Self::of_sorted_nodes(nodes, numbered)
    }
}

/// Sorts, and leaves each pair once, with what holds more.
fn sort(edges: &mut Vec<Edge>) {
    edges.sort_unstable();
    edges.dedup_by_key(|(from, to, _)| (*from, *to));
}

/// How many nodes there are.
fn count(nodes: &[Node]) -> u32 {
    u32::try_from(nodes.len()).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::super::Kind;
    use super::DependencyKind::{Automatic, Internal, Normal};
    use super::*;

    fn identity(kind: Kind, parent: Option<&str>, name: &str) -> Identity {
        Identity {
            kind,
            schema: "s".to_owned(),
            parent: parent.map(str::to_owned),
            name: name.to_owned(),
            arguments: None,
        }
    }

    /// Not in their order: a view, a column that it shows, the type and the sequence of the column.
    fn identities() -> [Identity; 4] {
        [
            identity(Kind::View, None, "v"),
            identity(Kind::Column, Some("t"), "c"),
            identity(Kind::EnumType, None, "e"),
            identity(Kind::Sequence, None, "q"),
        ]
    }

    fn numbered() -> Vec<(NumberedNode, NumberedNode, DependencyKind)> {
        let (view, column, data_type, sequence) = (0, 1, 2, 3);
        vec![
            ((view, Part::Object), (column, Part::Object), Normal),
            ((column, Part::Object), (data_type, Part::Object), Internal),
            ((column, Part::Object), (data_type, Part::Object), Normal),
            ((column, Part::Default), (sequence, Part::Object), Normal),
            ((sequence, Part::Object), (column, Part::Object), Automatic),
        ]
    }

    fn among() -> Dependencies {
        Dependencies::among(&identities().each_ref(), numbered())
    }

    fn told(dependencies: &Dependencies) -> Vec<(Node, Node, DependencyKind)> {
        let edges = dependencies.edges();
        edges.map(|(from, to, kind)| (from.clone(), to.clone(), kind)).collect()
    }

    #[test]
    fn numbered_and_collected_ones_are_the_same() {
        let identities = identities();
        let node = |(number, part): NumberedNode| Node {
            identity: identities[number as usize].clone(),
            part,
        };
        let edges = numbered().into_iter().map(|(from, to, kind)| (node(from), node(to), kind));
        let mut edges: Vec<_> = edges.collect();
        let collected: Dependencies = edges.iter().rev().cloned().collect();
        // Of two between the same, that which holds more.
        edges.retain(|(.., kind)| *kind != Internal);
        edges.sort();
        assert_eq!(told(&collected), edges);
        assert_eq!(told(&among()), edges);
    }

    #[test]
    fn one_beyond_the_list_is_left_out() {
        let mut edges = numbered();
        edges.push(((4, Part::Object), (0, Part::Object), Normal));
        edges.push(((0, Part::Object), (9, Part::Object), Normal));
        assert_eq!(told(&Dependencies::among(&identities().each_ref(), edges)), told(&among()));
    }

    #[test]
    fn each_is_found_from_both_ends() {
        let [view, column, data_type, sequence] = identities().map(Node::object);
        let default = Node::default_of(column.identity.clone());
        let dependencies = among();
        let needs = |node| dependencies.needs(node).collect::<Vec<_>>();
        let needed_by = |node| dependencies.needed_by(node).collect::<Vec<_>>();
        assert_eq!(needs(&column), [(&data_type, Normal)]);
        assert_eq!(needs(&default), [(&sequence, Normal)]);
        assert_eq!(needs(&data_type), []);
        // In the order of the kinds.
        assert_eq!(needed_by(&column), [(&view, Normal), (&sequence, Automatic)]);
        assert_eq!(needed_by(&sequence), [(&default, Normal)]);
        // No node at all.
        assert_eq!(needed_by(&Node::default_of(sequence.identity.clone())), []);
    }

    #[test]
    fn those_of_an_object_go_with_it() {
        let [_, column, data_type, sequence] = identities();
        let mut dependencies = among();
        dependencies.insert_member("type x".to_owned(), sequence.clone());
        let left = dependencies.filtered(|identity| *identity != sequence);
        let column = Node::object(column);
        assert_eq!(left.edges().count(), 2);
        assert_eq!(left.needs(&column).collect::<Vec<_>>(), [(&Node::object(data_type), Normal)]);
        assert_eq!(left.needed_by(&column).count(), 1);
        assert_eq!(left.members().count(), 0);
        assert_eq!(dependencies.filtered(|_| true).members().count(), 1);
    }
}
