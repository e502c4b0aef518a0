use std::fmt;

use crate::diff::Rename;
use crate::humanize::grouped;
use crate::model::{Attributes, Identity, Kind, Model};
use crate::plan::rename_spec::RenameSpec;
use crate::source::ObjectName;

/// A rename that was seen.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct SeenRename {
    /// The rename.
    pub spec: RenameSpec,
    /// Why it is one.
    pub evidence: RenameEvidence,
}

/// Why something is a rename.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum RenameEvidence {
    /// A script from which the right side was built gave the object its other name.
    Build {
        /// The script.
        script: String,
    },
    /// Both sides are of one template, and the object has the same identifier in both.
    Identifiers {
        /// Its object identifier.
        oid: u32,
        /// Of a column its number.
        number: Option<i32>,
    },
    /// The rows with the same keys have the same values.
    Values {
        /// How many rows were compared.
        rows: usize,
        /// How many values they have.
        distinct: usize,
    },
}

impl fmt::Display for RenameEvidence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Build { script } => write!(f, "{script} renames it"),
            Self::Identifiers { oid, number: None } => {
                write!(
                    f,
                    "both are of one template, and it has the object identifier {oid} in both"
                )
            }
            Self::Identifiers { oid, number: Some(number) } => write!(
                f,
                "both are of one template, and it is column {number} of the table with the object \
                 identifier {oid} in both"
            ),
            Self::Values { rows, distinct } => {
                let (rows, distinct) = (grouped(*rows), grouped(*distinct));
                write!(f, "{rows} rows with the same keys have the same {distinct} values")
            }
        }
    }
}

/// In which order renames are looked for: schemas, what is in them, and what belongs to that.
pub(super) const RANKS: [u8; 3] = [0, 1, 2];

/// Of which rank something is.
pub(super) fn rank_of(name: &ObjectName) -> u8 {
    match name.identity.kind {
        Kind::Schema => 0,
        _ if name.identity.parent.is_some() || name.value.is_some() => 2,
        _ => 1,
    }
}

/// What was found so far.
pub(super) struct Seen<'a> {
    pub(super) models: [&'a Model; 2],
    pub(super) asked: &'a [RenameSpec],
    pub(super) found: Vec<([ObjectName; 2], SeenRename)>,
}

impl Seen<'_> {
    /// Whether only the left schema has something, or only the right one: an object, or a value of an
    /// enumeration.
    pub(super) fn is_only(&self, side: usize, name: &ObjectName) -> bool {
        self.has(side, name) && !self.has(1 - side, name)
    }

    pub(super) fn has(&self, side: usize, name: &ObjectName) -> bool {
        let Some(object) = self.models[side].get(&name.identity) else { return false };
        match (&name.value, &object.attributes) {
            (None, _) => true,
            (Some(value), Attributes::EnumType(own)) => own.labels.contains(value),
            (Some(_), _) => false,
        }
    }

    /// What a name of the left side is called on the right one, as far as the table or type is known to
    /// be renamed.
    pub(super) fn mapped(&self, name: &ObjectName) -> Identity {
        let mut identity = name.identity.clone();
        for ([from, to], _) in &self.found {
            let is_whole = from.value.is_none() && from.identity.parent.is_none();
            if !is_whole || from.identity.schema != name.identity.schema {
                continue;
            }
            if identity.parent.as_ref() == Some(&from.identity.name) {
                identity.schema.clone_from(&to.identity.schema);
                identity.parent = Some(to.identity.name.clone());
                break;
            }
            if name.value.is_some() && identity == from.identity {
                identity.clone_from(&to.identity);
                break;
            }
        }
        if let Some((_, to)) = self.schemas().find(|(from, _)| *from == identity.schema) {
            to.clone_into(&mut identity.schema);
        }
        identity
    }

    /// The names of schemas that are known to be renamed, with the new ones.
    fn schemas(&self) -> impl Iterator<Item = (&str, &str)> {
        let all = self.found.iter().map(|([from, to], _)| (&from.identity, &to.identity));
        let schemas = all.filter(|(from, _)| from.kind == Kind::Schema);
        schemas.map(|(from, to)| (&*from.name, &*to.name))
    }

    /// What something of the right side would be called if it were in the schema as the left side names it.
    pub(super) fn in_left_schema(&self, to: &Identity) -> Identity {
        let mut identity = to.clone();
        if let Some((from, _)) = self.schemas().find(|(_, new)| *new == to.schema) {
            from.clone_into(&mut identity.schema);
        }
        identity
    }

    /// Adds a rename, unless one of its names is taken up already.
    pub(super) fn add(&mut self, from: &ObjectName, to: &ObjectName, evidence: RenameEvidence) {
        // Renames come before all else, also before new schemas.
        let in_left = ObjectName { identity: self.in_left_schema(&to.identity), ..to.clone() };
        let schema = &in_left.identity.schema;
        let schemas = self.models[0].objects().iter().map(|object| &object.identity);
        let is_schema = |it: &Identity| it.kind == Kind::Schema && it.name == *schema;
        if from.identity.schema != *schema && !schemas.clone().any(is_schema) {
            return;
        }
        let spec = spec(from, &in_left);
        let is_taken =
            self.found.iter().any(|([one, other], _)| one.is_called(from) || other.is_called(to));
        let is_asked = self.asked.iter().any(|asked| {
            (&asked.name, &asked.value.as_ref().map(|value| &value.0))
                == (&spec.name, &spec.value.as_ref().map(|value| &value.0))
                || asked.to.last() == spec.to.last() && asked.value == spec.value
        });
        if !is_taken && !is_asked {
            self.found.push(([from.clone(), to.clone()], SeenRename { spec, evidence }));
        }
    }
}

fn spec(from: &ObjectName, to: &ObjectName) -> RenameSpec {
    let (left, right) = (from.identity.clone(), to.identity.clone());
    let spec = RenameSpec::suggested(&Rename { left, right });
    match (&from.value, &to.value) {
        (Some(old), Some(new)) => spec.of_value(old, new),
        _ => spec,
    }
}
