//! A schema as pum sees it: objects with an identity and named attributes, in a fixed order.
//!
//! The model is pure data: it knows no server, can be written and read with serde, and two equal
//! schemas make two equal models. One file per kind of object says what its attributes are; the
//! `catalog` room has a query of the same name that reads them; comparison, filters and reports
//! work on names and values alone and know no kind.
//!
//! To add an attribute: a field in the kind's file, and a column of the same name at the same
//! place in its query. To add a kind: a file here, a query there, a line in the list below.

mod column;
mod constraint;
mod function;
mod identity;
mod index;
mod macros;
mod rule;
mod sequence;
mod table;
mod trigger;
mod value;
mod view;

pub use column::Column;
pub use constraint::Constraint;
pub use function::Function;
pub use identity::{Identity, exact_name};
pub use index::Index;
pub use rule::Rule;
pub use sequence::Sequence;
pub use table::Table;
pub use trigger::Trigger;
pub use value::{Attribute, Fields, Sql, Value};
pub use view::View;

macros::kinds! {
    /// Tables, partitioned tables and foreign tables.
    Table "table" in "tables",
    /// Columns of tables and views.
    Column "column" in "columns",
    /// Primary keys, unique, foreign key, check and exclusion constraints of tables.
    Constraint "constraint" in "constraints",
    /// Views and materialized views.
    View "view" in "views",
    /// Sequences, those of serial and identity columns too.
    Sequence "sequence" in "sequences",
    /// Indexes that do not belong to a constraint.
    Index "index" in "indexes",
    /// Triggers, constraint triggers too.
    Trigger "trigger" in "triggers",
    /// Functions, procedures, aggregates and window functions.
    Function "function" in "functions",
    /// Rules, but for the one that makes a view.
    Rule "rule" in "rules",
}

/// One object of a schema.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Object {
    /// Which object it is.
    pub identity: Identity,
    /// What it is like.
    pub attributes: Attributes,
}

/// A schema: its objects, sorted by identity, each identity once.
#[derive(Debug, Clone, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize)]
#[serde(transparent)]
pub struct Model {
    objects: Vec<Object>,
}

impl Model {
    /// A model of these objects, in whatever order they come.
    pub fn new(mut objects: Vec<Object>) -> Self {
        objects.sort_by(|a, b| a.identity.cmp(&b.identity));
        Self { objects }
    }

    /// The objects, sorted by identity.
    pub fn objects(&self) -> &[Object] {
        &self.objects
    }

    /// The object with this identity.
    pub fn get(&self, identity: &Identity) -> Option<&Object> {
        let found = self.objects.binary_search_by(|object| object.identity.cmp(identity));
        found.ok().and_then(|at| self.objects.get(at))
    }

    /// Takes out a table and all that belongs to it: columns, constraints, indexes, triggers,
    /// rules, and the sequences its columns own.
    pub fn remove_table(&mut self, schema: &str, table: &str) {
        let column_prefix = exact_name([schema, table]) + ".";
        self.objects.retain(|object| {
            let identity = &object.identity;
            let is_table = identity.kind == Kind::Table && identity.name == table;
            let belongs = identity.parent.as_deref() == Some(table);
            let owned = match &object.attributes {
                Attributes::Sequence(sequence) => sequence
                    .owned_by
                    .as_deref()
                    .is_some_and(|column| column.starts_with(&column_prefix)),
                _ => false,
            };
            !(identity.schema == schema && (is_table || belongs || owned))
        });
    }
}
