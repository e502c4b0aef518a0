//! Which steps are done in which way, and the order of what comes of it.

use std::collections::HashMap;

use super::super::effects::add_effects;
use super::super::measured_way::MeasuredWay;
use super::super::placement::Placement;
use super::super::renames::{AppliedRename, before};
use super::super::side::Side;
use super::super::step::{Action, Step};
use super::names::{TemporaryNames, whole_of};
use super::retype::{Rewritten, World, can_be_updated, retype};
use super::way::{Part, Way};
use super::{OnlineMode, TableSizes};
use super::{attach, backfill, detach, drop_column, index, key, not_null, not_valid};
use crate::ddl::{NO_COLUMNS, NO_CONVERSIONS, Schemas};
use crate::model::{
    Attributes, ConstraintType, Identity, Inheritance, Kind, Table, TableKind, ViewKind,
};

/// Rewrites steps, so that busy tables stay readable and writable.
pub(in crate::plan) struct Online<'a> {
    pub(in crate::plan) mode: OnlineMode,
    /// What was measured on a copy: of these the better way is taken.
    pub(in crate::plan) measured: &'a [MeasuredWay],
    /// How large the tables of the left side are, if that is known.
    pub(in crate::plan) sizes: Option<&'a TableSizes>,
    /// The renames that were made before the steps.
    pub(in crate::plan) renames: &'a [AppliedRename],
    pub(in crate::plan) left: &'a Side,
    pub(in crate::plan) right: &'a Side,
    /// The role that runs the statements.
    pub(in crate::plan) role: &'a str,
    /// The major version of the server.
    pub(in crate::plan) major: u32,
}

