//! Comparisons and their results.

use std::time::Duration;

use super::overview::Overview;
use crate::catalog::CatalogError;
use crate::connect::ServerVersion;
use crate::diff::{
    Contents, Difference, FilterError, Filters, HiddenByRule, Rename, diff, suggest_renames,
};
use crate::model::{Identity, Model};
use crate::upgrade::TableName;
use crate::{ErrorKind, Hint};

/// What to compare.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct CompareOptions {
    /// Which objects and attributes to exclude.
    pub filters: Filters,
    /// The upgrades table. It and pum's own tables next to it are never reported as differences.
    pub upgrades_table: Option<TableName>,
    /// Continue at an unknown code in a catalog, as a newer server may have.
    pub allow_unknown: bool,
    /// How long to wait for a lock that another session holds; by default as long as
    /// [`Scope::default`](crate::catalog::Scope) says.
    pub lock_timeout: Option<Duration>,
    /// Whether the comparison is to have an [`Overview`].
    pub overview: bool,
}

/// The outcome of a comparison.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Comparison {
    /// The differences, sorted by schema, table and kind.
    pub differences: Vec<Difference>,
    /// How many objects the left side has.
    pub left_objects: usize,
    /// How many objects the right side has.
    pub right_objects: usize,
    /// The contents of objects that exist on one side only.
    pub contents: Contents,
    /// Objects on one side only that look renamed.
    pub renames: Vec<Rename>,
    /// Tables on one side only that look like an upgrades table, which
    /// [`CompareOptions::upgrades_table`] would exclude.
    pub upgrades_tables: Vec<TableName>,
    /// Differences hidden by the rules of the filters.
    pub hidden: Vec<HiddenByRule>,
    /// The extensions whose versions differ because the servers have different major versions: each
    /// side has the default version of its server.
    pub default_versions: Vec<ExtensionVersions>,
    /// How many differences were only another spelling of the same SQL.
    pub canonicalized: usize,
    /// The differences of which it is not known whether they are only another spelling, because the
    /// definition could not be built on a scratch server.
    pub undecided: Vec<Undecided>,
    /// Why no definition could be built on a scratch server. A difference in printed SQL may then be
    /// one of spelling only.
    pub not_canonicalized: Option<String>,
    /// What reports show besides, if [`CompareOptions::overview`] asked for it.
    pub overview: Option<Overview>,
}

impl Comparison {
    /// What differs between a schema and what it has become, on one server: no definition is printed in
    /// another way there.
    pub(crate) fn of_change(
        before: &Model,
        after: &Model,
        version: ServerVersion,
        filters: &Filters,
    ) -> Self {
        let differences = diff(before, after, filters);
        let overview = Overview::of_models(&differences, before, after, version, filters);
        Self {
            contents: Contents::new(&differences, before, after, filters),
            renames: suggest_renames(&differences, before, after),
            differences,
            left_objects: before.objects().len(),
            right_objects: after.objects().len(),
            upgrades_tables: Vec::new(),
            hidden: Vec::new(),
            default_versions: Vec::new(),
            canonicalized: 0,
            undecided: Vec::new(),
            not_canonicalized: None,
            overview: Some(overview),
        }
    }
}

/// A definition that differs in its text, maybe not in its meaning.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Undecided {
    /// The object.
    pub identity: Identity,
    /// The attribute that is the definition.
    pub attribute: String,
    /// Why it could not be built on a scratch server.
    pub reason: String,
}

/// The versions of one extension on both sides.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct ExtensionVersions {
    /// The extension.
    pub name: String,
    /// Its version on the left side.
    pub left: String,
    /// Its version on the right side.
    pub right: String,
}

/// Why two databases could not be compared.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CompareError {
    /// One side could not be read.
    #[error(transparent)]
    Catalog(#[from] CatalogError),
    /// The exclusions of a source cannot be applied.
    #[error(transparent)]
    Filter(#[from] FilterError),
    /// The other side could not be built.
    #[cfg(feature = "scratch")]
    #[error(transparent)]
    Source(#[from] Box<crate::source::SourceError>),
    /// Definitions cannot be built on a scratch server.
    #[error("definitions cannot be built on a scratch server: {reason}")]
    NotBuilt {
        /// Why.
        reason: String,
    },
    /// The caller asked to stop.
    #[error(transparent)]
    Interrupted(#[from] crate::Interrupted),
}

impl CompareError {
    /// What to do about it.
    pub fn hint(&self) -> Option<Hint> {
        match self {
            Self::Catalog(err) => err.hint(),
            #[cfg(feature = "scratch")]
            Self::Source(err) => err.hint(),
            Self::Filter(_) | Self::NotBuilt { .. } | Self::Interrupted(_) => None,
        }
    }

    /// What sort of error it is.
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::Catalog(err) => err.kind(),
            Self::Filter(err) => err.kind(),
            #[cfg(feature = "scratch")]
            Self::Source(err) => err.kind(),
            Self::NotBuilt { .. } => ErrorKind::Program,
            Self::Interrupted(_) => ErrorKind::Interrupted,
        }
    }
}
