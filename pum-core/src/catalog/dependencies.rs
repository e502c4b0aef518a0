//! What depends on what: `pg_depend`, put together with the objects of the model.
//!
//! What is no object of the model, as an array type, the rule behind a view or the index of a
//! constraint, is internal to one, or a member of an extension: it stands for that.

use std::collections::HashMap;

use postgres::SimpleQueryMessage;

use crate::connect::rows;
use crate::model::{Dependencies, DependencyKind, Identity, Kind, Node};

/// All but what `initdb` made, which is always there.
pub(super) const DEPENDENCIES: &str = "\
SELECT d.classid, d.objid, d.objsubid, d.refclassid, d.refobjid, d.refobjsubid, d.deptype \
FROM pg_depend d \
WHERE d.deptype <> 'p' AND d.objid >= 16384 \
  AND (d.refobjid >= 16384 OR d.refclassid = 'pg_namespace'::regclass)";

/// Catalog, object and sub-object, as in `pg_depend`.
pub(super) type Address = (u32, u32, i32);

// Object identifiers of system catalogs, which are the same in every version (`pg_*.h`).
const ATTRIBUTE_DEFAULT: u32 = 2604;
const OPERATOR_OF_FAMILY: u32 = 2602;
const FUNCTION_OF_FAMILY: u32 = 2603;
const OPERATOR_FAMILY: u32 = 2753;
const SCHEMA_OF_PUBLICATION: u32 = 6237;
const PUBLICATION: u32 = 6104;
const CLASS: u32 = 1259;

/// The catalog of a kind; none where nothing depends on its objects, nor they on others.
fn catalog_of(kind: Kind) -> Option<u32> {
    Some(match kind {
        Kind::Extension => 3079,
        Kind::Schema => 2615,
        Kind::Language => 2612,
        Kind::AccessMethod => 2601,
        Kind::BaseType | Kind::EnumType | Kind::CompositeType | Kind::Domain | Kind::RangeType => {
            1247
        }
        Kind::Table | Kind::View | Kind::Column | Kind::Index | Kind::Sequence => CLASS,
        Kind::Constraint => 2606,
        Kind::Trigger => 2620,
        Kind::Rule => 2618,
        Kind::Policy => 3256,
        Kind::Statistics => 3381,
        Kind::Function => 1255,
        Kind::Operator => 2617,
        Kind::OperatorFamily => OPERATOR_FAMILY,
        Kind::OperatorClass => 2616,
        Kind::Cast => 2605,
        Kind::Collation => 3456,
        Kind::Conversion => 2607,
        Kind::TextSearchParser => 3601,
        Kind::TextSearchTemplate => 3764,
        Kind::TextSearchDictionary => 3600,
        Kind::TextSearchConfiguration => 3602,
        Kind::Transform => 3576,
        Kind::ForeignDataWrapper => 2328,
        Kind::ForeignServer => 1417,
        Kind::EventTrigger => 3466,
        Kind::Publication => PUBLICATION,
        Kind::PublicationTable => 6106,
        Kind::Subscription => 6100,
        Kind::DefaultPrivileges => 826,
        Kind::Database | Kind::UserMapping | Kind::ChangedPrivileges | Kind::SecurityLabel => {
            return None;
        }
    })
}

/// The address of an object of a kind: its number, that of a column with the table's before it.
pub(super) fn address(kind: Kind, text: &str) -> Option<Address> {
    let catalog = catalog_of(kind)?;
    match text.split_once('.') {
        Some((table, column)) => Some((catalog, table.parse().ok()?, column.parse().ok()?)),
        None => Some((catalog, text.parse().ok()?, 0)),
    }
}

/// The dependencies among objects with these addresses.
pub(super) fn of_rows<'a>(
    objects: impl Iterator<Item = (Address, &'a Identity)>,
    answer: &[SimpleQueryMessage],
) -> Dependencies {
    let edges: Vec<Row> = rows(answer).filter_map(Row::read).collect();
    let mut resolver = Resolver { known: HashMap::new(), parts: HashMap::new() };
    for (address, identity) in objects {
        resolver.known.insert(address, Node::object(identity.clone()));
    }
    for row in &edges {
        if row.is_part() {
            resolver.parts.entry(row.object).or_insert(row);
        }
    }
    let mut dependencies = Dependencies::default();
    for row in &edges {
        let (Some(from), Some(to)) = (resolver.node(row.object, 0), resolver.node(row.needs, 0))
        else {
            continue;
        };
        if from != to {
            dependencies.insert(from, to, row.kind);
        }
    }
    dependencies
}

struct Row {
    object: Address,
    needs: Address,
    letter: char,
    kind: DependencyKind,
}

impl Row {
    fn read(row: &postgres::SimpleQueryRow) -> Option<Self> {
        let number = |at: usize| row.get(at)?.parse::<u32>().ok();
        let part = |at: usize| row.get(at)?.parse::<i32>().ok();
        let letter = row.get(6)?.chars().next()?;
        let kind = match letter {
            'a' => DependencyKind::Automatic,
            'i' => DependencyKind::Internal,
            'P' | 'S' => DependencyKind::Partition,
            _ => DependencyKind::Normal,
        };
        Some(Self {
            object: (number(0)?, number(1)?, part(2)?),
            needs: (number(3)?, number(4)?, part(5)?),
            letter,
            kind,
        })
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
    known: HashMap<Address, Node>,
    parts: HashMap<Address, &'r Row>,
}

impl Resolver<'_> {
    /// What an address stands for.
    fn node(&self, address: Address, depth: u8) -> Option<Node> {
        const DEEPEST: u8 = 8;
        if let Some(node) = self.known.get(&address) {
            return Some(node.clone());
        }
        if depth > DEEPEST {
            return None;
        }
        if let Some(row) = self.parts.get(&address) {
            let whole = self.node(row.needs, depth + 1)?;
            return Some(match (address.0, row.letter) {
                (ATTRIBUTE_DEFAULT, _) => Node::default_of(whole.identity),
                (OPERATOR_OF_FAMILY | FUNCTION_OF_FAMILY, 'a') => Node::members_of(whole.identity),
                _ => whole,
            });
        }
        // A column that is none of the model is that of an index, or of what is a part of something.
        let (catalog, object, column) = address;
        if column != 0 { self.node((catalog, object, 0), depth + 1) } else { None }
    }
}
