//! Two sources, read and compared.
//!
//! A dump and restore rewrites some expressions without changing their meaning: `x IN ('a', 'b')`
//! on a `varchar` column comes back as another text. So when two databases differ in SQL that the
//! server printed, both schemas are dumped and restored once more, without data, on one scratch
//! server, and such a difference counts only if it is still there between the two results. A
//! second round trip changes nothing any more, so equal schemas become equal texts, whichever of
//! them had been restored before; and different schemas stay different. A snapshot has kept what comes
//! of its own round trip: against a restored database it needs no server.

#[cfg_attr(not(feature = "scratch"), path = "no_canonicalize.rs")]
mod canonicalize;
mod side;
mod snapshot_canonical;
#[cfg(feature = "scratch")]
mod sources;

use std::time::Duration;

use crate::catalog::{self, CatalogError, Scope};
use crate::connect::{Session, SessionOn};
use crate::diff::{
    Change, Contents, Difference, FilterError, Filters, HiddenByRule, Rename, finish, merge,
    suggest_renames,
};
use crate::model::{Attributes, Extension, Model};
use crate::snapshot::{Excluded, Snapshot};
use crate::upgrade::{TableName, looks_like_one};
use crate::{Context, ErrorKind, Hint, Interrupt};
use canonicalize::canonicalize;
use side::Side;
use snapshot_canonical::drop_canonical_spelling;

pub use canonicalize::Toolchain;
#[cfg(feature = "scratch")]
pub use sources::{compare_sources, compare_with_deltas};

/// What to compare.
#[derive(Debug, Clone, Default)]
pub struct CompareOptions {
    /// What to leave out.
    pub filters: Filters,
    /// The upgrades table, which is never a difference; nor is what pum keeps beside it.
    pub upgrades_table: Option<TableName>,
    /// Go on at a letter in a catalog that pum does not know, as a newer server may have.
    pub allow_unknown: bool,
    /// How long to wait for a lock that somebody holds, if not as long as [`Scope::default`] says.
    pub lock_timeout: Option<Duration>,
}

/// The outcome of a comparison.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Comparison {
    /// What differs, sorted by schema, table and kind.
    pub differences: Vec<Difference>,
    /// How many objects the left side has.
    pub left_objects: usize,
    /// How many objects the right side has.
    pub right_objects: usize,
    /// What the objects are like that only one side has.
    pub contents: Contents,
    /// Which of the objects that only one side has look renamed.
    pub renames: Vec<Rename>,
    /// Of the tables that only one side has, those that look like an upgrades table, which
    /// [`CompareOptions::upgrades_table`] would leave out.
    pub upgrades_tables: Vec<TableName>,
    /// What the rules of the filters hid.
    pub hidden: Vec<HiddenByRule>,
    /// The extensions that have another version on each side because the servers are of different
    /// major versions: each has the one that its server installs by itself.
    pub default_versions: Vec<ExtensionVersions>,
    /// How many differences were only another spelling of the same SQL.
    pub canonicalized: usize,
    /// Why printed SQL could not be looked at again. Then a difference in it may be one of
    /// spelling only.
    pub not_canonicalized: Option<String>,
}

/// The versions of one extension on both sides.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
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
    /// What a source leaves out cannot be left out here.
    #[error(transparent)]
    Filter(#[from] FilterError),
    /// What the database is to be compared with could not be built.
    #[cfg(feature = "scratch")]
    #[error(transparent)]
    Source(#[from] Box<crate::source::SourceError>),
    /// Somebody asked to stop.
    #[error(transparent)]
    Interrupted(#[from] crate::Interrupted),
}

impl CompareError {
    /// What can be done about it.
    pub fn hint(&self) -> Option<Hint> {
        match self {
            Self::Catalog(err) => err.hint(),
            #[cfg(feature = "scratch")]
            Self::Source(err) => err.hint(),
            Self::Filter(_) | Self::Interrupted(_) => None,
        }
    }

    /// What sort of error it is.
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::Catalog(err) => err.kind(),
            Self::Filter(err) => err.kind(),
            #[cfg(feature = "scratch")]
            Self::Source(err) => err.kind(),
            Self::Interrupted(_) => ErrorKind::Interrupted,
        }
    }
}

