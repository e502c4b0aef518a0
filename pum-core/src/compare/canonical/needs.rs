//! What depends on what in one schema.

use std::borrow::Cow;

use super::names::Names;
use crate::model::{Dependencies, Identity, Kind, Node};

/// From where it is known what depends on what.
#[derive(Debug)]
pub(in crate::compare) enum Needs<'a> {
    /// From the catalogs.
    Known(Cow<'a, Dependencies>),
    /// From the names in definitions, which are all qualified.
    Named(Names<'a>),
}

impl Needs<'_> {
    /// What something needs.
    pub(super) fn of(&self, node: &Node) -> Vec<Identity> {
        match self {
            Self::Known(dependencies) => {
                dependencies.needs(node).map(|(needed, _)| needed.identity.clone()).collect()
            }
            Self::Named(names) => names.needs(node),
        }
    }

    /// Casts and operator classes of a type, which the server finds without a name.
    pub(super) fn attached(&self, data_type: &Identity) -> Vec<Identity> {
        match self {
            Self::Known(dependencies) => dependencies
                .needed_by(&Node::object(data_type.clone()))
                .map(|(node, _)| node.identity.clone())
                .filter(|other| matches!(other.kind, Kind::Cast | Kind::OperatorClass))
                .collect(),
            Self::Named(names) => names.attached(data_type),
        }
    }
}
