//! Deltas applied to a database and recorded in its upgrades table.
//!
//! [`History`] is what the upgrades table says, [`UpgradePlan`] what is to be run, [`apply`] runs it: one
//! transaction for each delta together with its row (or one for all, or none), under a lock that
//! keeps a second run out.
//! [`Status`] says for each delta whether it was applied, is pending or is passed over.

mod apply;
mod baseline;
mod blockers;
mod concern;
mod cut;
mod error;
mod failure;
mod find;
mod history;
mod kept;
mod lock;
mod lost;
mod measure;
mod migrations;
mod one_by_one;
mod owed;
mod plan;
mod pooler;
mod program;
mod repair;
mod repeatable;
mod resume;
mod status;
mod table;
mod timeouts;
mod transaction;
mod unfinished;

pub use apply::{
    Applied, ApplyOptions, MeasuredCopy, Proof, Resume, RunOptions, apply, apply_measured,
    apply_proven,
};
pub use baseline::{BaselineSource, set_baseline};
pub use concern::{Concern, HistoryRules};
pub use error::UpgradeError;
pub use failure::{StatementFailure, run_script, run_script_observed, run_statement};
pub use find::find_tables;
pub(crate) use find::looks_like_one;
pub use history::{History, Record};
pub use kept::{Halfway, Kept};
pub use measure::{
    DdlWatch, DroppedColumn, LockMode, Measurements, ScriptMeasurement, StatementMeasurement,
    TableChange, TableEffect, TableUse,
};
pub use migrations::Migrations;
pub use plan::{PlanOptions, Step, StepRole, UpgradePlan};
pub use pooler::refuse as refuse_pooler;
pub use repair::repair;
pub use repeatable::{Installed, RepeatableState};
pub use status::{DeltaState, DeltaStatus, RepeatableStatus, Status};
pub use table::TableName;
pub use timeouts::Timeouts;
