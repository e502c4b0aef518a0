//! The order of the steps.
//!
//! What is made comes after what it needs in the schema that is wanted; what is dropped goes before
//! what it needs in the current one. Among what needs nothing more, kinds and names decide: the same
//! schemas make the same plan.

use std::collections::{BTreeSet, HashSet};

use super::decided::{Decided, parent_identity, partition_of};
use super::graph::{Graph, shares_names};
use super::mentions::mentions;
use super::rank::{place_of_column, rank};
use super::side::Side;
use super::step::{Action, Step};
use super::topological;
use super::whole::is_partition;
use crate::model::{
    Column, ColumnValue, Constraint, DependencyKind, Identity, Kind, Model, Node, Part, RangeType,
    Sequence, SequenceOwner, Table, quoted_name,
};

/// The columns of new tables whose defaults need what needs the table.
pub(super) fn late_defaults(decided: &Decided, right: &Side) -> BTreeSet<Identity> {
    let columns = right.model.all_of::<Column>();
    columns
        .filter(|(_, column)| matches!(column.value, ColumnValue::Default(_)))
        .map(|(identity, _)| identity)
        .filter(|identity| {
            let table = parent_identity(identity, &right.model);
            let is_recreated = table.is_some_and(|table| decided.refilled.contains_key(&table));
            decided.created.contains(*identity) || is_recreated
        })
        .filter(|identity| {
            let table = parent_identity(identity, &right.model);
            table.is_some_and(|table| decided.comes(&table) && returns_to(identity, &table, right))
        })
        .cloned()
        .collect()
}

/// Whether the default of a column needs something that needs its table.
fn returns_to(column: &Identity, table: &Identity, right: &Side) -> bool {
    let is_of_table = |identity: &Identity| identity == table || identity.group() == table.group();
    let mut seen = HashSet::new();
    let default = Node::default_of(column.clone());
    let first = right.dependencies.needs(&default);
    let mut open: Vec<&Node> =
        first.map(|(node, _)| node).filter(|node| !is_of_table(&node.identity)).collect();
    while let Some(node) = open.pop() {
        if !seen.insert(node) {
            continue;
        }
        for (needed, _) in right.dependencies.needs(node) {
            // That a column owns a sequence is said last.
            let is_owner =
                node.identity.kind == Kind::Sequence && needed.identity.kind != Kind::Schema;
            if is_owner {
                continue;
            }
            if is_of_table(&needed.identity) {
                return true;
            }
            open.push(needed);
        }
    }
    false
}

/// Puts steps in order; gives those that are left if they cannot be.
pub(super) fn sort(
    steps: &[Step],
    decided: &Decided,
    left: &Side,
    right: &Side,
) -> Result<Vec<Step>, Vec<Step>> {
    let mut graph = Graph::new(steps, decided, left, right);
    for at in 0..steps.len() {
        graph.after_what_it_needs(at, left, right);
        graph.before_what_it_needed(at, decided, left);
        graph.after_what_has_its_name(at);
        graph.after_its_multirange(at, left, right);
    }
    graph.before_what_goes_with_it(decided, left);
    graph.convert(decided, left);
    graph.after_extensions(right);
    graph.change_members(decided);
    graph.merge_constraints(right);
    graph.part_constraints(left);
    graph.index_partitions(left, right);
    graph.after_server_effects(left, right);
    let key = |step| (rank(step), place_of_column(step, right), &step.identity);
    let keys: Vec<_> = steps.iter().map(key).collect();
    let steps_at = |numbers: &[usize]| numbers.iter().map(|at| steps[*at].clone()).collect();
    match topological::sort(&keys, &graph.edges, &mentions(steps, right)) {
        Ok(order) => {
            let mut sorted: Vec<Step> = steps_at(&order);
            let mut number_of = vec![0; order.len()];
            for (number, at) in order.iter().enumerate() {
                number_of[*at] = number;
            }
            for (before, after) in &graph.edges {
                sorted[number_of[*after]].needs.push(number_of[*before]);
            }
            for step in &mut sorted {
                step.needs.sort_unstable();
            }
            Ok(sorted)
        }
        Err(stuck) => Err(steps_at(&stuck)),
    }
}

