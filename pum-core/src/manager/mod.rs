//! The rehearsal and the production upgrade, step by step.
//!
//! [`run`] dumps production, restores the dump to a test database, upgrades that, builds a
//! reference from nothing and compares both. Only if they agree, and the operator agrees too, are
//! the very same scripts applied to production.

mod changed;
mod config;
mod data;
mod disposable;
mod error;
mod limits;
mod preflight;
mod production;
mod production_check;
mod record;
mod reference;
mod rehearsals;
mod report;
mod run;
mod run_context;
mod step;
mod suggested_sql;
mod suggestion;
mod suggestion_order;
mod template;
mod test;
mod upgrade;

pub use config::{Approver, Config, DataChoice, DumpedData, Question, Reference, TestSource};
pub use error::{ManagerError, ProductionState, StepError};
pub use limits::Limits;
pub use record::RunDirectory;
pub use rehearsals::Rehearsals;
pub use report::{RestoreTime, RunOutcome, RunReport, StepReport};
pub use run::run;
pub use step::{RunStep, UnknownStep};
pub use suggestion::Suggestion;

pub use crate::source::SourceLocation;
