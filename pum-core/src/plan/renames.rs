//! Renames that were asked for, in an order in which no name is taken.

use std::collections::HashSet;

use super::decided::is_whole_of;
use super::error::MigrationError;
use super::graph::shares_names;
use super::rename_spec::RenameSpec;
use crate::ddl::{self, NO_COLUMNS, NO_CONVERSIONS, Schemas};
use crate::did_you_mean::nearest;
use crate::model::{Attributes, Identity, Kind, Model, Object, quoted_name};

/// A rename that a plan makes.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct AppliedRename {
    /// What was asked for.
    pub spec: RenameSpec,
    /// The object of the left schema; of a value of an enumeration the type.
    pub from: Identity,
    /// What it is then.
    pub to: Identity,
}

/// Renames and the statements that make them.
#[derive(Debug)]
pub(super) struct Renames {
    pub(super) applied: Vec<AppliedRename>,
    /// Each with the object whose name it changes, in order.
    pub(super) statements: Vec<(Identity, String)>,
}

/// An object, or a value of an enumeration.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Subject {
    identity: Identity,
    value: Option<String>,
}

/// What is to be renamed.
struct Pending {
    /// Its place in the list of renames.
    at: usize,
    now: Subject,
    /// Its schema in the end, if that is another one, and its name.
    schema: Option<String>,
    name: String,
    /// Whether it has a name for a while.
    is_parked: bool,
    /// Whether it has its name among the relations and types of its schema.
    is_relation: bool,
}

impl Pending {
    fn target(&self) -> Subject {
        let mut target = self.now.clone();
        if let Some(value) = &mut target.value {
            value.clone_from(&self.name);
            return target;
        }
        target.identity.name.clone_from(&self.name);
        if let Some(schema) = &self.schema {
            target.identity.schema.clone_from(schema);
        }
        target
    }

    /// Parts before what they belong to, functions before their types, schemas last: so the names of
    /// all are those of the left schema until they are renamed.
    fn rank(&self) -> u8 {
        match self.now.identity.kind {
            _ if self.now.value.is_some() => 0,
            Kind::Schema => 3,
            Kind::Function | Kind::OperatorClass | Kind::OperatorFamily => 1,
            _ if self.now.identity.parent.is_some() => 0,
            _ => 2,
        }
    }
}

/// Finds the objects and puts the renames in order. `right` is the schema in which they have the new
/// names.
pub(super) fn renames(
    specs: &[RenameSpec],
    [(left, left_label), (right, right_label)]: [(&Model, &str); 2],
    major: u32,
) -> Result<Renames, MigrationError> {
    let mut renamer = Renamer {
        specs,
        model: left.clone(),
        major,
        applied: Vec::new(),
        statements: Vec::new(),
        names: left
            .objects()
            .iter()
            .chain(right.objects())
            .map(|it| it.identity.name.clone())
            .collect(),
    };
    let mut pending = Vec::new();
    for (at, spec) in specs.iter().enumerate() {
        let now = subject(spec, left, left_label)?;
        if let Some(twice) = pending.iter().find(|other: &&Pending| other.now == now) {
            return Err(problem(spec, format!("so is \"{}\"", specs[twice.at])));
        }
        let (schema, name) = match (&spec.value, &*spec.to) {
            (Some((_, new)), _) => (None, new.clone()),
            (None, [schema, name]) => (Some(schema.clone()), name.clone()),
            (None, to) => (None, to.first().cloned().unwrap_or_default()),
        };
        let identity = now.identity.clone();
        renamer.applied.push(AppliedRename {
            spec: spec.clone(),
            from: identity.clone(),
            to: identity,
        });
        let is_relation = left.get(&now.identity).is_some_and(is_relation);
        let one = Pending { at, now, schema, name, is_parked: false, is_relation };
        if one.target() == one.now {
            return Err(problem(spec, "that is its name already".to_owned()));
        }
        pending.push(one);
    }
    renamer.run(pending)?;
    for rename in &renamer.applied {
        check_wanted(rename, right, right_label)?;
    }
    Ok(Renames { applied: renamer.applied, statements: renamer.statements })
}

/// Whether a schema has what is to be renamed.
pub(super) fn is_there(spec: &RenameSpec, model: &Model) -> bool {
    subject(spec, model, "").is_ok()
}

struct Renamer<'a> {
    specs: &'a [RenameSpec],
    /// The schema after the renames so far.
    model: Model,
    major: u32,
    applied: Vec<AppliedRename>,
    statements: Vec<(Identity, String)>,
    /// All names on both sides.
    names: HashSet<String>,
}

