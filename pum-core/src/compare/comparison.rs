//! Comparisons and their results.

use std::time::Duration;

use super::overview::Overview;
use super::schema_map::{SchemaMap, SchemaMapError};
use crate::catalog::CatalogError;
use crate::connect::ServerVersion;
use crate::diff::{
    Contents, Difference, FilterError, Filters, HiddenByRule, ManagedPartitions, Rename, diff,
    suggest_renames,
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
    /// Which schemas are compared with schemas of other names; if it is empty, everything is compared by
    /// its own name.
    pub schema_map: SchemaMap,
    /// Whether the comparison is to have an [`Overview`].
    pub overview: bool,
}

/// The outcome of a comparison.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
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
    /// With a [`CompareOptions::schema_map`], the schemas that were compared, and nothing else was.
    /// Differences have the names of the left side.
    pub schemas: Vec<ComparedSchema>,
    /// The tables whose partitions come and go. Which there are is no difference; each is held against
    /// its table.
    pub managed_partitions: Vec<ManagedPartitions>,
    /// Why it could not be read which tables these are, where something that makes partitions was found.
    pub unread_managers: Vec<String>,
    /// What reports show besides, if [`CompareOptions::overview`] asked for it.
    pub overview: Option<Overview>,
}

/// A schema that was compared with one of another name.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ComparedSchema {
    /// The schema of the left side.
    pub left: String,
    /// Its counterpart.
    pub right: String,
}

impl ComparedSchema {
    /// Whether something with this identity of the left side is this schema, or in it.
    pub fn holds(&self, identity: &Identity) -> bool {
        identity.is_of_schema(&self.left)
    }
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
            overview: Some(overview),
            ..Self::default()
        }
    }

    /// Adds what was found in other schemas.
    pub(super) fn add(&mut self, other: Self) {
        self.differences.extend(other.differences);
        self.left_objects += other.left_objects;
        self.right_objects += other.right_objects;
        self.contents.add(other.contents);
        self.renames.extend(other.renames);
        self.upgrades_tables.extend(other.upgrades_tables);
        for (own, other) in self.hidden.iter_mut().zip(other.hidden) {
            own.differences += other.differences;
        }
        self.default_versions.extend(other.default_versions);
        self.canonicalized += other.canonicalized;
        self.undecided.extend(other.undecided);
        self.not_canonicalized = self.not_canonicalized.take().or(other.not_canonicalized);
        match (&mut self.overview, other.overview) {
            (Some(own), Some(other)) => own.add(other),
            (own, other) => *own = own.take().or(other),
        }
        self.schemas.extend(other.schemas);
        self.managed_partitions.extend(other.managed_partitions);
        for reason in other.unread_managers {
            if !self.unread_managers.contains(&reason) {
                self.unread_managers.push(reason);
            }
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
    /// The schemas cannot be compared so.
    #[error(transparent)]
    SchemaMap(#[from] SchemaMapError),
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
            Self::Filter(_) | Self::SchemaMap(_) | Self::NotBuilt { .. } | Self::Interrupted(_) => {
                None
            }
        }
    }

    /// What sort of error it is.
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::Catalog(err) => err.kind(),
            Self::Filter(err) => err.kind(),
            Self::SchemaMap(err) => err.kind(),
            #[cfg(feature = "scratch")]
            Self::Source(err) => err.kind(),
            Self::NotBuilt { .. } => ErrorKind::Program,
            Self::Interrupted(_) => ErrorKind::Interrupted,
        }
    }
}
