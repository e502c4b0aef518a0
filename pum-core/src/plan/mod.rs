//! From one schema to another: which statements, in which order, and what they destroy.
//!
//! What is different is created, changed, replaced, rebuilt or dropped; what depends on something
//! that is dropped or rebuilt is dropped before and created again. All of that become steps, each
//! with the statements of [`ddl`](crate::ddl), which are put in order by what depends on what in
//! both schemas (`pg_depend`), never by names in a text. What no statement can do is refused with its
//! reason: half a change would be worse.

mod decide;
mod error;
mod loss;
mod order;
#[cfg(feature = "scratch")]
mod prove;
mod script;
#[cfg(feature = "scratch")]
mod sources;
mod steps;
mod unfold;

pub use error::MigrationError;
#[cfg(feature = "scratch")]
pub use prove::{Proof, prove};
#[cfg(feature = "scratch")]
pub use sources::{Migration, plan_sources};
pub use steps::{Action, Refusal, Step};

use crate::ddl::{NO_COLUMNS, Schemas};
use crate::diff::Difference;
use crate::model::{Dependencies, Model};

/// A schema with what depends on what in it.
#[derive(Debug, Clone)]
pub struct Side {
    /// Its objects.
    pub model: Model,
    /// What depends on what.
    pub dependencies: Dependencies,
}

/// How statements are run.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct MigrationOptions {
    /// The role that runs them, and so owns what they create.
    pub role: String,
    /// The major version of the server that runs them.
    pub major: u32,
}

impl MigrationOptions {
    /// For a role and a major version.
    pub fn new(role: impl Into<String>, major: u32) -> Self {
        Self { role: role.into(), major }
    }
}

/// The statements that bring one schema to another, as data.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct MigrationPlan {
    /// The steps, in the order in which they are run.
    pub steps: Vec<Step>,
    /// What cannot be done by statements.
    pub refused: Vec<Refusal>,
    /// What is left as it is: the order of columns.
    pub left_out: Vec<String>,
}

/// Plans what brings the left schema to the right one, which have these differences, all of them
/// ([`all_differences`](crate::diff::all_differences)).
///
/// # Errors
///
/// If the steps cannot be put in order.
pub fn plan(
    left: &Side,
    right: &Side,
    all_differences: &[Difference],
    options: &MigrationOptions,
) -> Result<MigrationPlan, MigrationError> {
    let schemas = Schemas {
        current: &left.model,
        wanted: &right.model,
        role: &options.role,
        major: options.major,
        late_defaults: &NO_COLUMNS,
    };
    let unfolded = unfold::unfold(all_differences, &left.model, &right.model);
    let decided = decide::decide(unfolded, (left, right), &schemas);
    let late = order::late_defaults(&decided, right);
    let schemas = Schemas { late_defaults: &late, ..schemas };
    let (steps, refused) = steps::steps(&decided, (left, right), &schemas);
    let steps = order::sort(&steps, &decided, left, right)?;
    Ok(MigrationPlan { steps, refused, left_out: decided.left_out })
}
