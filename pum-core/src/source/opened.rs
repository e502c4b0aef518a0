use std::fmt;
use std::path::PathBuf;

use super::object_names::NameHistory;
use super::source_location::{SourceLocation, last_named};
use crate::connect::{ServerVersion, Session};
use crate::delta::{PreparedScript, Version};
use crate::model::Identity;
use crate::snapshot::{Excluded, Snapshot, lines_of};

/// A source whose schema can be read: a database, one built on a scratch server, or a snapshot.
#[derive(Debug)]
pub struct Opened {
    pub(super) label: String,
    pub(crate) content: Content,
    pub(super) left_out: Excluded,
    /// The file that a snapshot was read from.
    pub(super) file: Option<PathBuf>,
    /// The scripts it was built from, in order.
    pub(super) scripts: Vec<PreparedScript>,
    /// The version that the deltas reach from which it was built.
    pub(super) reached: Option<Version>,
    /// The names that objects had while it was built, if that was watched.
    pub(super) names: Option<NameHistory>,
}

#[derive(Debug)]
pub(crate) enum Content {
    Database(Box<Session>),
    Snapshot(Box<Snapshot>),
}

impl Opened {
    /// A database.
    pub fn database(session: Session) -> Self {
        let label = session.settings().label().to_owned();
        let content = Content::Database(Box::new(session));
        Self {
            label,
            content,
            left_out: Excluded::default(),
            file: None,
            scripts: Vec::new(),
            reached: None,
            names: None,
        }
    }

    /// A snapshot; `label` is its name, such as its path.
    pub fn snapshot(snapshot: Snapshot, label: &str) -> Self {
        let left_out = snapshot.left_out();
        let content = Content::Snapshot(Box::new(snapshot));
        Self {
            label: label.to_owned(),
            content,
            left_out,
            file: None,
            scripts: Vec::new(),
            reached: None,
            names: None,
        }
    }

    /// The same source with exclusions.
    pub(crate) fn excluding(self, left_out: Excluded) -> Self {
        Self { left_out, ..self }
    }

    /// The same source under another name.
    pub(crate) fn labelled(self, label: &str) -> Self {
        Self { label: label.to_owned(), ..self }
    }

    /// The version that it was brought to, if it was built from deltas of pum.
    pub(crate) fn reached(&self) -> Option<&Version> {
        self.reached.as_ref()
    }

    /// The names that objects had while it was built, if that was watched.
    pub(crate) fn name_history(&self) -> Option<&NameHistory> {
        self.names.as_ref()
    }

    /// Its name: the text that the user gave, without a password.
    pub fn label(&self) -> &str {
        &self.label
    }

    /// Whether both are one database of one server. If that cannot be found out they are not.
    pub fn is_same_database(&mut self, other: &mut Self) -> bool {
        let (Content::Database(one), Content::Database(other)) =
            (&mut self.content, &mut other.content)
        else {
            return false;
        };
        matches!((one.identity(), other.identity()), (Ok(one), Ok(other)) if one == other)
    }

    /// Its exclusions.
    pub fn left_out(&self) -> &Excluded {
        &self.left_out
    }

    /// The locations in its files where each object was last created or changed, if known: the last
    /// statement that names it, or else its table. In a snapshot it is the line of the object. A
    /// database has none.
    pub fn places_of(&self, objects: &[&Identity]) -> Vec<Option<SourceLocation>> {
        let Some(path) = &self.file else { return last_named(objects, self.scripts.iter()) };
        // It was read before: if it is gone since, so are the places.
        let text = std::fs::read_to_string(path).unwrap_or_default();
        let place = |line: Option<usize>| Some(SourceLocation { path: path.clone(), line: line? });
        lines_of(&text, objects).into_iter().map(place).collect()
    }

    /// The version of the server that holds it, or held it when the snapshot was taken.
    pub fn version(&self) -> ServerVersion {
        match &self.content {
            Content::Database(session) => session.version(),
            Content::Snapshot(snapshot) => snapshot.server_version(),
        }
    }
}

impl fmt::Display for Opened {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.label)
    }
}