impl Online<'_> {
    /// The steps, in the order in which they are run; their needs are numbers of these. Columns that new ones
    /// take the places of are added to those whose positions are left out.
    pub(in crate::plan) fn rewrite(
        &self,
        steps: Vec<Step>,
        left_out: &mut Vec<String>,
    ) -> Vec<Step> {
        if self.mode == OnlineMode::Never {
            return steps;
        }
        let steps = self.without_needless_needs(steps);
        let mut names = TemporaryNames::new(&self.left.model, &self.right.model);
        let Rewritten { steps, ways: retyped, absorbed, moved_last } =
            self.retyped(steps, &mut names);
        let position =
            |column: &Identity| format!("{column}: its position: it becomes the last one");
        left_out.extend(moved_last.iter().map(position));
        let mut drops = self.replaced(&steps);
        let taken: Vec<usize> = absorbed.iter().map(|(step, _)| *step).collect();
        drops.retain(|create, drop| !taken.contains(create) && !taken.contains(drop));
        let mut ways = self.ways(&steps, &drops, &mut names);
        ways.retain(|at, _| !taken.contains(at));
        // A drop that is no part of a way stays where it is.
        drops.retain(|create, _| ways.contains_key(create));
        ways.extend(retyped);
        if ways.is_empty() {
            return steps;
        }
        keep_if_needed(&steps, &mut ways);
        // Which steps are part of which way.
        let mut parts_of: Vec<(usize, usize)> =
            drops.iter().map(|(to, from)| (*from, *to)).collect();
        parts_of.extend(absorbed);
        parts_of.sort_unstable();
        let mut emitted = Emitted::default();
        let moved = moved(&steps, &ways, &parts_of);
        for (at, step) in steps.iter().enumerate().filter(|(at, _)| !moved[*at]) {
            match ways.get(&at) {
                Some(way) => emitted.add(at, step, Placement::Together, way.first.clone()),
                None => emitted.add(at, step, Placement::Together, step.statements.clone()),
            }
        }
        let consumed: Vec<usize> = parts_of.iter().map(|(step, _)| *step).collect();
        for last in [false, true] {
            let mut is_plain_before = false;
            for (at, step) in steps.iter().enumerate().filter(|(at, _)| !consumed.contains(at)) {
                let way = ways.get(&at);
                if way.is_some_and(|way| way.is_last) != last {
                    continue;
                }
                if moved[at] {
                    let joined = is_plain_before && way.is_none();
                    let placement =
                        if joined { Placement::Together } else { Placement::NewTransaction };
                    let statements =
                        way.map_or_else(|| step.statements.clone(), |way| way.first.clone());
                    emitted.add(at, step, placement, statements);
                    is_plain_before = true;
                }
                for Part { placement, statements } in way.iter().flat_map(|way| &way.later) {
                    emitted.add(at, step, *placement, statements.clone());
                    is_plain_before = false;
                }
            }
        }
        let mut rewritten = emitted.finish(&steps, &parts_of);
        add_effects(&mut rewritten, &self.left.model);
        rewritten
    }

    /// Columns that get other types, if columns are to be copied in batches.
    fn retyped(&self, mut steps: Vec<Step>, names: &mut TemporaryNames<'_>) -> Rewritten {
        if self.mode != OnlineMode::Always {
            return Rewritten { steps, ..Rewritten::default() };
        }
        // Those that cannot be filled in batches say why.
        for step in &mut steps {
            let is_column = step.action == Action::Create && step.identity.kind == Kind::Column;
            if is_column && step.may_rewrite && self.is_asked(step) {
                let filled = can_be_updated(&whole_of(&step.identity, Kind::Table), self.left);
                step.remark = filled.err().map(|why| format!("not filled in batches: {why}"));
            }
        }
        let schemas = Schemas {
            current: &self.left.model,
            wanted: &self.right.model,
            role: self.role,
            major: self.major,
            late_defaults: &NO_COLUMNS,
            recreated: &NO_COLUMNS,
            conversions: &NO_CONVERSIONS,
        };
        let world = World { left: self.left, right: self.right, schemas: &schemas };
        retype(steps, world, |step| self.is_asked(step), names)
    }

    /// Whether others are to read and write the table of a step meanwhile.
    fn is_asked(&self, step: &Step) -> bool {
        let is_measured =
            |way: &&MeasuredWay| (&way.identity, way.action) == (&step.identity, step.action);
        let measured = self.measured.iter().find(is_measured);
        !step.before_transaction
            && measured.is_none_or(MeasuredWay::is_online)
            && self.is_busy(&step.identity)
    }

    /// A column that keeps its type can be changed while the index is there that is another one then.
    fn without_needless_needs(&self, mut steps: Vec<Step>) -> Vec<Step> {
        let is_index = |step: &Step| {
            let object = self.left.model.get(&step.identity);
            step.action == Action::Drop
                && match object.map(|object| &object.attributes) {
                    Some(Attributes::Index(_)) => true,
                    Some(Attributes::Constraint(one)) => {
                        one.constraint_type == ConstraintType::Unique
                    }
                    _ => false,
                }
        };
        let indexes: Vec<bool> = steps.iter().map(is_index).collect();
        for step in &mut steps {
            let is_column = step.action == Action::Alter && step.identity.kind == Kind::Column;
            if is_column && !step.statements.iter().any(|sql| sql.contains(" TYPE ")) {
                step.needs.retain(|needed| !indexes[*needed]);
            }
        }
        steps
    }

    /// The way of each step that has one.
    fn ways(
        &self,
        steps: &[Step],
        drops: &HashMap<usize, usize>,
        names: &mut TemporaryNames<'_>,
    ) -> HashMap<usize, Way> {
        let replaced: Vec<usize> = drops.values().copied().collect();
        let mut ways = HashMap::new();
        for (at, step) in steps.iter().enumerate() {
            if replaced.contains(&at) || !self.is_asked(step) {
                continue;
            }
            let old = drops.get(&at).map(|drop| &steps[*drop]);
            if let Some(way) = self.way(step, old, names) {
                ways.insert(at, way);
            }
        }
        ways
    }

    fn way(&self, step: &Step, old: Option<&Step>, names: &mut TemporaryNames<'_>) -> Option<Way> {
        let Step { identity, statements, .. } = step;
        let models = [&self.left.model, &self.right.model];
        let [left, right] = models.map(|model| model.get(identity).map(|it| &it.attributes));
        match (step.action, left, right) {
            (Action::Create, _, Some(Attributes::Constraint(constraint))) => {
                let is_partitioned = self.is_partitioned(identity);
                if constraint.has_index() {
                    let dropped = old.map_or(&[][..], |old| &old.statements);
                    let both = (&statements[..], dropped);
                    if is_partitioned {
                        return None;
                    }
                    return key::way(identity, constraint, both, names);
                }
                not_valid::way(identity, constraint, is_partitioned, self.major, statements)
            }
            (Action::Create, left, Some(Attributes::Index(new))) => {
                let old = match left {
                    Some(Attributes::Index(index)) if old.is_some() => Some(&**index),
                    _ => None,
                };
                index::create(identity, (&**new, old), statements, names)
            }
            (Action::Drop, Some(Attributes::Index(index)), None) => {
                index::drop(identity, index, statements)
            }
            (Action::Drop, Some(Attributes::Column(_)), None) => Some(drop_column::way(statements)),
            (Action::Alter, _, Some(Attributes::Column(_))) => {
                not_null::way(identity, statements, names)
            }
            (Action::Create, _, Some(Attributes::Column(column)))
                if self.mode == OnlineMode::Always
                    && step.remark.is_none()
                    && !self.is_partitioned(identity) =>
            {
                backfill::way(identity, column, statements, names)
            }
            (Action::Drop, Some(Attributes::Table(table)), None) => {
                let which = (&**table, true);
                detach::way(identity, which, (statements, self.major), names)
            }
            (Action::Alter, Some(Attributes::Table(old)), Some(Attributes::Table(new))) => {
                let is_moved = matches!(new.inheritance, Inheritance::Partition { .. });
                let which = (&**old, false);
                // Its rows would be missing until it is attached again.
                if is_moved {
                    return None;
                }
                detach::way(identity, which, (statements, self.major), names)
            }
            (Action::Attach, Some(Attributes::Table(old)), Some(Attributes::Table(new)))
                if !matches!(old.inheritance, Inheritance::Partition { .. }) =>
            {
                attach::way(identity, new, statements, names)
            }
            _ => None,
        }
    }

    /// Whether the table that something is or belongs to is there before, and is to stay readable and
    /// writable.
    fn is_busy(&self, identity: &Identity) -> bool {
        let left = &self.left.model;
        let wholes = match identity.kind {
            Kind::Table => vec![identity.clone()],
            _ => [Kind::Table, Kind::View].map(|kind| whole_of(identity, kind)).to_vec(),
        };
        let Some(whole) = wholes.into_iter().find(|whole| left.get(whole).is_some()) else {
            return false;
        };
        let has_rows = match left.get(&whole).map(|object| &object.attributes) {
            Some(Attributes::Table(table)) => {
                matches!(table.relation, TableKind::Table | TableKind::PartitionedTable)
            }
            Some(Attributes::View(view)) => view.relation == ViewKind::MaterializedView,
            _ => false,
        };
        has_rows
            && match self.mode {
                OnlineMode::Never => false,
                OnlineMode::Always => true,
                OnlineMode::Auto => {
                    let before = before(&whole, self.renames);
                    let bytes = self.sizes.and_then(|all| all.bytes(&before.schema, &before.name));
                    bytes.is_some_and(|bytes| bytes >= OnlineMode::BUSY_FROM)
                }
            }
    }

    fn is_partitioned(&self, part: &Identity) -> bool {
        let table = self.left.model.of::<Table>(&whole_of(part, Kind::Table));
        table.is_some_and(|table| table.relation == TableKind::PartitionedTable)
    }

    /// Indexes and keys that are dropped and created again: the step that creates one, and the step that
    /// drops it, if nothing that stands between them needs the one and is needed by the other.
    fn replaced(&self, steps: &[Step]) -> HashMap<usize, usize> {
        let mut by_identity = HashMap::new();
        let mut found = HashMap::new();
        for (at, step) in steps.iter().enumerate() {
            let is_one = match step.identity.kind {
                Kind::Index => true,
                Kind::Constraint => self.right.has_key(&step.identity),
                _ => false,
            };
            if !is_one {
                continue;
            }
            match step.action {
                Action::Drop => {
                    by_identity.insert(&step.identity, at);
                }
                Action::Create => {
                    if let Some(drop) = by_identity.get(&step.identity)
                        && !is_between(steps, *drop, at)
                    {
                        found.insert(at, *drop);
                    }
                }
                _ => {}
            }
        }
        found
    }
}