/// Reads both databases, at the same time, and compares them.
pub fn compare(
    left: &mut Session,
    right: &mut Session,
    options: &CompareOptions,
    toolchain: Option<&Toolchain>,
    context: &mut Context<'_>,
) -> Result<Comparison, CompareError> {
    let work = Work::new(options, [], toolchain, context.interrupt())?;
    compare_sides(Side::Live(left), Side::Live(right), &work)
}

/// Compares a database with a snapshot of what it should be, which a program can have embedded: a
/// check at its start. The session may be on a connection of the program's, see
/// [`SessionOn::borrowed`]. The database is the left side.
pub fn compare_with_snapshot(
    session: &mut SessionOn<'_>,
    snapshot: &Snapshot,
    options: &CompareOptions,
    context: &mut Context<'_>,
) -> Result<Comparison, CompareError> {
    let work = Work::new(options, [snapshot.left_out()], None, context.interrupt())?;
    compare_sides(Side::Live(session), Side::Snapshot(snapshot), &work)
}

/// What both sides of a comparison share.
struct Work<'a> {
    options: CompareOptions,
    scope: Scope,
    left_out: Vec<TableName>,
    toolchain: Option<&'a Toolchain>,
    interrupt: &'a Interrupt,
}

impl<'a> Work<'a> {
    fn new(
        options: &CompareOptions,
        left_out: impl IntoIterator<Item = Excluded>,
        toolchain: Option<&'a Toolchain>,
        interrupt: &'a Interrupt,
    ) -> Result<Self, FilterError> {
        let mut options = options.clone();
        let mut tables: Vec<TableName> =
            options.upgrades_table.iter().flat_map(TableName::all).collect();
        for sides in left_out {
            sides.apply_to(&mut options.filters)?;
            tables.extend(sides.tables);
        }
        let scope = scope_of(&options);
        Ok(Self { options, scope, left_out: tables, toolchain, interrupt })
    }

    fn model(&self, side: &mut Side<'_, '_>) -> Result<Model, CompareError> {
        let filters = &self.options.filters;
        let mut model = match side {
            Side::Live(session) => {
                let model = catalog::read(session, &self.scope)?;
                // Some schemas may have been read because the server cannot be asked about them.
                let is_whole = self.scope.exclude_schemas.iter().all(|glob| glob.is_ascii());
                if is_whole { model } else { model.filtered(|one| !filters.leaves_unread(one)) }
            }
            Side::Snapshot(snapshot) => {
                snapshot.model().filtered(|identity| !filters.leaves_unread(identity))
            }
        };
        without_tables(&mut model, &self.left_out);
        Ok(model)
    }
}

fn compare_sides<'c>(
    mut left: Side<'_, 'c>,
    mut right: Side<'_, 'c>,
    work: &Work<'_>,
) -> Result<Comparison, CompareError> {
    let (left_model, right_model) = both(|| work.model(&mut left), || work.model(&mut right));
    work.interrupt.check()?;
    let (left_model, right_model) = (left_model?, right_model?);
    let filters = &work.options.filters;
    let mut comparison = Comparison {
        differences: merge(&left_model, &right_model, filters),
        left_objects: left_model.objects().len(),
        right_objects: right_model.objects().len(),
        contents: Contents::default(),
        renames: Vec::new(),
        upgrades_tables: Vec::new(),
        hidden: Vec::new(),
        default_versions: Vec::new(),
        canonicalized: 0,
        not_canonicalized: None,
    };
    drop_majors_spelling(&mut comparison, left.major(), right.major());
    if left.major() != right.major() {
        drop_default_versions(&mut comparison, &left_model, &right_model);
    }
    let in_doubt = |found: &Comparison| found.differences.iter().any(Difference::may_be_spelling);
    if in_doubt(&comparison) {
        drop_canonical_spelling(
            &mut comparison,
            (&left, &left_model),
            (&right, &right_model),
            work,
        );
    }
    if in_doubt(&comparison) {
        canonicalize(&mut comparison, &mut left, &mut right, work)?;
    }
    // Not before: what is only another spelling explains nothing.
    finish(&mut comparison.differences, &left_model, &right_model);
    comparison.contents =
        Contents::new(&comparison.differences, &left_model, &right_model, filters);
    comparison.renames = suggest_renames(&comparison.differences, &left_model, &right_model);
    comparison.hidden = filters.apply_rules(&mut comparison.differences);
    comparison.upgrades_tables =
        upgrades_tables(&comparison.differences, &left_model, &right_model);
    Ok(comparison)
}

