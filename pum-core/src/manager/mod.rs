//! The rehearsal and the production upgrade, step by step.
//!
//! [`run`] dumps production, restores the dump to a test database, upgrades that, builds a
//! reference from nothing and compares both. Only if they agree, and the operator agrees too, are
//! the very same scripts applied to production.

mod error;
mod job;
mod preflight;
mod proof;
mod reference;
mod report;
mod run;
mod stage;

pub use error::{ManagerError, ProductionState, StepError};
pub use job::{Job, Operator, Question, Reference};
pub use report::{Outcome, Report, StepReport};
pub use run::run;