impl Side {
    fn has_key(&self, identity: &Identity) -> bool {
        let object = self.model.get(identity);
        matches!(object.map(|it| &it.attributes), Some(Attributes::Constraint(one)) if one.has_index())
    }
}

/// Whether a step that needs `first` is needed by `last`.
fn is_between(steps: &[Step], first: usize, last: usize) -> bool {
    let mut needs_first = vec![false; steps.len()];
    for at in first + 1..last {
        needs_first[at] =
            steps[at].needs.iter().any(|needed| *needed == first || needs_first[*needed]);
    }
    steps[last].needs.iter().any(|needed| needs_first[*needed])
}

/// A drop that something else needs is done where it was.
fn keep_if_needed(steps: &[Step], ways: &mut HashMap<usize, Way>) {
    let needed: Vec<usize> = steps.iter().flat_map(|step| step.needs.clone()).collect();
    ways.retain(|at, _| steps[*at].action != Action::Drop || !needed.contains(at));
}

/// Which steps are done after the others, because they need what is.
fn moved(steps: &[Step], ways: &HashMap<usize, Way>, parts_of: &[(usize, usize)]) -> Vec<bool> {
    let mut moved = vec![false; steps.len()];
    for (step, _) in parts_of {
        moved[*step] = true;
    }
    for (at, step) in steps.iter().enumerate() {
        let is_whole = |at: &usize| ways.get(at).is_some_and(|way| way.is_needed_whole);
        moved[at] |= ways.get(&at).is_some_and(|way| way.first.is_empty());
        moved[at] |= step.needs.iter().any(|needed| moved[*needed] || is_whole(needed));
    }
    // They act on what is created after them.
    if moved.contains(&true) {
        for (at, step) in steps.iter().enumerate() {
            moved[at] |= step.identity.kind == Kind::DefaultPrivileges;
        }
    }
    moved
}

