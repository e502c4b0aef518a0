//! Deltas applied to a database and recorded in its upgrades table.
//!
//! [`History`] is what the upgrades table says, [`Plan`] what is to be run, [`apply`] runs it: one
//! transaction for each delta together with its row, under a lock that keeps a second run out.
//! [`Status`] says for each delta whether it was applied, is pending or is passed over.

mod apply;
mod baseline;
mod error;
mod failure;
mod history;
mod lock;
mod plan;
mod status;
mod table;

pub use apply::{Applied, ApplyOptions, apply};
pub use baseline::{BaselineSource, set_baseline};
pub use error::UpgradeError;
pub use failure::{StatementFailure, run_script, run_script_observed, run_statement};
pub use history::{History, Record};
pub use plan::{Plan, PlanOptions, Step, StepRole};
pub use status::{DeltaState, DeltaStatus, Status};
pub use table::TableName;
