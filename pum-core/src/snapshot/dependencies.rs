//! What depends on what, in numbers.
//!
//! A number is that of an object, from 0 in the order of the file; those behind are the parts of objects
//! that depend on others by themselves.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::model::{Dependencies, DependencyKind, Identity, Model, Node, NumberedNode, Part};

/// What depends on what. Each list is of numbers, of who depends and then of what it needs. A number is
/// that of an object, from 0 in the order of the file, or of a part behind the objects.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "schema", schemars(extend("additionalProperties" = false)))]
pub(super) struct WrittenDependencies {
    /// Parts of objects that depend on others by themselves, each with the number of the object.
    parts: Vec<(u32, WrittenPart)>,
    /// What keeps what it needs from being dropped without CASCADE.
    normal: Vec<Vec<u32>>,
    /// What is dropped with what it needs.
    automatic: Vec<Vec<u32>>,
    /// What is a part of what it needs.
    internal: Vec<Vec<u32>>,
    /// What is a partition of what it needs.
    partition: Vec<Vec<u32>>,
    /// The members of extensions, which are no objects of the file: the number of the extension, and
    /// what `pg_identify_object` calls each.
    #[serde(default)]
    members: Vec<(u32, Vec<String>)>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
enum WrittenPart {
    /// The default of a column, or the expression of a generated one.
    Default,
    /// The members of an operator family that belong to none of its classes.
    Members,
}

/// The number of an object, and which part of it depends.
type Written = (u32, Option<WrittenPart>);

impl WrittenPart {
    fn of(part: Part) -> Option<Self> {
        match part {
            Part::Object => None,
            Part::Default => Some(Self::Default),
            Part::Members => Some(Self::Members),
        }
    }

    fn part(self) -> Part {
        match self {
            Self::Default => Part::Default,
            Self::Members => Part::Members,
        }
    }
}

impl WrittenDependencies {
    /// Those among the objects of the model.
    pub(super) fn of(dependencies: &Dependencies, model: &Model) -> Self {
        let (nodes, edges) = dependencies.numbered();
        let written = written(nodes, model);
        let parts = written.iter().flatten();
        let parts = parts.filter_map(|(object, part)| Some((*object, (*part)?)));
        let parts: BTreeSet<(u32, WrittenPart)> = parts.collect();
        let behind = u32::try_from(model.objects().len()).unwrap_or(u32::MAX);
        let parts: BTreeMap<(u32, WrittenPart), u32> = parts.into_iter().zip(behind..).collect();
        let number_of = |(object, part): Written| {
            part.and_then(|part| parts.get(&(object, part)).copied()).unwrap_or(object)
        };
        let numbers: Vec<Option<u32>> =
            written.into_iter().map(|written| written.map(number_of)).collect();
        let number = |node: u32| numbers.get(node as usize).copied().flatten();
        let rows = |of: DependencyKind| {
            let edges = edges.iter().filter(|(.., kind)| *kind == of);
            let pairs = edges.filter_map(|(from, to, _)| Some((number(*from)?, number(*to)?)));
            let mut pairs: Vec<(u32, u32)> = pairs.collect();
            pairs.sort_unstable();
            let of_one = pairs.chunk_by(|(one, _), (other, _)| one == other);
            let row = |pairs: &[(u32, u32)]| {
                let from = pairs.first().map(|(from, _)| *from);
                from.into_iter().chain(pairs.iter().map(|(_, to)| *to)).collect()
            };
            of_one.map(row).collect()
        };
        let mut members: BTreeMap<u32, Vec<String>> = BTreeMap::new();
        for (member, extension) in dependencies.members() {
            if let Some(number) = number_in(model, extension) {
                members.entry(number).or_default().push(member.to_owned());
            }
        }
        Self {
            normal: rows(DependencyKind::Normal),
            automatic: rows(DependencyKind::Automatic),
            internal: rows(DependencyKind::Internal),
            partition: rows(DependencyKind::Partition),
            parts: parts.into_keys().collect(),
            members: members.into_iter().collect(),
        }
    }

    /// What they say of the objects, in the order of the file; or what is wrong with them.
    pub(super) fn read(&self, identities: &[Identity]) -> Result<Dependencies, String> {
        let mut nodes: Vec<NumberedNode> =
            (0..).take(identities.len()).map(|number| (number, Part::Object)).collect();
        for (number, part) in &self.parts {
            identities.get(*number as usize).ok_or_else(|| no_object(*number))?;
            nodes.push((*number, part.part()));
        }
        let node =
            |number: &u32| nodes.get(*number as usize).copied().ok_or_else(|| no_object(*number));
        let mut edges = Vec::new();
        for (rows, kind) in [
            (&self.normal, DependencyKind::Normal),
            (&self.automatic, DependencyKind::Automatic),
            (&self.internal, DependencyKind::Internal),
            (&self.partition, DependencyKind::Partition),
        ] {
            for row in rows {
                let Some((from, needed)) = row.split_first().filter(|(_, to)| !to.is_empty())
                else {
                    return Err("a dependency is not a list of two numbers or more".to_owned());
                };
                for to in needed {
                    edges.push((node(from)?, node(to)?, kind));
                }
            }
        }
        let mut dependencies = Dependencies::among(&identities.iter().collect::<Vec<_>>(), edges);
        for (number, members) in &self.members {
            let extension = identities.get(*number as usize).ok_or_else(|| no_object(*number))?;
            for member in members {
                dependencies.insert_member(member.clone(), extension.clone());
            }
        }
        Ok(dependencies)
    }
}

/// For each node the number of its object in the model, which is sorted as they are.
fn written(nodes: &[Node], model: &Model) -> Vec<Option<Written>> {
    let mut objects = model.objects().iter().zip(0..).peekable();
    let written = nodes.iter().map(|node| {
        while objects.next_if(|(object, _)| object.identity < node.identity).is_some() {}
        let (object, number) = objects.peek()?;
        (object.identity == node.identity).then(|| (*number, WrittenPart::of(node.part)))
    });
    written.collect()
}

fn number_in(model: &Model, identity: &Identity) -> Option<u32> {
    let found = model.objects().binary_search_by(|object| object.identity.cmp(identity));
    found.ok().and_then(|at| u32::try_from(at).ok())
}

fn no_object(number: u32) -> String {
    format!("the file has no object with the number {number}")
}