impl Renamer<'_> {
    fn run(&mut self, mut pending: Vec<Pending>) -> Result<(), MigrationError> {
        pending.sort_by_key(|one| (one.rank(), one.at));
        while !pending.is_empty() {
            let rank = pending.iter().filter(|one| !one.is_parked).map(Pending::rank).min();
            let is_next = |one: &Pending| one.is_parked || Some(one.rank()) == rank;
            let free = pending.iter().position(|one| is_next(one) && !self.is_taken(one));
            let (at, target) = if let Some(at) = free {
                (at, pending[at].target())
            } else {
                let Some(at) = pending.iter().position(|one| is_next(one) && !one.is_parked) else {
                    return Err(self.taken(&pending[0]));
                };
                let will_go = |one: &Pending| {
                    let target = one.target();
                    pending.iter().any(|other| {
                        clash((&other.now, other.is_relation), (&target, one.is_relation))
                    })
                };
                if let Some(stuck) = pending.iter().find(|one| is_next(one) && !will_go(one)) {
                    return Err(self.taken(stuck));
                }
                (at, self.parked(&pending[at]))
            };
            let now = pending[at].now.clone();
            self.rename(pending[at].at, &now, &target)?;
            let changed = |subject: &mut Subject| {
                subject.identity = mapped(&subject.identity, &now.identity, &target.identity);
            };
            pending[at].now = target.clone();
            for (other, one) in pending.iter_mut().enumerate() {
                if other != at {
                    changed(&mut one.now);
                }
            }
            if free.is_some() {
                pending.remove(at);
            } else {
                pending[at].is_parked = true;
            }
        }
        Ok(())
    }

    fn taken(&self, one: &Pending) -> MigrationError {
        let target = one.target();
        let name = match &target.value {
            Some(value) => format!("the value \"{value}\" of {}", target.identity),
            None => target.identity.to_string(),
        };
        problem(&self.specs[one.at], format!("{name} is there already, and is not renamed"))
    }

    fn is_taken(&self, one: &Pending) -> bool {
        let target = one.target();
        if target == one.now {
            return false;
        }
        match &target.value {
            Some(value) => match self.model.get(&target.identity).map(|it| &it.attributes) {
                Some(Attributes::EnumType(own)) => own.labels.contains(value),
                _ => false,
            },
            None => self.model.objects().iter().any(|object| {
                let other = Subject { identity: object.identity.clone(), value: None };
                other != one.now && clash((&other, is_relation(object)), (&target, one.is_relation))
            }),
        }
    }

    /// The same under a name that nothing has, for a while.
    fn parked(&mut self, one: &Pending) -> Subject {
        let mut parked = one.now.clone();
        let free = (1..).map(|number| format!("pum_rename_{number}"));
        let Some(name) = free.into_iter().find(|name| !self.names.contains(name)) else {
            return parked;
        };
        self.names.insert(name.clone());
        match &mut parked.value {
            Some(value) => *value = name,
            None => parked.identity.name = name,
        }
        parked
    }

    fn rename(&mut self, at: usize, from: &Subject, to: &Subject) -> Result<(), MigrationError> {
        let schemas = Schemas {
            current: &self.model,
            wanted: &self.model,
            role: "",
            major: self.major,
            late_defaults: &NO_COLUMNS,
            recreated: &NO_COLUMNS,
            conversions: &NO_CONVERSIONS,
        };
        let statements = if let (Some(old), Some(new)) = (&from.value, &to.value) {
            vec![ddl::rename_value(&from.identity, old, new)]
        } else {
            let Some(object) = self.model.get(&from.identity) else { return Ok(()) };
            ddl::rename(object, &to.identity, &schemas)
                .map_err(|reason| problem(&self.specs[at], reason.to_string()))?
        };
        let statements = statements.into_iter().map(|sql| (from.identity.clone(), sql));
        self.statements.extend(statements);
        for rename in &mut self.applied {
            rename.to = mapped(&rename.to, &from.identity, &to.identity);
        }
        let objects = self.model.objects().iter().map(|object| {
            let mut object = object.clone();
            object.identity = mapped(&object.identity, &from.identity, &to.identity);
            if let (Attributes::EnumType(own), Some(old), Some(new)) =
                (&mut object.attributes, &from.value, &to.value)
                && object.identity == to.identity
            {
                for label in own.labels.iter_mut().filter(|label| *label == old) {
                    label.clone_from(new);
                }
            }
            object
        });
        self.model = Model::new(objects.collect::<Vec<Object>>());
        Ok(())
    }
}

/// Whether two subjects cannot both be there: they share a name where names are unique.
fn clash((one, is_one): (&Subject, bool), (other, is_other): (&Subject, bool)) -> bool {
    if is_one && is_other && one.value.is_none() && other.value.is_none() {
        let (one, other) = (&one.identity, &other.identity);
        return (&one.schema, &one.name) == (&other.schema, &other.name);
    }
    one == other
}

/// Whether an object has its name among the relations and types of its schema.
fn is_relation(object: &Object) -> bool {
    match &object.attributes {
        Attributes::Constraint(constraint) => constraint.has_index(),
        _ => shares_names(object.identity.kind),
    }
}

/// What an identity is when one object has got another name.
fn mapped(identity: &Identity, from: &Identity, to: &Identity) -> Identity {
    let mut mapped = identity.clone();
    if identity == from {
        return to.clone();
    }
    if from.kind == Kind::Schema {
        if identity.schema == from.name {
            mapped.schema.clone_from(&to.name);
        }
    } else if is_whole_of(from.kind, identity.kind)
        && identity.schema == from.schema
        && identity.parent.as_ref() == Some(&from.name)
    {
        mapped.schema.clone_from(&to.schema);
        mapped.parent = Some(to.name.clone());
    }
    mapped
}