impl Graph<'_> {
    fn after_what_it_needs(&mut self, at: usize, left: &Side, right: &Side) {
        let steps = self.steps;
        let Step { action, identity, .. } = &steps[at];
        let whole = Node::object(identity.clone());
        let nodes = match action {
            Action::Shell if identity.kind == Kind::View => self.shell_of_view(at, right),
            Action::Rename
            | Action::Drop
            | Action::DropDefault
            | Action::Shell
            | Action::Park
            | Action::CopyRows
            | Action::Attach => Vec::new(),
            Action::Create | Action::Replace => {
                let mut nodes = vec![whole];
                for column in columns_of(identity, &right.model) {
                    let is_view = identity.kind == Kind::View;
                    let is_late = is_view || self.step(Action::SetDefault, &column).is_some();
                    if !is_late {
                        nodes.push(Node::default_of(column.clone()));
                    }
                    nodes.push(Node::object(column));
                }
                if identity.kind == Kind::Column {
                    nodes.push(Node::default_of(identity.clone()));
                }
                if identity.kind == Kind::Domain {
                    let constraints = right.model.parts_of::<Constraint>(identity);
                    nodes.extend(constraints.map(|(identity, _)| Node::object(identity.clone())));
                }
                nodes
            }
            Action::Alter => {
                vec![whole, Node::default_of(identity.clone()), Node::members_of(identity.clone())]
            }
            Action::SetDefault => vec![Node::default_of(identity.clone())],
            Action::Finish => {
                let mut nodes = vec![whole, Node::members_of(identity.clone())];
                nodes.extend(columns_of(identity, &right.model).map(Node::default_of));
                nodes
            }
        };
        for node in nodes {
            for (needed, kind) in right.dependencies.needs(&node) {
                if *action == Action::Create && is_for_finish(&node, needed, kind, &right.model) {
                    continue;
                }
                self.after(at, needed, right);
            }
        }
        if !matches!(action, Action::Drop | Action::DropDefault | Action::Park)
            && let Some(parent) = parent_identity(identity, &right.model)
        {
            for maker in self.makers(&parent, &right.model) {
                self.add(Some(maker), at);
            }
        }
        // A partition gets its triggers when it is one.
        if identity.kind == Kind::Trigger
            && let Some(table) = parent_identity(identity, &right.model)
        {
            self.add(self.step(Action::Attach, &table), at);
        }
        match action {
            Action::Create | Action::Replace => {
                self.after_what_it_inherits(at, left, right);
                let shell = self.step(Action::Shell, identity);
                self.add(self.remover(identity, left), shell.unwrap_or(at));
                self.add(shell, at);
            }
            Action::Alter => self.after_what_prepares_it(at, left, right),
            Action::SetDefault | Action::Park => {
                self.add(self.step(Action::DropDefault, identity), at);
            }
            Action::Finish => {
                self.add(self.step(Action::Create, identity), at);
                // An index is attached after its table.
                if let Some(parent) = parent_identity(identity, &right.model) {
                    self.add(self.step(Action::Attach, &parent), at);
                }
                self.add(self.step(Action::Attach, identity), at);
                let parts = self.parts.get(identity).cloned().unwrap_or_default();
                for part in parts {
                    self.add(Some(part), at);
                }
            }
            Action::Attach => self.attach(at, left, right),
            Action::CopyRows => self.copy_rows(at, right),
            Action::Rename | Action::Drop | Action::DropDefault | Action::Shell => {}
        }
    }

    /// What is changed in place comes after other steps of it and of what it belongs to.
    fn after_what_prepares_it(&mut self, at: usize, left: &Side, right: &Side) {
        let identity = &self.steps[at].identity;
        self.add(self.step(Action::Replace, identity), at);
        self.add(self.step(Action::Park, identity), at);
        self.before_its_parents_change(at, left, right);
        // An index is attached after its table.
        if let Some(parent) = parent_identity(identity, &right.model)
            && matches!(identity.kind, Kind::Index | Kind::Constraint)
            && partition_of(identity, &right.model).is_some()
        {
            self.add(self.step(Action::Attach, &parent), at);
        }
        // A column of a typed table comes with its type.
        if let Some(attribute) = attribute_of(identity, &right.model) {
            self.add(self.step(Action::Create, &attribute), at);
        }
        // The values of a column must be those that its sequence can give.
        if let Some(column) = column_of_identity(identity, &right.model)
            && let Some(column) = self.step(Action::Alter, &column)
        {
            self.add(Some(at), column);
        }
    }

    /// The stand-in of a view needs its schema and the types of its columns.
    fn shell_of_view(&mut self, at: usize, right: &Side) -> Vec<Node> {
        let identity = &self.steps[at].identity;
        let whole = Node::object(identity.clone());
        let needed = right.dependencies.needs(&whole).map(|(needed, _)| &needed.identity);
        for schema in needed.filter(|needed| needed.kind == Kind::Schema) {
            for maker in self.makers(schema, &right.model) {
                self.add(Some(maker), at);
            }
        }
        columns_of(identity, &right.model).map(Node::object).collect()
    }

    fn after(&mut self, at: usize, needed: &Node, right: &Side) {
        let identity = &needed.identity;
        let step = &self.steps[at];
        // Views that need each other have stand-ins.
        let of_column = parent_identity(identity, &right.model);
        let view = of_column.as_ref().filter(|_| identity.kind == Kind::Column).unwrap_or(identity);
        if let Some(shell) = self.step(Action::Shell, view)
            && view.kind == Kind::View
            && self.step(Action::Shell, &step.identity).is_some()
        {
            self.add(Some(shell), at);
            return;
        }
        // Its own functions need a type before it is whole, all others need it whole.
        let own = Node::object(identity.clone());
        let mut functions = right.dependencies.needs(&own).map(|(node, _)| &node.identity);
        if let Some(shell) = self.step(Action::Shell, identity)
            && functions.any(|function| *function == step.identity)
        {
            self.add(Some(shell), at);
            return;
        }
        // A materialized view is computed of the rows.
        if step.identity.kind == Kind::View {
            let table = parent_identity(identity, &right.model);
            self.add(self.copy_of(table.as_ref().unwrap_or(identity)), at);
        }
        // To own a sequence a column has to be there, as whatever.
        let is_owner = step.identity.kind == Kind::Sequence && identity.kind == Kind::Column;
        if is_owner && step.action == Action::Alter {
            // It gets its owner by itself.
            return;
        }
        for maker in self.makers(identity, &right.model) {
            if !is_owner || self.steps[maker].action == Action::Create {
                self.add(Some(maker), at);
            }
        }
        // A foreign key, or what a query needs, can only be there once the key is whole: that of a
        // partitioned table is when its partitions have theirs.
        if step.action == Action::Create && step.identity.kind == Kind::Constraint {
            let mut keys = vec![identity.quoted_name()];
            while let Some(key) = keys.pop() {
                for finished in self.attached.get(&key).cloned().unwrap_or_default() {
                    self.add(Some(finished), at);
                    keys.push(self.steps[finished].identity.quoted_name());
                }
            }
        }
    }

    fn before_what_it_needed(&mut self, at: usize, decided: &Decided, left: &Side) {
        let step = &self.steps[at];
        let identity = &step.identity;
        let mut nodes = vec![Node::object(identity.clone())];
        let emptied = self.step(Action::Park, identity).filter(|_| step.action == Action::Drop);
        match step.action {
            Action::Drop => {
                self.add(emptied, at);
                if identity.kind == Kind::UserMapping
                    && let Some(server) = parent_identity(identity, &left.model)
                    && let Some(remover) = self.remover(&server, left)
                {
                    self.add(Some(at), remover);
                }
                for part in super::decided::parts_of(identity, &left.model) {
                    if self.step(Action::DropDefault, &part).is_none() {
                        nodes.push(Node::default_of(part.clone()));
                    }
                    if self.step(Action::Drop, &part).is_none() {
                        nodes.push(Node::object(part));
                    }
                }
                nodes.push(Node::default_of(identity.clone()));
                nodes.push(Node::members_of(identity.clone()));
            }
            Action::DropDefault => nodes = vec![Node::default_of(identity.clone())],
            // It has left its type.
            Action::Alter if decided.parked.contains(identity) => return,
            Action::Park => {}
            Action::Alter | Action::Replace => {
                if self.step(Action::DropDefault, identity).is_none() {
                    nodes.push(Node::default_of(identity.clone()));
                }
                nodes.push(Node::members_of(identity.clone()));
            }
            Action::Rename
            | Action::Shell
            | Action::Create
            | Action::SetDefault
            | Action::Attach
            | Action::CopyRows
            | Action::Finish => return,
        }
        for node in nodes {
            let needed: Vec<Identity> =
                left.dependencies.needs(&node).map(|(needed, _)| needed.identity.clone()).collect();
            // A stand-in needs nothing but its schema and the types of its columns.
            let remains = |needed: &Identity| {
                emptied.is_none() || node.identity != *identity || is_in_stand_in(needed.kind)
            };
            for needed in needed.into_iter().filter(remains) {
                // Its type only makes place for another one.
                if decided.converted.get(identity) == Some(&needed) && step.action == Action::Alter
                {
                    continue;
                }
                if self.is_aside(identity) {
                    self.after_copying(identity, &needed, decided, left);
                } else if let Some(remover) = self.remover(&needed, left) {
                    // What a column owns goes with it, although it needs it.
                    let is_together = step.action == Action::Drop
                        && self.remover(identity, left) == Some(remover);
                    if !is_together {
                        self.add(Some(at), remover);
                    }
                }
                // That a column owns a sequence does not keep it from being changed.
                let is_owned = identity.kind == Kind::Sequence;
                let is_removed = matches!(step.action, Action::Drop | Action::DropDefault)
                    && !self.is_aside(identity);
                if is_removed && !is_owned {
                    // A view can lose its query with all that needs it.
                    let park = Some(Action::Park).filter(|_| needed.kind != Kind::View);
                    for action in park.into_iter().chain([Action::Alter, Action::Replace]) {
                        if let Some(other) = self.step(action, &needed) {
                            self.add(Some(at), other);
                        }
                    }
                }
            }
        }
    }

    fn after_what_has_its_name(&mut self, at: usize) {
        let step = &self.steps[at];
        let is_first = matches!(step.action, Action::Create | Action::Shell);
        if !is_first || !shares_names(step.identity.kind) {
            return;
        }
        let name = (&*step.identity.schema, &*step.identity.name);
        for before in self.dropped_names.get(&name).cloned().unwrap_or_default() {
            self.add(Some(before), at);
        }
    }
}

