//! The steps as a graph: which must come before which.

use std::collections::{BTreeMap, HashMap, HashSet, VecDeque};

use super::decided::{Decided, parent_identity, partition_of};
use super::side::Side;
use super::step::{Action, Step};
use super::topological::Edges;
use super::whole::whole_of;
use crate::model::{Identity, Kind, Model};

pub(super) struct Graph<'s> {
    pub(super) steps: &'s [Step],
    pub(super) by_key: HashMap<(Action, &'s Identity), usize>,
    /// Drops by schema and name.
    pub(super) dropped_names: HashMap<(&'s str, &'s str), Vec<usize>>,
    /// The steps that create what belongs to an object.
    pub(super) parts: HashMap<Identity, Vec<usize>>,
    /// The steps that attach indexes and keys, by the name of what they are attached to.
    pub(super) attached: HashMap<String, Vec<usize>>,
    /// The tables that are re-created with their rows, each with the one whose rows are copied.
    pub(super) refilled: &'s BTreeMap<Identity, Identity>,
    /// Before, after.
    pub(super) edges: Edges,
}

impl<'s> Graph<'s> {
    pub(super) fn new(steps: &'s [Step], decided: &'s Decided, left: &Side, right: &Side) -> Self {
        let mut dropped_names: HashMap<_, Vec<usize>> = HashMap::new();
        for (at, step) in steps.iter().enumerate() {
            if step.action == Action::Drop && shares_names(step.identity.kind) {
                let name = (&*step.identity.schema, &*step.identity.name);
                dropped_names.entry(name).or_default().push(at);
            }
        }
        let by_key = steps.iter().enumerate().map(|(at, it)| ((it.action, &it.identity), at));
        let mut parts: HashMap<Identity, Vec<usize>> = HashMap::new();
        for (at, step) in steps.iter().enumerate().filter(|(_, it)| it.action == Action::Create) {
            if let Some(whole) = parent_identity(&step.identity, &right.model) {
                parts.entry(whole).or_default().push(at);
            }
        }
        let mut attached: HashMap<String, Vec<usize>> = HashMap::new();
        let comes_to_whole = |step: &Step| match step.action {
            Action::Finish => true,
            Action::Alter => partition_of(&step.identity, &left.model).is_none(),
            _ => false,
        };
        for (at, step) in steps.iter().enumerate().filter(|(_, it)| comes_to_whole(it)) {
            if let Some(whole) = partition_of(&step.identity, &right.model) {
                attached.entry(whole.to_owned()).or_default().push(at);
            }
        }
        let by_key = by_key.collect();
        let (edges, refilled) = (Edges::new(), &decided.refilled);
        Self { steps, by_key, dropped_names, parts, attached, refilled, edges }
    }

    pub(super) fn step(&self, action: Action, identity: &Identity) -> Option<usize> {
        self.by_key.get(&(action, identity)).copied()
    }

    pub(super) fn add(&mut self, before: Option<usize>, after: usize) {
        if let Some(before) = before.filter(|before| *before != after) {
            self.edges.insert((before, after));
        }
    }

    /// The steps after which something is there as it is wanted.
    pub(super) fn makers(&self, identity: &Identity, model: &Model) -> Vec<usize> {
        use Action::{Alter, Create, Replace};
        let own = |identity: &Identity| -> Vec<usize> {
            [Create, Alter, Replace]
                .into_iter()
                .filter_map(|action| self.step(action, identity))
                .collect()
        };
        let mut makers = own(identity);
        let is_folded = makers.is_empty() || identity.kind == Kind::Column;
        if is_folded && let Some(whole) = parent_identity(identity, model) {
            let whole = [Create, Replace].into_iter().filter_map(|it| self.step(it, &whole));
            makers.extend(whole);
        }
        makers
    }

    /// The step that drops something: of what it goes with, the nearest, as the table of a column and not
    /// the one that it inherits the column from.
    pub(super) fn remover(&self, identity: &Identity, left: &Side) -> Option<usize> {
        let mut open = VecDeque::from([identity.clone()]);
        let mut seen = HashSet::new();
        while let Some(identity) = open.pop_front() {
            if let Some(at) = self.step(Action::Drop, &identity) {
                return Some(at);
            }
            if let Some(object) = left.model.get(&identity)
                && seen.insert(identity)
            {
                open.extend(whole_of(object, left));
            }
        }
        None
    }
}

/// Relations, types and the indexes of constraints have their names among each other.
pub(super) fn shares_names(kind: Kind) -> bool {
    use Kind::{
        BaseType, CompositeType, Constraint, Domain, EnumType, Index, RangeType, Sequence, Table,
        View,
    };
    matches!(
        kind,
        Table
            | View
            | Sequence
            | Index
            | Constraint
            | BaseType
            | EnumType
            | CompositeType
            | Domain
            | RangeType
    )
}
