//! What must go because something else goes, and come back.

use std::collections::BTreeSet;

use super::decided::{Decided, Reason, is_of_view, parent_identity, partition_of, parts_of};
use super::refill::table_by_key;
use super::side::Side;
use crate::model::{
    Column, ColumnValue, CompositeType, Identity, Inheritance, Kind, Model, Node, Part, Sequence,
    Table, TableKind,
};

/// Goes from what is dropped or rebuilt to what depends on it.
pub(super) struct Closure<'a> {
    decided: &'a mut Decided,
    left: &'a Side,
    right: &'a Side,
    /// What goes, and what depends on that was not looked at.
    open: Vec<Identity>,
    seen: BTreeSet<Identity>,
    /// Types of columns of tables that are re-created.
    copied_types: Vec<Identity>,
}

impl<'a> Closure<'a> {
    pub(super) fn new(decided: &'a mut Decided, left: &'a Side, right: &'a Side) -> Self {
        let open: Vec<Identity> =
            decided.dropped.iter().chain(decided.rebuilt.keys()).cloned().collect();
        let seen = open.iter().cloned().collect();
        Self { decided, left, right, open, seen, copied_types: Vec::new() }
    }

    /// Rebuilds what depends on what goes, and on columns that get another type.
    pub(super) fn close(mut self, retyped: &BTreeSet<Identity>) {
        for column in retyped {
            self.retype(column);
        }
        loop {
            self.follow();
            // That what a type is made of must be re-created was found later.
            let converted = self.decided.converted.iter();
            let parked = converted.filter(|(_, data_type)| self.must_be_parked(data_type));
            let parked: Vec<Identity> = parked.map(|(column, _)| column.clone()).collect();
            if parked.is_empty() {
                break;
            }
            for column in parked {
                self.decided.converted.remove(&column);
                self.park(&column);
            }
        }
        self.move_types();
    }

    /// Goes on until there is nothing that depends on what goes.
    fn follow(&mut self) {
        while let Some(gone) = self.open.pop() {
            if self.decided.rebuilt.contains_key(&gone) || self.is_of_same_whole(&gone) {
                self.with_partitioned_index(&gone);
            }
            self.with_parts(&gone);
            for node in self.dependants(&gone) {
                if self.is_copied(&node, &gone) {
                    // The old table has it until its rows are copied.
                    self.copied_types.push(gone.clone());
                } else if self.is_parked(&node, &gone) {
                    self.park(&node.identity);
                } else if self.is_converted(&node, &gone) {
                    self.decided.converted.insert(node.identity.clone(), gone.clone());
                    self.retype(&node.identity);
                } else {
                    self.depends_on(&node, &gone);
                }
            }
        }
    }

    /// Types whose columns are converted make place for the new ones, and so do the types that these
    /// are made of.
    fn move_types(&mut self) {
        let mut open: Vec<Identity> = self.decided.converted.values().cloned().collect();
        open.append(&mut self.copied_types);
        while let Some(data_type) = open.pop() {
            for needed in needed_types(&data_type, self.left) {
                if is_type(needed.kind) && self.decided.rebuilt.contains_key(&needed) {
                    open.push(needed);
                }
            }
            self.decided.moved.insert(data_type);
        }
    }

    fn dependants(&self, identity: &Identity) -> Vec<Node> {
        let node = Node::object(identity.clone());
        self.left.dependencies.needed_by(&node).map(|(node, _)| node.clone()).collect()
    }

    fn rebuild(&mut self, identity: &Identity, because: &Identity) {
        self.decided.rebuild(identity.clone(), Reason::DependsOn(because.clone()));
        if self.seen.insert(identity.clone()) {
            self.open.push(identity.clone());
        }
    }

    /// Whether the table of an index is a partition of the same table before and after.
    fn is_of_same_whole(&self, index: &Identity) -> bool {
        let whole = |side: &Side| {
            let table = parent_identity(index, &side.model)?;
            match &side.model.of::<Table>(&table)?.inheritance {
                Inheritance::Partition { of, .. } => Some(of.clone()),
                Inheritance::None | Inheritance::Parents(_) => None,
            }
        };
        whole(self.left).is_some_and(|before| whole(self.right) == Some(before))
    }

    /// The index of a partition goes with that of the partitioned table only.
    fn with_partitioned_index(&mut self, gone: &Identity) {
        let whole = partitioned_index(gone, &self.left.model);
        if let Some(whole) = whole.filter(|whole| self.right.model.get(whole).is_some())
            && !self.decided.goes(&whole)
        {
            self.rebuild(&whole, gone);
        }
    }