/// Steps in a new order.
#[derive(Default)]
struct Emitted {
    steps: Vec<Step>,
    /// The old number of each.
    origins: Vec<usize>,
}

impl Emitted {
    fn add(&mut self, origin: usize, step: &Step, placement: Placement, statements: Vec<String>) {
        if statements.is_empty() {
            return;
        }
        self.steps.push(Step { statements, placement, ..step.clone() });
        self.origins.push(origin);
    }

    /// Gives the steps the numbers of those that they need.
    fn finish(mut self, old: &[Step], parts_of: &[(usize, usize)]) -> Vec<Step> {
        let mut parts: HashMap<usize, Vec<usize>> = HashMap::new();
        for (at, origin) in self.origins.iter().enumerate() {
            parts.entry(*origin).or_default().push(at);
        }
        // What is part of a way is where that is.
        for (step, whole) in parts_of {
            let own = parts.get(whole).cloned().unwrap_or_default();
            parts.entry(*step).or_default().extend(own);
        }
        let mut lost_at: Vec<usize> = Vec::new();
        for at in 0..self.steps.len() {
            let origin = self.origins[at];
            let needed = old[origin].needs.iter().chain([&origin]);
            let needed = needed.flat_map(|needed| parts.get(needed).into_iter().flatten());
            let mut needs: Vec<usize> = needed.copied().filter(|needed| *needed < at).collect();
            needs.sort_unstable();
            needs.dedup();
            self.steps[at].needs = needs;
            // What is lost is said once.
            if lost_at.contains(&origin) {
                self.steps[at].loss = None;
            }
            lost_at.push(origin);
        }
        self.steps
    }
}