impl Graph<'_> {
    /// The multirange type of a range type has a name, too.
    fn after_its_multirange(&mut self, at: usize, left: &Side, right: &Side) {
        let is_range = |action: Action, step: &Step| {
            step.action == action && step.identity.kind == Kind::RangeType
        };
        if !is_range(Action::Create, &self.steps[at]) {
            return;
        }
        let name = multirange(&self.steps[at].identity, &right.model);
        let dropped = self.steps.iter().enumerate().filter(|(_, it)| is_range(Action::Drop, it));
        let same = dropped.filter(|(_, it)| multirange(&it.identity, &left.model) == name);
        let same: Vec<usize> = same.map(|(other, _)| other).collect();
        for other in same {
            self.add(Some(other), at);
        }
    }
}

/// Whether the stand-in of a view may need such an object.
fn is_in_stand_in(kind: Kind) -> bool {
    use Kind::{BaseType, Collation, CompositeType, Domain, EnumType, RangeType, Schema};
    matches!(kind, BaseType | Collation | CompositeType | Domain | EnumType | RangeType | Schema)
}

/// The name of the multirange type of a range type ("CREATE TYPE" in the documentation).
fn multirange(range: &Identity, model: &Model) -> Option<String> {
    let own = model.of::<RangeType>(range)?;
    Some(own.multirange.clone().unwrap_or_else(|| {
        let name = match range.name.find("range") {
            Some(at) => format!("{}multi{}", &range.name[..at], &range.name[at..]),
            None => format!("{}_multirange", range.name),
        };
        quoted_name([&*range.schema, &name])
    }))
}