    /// What belongs to an object goes and comes with it, even if that is of another kind then: a
    /// table instead of a view of the same name.
    fn with_parts(&mut self, gone: &Identity) {
        for part in parts_of(gone, &self.left.model) {
            if self.decided.goes(&part) {
                continue;
            }
            if self.right.model.get(&part).is_some() {
                self.rebuild(&part, gone);
            } else if self.seen.insert(part.clone()) {
                self.decided.dropped.insert(part.clone());
                self.open.push(part);
            }
        }
        for part in parts_of(gone, &self.right.model) {
            let is_new = self.left.model.get(&part).is_none();
            if is_new && !self.decided.rebuilt.contains_key(&part) {
                self.decided.created.insert(part);
            }
        }
    }

    /// A column gets another type.
    fn retype(&mut self, column: &Identity) {
        if let Some(table) = table_by_key(column, self.left) {
            let recreated = self.decided.refill(&table, self.left, self.right);
            if recreated.is_empty() {
                let reason = "data_type: the column is part of the partition key".to_owned();
                self.decided.refused.entry(column.clone()).or_insert(reason);
            }
            let new = recreated.into_iter().filter(|it| self.seen.insert(it.clone()));
            self.open.extend(new);
            return;
        }
        let dependants = self.dependants(column);
        for node in &dependants {
            if keeps_columns_from_being_retyped(node) || self.is_generated(node) {
                self.depends_on(node, column);
            }
        }
    }

    /// Whether the values of columns of this type must be kept as texts while it is re-created: what
    /// belongs to a base type or a range type cannot make place for another one, and what is made of it
    /// holds it.
    fn must_be_parked(&self, data_type: &Identity) -> bool {
        self.decided.rebuilt.contains_key(data_type)
            && match data_type.kind {
                Kind::BaseType | Kind::RangeType => true,
                Kind::Domain | Kind::CompositeType => needed_types(data_type, self.left)
                    .iter()
                    .any(|needed| needed != data_type && self.must_be_parked(needed)),
                _ => false,
            }
    }

    /// Whether it is a column of a table, before and after, with a type that is re-created so.
    fn is_parked(&self, node: &Node, gone: &Identity) -> bool {
        let has_rows = |side: &Side| {
            let table = side.model.parent_of::<Table>(&node.identity);
            table.is_some_and(|table| table.relation != TableKind::ForeignTable)
        };
        let mut needed = self.right.dependencies.needs(node);
        node.part == Part::Object
            && node.identity.kind == Kind::Column
            && has_rows(self.left)
            && has_rows(self.right)
            && !self.decided.goes(&node.identity)
            && self.must_be_parked(gone)
            && needed.any(|(needed, _)| needed.identity == *gone)
    }

    /// The values of a column become texts for a while. What depends on it goes meanwhile.
    fn park(&mut self, column: &Identity) {
        if !self.decided.parked.insert(column.clone()) {
            return;
        }
        if table_by_key(column, self.left).is_some() {
            let reason = "data_type: the type of a column of the partition key must be re-created";
            self.decided.refused.entry(column.clone()).or_insert(reason.to_owned());
        }
        for node in self.dependants(column) {
            self.depends_on(&node, column);
        }
    }

    /// Something depends on what goes.
    fn depends_on(&mut self, node: &Node, gone: &Identity) {
        let identity = &node.identity;
        // What is changed so that it no longer depends on it is changed before.
        let stays = self.right.model.get(identity).is_some() && !self.decided.goes(identity);
        if !stays || self.is_let_go(node, gone) {
            return;
        }
        // The values of a generated column are computed again.
        let is_computed = gone.kind == Kind::Column
            && self
                .left
                .model
                .of::<Column>(identity)
                .is_some_and(|column| matches!(column.value, ColumnValue::Generated { .. }));
        if self.is_generated(node) || is_computed {
            self.rebuild(identity, gone);
            return;
        }
        if node.part == Part::Default {
            self.decided.defaults.insert(identity.clone());
            return;
        }
        match identity.kind {
            Kind::Column if is_of_view(identity, &self.right.model) => {
                if let Some(view) = parent_identity(identity, &self.right.model) {
                    self.rebuild(&view, gone);
                }
            }
            Kind::Column if self.left.model.parent_of::<CompositeType>(identity).is_some() => {
                if let Some(composite) = parent_identity(identity, &self.left.model) {
                    self.rebuild(&composite, gone);
                }
            }
            Kind::Table if self.is_foreign(identity) => self.rebuild(identity, gone),
            // It is kept, or is made with its column.
            Kind::Sequence if self.is_of_refilled(identity) => {}
            Kind::Column
                if parent_identity(identity, &self.left.model)
                    .is_some_and(|table| self.is_foreign(&table)) =>
            {
                if let Some(table) = parent_identity(identity, &self.left.model) {
                    self.rebuild(&table, gone);
                }
            }
            // They hold rows.
            Kind::Table | Kind::Column | Kind::Sequence | Kind::Schema | Kind::Extension => {
                self.decided.refused.entry(identity.clone()).or_insert_with(|| {
                    format!("it depends on {gone}, which must be dropped and created again")
                });
            }
            _ => self.rebuild(identity, gone),
        }
    }

