//! The rehearsal and the production upgrade, step by step.
//!
//! [`run`] dumps production, restores the dump to a test database, upgrades that, builds a
//! reference from nothing and compares both. Only if they agree, and the operator agrees too, are
//! the very same scripts applied to production.

mod approver;
mod changed;
mod closing;
mod closing_delta;
mod config;
mod data;
mod data_choice;
mod disposable;
mod dump;
mod error;
mod inputs_digest;
mod limits;
mod measure_closing;
mod measure_copy;
mod preflight;
mod prepared;
mod production;
mod production_check;
mod question;
mod record;
mod reference;
mod rehearsals;
mod report;
mod role_check;
mod run;
mod run_context;
mod run_directory;
mod schema_scope;
mod step;
mod suggestion;
mod template;
mod test;
mod upgrade;

pub use approver::Approver;
pub use closing::{ClosingDelta, ClosingOptions, ClosingProof};
pub use config::{Config, Reference, TestSource};
pub use data_choice::{DataChoice, DumpedData};
pub use error::{ManagerError, ProductionState, StepError};
pub use limits::Limits;
pub use measure_copy::measure_on_copy;
pub use question::Question;
pub use rehearsals::Rehearsals;
pub use report::{
    KeptTest, PendingScript, RestoreTime, RunOutcome, RunReport, StepReport, TestRemoval,
};
pub use run::run;
pub use run_directory::RunDirectory;
pub use step::{RunStep, UnknownStep};
pub use suggestion::Suggestion;

pub use crate::source::SourceLocation;
