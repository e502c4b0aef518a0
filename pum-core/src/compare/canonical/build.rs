//! Builds what is wanted of one schema, and reads it.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use super::bare::bare_model;
use super::closure::{Types, closure};
use super::key::{Key, Wanted};
use super::needs::Needs;
use super::order::{Step, steps};
use super::run::run;
use super::statements::{Writer, place};
use crate::Interrupt;
use crate::catalog::{self, Scope};
use crate::connect::Session;
use crate::dump;
use crate::model::{Attributes, Identity, Kind, Model, Object};
use crate::scratch::ScratchServer;

/// Definitions as a server prints them that has read them.
#[derive(Debug)]
pub(in crate::compare) struct Built {
    /// The objects that have them, and others.
    pub(in crate::compare) model: Model,
    /// Those that could not be built, and why.
    failures: BTreeMap<Wanted, String>,
}

impl Built {
    /// Why a definition could not be built.
    pub(in crate::compare) fn failure(&self, wanted: &Wanted) -> Option<String> {
        self.failures.get(wanted).cloned()
    }

    /// Why a definition is not among them.
    pub(in crate::compare) fn reason(&self, wanted: &Wanted) -> Option<String> {
        let is_there = || self.model.get(&wanted.identity).is_some();
        let missing = || (!is_there()).then(|| "it was not found where it was built".to_owned());
        self.failures.get(wanted).cloned().or_else(missing)
    }
}

/// Builds definitions of a schema in a database of this name, which stays until the next one.
pub(in crate::compare) fn build(
    wanted: &[Wanted],
    model: &Model,
    needs: &Needs<'_>,
    (server, database): (&ScratchServer, &str),
    interrupt: &Interrupt,
) -> Result<Built, String> {
    let place = Place { server, database, interrupt };
    match place.build(wanted, model, needs, Types::AtOnce)? {
        Some(built) => Ok(built),
        None => {
            let built = place.build(wanted, model, needs, Types::ColumnByColumn)?;
            built.ok_or_else(|| "no table can be created".to_owned())
        }
    }
}

/// Where definitions are built.
struct Place<'a> {
    server: &'a ScratchServer,
    database: &'a str,
    interrupt: &'a Interrupt,
}

impl Place<'_> {
    /// None if it is worth another try, as a table failed, maybe for a type that few need.
    fn build(
        &self,
        wanted: &[Wanted],
        model: &Model,
        needs: &Needs<'_>,
        types: Types,
    ) -> Result<Option<Built>, String> {
        let settings = self.server.settings(self.database).map_err(|err| err.to_string())?;
        let role = settings.user().to_owned();
        let closure = closure(wanted, model, needs, types);
        let bare = bare_model(&closure, model, &role);
        let major = self.server.major();
        let writer = Writer { model, bare: &bare, closure: &closure, role: &role, major };
        let steps = steps(&closure, &writer);
        dump::create_empty(&settings, None, self.interrupt).map_err(|err| err.to_string())?;
        let mut session =
            Session::open(&settings, self.interrupt).map_err(|err| err.to_string())?;
        let written = steps.iter().enumerate();
        let written = written.filter_map(|(at, step)| Some((at, step.sql.as_deref().ok()?)));
        let failed = run(&mut session, &written.collect::<Vec<_>>());
        let mut failed = failed.map_err(|err| err.to_string())?;
        for (at, step) in steps.iter().enumerate() {
            if let Err(reason) = &step.sql {
                failed.insert(at, reason.clone());
            }
        }
        let is_table = |at: &usize| {
            let key = steps[*at].key.as_ref();
            key.is_some_and(|key| key.identity.kind == Kind::Table)
        };
        if types == Types::AtOnce && failed.keys().any(is_table) {
            return Ok(None);
        }
        let read =
            catalog::read(&mut session, &scope_for(wanted)).map_err(|err| err.to_string())?;
        Ok(Some(Finished { steps: &steps, failed: &failed, model }.built(wanted, &read)))
    }
}

/// What is read: the wanted kinds, and those by which the order of columns is known.
fn scope_for(wanted: &[Wanted]) -> Scope {
    let mut kinds: BTreeSet<Kind> = wanted.iter().map(|one| one.identity.kind).collect();
    kinds.extend([Kind::Table, Kind::View, Kind::Column, Kind::CompositeType, Kind::Function]);
    let mut scope = Scope::default();
    scope.exclude_kinds = Kind::ALL.iter().copied().filter(|kind| !kinds.contains(kind)).collect();
    scope
}

/// What was built.
struct Finished<'a> {
    steps: &'a [Step],
    failed: &'a BTreeMap<usize, String>,
    model: &'a Model,
}

impl Finished<'_> {
    fn built(&self, wanted: &[Wanted], read: &Model) -> Built {
        let mut objects: BTreeMap<Identity, Object> =
            read.objects().iter().map(|object| (object.identity.clone(), object.clone())).collect();
        let mut failures = BTreeMap::new();
        let numbers: BTreeMap<&Key, usize> = self
            .steps
            .iter()
            .enumerate()
            .filter_map(|(at, step)| Some((step.key.as_ref()?, at)))
            .collect();
        for one in wanted {
            let key = Key::of(one);
            let Some(number) = numbers.get(&key) else {
                failures.insert(one.clone(), "it was not built".to_owned());
                continue;
            };
            if let Some(reason) = self.reason(*number) {
                failures.insert(one.clone(), reason);
                continue;
            }
            let place = place(&key, *number, self.model);
            if place == one.identity {
                continue;
            }
            // It is in a table of its own.
            let definition = read.get(&place).map(|object| &object.attributes);
            let Some(object) = objects.get_mut(&one.identity) else { continue };
            match (&mut object.attributes, definition) {
                (Attributes::Column(own), Some(Attributes::Column(other))) => {
                    own.value = other.value.clone();
                }
                (Attributes::Table(own), Some(Attributes::Table(other))) => {
                    own.inheritance = other.inheritance.clone();
                }
                _ => {}
            }
        }
        Built { model: Model::new(objects.into_values().collect()), failures }
    }

    /// Why a step failed, or is not worth anything: what it needs may have failed. A definition could
    /// be read another way without that.
    fn reason(&self, number: usize) -> Option<String> {
        if self.failed.is_empty() {
            return None;
        }
        let cause = self.cause(number, &mut HashSet::new())?;
        let message = self.failed.get(&cause)?;
        Some(match &self.steps[cause].key {
            Some(key) if cause != number => {
                format!("it needs {}, which cannot be created here: {message}", key.identity)
            }
            _ => message.clone(),
        })
    }

    /// The first of all that a step needs which failed.
    fn cause(&self, number: usize, seen: &mut HashSet<usize>) -> Option<usize> {
        if !seen.insert(number) {
            return None;
        }
        let needs = self.steps.get(number)?.needs.iter();
        let mut causes = needs.filter_map(|needed| self.cause(*needed, seen));
        causes.next().or_else(|| self.failed.contains_key(&number).then_some(number))
    }
}