    /// Whether it is the sequence of a column of a table that is re-created.
    fn is_of_refilled(&self, sequence: &Identity) -> bool {
        let own = self.left.model.of::<Sequence>(sequence);
        let column = own.and_then(|own| own.owner_column.column());
        let column = column.and_then(|it| self.left.model.named(Kind::Column, it));
        let table = column.and_then(|it| parent_identity(&it.identity, &self.left.model));
        table.is_some_and(|table| self.decided.refilled.contains_key(&table))
    }

    /// Whether it is a foreign table, before and after: its rows are elsewhere.
    fn is_foreign(&self, identity: &Identity) -> bool {
        [self.left, self.right].iter().all(|side| {
            let table = side.model.of::<Table>(identity);
            table.is_some_and(|table| table.relation == TableKind::ForeignTable)
        })
    }

    /// Whether it is the expression of a generated column.
    fn is_generated(&self, node: &Node) -> bool {
        let column = self.left.model.of::<Column>(&node.identity);
        node.part == Part::Default
            && column.is_some_and(|it| matches!(it.value, ColumnValue::Generated { .. }))
    }

    /// Whether it is changed, and depends on that no longer.
    fn is_let_go(&self, node: &Node, gone: &Identity) -> bool {
        let Decided { altered, replaced, .. } = &*self.decided;
        let is_changed = altered.contains_key(&node.identity) || replaced.contains(&node.identity);
        let mut needed = self.right.dependencies.needs(node);
        is_changed && !needed.any(|(needed, _)| needed.identity == *gone)
    }

    /// Whether it is a column of a table that is re-created, and its type, which is so too.
    fn is_copied(&self, node: &Node, gone: &Identity) -> bool {
        let table = parent_identity(&node.identity, &self.left.model);
        is_type(gone.kind)
            && node.part == Part::Object
            && node.identity.kind == Kind::Column
            && self.decided.rebuilt.contains_key(gone)
            && table.is_some_and(|table| self.decided.refilled.contains_key(&table))
    }

    /// Whether it is a column of a table, before and after, whose type is this one, which is replaced
    /// by another one of its name, or an array of it.
    fn is_converted(&self, node: &Node, gone: &Identity) -> bool {
        let name = gone.quoted_name();
        let has_type = |side: &Side| {
            let column = side.model.of::<Column>(&node.identity);
            side.model.parent_of::<Table>(&node.identity).is_some()
                && column.is_some_and(|column| {
                    column.data_type.strip_suffix("[]").unwrap_or(&column.data_type) == name
                })
        };
        is_type(gone.kind)
            && node.part == Part::Object
            && self.decided.rebuilt.contains_key(gone)
            && has_type(self.left)
            && has_type(self.right)
    }
}

/// The kinds of types that can make place for another one of their name. A base type and a range type
/// cannot: their functions keep their names.
fn is_type(kind: Kind) -> bool {
    matches!(kind, Kind::EnumType | Kind::Domain | Kind::CompositeType)
}

/// What a type is made of: what its attributes need, or the type that a domain is over.
pub(super) fn needed_types(data_type: &Identity, side: &Side) -> Vec<Identity> {
    let columns = side.model.parts_of::<Column>(data_type).map(|(column, _)| column.clone());
    let nodes = columns.chain([data_type.clone()]).map(Node::object);
    let needed = |node: Node| -> Vec<Identity> {
        side.dependencies.needs(&node).map(|(needed, _)| needed.identity.clone()).collect()
    };
    nodes.flat_map(needed).collect()
}

/// What the server does not rebuild itself when a column gets another type.
fn keeps_columns_from_being_retyped(node: &Node) -> bool {
    use Kind::{Column, Function, Policy, PublicationTable, Rule, Trigger, View};
    node.part == Part::Object
        && matches!(
            node.identity.kind,
            Column | Function | Policy | PublicationTable | Rule | Trigger | View
        )
}

/// The index or constraint of the partitioned table that one of a partition belongs to.
fn partitioned_index(identity: &Identity, model: &Model) -> Option<Identity> {
    let name = partition_of(identity, model)?;
    let whole =
        [identity.kind, Kind::Index].into_iter().find_map(|kind| model.named(kind, name))?;
    Some(whole.identity.clone())
}
