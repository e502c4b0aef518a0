//! What has to be built for some definitions.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::key::{Key, Part, Wanted, parent, table_named};
use super::needs::Needs;
use crate::model::{
    Column, Function, Identity, Inheritance, Kind, Model, Node, RoutineKind, Table, TableKind,
};

/// All that is built, and what each of it needs.
#[derive(Debug, Default)]
pub(super) struct Closure {
    pub(super) needs: BTreeMap<Key, BTreeSet<Key>>,
    /// Columns that have their types when their table is created, which may not be there.
    pub(super) typed: BTreeSet<Identity>,
    /// Partitioned tables that are built as such, with the types of all columns.
    pub(super) partitioned: BTreeSet<Identity>,
    /// Casts and operator classes of types: they come before what has expressions.
    pub(super) attached: BTreeSet<Key>,
    /// The functions that a base type is made with, each with its type.
    pub(super) own_functions: HashMap<Identity, Identity>,
}

/// How the columns of tables get types that may not be there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Types {
    /// With their table, which needs them all.
    AtOnce,
    /// Each by a statement of its own, which takes longer.
    ColumnByColumn,
}

/// Finds all that some definitions need.
pub(super) fn closure(
    wanted: &[Wanted],
    model: &Model,
    needs: &Needs<'_>,
    types: Types,
) -> Closure {
    let mut search = Search { model, needs, types, found: Closure::default(), open: Vec::new() };
    for definition in wanted {
        search.add(Key::of(definition));
        if definition.attribute == "partition_key" {
            search.build_partitioned(&definition.identity);
        }
    }
    while let Some(key) = search.open.pop() {
        search.expand(&key);
    }
    search.found
}

struct Search<'a> {
    model: &'a Model,
    needs: &'a Needs<'a>,
    types: Types,
    found: Closure,
    /// What was found, and not yet looked at.
    open: Vec<Key>,
}