/// What can wait for the last step of an object, and may need the object itself.
pub(super) fn is_for_finish(
    node: &Node,
    needed: &Node,
    kind: DependencyKind,
    model: &Model,
) -> bool {
    let identity = &node.identity;
    match identity.kind {
        Kind::Sequence => matches!(needed.identity.kind, Kind::Column | Kind::Table),
        Kind::Index | Kind::Constraint => {
            kind == DependencyKind::Partition
                || kind == DependencyKind::Internal && needed.identity.kind == identity.kind
        }
        Kind::Table => {
            kind == DependencyKind::Automatic
                && needed.identity.kind == Kind::Table
                && is_partition(identity, model)
        }
        Kind::View => node.part == Part::Default,
        _ => false,
    }
}

/// The attribute of the type of a typed table that a column is.
fn attribute_of(column: &Identity, model: &Model) -> Option<Identity> {
    let of_type = model.parent_of::<Table>(column)?.of_type.as_deref()?;
    let of_type = &model.named(Kind::CompositeType, of_type)?.identity;
    let (schema, parent) = (of_type.schema.clone(), Some(of_type.name.clone()));
    Some(Identity { schema, parent, ..column.clone() })
}

/// The identity column that a sequence belongs to.
fn column_of_identity(sequence: &Identity, model: &Model) -> Option<Identity> {
    let SequenceOwner::IdentityColumn(name) = &model.of::<Sequence>(sequence)?.owner_column else {
        return None;
    };
    Some(model.named(Kind::Column, name)?.identity.clone())
}

pub(super) fn columns_of(identity: &Identity, model: &Model) -> impl Iterator<Item = Identity> {
    let is_whole = matches!(identity.kind, Kind::Table | Kind::View | Kind::CompositeType);
    let columns: Vec<Identity> = if is_whole {
        model.parts_of::<Column>(identity).map(|(identity, _)| identity.clone()).collect()
    } else {
        Vec::new()
    };
    columns.into_iter()
}
