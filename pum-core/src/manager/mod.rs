//! The rehearsal and the production upgrade, step by step.
//!
//! [`run`] dumps production, restores the dump to a test database, upgrades that, builds a
//! reference from nothing and compares both. Only if they agree, and the operator agrees too, are
//! the very same scripts applied to production.

mod changed;
mod data;
mod disposable;
mod error;
mod hint;
mod job;
mod limits;
mod preflight;
mod production;
mod proof;
mod record;
mod reference;
mod rehearsals;
mod remedy;
mod report;
mod run;
mod stage;
mod step;
mod template;
mod test;

pub use error::{ManagerError, ProductionState, RunHint, StepError};
pub use hint::Hint;
pub use job::{DataChoice, DumpedData, Job, Operator, Question, Reference, TestSource};
pub use limits::Limits;
pub use record::RunDirectory;
pub use rehearsals::Rehearsals;
pub use report::{Outcome, Report, RestoreTime, StepReport};
pub use run::run;
pub use step::{Step, UnknownStep};

pub use crate::source::Place;