impl Search<'_> {
    fn add(&mut self, key: Key) {
        if !self.found.needs.contains_key(&key) {
            self.found.needs.insert(key.clone(), BTreeSet::new());
            self.open.push(key);
        }
    }

    fn expand(&mut self, key: &Key) {
        let Key { identity, part } = key;
        match part {
            Part::Object => self.expand_object(key),
            Part::Value => {
                self.need(key, identity);
                let node = match identity.kind {
                    Kind::Column => Node::default_of(identity.clone()),
                    _ => Node::object(identity.clone()),
                };
                self.need_all(key, &node, |_| true);
            }
            Part::Body => {
                self.need(key, identity);
                self.need_all(key, &Node::object(identity.clone()), |_| true);
            }
            Part::Bound => {
                let table = self.model.of::<Table>(identity);
                if let Some(Inheritance::Partition { of, .. }) = table.map(|it| &it.inheritance)
                    && let Some(whole) = table_named(of)
                {
                    self.build_partitioned(&whole);
                    self.need(key, &whole);
                }
            }
        }
    }

    fn expand_object(&mut self, key: &Key) {
        let identity = &key.identity;
        let node = Node::object(identity.clone());
        match identity.kind {
            // What its columns need is found when one of them is needed; a stand-in needs nothing.
            Kind::Table
            | Kind::Sequence
            | Kind::Collation
            | Kind::Publication
            | Kind::TextSearchConfiguration
            | Kind::TextSearchDictionary => {}
            Kind::Column => {
                self.need_all(key, &node, |_| true);
                if let Some(table) = parent(identity, self.model) {
                    self.need(key, &table);
                }
            }
            Kind::Extension => self.need_all(key, &node, |it| it.kind == Kind::Extension),
            // Without the functions that work on its values.
            Kind::RangeType => {
                self.need_all(key, &node, |it| it.kind != Kind::Function);
            }
            Kind::BaseType => {
                for function in self.needs.of(&node) {
                    let own = Node::object(function.clone());
                    if function.kind == Kind::Function && self.needs.of(&own).contains(identity) {
                        self.found.own_functions.insert(function, identity.clone());
                        self.need_all(key, &own, |_| true);
                    }
                }
                self.need_all(key, &node, |_| true);
            }
            Kind::CompositeType => {
                self.need_all(key, &node, |_| true);
                let columns: Vec<Identity> = self.columns_of(identity);
                for column in columns {
                    self.need_all(key, &Node::object(column), |_| true);
                }
            }
            Kind::Function => {
                let function = self.model.of::<Function>(identity);
                // What a body in its parsed form needs, the function alone does not.
                let has_body = function.is_some_and(|it| {
                    it.sql_body.is_some() && it.routine != RoutineKind::Aggregate
                });
                let calls = function.is_some_and(|it| it.signature.0.contains(" DEFAULT "));
                self.need_all(key, &node, |it| {
                    !has_body
                        || match it.kind {
                            Kind::View | Kind::Constraint | Kind::Column => false,
                            Kind::Function | Kind::Operator => calls,
                            _ => true,
                        }
                });
            }
            _ => {
                self.need_all(key, &node, |_| true);
                if let Some(parent) = parent(identity, self.model) {
                    if identity.kind == Kind::Index {
                        self.build_partitioned(&parent);
                    }
                    self.need(key, &parent);
                }
                if identity.kind == Kind::PublicationTable
                    && let Some(table) = table_named(&identity.name)
                {
                    self.need(key, &table);
                }
            }
        }
        if is_type(identity.kind) {
            for other in self.needs.attached(identity) {
                let other = Key::object(other);
                self.found.attached.insert(other.clone());
                self.add(other);
            }
        }
    }

    fn is_partitioned(&self, table: &Identity) -> bool {
        let table = self.model.of::<Table>(table);
        table.is_some_and(|table| table.relation == TableKind::PartitionedTable)
    }

    /// Builds a table with its key, if it is partitioned; any column may be a part of that.
    fn build_partitioned(&mut self, table: &Identity) {
        if !self.is_partitioned(table) || !self.found.partitioned.insert(table.clone()) {
            return;
        }
        let key = Key::object(table.clone());
        self.add(key.clone());
        for column in self.columns_of(table) {
            self.need_all(&key, &Node::object(column), |_| true);
        }
        self.need_all(&key, &Node::object(table.clone()), |it| {
            !matches!(it.kind, Kind::Table | Kind::Column | Kind::CompositeType)
        });
    }

    fn columns_of(&self, whole: &Identity) -> Vec<Identity> {
        self.model.parts_of::<Column>(whole).map(|(identity, _)| identity.clone()).collect()
    }

    fn need_all(&mut self, key: &Key, node: &Node, is_needed: impl Fn(&Identity) -> bool) {
        for needed in self.needs.of(node) {
            if is_needed(&needed) {
                self.need(key, &needed);
            }
        }
    }

    /// Something needs an object.
    fn need(&mut self, key: &Key, needed: &Identity) {
        let whole = match needed.kind {
            Kind::Column => {
                let Some(whole) = parent(needed, self.model) else { return };
                if whole.kind == Kind::Table && self.is_typed_late(needed, &whole) {
                    match self.types {
                        Types::AtOnce => {
                            self.need_type(needed, &whole);
                            whole
                        }
                        Types::ColumnByColumn => needed.clone(),
                    }
                } else {
                    whole
                }
            }
            // They are made by name, or nothing needs them.
            Kind::Schema
            | Kind::Language
            | Kind::Database
            | Kind::Trigger
            | Kind::Rule
            | Kind::Policy
            | Kind::ForeignDataWrapper
            | Kind::ForeignServer
            | Kind::UserMapping
            | Kind::EventTrigger
            | Kind::Subscription
            | Kind::DefaultPrivileges
            | Kind::ChangedPrivileges
            | Kind::SecurityLabel => return,
            _ => needed.clone(),
        };
        // A function of a base type is made with it.
        let whole = self.found.own_functions.get(&whole).cloned().unwrap_or(whole);
        let needed = Key::object(whole);
        if needed != *key {
            self.add(needed.clone());
            self.found.needs.entry(key.clone()).or_default().insert(needed);
        }
    }

    fn need_type(&mut self, column: &Identity, table: &Identity) {
        if self.found.typed.insert(column.clone()) {
            let table = Key::object(table.clone());
            self.add(table.clone());
            self.need_all(&table, &Node::object(column.clone()), |_| true);
        }
    }

    /// Whether a column has a type that may not be there.
    fn is_typed_late(&self, column: &Identity, table: &Identity) -> bool {
        let column = self.model.of::<Column>(column);
        !self.is_partitioned(table) && column.is_some_and(is_typed_late)
    }
}

/// Whether the type or the collation of a column may not be there.
pub(super) fn is_typed_late(column: &Column) -> bool {
    column.data_type.contains('.') || column.collation.is_some()
}

fn is_type(kind: Kind) -> bool {
    use Kind::{BaseType, CompositeType, Domain, EnumType, RangeType};
    matches!(kind, BaseType | CompositeType | Domain | EnumType | RangeType)
}
