//! Deltas applied to a database and recorded in its upgrades table.
//!
//! [`History`] is what the upgrades table says, [`UpgradePlan`] what is to be run, [`apply`] runs it: one
//! transaction for each delta together with its row (or one for all, or none), under a lock that
//! keeps a second run out.
//! [`Status`] says for each delta whether it was applied, is pending or is passed over.

mod apply;
mod baseline;
mod blockers;
mod commit_outcome;
mod error;
mod failure;
mod find;
mod history;
mod history_mismatch;
mod interrupted_statement;
mod lock;
mod measure;
mod migrations;
mod non_transactional;
mod pending_post_all;
mod plan;
mod pooler;
mod program;
mod progress_table;
mod repair;
mod repeatable;
mod resume;
mod retained;
mod status;
mod table;
mod timeouts;
mod transaction;

pub use apply::{
    Applied, ApplyOptions, MeasuredCopy, PreCommitCheck, Resume, RunOptions, apply, apply_measured,
    apply_with_pre_commit_check,
};
pub use baseline::{BaselineSource, set_baseline};
pub use error::UpgradeError;
pub use failure::{StatementFailure, run_script, run_script_observed, run_statement};
pub use find::find_tables;
pub(crate) use find::looks_like_one;
pub use history::{History, Record};
pub use history_mismatch::{HistoryMismatch, HistoryRules};
pub use measure::{
    DdlWatch, DroppedColumn, LockMode, Measurements, ScriptMeasurement, StatementMeasurement,
    TableChange, TableEffect, TableUse,
};
pub use migrations::Migrations;
pub use plan::{PlanOptions, StepRole, UpgradePlan, UpgradeStep};
pub use pooler::refuse as refuse_pooler;
pub use repair::repair;
pub use repeatable::{Installed, RepeatableState};
pub use retained::{PartialProgress, Retained};
pub use status::{DeltaState, DeltaStatus, RepeatableStatus, Status};
pub use table::TableName;
pub use timeouts::Timeouts;
