//! Deltas applied to a database and recorded in its upgrades table.
//!
//! [`History`] holds the contents of the upgrades table, [`UpgradePlan`] the scripts to run, and
//! [`Upgrade`] runs them: one transaction for each delta together with its row (or one for all, or
//! none), under a lock that blocks other runs. [`Status`] says for each delta whether it was
//! applied, is pending or was skipped.

mod announcer;
mod applied;
mod apply;
mod baseline;
mod blockers;
mod commit_outcome;
mod data_loss;
mod dependencies;
mod downgrade;
mod error;
mod execute;
mod failure;
mod find;
mod history;
mod history_mismatch;
mod history_rules;
mod interrupted_statement;
mod lock;
mod lock_retry;
mod measure;
mod migrations;
mod migrations_table;
mod missing_dependency;
mod non_transactional;
mod options;
mod pending_post_all;
mod plan;
mod pooler;
mod program;
mod progress_table;
mod project_scripts;
mod python;
mod record;
mod recording;
mod removal;
mod repair;
mod repeatable;
mod repeatable_table;
mod resume;
mod retained;
mod run;
mod statement_progress;
mod statement_watch;
mod status;
mod step;
mod table;
mod timeouts;
mod transaction;
mod upgrades_table;

pub use crate::model::InvalidTableName;
pub use applied::Applied;
pub use apply::{Upgrade, UpgradeReport};
pub(crate) use baseline::set_first_baseline;
pub use baseline::{BaselineSource, create_baseline, is_new_database, set_baseline};
pub use data_loss::DataLoss;
pub use dependencies::check_dependencies;
pub use downgrade::DowngradePlan;
pub use error::UpgradeError;
pub use execute::{run_script, run_statement};
pub use failure::StatementFailure;
pub(crate) use find::looks_like_one;
pub use find::{InstalledModule, find_tables, other_modules};
pub use history::History;
pub use history_mismatch::HistoryMismatch;
pub use history_rules::HistoryRules;
pub use measure::{
    DdlWatch, DroppedColumn, LockMode, Measurements, NewTable, Readings, ScriptMeasurement,
    StatementMeasurement, TableChange, TableEffect, TableUse,
};
pub(crate) use measure::{may_rewrite, strongest_lock};
pub use migrations::Migrations;
pub use missing_dependency::MissingDependency;
pub use options::{MeasureOptions, PlanOptions, Resume, RunOptions};
pub use plan::UpgradePlan;
pub use pooler::refuse as refuse_pooler;
pub use project_scripts::ProjectScripts;
pub use python::{PythonReport, examine_python};
pub use record::Record;
pub use removal::Removal;
pub use repair::repair;
pub use repeatable::RepeatableState;
pub use repeatable_table::Installed;
pub use retained::{CommitSign, PartialProgress, Retained};
pub use status::{DeltaState, DeltaStatus, RepeatableStatus, Status};
pub use step::{StepRole, UpgradeStep};
pub use table::TableName;
pub use timeouts::Timeouts;
