//! From one schema to another: which statements, in which order, and what they destroy.
//!
//! What is different is created, changed, replaced, rebuilt or dropped; what depends on something
//! that is dropped or rebuilt is dropped before and created again. All of that become steps, each
//! with the statements of `ddl`, which are put in order by what depends on what in
//! both schemas (`pg_depend`), never by names in a text. What no statement can do is refused with its
//! reason: half a change would be worse.

#[cfg(feature = "scratch")]
mod apply;
mod closure;
#[cfg(feature = "scratch")]
mod copy;
mod decide;
mod decided;
mod effects;
mod error;
#[cfg(any(test, fuzzing))]
pub(crate) mod hostile;
mod loss;
mod members;
mod mentions;
mod migration_plan;
#[cfg(feature = "scratch")]
mod missing;
mod order;
mod planner;
#[cfg(feature = "scratch")]
mod prove;
mod rename_spec;
mod renames;
mod script;
mod side;
#[cfg(feature = "scratch")]
mod sources;
mod steps;
mod topological;
mod unfold;
mod variables;

pub use error::MigrationError;
pub use migration_plan::{MigrationOptions, MigrationPlan};
pub use planner::plan;
#[cfg(feature = "scratch")]
pub use prove::Proof;
pub use rename_spec::{RenameSpec, RenameSpecError};
pub use renames::AppliedRename;
pub use side::Side;
#[cfg(feature = "scratch")]
pub use sources::{Migration, PlanRequest, SuggestedRename, plan_sources};
pub use steps::{Action, Refusal, Step};
pub use variables::Variable;
