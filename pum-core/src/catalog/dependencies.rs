//! What depends on what: `pg_depend`, put together with the objects of the model.
//!
//! What is no object of the model, as an array type, the rule behind a view or the index of a
//! constraint, is internal to one, or a member of an extension: it stands for that.

use std::borrow::Cow;
use std::collections::HashMap;

use super::address::Address;
use super::record::Fields;
use crate::model::{Dependencies, DependencyKind, Identity, Part};

// Object identifiers of system catalogs, which are the same in every version (`pg_*.h`).
const ATTRIBUTE_DEFAULT: u32 = 2604;
const OPERATOR_OF_FAMILY: u32 = 2602;
const FUNCTION_OF_FAMILY: u32 = 2603;
const OPERATOR_FAMILY: u32 = 2753;
const SCHEMA_OF_PUBLICATION: u32 = 6237;
const PUBLICATION: u32 = 6104;
const SCHEMA: u32 = 2615;

/// The dependencies among objects with these addresses, and whether one needs what none of them is.
pub(super) fn of_rows<'a>(
    objects: impl Iterator<Item = (Address, &'a Identity)>,
    rows: &[Row],
) -> (Dependencies, bool) {
    let (addresses, identities): (Vec<Address>, Vec<&Identity>) = objects.unzip();
    let known = addresses.into_iter().zip(0..).collect();
    let mut resolver = Resolver { known, parts: HashMap::new() };
    for row in rows.iter().filter(|row| row.is_part()) {
        resolver.parts.entry(row.object).or_insert(row);
    }
    let (mut edges, mut members) = (Vec::with_capacity(rows.len()), Vec::new());
    let mut is_unknown = false;
    for row in rows {
        if let Some(member) = &row.member
            && let Some(extension) = resolver.known.get(&row.needs)
        {
            members.push((member.clone(), *extension));
        }
        let Some(from) = resolver.node(row.object, 0) else { continue };
        let Some(to) = resolver.node(row.needs, 0) else {
            is_unknown |= row.needs.0 != SCHEMA;
            continue;
        };
        if from != to {
            edges.push((from, to, row.kind));
        }
    }
    let mut dependencies = Dependencies::among(&identities, edges);
    for (member, extension) in members {
        dependencies.insert_member(member, identities[extension as usize].clone());
    }
    (dependencies, is_unknown)
}

/// A row of `pg_depend`.
pub(super) struct Row {
    object: Address,
    needs: Address,
    letter: char,
    kind: DependencyKind,
    /// What a member of an extension is called.
    member: Option<String>,
}

impl Row {
    pub(super) fn read(row: &str) -> Option<Self> {
        let mut fields = Fields::of(row)?;
        let object = (fields.number()?, fields.number()?, fields.number()?);
        let needs = (fields.number()?, fields.number()?, fields.number()?);
        let letter = fields.text()?.chars().next()?;
        let member = fields.text().map(Cow::into_owned);
        let kind = match letter {
            'a' => DependencyKind::Automatic,
            'i' => DependencyKind::Internal,
            'P' | 'S' => DependencyKind::Partition,
            _ => DependencyKind::Normal,
        };
        Some(Self { object, needs, letter, kind, member })
    }

    /// Whether the object is nothing but a part of what it needs.
    fn is_part(&self) -> bool {
        match (self.letter, self.object.0) {
            ('i' | 'e', _) | ('a', ATTRIBUTE_DEFAULT) => true,
            ('a', OPERATOR_OF_FAMILY | FUNCTION_OF_FAMILY) => self.needs.0 == OPERATOR_FAMILY,
            ('a', SCHEMA_OF_PUBLICATION) => self.needs.0 == PUBLICATION,
            _ => false,
        }
    }
}

struct Resolver<'r> {
    /// The number of each object.
    known: HashMap<Address, u32>,
    parts: HashMap<Address, &'r Row>,
}

impl Resolver<'_> {
    /// What an address stands for.
    fn node(&self, address: Address, depth: u8) -> Option<(u32, Part)> {
        const DEEPEST: u8 = 8;
        if let Some(number) = self.known.get(&address) {
            return Some((*number, Part::Object));
        }
        if depth > DEEPEST {
            return None;
        }
        if let Some(row) = self.parts.get(&address) {
            let (number, part) = self.node(row.needs, depth + 1)?;
            let part = match (address.0, row.letter) {
                (ATTRIBUTE_DEFAULT, _) => Part::Default,
                (OPERATOR_OF_FAMILY | FUNCTION_OF_FAMILY, 'a') => Part::Members,
                _ => part,
            };
            return Some((number, part));
        }
        // A column that is none of the model is that of an index, or of what is a part of something.
        let (catalog, object, column) = address;
        if column != 0 { self.node((catalog, object, 0), depth + 1) } else { None }
    }
}
