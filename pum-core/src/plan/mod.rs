//! From one schema to another: which statements, in which order, and what they destroy.
//!
//! What is different is created, changed, replaced, rebuilt or dropped; what depends on something
//! that is dropped or rebuilt is dropped before and created again. All of that become steps, each
//! with the statements of `ddl`, which are put in order by what depends on what in
//! both schemas (`pg_depend`), never by names in a text. What no statement can do is refused with its
//! reason: half a change would be worse.
//!
//! [`plan_sources`] reads two sources and gives a [`Migration`]: in what they differ, the
//! [`MigrationPlan`], and what looks renamed. [`Migration::prove`] runs the plan on a copy.
//! [`MigrationPlan::to_sql`] is a script for psql; its [`Step`]s say what each does, needs, locks and
//! destroys. [`plan()`] is the planning alone, of schemas that were read before:
//!
//! ```
//! use pum_core::diff::{Filters, all_differences};
//! use pum_core::model::{Dependencies, Model};
//! use pum_core::plan::{MigrationOptions, Side, plan};
//!
//! let empty = Side { model: Model::default(), dependencies: Dependencies::default() };
//! let differences = all_differences(&empty.model, &empty.model, &Filters::default());
//! let plan = plan(&empty, &empty, &differences, &MigrationOptions::new("ann", 15))?;
//! assert!(plan.is_empty());
//! assert_eq!(plan.to_sql(), "");
//! # Ok::<(), pum_core::plan::MigrationError>(())
//! ```

mod allowed_losses;
mod apply;
#[cfg(feature = "scratch")]
mod by_object;
mod closure;
mod conversion_spec;
#[cfg(feature = "scratch")]
mod copy;
mod decide;
mod decided;
#[cfg(feature = "scratch")]
mod delta_header;
mod delta_sections;
mod effects;
mod error;
mod exceptions;
mod graph;
mod groups;
#[cfg(any(test, fuzzing))]
pub(crate) mod hostile;
mod inheritance;
mod loss;
#[cfg(feature = "scratch")]
mod measure_on;
#[cfg(feature = "scratch")]
mod measure_ways;
#[cfg(feature = "scratch")]
mod measured_database;
#[cfg(feature = "scratch")]
mod measured_way;
#[cfg(feature = "scratch")]
mod measured_ways;
mod members;
mod mentions;
mod migration_plan;
#[cfg(feature = "scratch")]
mod minimal;
#[cfg(feature = "scratch")]
mod minimized;
#[cfg(feature = "scratch")]
mod missing;
#[cfg(feature = "scratch")]
mod online;
mod order;
mod partition_bound;
mod partitions;
#[cfg(feature = "scratch")]
mod pending_deltas;
mod placement;
mod planner;
#[cfg(feature = "scratch")]
mod prove;
mod questions;
mod rank;
mod refill;
mod rename_spec;
mod renames;
mod replacement;
mod script;
#[cfg(feature = "scratch")]
mod seen;
mod server_effects;
mod side;
#[cfg(feature = "scratch")]
mod sources;
mod step;
mod steps;
mod topological;
mod unfold;
mod variables;
mod whole;

pub use allowed_losses::AllowedLosses;
pub use apply::MissingCast;
pub use conversion_spec::{ConversionSpec, ConversionSpecError};
pub use error::MigrationError;
pub use groups::Group;
#[cfg(feature = "scratch")]
pub use measure_on::MeasureOn;
#[cfg(feature = "scratch")]
pub(crate) use measure_ways::{BothWays, both_ways, both_ways_after};
#[cfg(feature = "scratch")]
pub use measure_ways::{measure_ways, measure_ways_of_sources};
#[cfg(feature = "scratch")]
pub use measured_way::{MeasuredWay, WayTime};
#[cfg(feature = "scratch")]
pub use measured_ways::{MeasuredWays, NotMeasured, WayByRule};
pub use migration_plan::{MigrationOptions, MigrationPlan};
#[cfg(feature = "scratch")]
pub use minimized::Minimized;
#[cfg(feature = "scratch")]
pub use online::{OnlineMode, TableSizes};
#[cfg(feature = "scratch")]
pub use pending_deltas::{AfterDeltas, PendingDeltas, plan_after_deltas};
#[cfg(feature = "scratch")]
pub(crate) use pending_deltas::{ProvenOn, Rehearsed};
pub use placement::Placement;
pub use planner::plan;
#[cfg(feature = "scratch")]
pub use prove::Proof;
pub use questions::Question;
#[cfg(feature = "scratch")]
pub use questions::{Answer, ask};
pub use rename_spec::{RenameSpec, RenameSpecError};
pub use renames::AppliedRename;
#[cfg(feature = "scratch")]
pub use seen::{RenameEvidence, SeenRename};
pub use side::Side;
#[cfg(feature = "scratch")]
pub use sources::{Migration, PlanRequest, SuggestedRename, plan_sources};
pub use step::{Action, Refusal, Step};
pub use variables::Variable;
