//! A schema in a file.
//!
//! A snapshot is JSON with one line for each small thing, sorted, so that a change of the schema is
//! a few changed lines in version control. It holds a [`Model`], and what a comparison with it must
//! know: from which server it is, what was left out, which attributes the pum that wrote it knew,
//! and how printed SQL reads after a dump and restore.

mod excluded;
#[cfg(feature = "scratch")]
mod lines;
mod read;
#[cfg(test)]
mod tests;
mod write;

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::connect::ServerVersion;
use crate::model::{Attributes, Identity, Kind, Model, Object};
use crate::{ErrorKind, Hint};

pub use excluded::Excluded;
#[cfg(feature = "scratch")]
pub(crate) use lines::lines_of;

/// The version of the format that is written. It grows when older versions of pum cannot read what
/// newer ones write.
pub const FORMAT_VERSION: u32 = 1;

/// A schema model written to a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Snapshot {
    pub(crate) pum_version: String,
    pub(crate) server_version: ServerVersion,
    /// The server on which its SQL went through a dump and restore.
    pub(crate) canonicalized_by: Option<ServerVersion>,
    pub(crate) left_out: Excluded,
    /// The roles that its objects name.
    pub(crate) roles: Vec<String>,
    /// The attributes that the pum that wrote it knew.
    pub(crate) known: BTreeMap<Kind, BTreeSet<String>>,
    pub(crate) model: Model,
    pub(crate) canonicalized: Vec<CanonicalObject>,
}

/// How an attribute's SQL reads after a dump and restore, where that is another text.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) struct CanonicalObject {
    pub(crate) identity: Identity,
    pub(crate) attribute: String,
    pub(crate) sql: String,
}

/// Why a snapshot cannot be read or written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SnapshotError {
    /// A file could not be read or written.
    #[error("cannot {action} the snapshot {}: {cause}", path.display())]
    File {
        /// What was tried.
        action: &'static str,
        /// On what.
        path: PathBuf,
        /// What the system said.
        cause: std::io::Error,
    },
    /// It is of a format that this version of pum does not know.
    #[error(
        "the snapshot {} has format_version {found}, and this pum reads {FORMAT_VERSION}: \
         use the pum that wrote it{}, or a newer one",
        path.display(), written_by.as_ref().map(|v| format!(" ({v})")).unwrap_or_default()
    )]
    Format {
        /// The file.
        path: PathBuf,
        /// What it says.
        found: u64,
        /// The version of pum that it says it is from.
        written_by: Option<String>,
    },
    /// It is not what pum wrote: cut off, altered, or merged badly.
    #[error(
        "{}:{line}: the snapshot cannot be read: {message}. If it was cut off or altered, write \
         it again from its source, or get it back from version control",
        path.display()
    )]
    Content {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: usize,
        /// What is wrong.
        message: String,
    },
}

impl SnapshotError {
    /// What can be done about it, besides what its text says.
    pub fn hint(&self) -> Option<Hint> {
        None
    }

    /// What sort of error it is.
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::File { .. } | Self::Format { .. } | Self::Content { .. } => ErrorKind::Input,
        }
    }
}

impl Snapshot {
    /// The schema.
    pub fn model(&self) -> &Model {
        &self.model
    }

    /// The version of pum that wrote it.
    pub fn pum_version(&self) -> &str {
        &self.pum_version
    }

    /// The version of the server that it was taken from.
    pub fn server_version(&self) -> ServerVersion {
        self.server_version
    }

    /// The server on which its SQL went through a dump and restore, if it did.
    pub fn canonicalized_by(&self) -> Option<ServerVersion> {
        self.canonicalized_by
    }

    /// The roles that its objects name.
    pub fn roles(&self) -> &[String] {
        &self.roles
    }

    /// What it does not hold: what was left out when it was taken, and what the pum that wrote it
    /// did not know.
    pub fn left_out(&self) -> Excluded {
        let mut left_out = self.left_out.clone();
        for &kind in Kind::ALL {
            let Some(known) = self.known.get(&kind) else {
                left_out.elements.push(kind.element().to_owned());
                continue;
            };
            let unknown = kind.attribute_names().iter().filter(|name| !known.contains(**name));
            left_out.elements.extend(unknown.map(|name| format!("{}.{name}", kind.element())));
        }
        left_out.elements.sort();
        left_out.elements.dedup();
        left_out
    }

    /// The schema as it reads after a dump and restore.
    pub(crate) fn canonical_model(&self) -> Model {
        let mut by_object: BTreeMap<&Identity, Vec<&CanonicalObject>> = BTreeMap::new();
        for one in &self.canonicalized {
            by_object.entry(&one.identity).or_default().push(one);
        }
        let canonicalized = |object: &Object| match by_object.get(&object.identity) {
            Some(changes) => Object {
                identity: object.identity.clone(),
                attributes: canonicalize(object, changes),
            },
            None => object.clone(),
        };
        Model::new(self.model.objects().iter().map(canonicalized).collect())
    }
}

/// The attributes of an object with the SQL of some replaced.
fn canonicalize(object: &Object, changes: &[&CanonicalObject]) -> Attributes {
    let mut fields = write::fields_of(object);
    for change in changes {
        fields.insert(change.attribute.clone(), write::text_value(&change.sql));
    }
    // What was written can be read.
    read::attributes(object.identity.kind, fields, None)
        .unwrap_or_else(|_| object.attributes.clone())
}

/// All attributes that this version of pum knows.
pub(crate) fn all_known() -> BTreeMap<Kind, BTreeSet<String>> {
    let names = |kind: Kind| kind.attribute_names().iter().map(|name| (*name).to_owned()).collect();
    Kind::ALL.iter().map(|&kind| (kind, names(kind))).collect()
}
