use std::collections::{BTreeMap, BTreeSet};

use super::excluded::Excluded;
use crate::connect::ServerVersion;
use crate::model::{Dependencies, Identity, Kind, Model};

/// A schema model written to a file.
///
/// Two of them are equal whatever depends on what in them.
#[derive(Debug, Clone)]
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
    /// What depends on what; none if the pum that wrote it did not write that.
    pub(crate) dependencies: Option<Dependencies>,
}

impl PartialEq for Snapshot {
    fn eq(&self, other: &Self) -> bool {
        let Self {
            pum_version,
            server_version,
            canonicalized_by,
            left_out,
            roles,
            known,
            model,
            canonicalized,
            dependencies: _,
        } = self;
        *pum_version == other.pum_version
            && *server_version == other.server_version
            && *canonicalized_by == other.canonicalized_by
            && *left_out == other.left_out
            && *roles == other.roles
            && *known == other.known
            && *model == other.model
            && *canonicalized == other.canonicalized
    }
}

impl Eq for Snapshot {}

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

    /// What depends on what in the schema, by which statements from it or to it are put in order.
    /// None in a file of an older version of pum.
    pub fn dependencies(&self) -> Option<&Dependencies> {
        self.dependencies.as_ref()
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
