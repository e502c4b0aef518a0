use std::collections::{BTreeMap, BTreeSet};

use super::excluded::Excluded;
use crate::connect::ServerVersion;
use crate::model::{Identity, Kind, Model};

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
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct CanonicalObject {
    pub(crate) identity: Identity,
    pub(crate) attribute: String,
    pub(crate) sql: String,
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
}

/// All attributes that this version of pum knows.
pub(crate) fn all_known() -> BTreeMap<Kind, BTreeSet<String>> {
    let names = |kind: Kind| kind.attribute_names().iter().map(|name| (*name).to_owned()).collect();
    Kind::ALL.iter().map(|&kind| (kind, names(kind))).collect()
}
