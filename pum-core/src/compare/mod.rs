//! Two databases, read and compared.
//!
//! A dump and restore rewrites some expressions without changing their meaning: `x IN ('a', 'b')`
//! on a `varchar` column comes back as another text. So when two databases differ in SQL that the
//! server printed, both schemas are dumped and restored once more, without data, on one scratch
//! server, and such a difference counts only if it is still there between the two results. A
//! second round trip changes nothing any more, so equal schemas become equal texts, whichever of
//! them had been restored before; and different schemas stay different.

mod respell;

use std::time::Duration;

use crate::Interrupt;
use crate::catalog::{self, CatalogError, Scope};
use crate::connect::Session;
use crate::diff::{
    Contents, Difference, Filters, HiddenByRule, Rename, conclude, merge, suggest_renames,
};
use crate::dump::{DumpError, ToolOverrides};
use crate::installation::Installations;
use crate::model::Model;
use crate::scratch::{OnDemand, ScratchError};
use crate::upgrade::TableName;

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

/// The programs of this machine and a scratch server, for the second look at printed SQL.
#[derive(Debug)]
pub struct Workshop {
    /// Programs found.
    pub installations: Installations,
    /// Programs named.
    pub overrides: ToolOverrides,
    /// A server, started when needed.
    pub scratch: OnDemand,
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
    /// What the rules of the filters hid.
    pub hidden: Vec<HiddenByRule>,
    /// How many differences were only another spelling of the same SQL.
    pub respelled: usize,
    /// Why printed SQL could not be looked at again. Then a difference in it may be one of
    /// spelling only.
    pub not_respelled: Option<String>,
}

/// Why two databases could not be compared.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CompareError {
    /// One side could not be read.
    #[error(transparent)]
    Catalog(#[from] CatalogError),
    /// Somebody asked to stop.
    #[error(transparent)]
    Interrupted(#[from] crate::Interrupted),
}

/// Why printed SQL could not be looked at again.
#[derive(Debug, thiserror::Error)]
enum RespellError {
    #[error(transparent)]
    Dump(#[from] DumpError),
    #[error(transparent)]
    Scratch(#[from] ScratchError),
    #[error(transparent)]
    Catalog(#[from] CatalogError),
    #[error(transparent)]
    Connect(#[from] crate::connect::ConnectError),
    #[error("no place for temporary files: {0}")]
    File(#[from] std::io::Error),
}

/// Reads both databases, at the same time, and compares them.
pub fn compare(
    left: &mut Session,
    right: &mut Session,
    options: &CompareOptions,
    workshop: Option<&Workshop>,
    interrupt: &Interrupt,
) -> Result<Comparison, CompareError> {
    let scope = scope_of(options);
    let read = |session: &mut Session| -> Result<Model, CompareError> {
        Ok(without_upgrades_table(catalog::read(session, &scope)?, options))
    };
    let (left_model, right_model) = both(|| read(left), || read(right));
    interrupt.check()?;
    let (left_model, right_model) = (left_model?, right_model?);
    let mut comparison = Comparison {
        differences: merge(&left_model, &right_model, &options.filters),
        left_objects: left_model.objects().len(),
        right_objects: right_model.objects().len(),
        contents: Contents::default(),
        renames: Vec::new(),
        hidden: Vec::new(),
        respelled: 0,
        not_respelled: None,
    };
    drop_majors_spelling(&mut comparison, left.version().major(), right.version().major());
    if comparison.differences.iter().any(Difference::may_be_spelling) {
        match respell::differences(left, right, options, workshop, interrupt) {
            Ok(after) => drop_spelling(&mut comparison, &after),
            Err(reason) => {
                interrupt.check()?;
                comparison.not_respelled = Some(reason);
            }
        }
    }
    // Not before: what is only another spelling explains nothing.
    conclude(&mut comparison.differences, &left_model, &right_model);
    comparison.contents =
        Contents::of(&comparison.differences, &left_model, &right_model, &options.filters);
    comparison.renames = suggest_renames(&comparison.differences, &left_model, &right_model);
    comparison.hidden = options.filters.apply_rules(&mut comparison.differences);
    Ok(comparison)
}

/// Drops the differences that only come from the majors that printed the same SQL.
fn drop_majors_spelling(comparison: &mut Comparison, left: u32, right: u32) {
    let before = comparison.differences.len();
    comparison.differences.retain(|difference| !difference.is_spelling_of_majors(left, right));
    comparison.respelled += before - comparison.differences.len();
}

/// Keeps of the differences in printed SQL those that are there after a round trip too.
fn drop_spelling(comparison: &mut Comparison, after: &[Difference]) {
    let before = comparison.differences.len();
    comparison.differences.retain(|difference| {
        !difference.may_be_spelling()
            || after.iter().any(|other| other.is_about_the_same(difference))
    });
    comparison.respelled += before - comparison.differences.len();
}

fn scope_of(options: &CompareOptions) -> Scope {
    Scope {
        exclude_schemas: options.filters.excluded_schemas().map(str::to_owned).collect(),
        exclude_kinds: options.filters.excluded_kinds().collect(),
        allow_unknown: options.allow_unknown,
        lock_timeout: options.lock_timeout.unwrap_or(Scope::default().lock_timeout),
    }
}

fn without_upgrades_table(mut model: Model, options: &CompareOptions) -> Model {
    if let Some(table) = &options.upgrades_table {
        for own in table.all() {
            model.remove_table(own.schema(), own.name());
        }
    }
    model
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