/// The identity in the left schema of what has another name when these renames are made.
pub(super) fn before(identity: &Identity, applied: &[AppliedRename]) -> Identity {
    let mut before = identity.clone();
    for kind in [Kind::Schema, Kind::Table] {
        for AppliedRename { from, to, spec } in applied {
            if spec.value.is_none() && (from.kind == Kind::Schema) == (kind == Kind::Schema) {
                before = mapped(&before, to, from);
            }
        }
    }
    before
}

fn problem(spec: &RenameSpec, problem: String) -> MigrationError {
    MigrationError::Rename { spec: spec.to_string(), problem }
}

/// What a rename names in the left schema.
fn subject(spec: &RenameSpec, left: &Model, label: &str) -> Result<Subject, MigrationError> {
    let all = || {
        let identities = left.objects().iter().map(|object| &object.identity);
        identities.filter(|identity| spec.kinds.contains(&identity.kind))
    };
    let parts: Vec<&str> = spec.name.iter().map(|part| &**part).collect();
    let mut found: Vec<&Identity> = all().filter(|identity| has_name(identity, &parts)).collect();
    if let Some(arguments) = &spec.arguments {
        let wanted = plain_arguments(arguments);
        found.retain(|identity| {
            identity.arguments.as_ref().is_some_and(|own| plain_arguments(own) == wanted)
        });
    }
    let identity = match &*found {
        [one] => (*one).clone(),
        [] => {
            let name = quoted_name(parts.iter().copied());
            let names: Vec<String> = all().map(Identity::qualified_name).collect();
            let meant = nearest(&name, names.iter().map(|name| &**name));
            let meant = meant.map(|name| format!("; did you mean \"{name}\"?")).unwrap_or_default();
            return Err(problem(spec, format!("there is no such {} in {label}{meant}", spec.word)));
        }
        several => {
            let names: Vec<String> = several.iter().map(ToString::to_string).collect();
            let message = format!("it may be each of {}: say which", names.join(", "));
            return Err(problem(spec, message));
        }
    };
    let value = spec.value.as_ref().map(|(old, _)| old.clone());
    if let (Some(value), Some(Attributes::EnumType(own))) =
        (&value, left.get(&identity).map(|object| &object.attributes))
        && !own.labels.contains(value)
    {
        let meant = nearest(value, own.labels.iter().map(|label| &**label));
        let meant = meant.map(|name| format!("; did you mean '{name}'?")).unwrap_or_default();
        return Err(problem(spec, format!("{identity} has no such value in {label}{meant}")));
    }
    Ok(Subject { identity, value })
}

/// Whether it is the name of an object; an index can be named without its table.
fn has_name(identity: &Identity, parts: &[&str]) -> bool {
    let Identity { kind, schema, parent, name, .. } = identity;
    let schema = Some(&**schema).filter(|schema| !schema.is_empty());
    let whole: Vec<&str> = schema.into_iter().chain(parent.as_deref()).chain([&**name]).collect();
    whole == parts || *kind == Kind::Index && [schema.unwrap_or_default(), name] == parts
}

/// Types of arguments in the words of the server.
fn plain_arguments(text: &str) -> String {
    let types = text.split(',').map(|one| {
        let one = one.trim();
        let (name, rest) = one.split_at(one.find(['(', '[']).unwrap_or(one.len()));
        let name = match name.trim() {
            "int" | "int4" => "integer",
            "int8" => "bigint",
            "int2" => "smallint",
            "bool" => "boolean",
            "float4" => "real",
            "float" | "float8" => "double precision",
            "decimal" => "numeric",
            "varchar" => "character varying",
            "char" => "character",
            "timestamptz" => "timestamp with time zone",
            "timestamp" => "timestamp without time zone",
            "timetz" => "time with time zone",
            "time" => "time without time zone",
            "varbit" => "bit varying",
            name => name,
        };
        format!("{name}{rest}")
    });
    types.collect::<Vec<_>>().join(",")
}

/// Whether the right schema has what a rename makes.
fn check_wanted(rename: &AppliedRename, right: &Model, label: &str) -> Result<(), MigrationError> {
    let AppliedRename { spec, to, .. } = rename;
    if let Some((_, value)) = &spec.value {
        let has = match right.get(to).map(|object| &object.attributes) {
            Some(Attributes::EnumType(own)) => own.labels.contains(value),
            _ => false,
        };
        return if has {
            Ok(())
        } else {
            Err(problem(spec, format!("{to} has no value '{value}' in {label}")))
        };
    }
    // The types of the arguments may have other names, too.
    let is_it = |other: &Identity| {
        (other.kind, &other.schema, &other.parent, &other.name)
            == (to.kind, &to.schema, &to.parent, &to.name)
    };
    if right.objects().iter().any(|object| is_it(&object.identity)) {
        Ok(())
    } else {
        Err(problem(spec, format!("there is no {to} in {label}")))
    }
}
