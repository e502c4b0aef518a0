use std::fmt;

use super::Snapshot;
use crate::catalog::{self, CatalogError, Scope};
use crate::connect::{ServerVersion, Session, SessionOn};
use crate::diff::{FilterError, Filters};
use crate::model::Model;
use crate::upgrade::TableName;

/// What a source does not hold, or holds for another program's sake: it is left out of the other
/// side too.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LeftOut {
    /// Tables, with all that belongs to them.
    pub tables: Vec<TableName>,
    /// Globs of schemas.
    pub schemas: Vec<String>,
    /// Elements and attributes, as [`Filters::ignore`] takes them.
    pub elements: Vec<String>,
}

impl LeftOut {
    pub(super) fn add(&mut self, other: Self) {
        self.tables.extend(other.tables);
        self.schemas.extend(other.schemas);
        self.elements.extend(other.elements);
        for texts in [&mut self.schemas, &mut self.elements] {
            texts.sort();
            texts.dedup();
        }
    }

    /// Leaves the schemas and elements out of a comparison.
    pub fn apply_to(&self, filters: &mut Filters) -> Result<(), FilterError> {
        for schema in &self.schemas {
            filters.exclude_schema(schema)?;
        }
        self.elements.iter().try_for_each(|element| filters.ignore(element))
    }

    pub(super) fn remove_tables(&self, model: &mut Model) {
        for table in &self.tables {
            model.remove_table(table.schema(), table.name());
        }
    }
}

/// A source whose schema can be read now: a database, one that was built on a scratch server, or a
/// snapshot.
#[derive(Debug)]
pub struct Opened {
    pub(super) label: String,
    pub(super) content: Content,
    pub(super) left_out: LeftOut,
}

#[derive(Debug)]
pub(super) enum Content {
    Database(Box<Session>),
    Snapshot(Box<Snapshot>),
}

/// One side of a comparison.
#[derive(Debug)]
pub(crate) enum Side<'a, 'c> {
    Live(&'a mut SessionOn<'c>),
    Snapshot(&'a Snapshot),
}

impl Opened {
    /// A database.
    pub fn database(session: Session) -> Self {
        let label = session.settings().label().to_owned();
        let content = Content::Database(Box::new(session));
        Self { label, content, left_out: LeftOut::default() }
    }

    /// A snapshot; `label` is how it is called, such as its path.
    pub fn snapshot(snapshot: Snapshot, label: &str) -> Self {
        let left_out = snapshot.left_out();
        let content = Content::Snapshot(Box::new(snapshot));
        Self { label: label.to_owned(), content, left_out }
    }

    /// How it is called: what the user wrote, without a password.
    pub fn label(&self) -> &str {
        &self.label
    }

    /// What it does not hold.
    pub fn left_out(&self) -> &LeftOut {
        &self.left_out
    }

    /// The version of the server that holds it, or held it when the snapshot was taken.
    pub fn version(&self) -> ServerVersion {
        match &self.content {
            Content::Database(session) => session.version(),
            Content::Snapshot(snapshot) => snapshot.server_version(),
        }
    }

    /// Its schema.
    pub(crate) fn model(&mut self, scope: &Scope) -> Result<Model, CatalogError> {
        match &mut self.content {
            Content::Database(session) => catalog::read(session, scope),
            Content::Snapshot(snapshot) => Ok(snapshot.model().clone()),
        }
    }

    pub(crate) fn side(&mut self) -> Side<'_, 'static> {
        match &mut self.content {
            Content::Database(session) => Side::Live(session),
            Content::Snapshot(snapshot) => Side::Snapshot(snapshot),
        }
    }
}

impl Side<'_, '_> {
    /// The major version of the server that printed its SQL.
    pub(crate) fn major(&self) -> u32 {
        match self {
            Self::Live(session) => session.version().major(),
            Self::Snapshot(snapshot) => snapshot.server_version().major(),
        }
    }
}

impl fmt::Display for Opened {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.label)
    }
}
