use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, OnceLock};

use super::identity::Identity;

/// What depends on what in a schema: `pg_depend`, among the objects of a
/// [`Model`](super::Model). It is no part of the model: two equal schemas can have been made
/// differently.
#[derive(Debug, Clone, Default)]
pub struct Dependencies {
    needs: Edges,
    /// The same the other way round, from when it is first asked for.
    needed_by: OnceLock<Edges>,
    members: BTreeMap<String, Identity>,
}

type Edges = BTreeMap<Arc<Node>, BTreeMap<Arc<Node>, DependencyKind>>;

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
    /// For many it is far less work than to [insert](Self::insert) one after the other, where objects are
    /// compared by their names; least of all if the list is sorted.
    pub fn among(
        identities: &[&Identity],
        mut edges: Vec<(NumberedNode, NumberedNode, DependencyKind)>,
    ) -> Self {
        let mut sorted: Vec<usize> = (0..identities.len()).collect();
        sorted.sort_by_key(|&at| identities[at]);
        let mut places = vec![0; identities.len()];
        for (place, at) in sorted.into_iter().enumerate() {
            places[at] = place;
        }
        edges.retain(|((from, _), (to, _), _)| (*from.max(to) as usize) < identities.len());
        let place = |(number, part): NumberedNode| (places[number as usize], part);
        edges.sort_unstable_by_key(|(from, to, kind)| (place(*from), place(*to), *kind));
        edges.dedup_by_key(|(from, to, _)| (*from, *to));
        let mut nodes: HashMap<NumberedNode, Arc<Node>> = HashMap::new();
        let mut node = |numbered: NumberedNode| {
            let (number, part) = numbered;
            let new = || Node { identity: identities[number as usize].clone(), part };
            Arc::clone(nodes.entry(numbered).or_insert_with(|| Arc::new(new())))
        };
        let of_one = edges.chunk_by(|(one, ..), (other, ..)| one == other);
        let needs = of_one.filter_map(|edges| {
            let from = node(edges.first()?.0);
            Some((from, edges.iter().map(|(_, to, kind)| (node(*to), *kind)).collect()))
        });
        Self { needs: needs.collect(), ..Self::default() }
    }

    /// Adds that one depends on the other.
    pub fn insert(
        &mut self,
        from: impl Into<Arc<Node>>,
        to: impl Into<Arc<Node>>,
        kind: DependencyKind,
    ) {
        let both = self.needs.entry(from.into()).or_default().entry(to.into()).or_insert(kind);
        *both = kind.min(*both);
        self.needed_by.take();
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
            .flat_map(|(from, needed)| needed.iter().map(move |(to, kind)| (&**from, &**to, *kind)))
    }

    /// Those among the objects that `keep` says.
    #[must_use]
    pub fn filtered(&self, keep: impl Fn(&Identity) -> bool) -> Self {
        let mut filtered = Self::default();
        for (from, needed) in self.needs.iter().filter(|(from, _)| keep(&from.identity)) {
            for (to, kind) in needed.iter().filter(|(to, _)| keep(&to.identity)) {
                filtered.insert(Arc::clone(from), Arc::clone(to), *kind);
            }
        }
        let members = self.members().filter(|(_, extension)| keep(extension));
        filtered.members =
            members.map(|(member, extension)| (member.to_owned(), extension.clone())).collect();
        filtered
    }

    /// The same among objects of other names.
    #[cfg(feature = "postgres")]
    pub(crate) fn renamed(&self, name: impl Fn(&Identity) -> Identity) -> Self {
        let node = |node: &Node| Node { identity: name(&node.identity), part: node.part };
        let mut renamed = Self { members: self.members.clone(), ..Self::default() };
        for (from, to, kind) in self.edges() {
            renamed.insert(node(from), node(to), kind);
        }
        renamed
    }

    /// What something needs.
    pub fn needs(&self, node: &Node) -> impl Iterator<Item = (&Node, DependencyKind)> {
        self.needs.get(node).into_iter().flatten().map(|(node, kind)| (&**node, *kind))
    }

    /// What needs something.
    pub fn needed_by(&self, node: &Node) -> impl Iterator<Item = (&Node, DependencyKind)> {
        let needed_by = self.needed_by.get_or_init(|| reversed(&self.needs));
        needed_by.get(node).into_iter().flatten().map(|(node, kind)| (&**node, *kind))
    }
}

fn reversed(needs: &Edges) -> Edges {
    let mut needed_by = Edges::new();
    for (from, needed) in needs {
        for (to, kind) in needed {
            needed_by.entry(Arc::clone(to)).or_default().insert(Arc::clone(from), *kind);
        }
    }
    needed_by
}