/// The upgrades tables among the differences.
fn upgrades_tables(differences: &[Difference], left: &Model, right: &Model) -> Vec<TableName> {
    let tables = differences.iter().filter_map(|difference| match difference.change {
        Change::OnlyLeft => looks_like_one(&difference.identity, left),
        Change::OnlyRight => looks_like_one(&difference.identity, right),
        Change::Attribute { .. } => None,
    });
    tables.collect()
}

/// Drops the differences that only come from the majors that printed the same SQL.
fn drop_majors_spelling(comparison: &mut Comparison, left: u32, right: u32) {
    let before = comparison.differences.len();
    comparison.differences.retain(|difference| !difference.is_spelling_of_majors(left, right));
    comparison.canonicalized += before - comparison.differences.len();
}

/// Drops the differences in versions of extensions that nobody chose.
fn drop_default_versions(comparison: &mut Comparison, left: &Model, right: &Model) {
    let Comparison { differences, default_versions, .. } = comparison;
    differences.retain(|difference| match versions_by_default(difference, left, right) {
        Some(versions) => {
            default_versions.push(versions);
            false
        }
        None => true,
    });
}

/// The versions of an extension, if they differ and each is the one that its server installs by
/// itself.
pub(crate) fn versions_by_default(
    difference: &Difference,
    left: &Model,
    right: &Model,
) -> Option<ExtensionVersions> {
    let Difference { identity, change: Change::Attribute { name: "version", .. } } = difference
    else {
        return None;
    };
    let version_in = |model: &Model| {
        let Attributes::Extension(extension) = &model.get(identity)?.attributes else {
            return None;
        };
        let Extension { version, default_version, .. } = &**extension;
        (default_version.as_ref() == Some(version)).then(|| version.clone())
    };
    let (left, right) = (version_in(left)?, version_in(right)?);
    Some(ExtensionVersions { name: identity.name.clone(), left, right })
}

/// Keeps of the differences in printed SQL those that are there after a round trip too.
fn drop_spelling(comparison: &mut Comparison, after: &[Difference]) {
    let before = comparison.differences.len();
    comparison.differences.retain(|difference| {
        !difference.may_be_spelling()
            || after.iter().any(|other| other.is_about_the_same(difference))
    });
    comparison.canonicalized += before - comparison.differences.len();
}

fn scope_of(options: &CompareOptions) -> Scope {
    Scope {
        exclude_schemas: options.filters.excluded_schemas().map(str::to_owned).collect(),
        exclude_kinds: options.filters.excluded_kinds().collect(),
        allow_unknown: options.allow_unknown,
        lock_timeout: options.lock_timeout.unwrap_or(Scope::default().lock_timeout),
    }
}

fn without_tables(model: &mut Model, tables: &[TableName]) {
    for table in tables {
        model.remove_table(table.schema(), table.name());
    }
}

/// Runs two pieces of work at the same time.
fn both<A: Send, B: Send>(
    left: impl FnOnce() -> A + Send,
    right: impl FnOnce() -> B + Send,
) -> (A, B) {
    std::thread::scope(|scope| {
        let other = scope.spawn(right);
        let left = left();
        match other.join() {
            Ok(right) => (left, right),
            Err(panic) => std::panic::resume_unwind(panic),
        }
    })
}
