//! The order in which things are built: each after what it needs.

use std::collections::{BTreeSet, HashMap};

use super::closure::Closure;
use super::key::{Key, Part};
use super::statements::Writer;
use crate::ddl;
use crate::model::{Extension, Kind};
use crate::sql::quote_ident;

/// What is sent at once, and done or not done as a whole.
#[derive(Debug)]
pub(super) struct Step {
    /// What is built; of a schema there is no more than its name.
    pub(super) key: Option<Key>,
    /// The statements, or why there are none.
    pub(super) sql: Result<String, String>,
    /// The steps whose work it needs.
    pub(super) needs: Vec<usize>,
}

/// All steps, in order.
pub(super) fn steps(closure: &Closure, writer: &Writer<'_>) -> Vec<Step> {
    let mut sorter = Sorter { closure, writer, steps: Vec::new(), states: HashMap::new() };
    sorter.make_schemas();
    let is_extension = |key: &&Key| key.identity.kind == Kind::Extension;
    let (extensions, others): (Vec<&Key>, Vec<&Key>) = closure.needs.keys().partition(is_extension);
    for key in extensions.into_iter().chain(others) {
        sorter.visit(key);
    }
    sorter.steps
}

#[derive(Debug, Clone, Copy)]
enum State {
    /// What it needs is being put in order.
    Open,
    /// The same, and something else that it needs has got a stand-in for it.
    StoodIn(usize),
    /// It is this step.
    Done(usize),
}

struct Sorter<'a> {
    closure: &'a Closure,
    writer: &'a Writer<'a>,
    steps: Vec<Step>,
    states: HashMap<Key, State>,
}

impl Sorter<'_> {
    fn make_schemas(&mut self) {
        let mut names: BTreeSet<&str> = BTreeSet::new();
        for Key { identity, .. } in self.closure.needs.keys() {
            names.insert(&identity.schema);
            let extension = self.writer.model.of::<Extension>(identity);
            names.extend(extension.map(|extension| &*extension.schema));
        }
        for name in names.into_iter().filter(|name| !matches!(*name, "" | "public" | "pg_catalog"))
        {
            let sql = format!("CREATE SCHEMA IF NOT EXISTS {};", quote_ident(name));
            self.steps.push(Step { key: None, sql: Ok(sql), needs: Vec::new() });
        }
    }

    /// Puts something behind what it needs. Gives its step, if it has one.
    fn visit(&mut self, key: &Key) -> Option<usize> {
        // A function of a base type is made with it.
        let own = self.closure.own_functions.get(&key.identity);
        let with_type = own.filter(|_| key.part == Part::Object).cloned().map(Key::object);
        let key = with_type.as_ref().unwrap_or(key);
        match self.states.get(key) {
            Some(State::Done(step) | State::StoodIn(step)) => return Some(*step),
            Some(State::Open) => return self.stand_in(key),
            None => {}
        }
        self.states.insert(key.clone(), State::Open);
        let closure = self.closure;
        let mut needs: Vec<usize> = Vec::new();
        for needed in closure.needs.get(key).into_iter().flatten() {
            needs.extend(self.visit(needed));
        }
        if has_expressions(key) {
            for other in &closure.attached {
                self.visit(other);
            }
        }
        let number = self.steps.len();
        let written = match self.states.get(key) {
            Some(State::StoodIn(_)) => self.writer.replace(&key.identity),
            _ => self.writer.statements(key, number),
        };
        let sql = written.map(|statements| statements.join("\n")).map_err(|err| err.to_string());
        self.steps.push(Step { key: Some(key.clone()), sql, needs });
        self.states.insert(key.clone(), State::Done(number));
        Some(number)
    }

    /// Two views can need each other, as one of them was replaced.
    fn stand_in(&mut self, key: &Key) -> Option<usize> {
        if key.identity.kind != Kind::View || key.part != Part::Object {
            return None;
        }
        let number = self.steps.len();
        let sql = Ok(ddl::stand_in(&key.identity, self.writer.model));
        self.steps.push(Step { key: None, sql, needs: Vec::new() });
        self.states.insert(key.clone(), State::StoodIn(number));
        Some(number)
    }
}

/// Whether casts and operator classes may be used in it.
fn has_expressions(key: &Key) -> bool {
    use Kind::{
        Constraint, Index, Policy, PublicationTable, Rule, Statistics, Table, Trigger, View,
    };
    key.part != Part::Object
        || matches!(
            key.identity.kind,
            Constraint
                | Index
                | Policy
                | PublicationTable
                | Rule
                | Statistics
                | Table
                | Trigger
                | View
        )
}
