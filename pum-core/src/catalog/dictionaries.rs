//! What is read once for all kinds, and put together here with the rows that it belongs to.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};

use super::address::Address;
use super::record::Fields;
use crate::model::Kind;

/// What belongs to objects, by their address.
pub(super) type ByAddress<'a> = HashMap<Address, Cow<'a, str>>;

/// What has a query of its own in `queries/sets/`, as it is of all kinds or of no kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Set {
    Comments,
    Defaults,
    Keywords,
    OperatorClasses,
    /// Kept elsewhere, and read only if it is asked for.
    Dependencies,
}

impl Set {
    /// Those that every reading needs.
    pub(super) const ALL: [Self; 4] =
        [Self::Comments, Self::Defaults, Self::Keywords, Self::OperatorClasses];

    pub(super) fn template(self) -> &'static str {
        match self {
            Self::Comments => include_str!("queries/sets/comment.sql"),
            Self::Defaults => include_str!("queries/sets/default.sql"),
            Self::Keywords => include_str!("queries/sets/keyword.sql"),
            Self::OperatorClasses => include_str!("queries/sets/operator_class.sql"),
            Self::Dependencies => include_str!("queries/sets/dependency.sql"),
        }
    }

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Comments => "comments",
            Self::Defaults => "defaults",
            Self::Keywords => "keywords",
            Self::OperatorClasses => "operator classes",
            Self::Dependencies => "dependencies",
        }
    }
}

/// The sets, and the columns of tables.
#[derive(Default)]
pub(super) struct Dictionaries<'a> {
    comments: ByAddress<'a>,
    /// By table and number of the column.
    defaults: HashMap<(u32, i16), Cow<'a, str>>,
    keywords: HashSet<Cow<'a, str>>,
    /// Operator classes and the types whose default they are.
    default_operator_classes: HashSet<(u32, u32)>,
    relations: HashMap<u32, Relation<'a>>,
    /// Of indexes and constraints, composed by pum or by the server.
    definitions: HashMap<(Kind, u32), String>,
}

/// A table or view.
#[derive(Debug, Default)]
pub(super) struct Relation<'a> {
    schema: Cow<'a, str>,
    name: Cow<'a, str>,
    /// By their number.
    columns: Vec<Column<'a>>,
}

#[derive(Debug)]
pub(super) struct Column<'a> {
    number: i16,
    pub(super) name: Cow<'a, str>,
    pub(super) type_oid: u32,
    pub(super) collation: u32,
}

impl<'a> Dictionaries<'a> {
    /// Adds a row of a set; `None` if it is not one.
    pub(super) fn add(&mut self, set: Set, mut fields: Fields<'a>) -> Option<()> {
        match set {
            Set::Comments => {
                let address = (fields.number()?, fields.number()?, fields.number()?);
                self.comments.insert(address, fields.text()?);
            }
            Set::Defaults => {
                let address = (fields.number()?, fields.number()?);
                // None if its table is gone.
                if let Some(expression) = fields.next()? {
                    self.defaults.insert(address, expression);
                }
            }
            Set::Keywords => _ = self.keywords.insert(fields.text()?),
            Set::OperatorClasses => {
                let pair = (fields.number()?, fields.number()?);
                self.default_operator_classes.insert(pair);
            }
            Set::Dependencies => (),
        }
        Some(())
    }

    pub(super) fn add_definition(&mut self, kind: Kind, oid: u32, definition: String) {
        self.definitions.insert((kind, oid), definition);
    }

    pub(super) fn definition(&self, kind: Kind, oid: u32) -> Option<&str> {
        self.definitions.get(&(kind, oid)).map(String::as_str)
    }

    /// Adds the column of a row of the kind [`Kind::Column`].
    pub(super) fn add_column(&mut self, mut fields: Fields<'a>) -> Option<()> {
        let oid: u32 = fields.number()?;
        let (number, type_oid, collation) = (fields.number()?, fields.number()?, fields.number()?);
        let _is_generated = fields.next()?;
        let (schema, name, column) = (fields.text()?, fields.text()?, fields.text()?);
        let relation = self.relations.entry(oid).or_default();
        if relation.columns.is_empty() {
            (relation.schema, relation.name) = (schema, name);
        }
        relation.columns.push(Column { number, name: column, type_oid, collation });
        Some(())
    }

    /// To be done when all columns are there.
    pub(super) fn sort_columns(&mut self) {
        for relation in self.relations.values_mut() {
            relation.columns.sort_unstable_by_key(|column| column.number);
        }
    }

    pub(super) fn comment(&self, address: Address) -> Option<&str> {
        self.comments.get(&address).map(|text| &**text)
    }

    pub(super) fn default_of(&self, table: u32, column: i16) -> Option<&str> {
        self.defaults.get(&(table, column)).map(|text| &**text)
    }

    pub(super) fn relation(&self, oid: u32) -> Option<&Relation<'a>> {
        self.relations.get(&oid)
    }

    pub(super) fn is_default(&self, operator_class: u32, type_oid: u32) -> bool {
        self.default_operator_classes.contains(&(operator_class, type_oid))
    }

    /// A name as the server writes it (`quote_identifier`).
    pub(super) fn push_quoted(&self, out: &mut String, name: &str) {
        let is_safe = name.starts_with(|c: char| c.is_ascii_lowercase() || c == '_')
            && name.bytes().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == b'_')
            && !self.keywords.contains(name);
        if is_safe {
            out.push_str(name);
        } else {
            out.push_str(&crate::sql::quote_ident(name));
        }
    }

    /// Names of columns, with commas between them; `None` if one is not known.
    pub(super) fn push_columns(
        &self,
        out: &mut String,
        relation: &Relation<'_>,
        numbers: &[i16],
    ) -> Option<()> {
        for (at, number) in numbers.iter().enumerate() {
            if at > 0 {
                out.push_str(", ");
            }
            self.push_quoted(out, &relation.column(*number)?.name);
        }
        Some(())
    }

    /// The name of a relation, with its schema.
    pub(super) fn push_relation(&self, out: &mut String, relation: &Relation<'_>) {
        self.push_quoted(out, &relation.schema);
        out.push('.');
        self.push_quoted(out, &relation.name);
    }
}

impl<'a> Relation<'a> {
    pub(super) fn column(&self, number: i16) -> Option<&Column<'a>> {
        let at = self.columns.binary_search_by_key(&number, |column| column.number).ok()?;
        self.columns.get(at)
    }

    /// Which of the columns it is, from 1. Dropped ones are not among them.
    pub(super) fn position(&self, number: i16) -> usize {
        self.columns.partition_point(|column| column.number < number) + 1
    }
}
