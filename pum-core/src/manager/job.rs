use std::fmt;
use std::path::PathBuf;

use crate::compare::Workshop;
use crate::connect::Settings;
use crate::delta::{DeltaSet, Version};
use crate::diff::Filters;
use crate::progress::Observer;
use crate::upgrade::{BaselineSource, PlanOptions, RunOptions, TableName};

/// All that one run of the Manager needs to know.
#[derive(Debug)]
pub struct Job {
    /// The database to upgrade.
    pub production: Settings,
    /// The database to rehearse on; its content is replaced. `None`: one on a scratch server.
    pub test: Option<Settings>,
    /// What the upgraded schema must be equal to.
    pub reference: Reference,
    /// The upgrades table.
    pub table: TableName,
    /// The deltas, as they were read: what is rehearsed and applied are these.
    pub deltas: DeltaSet,
    /// Which of them to run, and with what variables.
    pub plan: PlanOptions,
    /// Where the version comes from if production has no upgrades table.
    pub baseline: Option<BaselineSource>,
    /// The dump of production is written to this file, and stays.
    pub dump_file: PathBuf,
    /// What the comparison leaves out. Excluded schemas are not dumped either.
    pub filters: Filters,
    /// Go on when `pg_restore` reports errors.
    pub ignore_restore_errors: bool,
    /// How scripts are run, on the copy and on production.
    pub run: RunOptions,
    /// Each script in a transaction of its own, although one for all would do.
    pub script_by_script: bool,
    /// Programs and the scratch server.
    pub workshop: Workshop,
}

/// Where the reference comes from.
#[derive(Debug, Clone)]
pub enum Reference {
    /// An existing database.
    Database(Settings),
    /// SQL files, run in this order in an empty scratch database.
    Sql(Vec<PathBuf>),
    /// A shell command that fills an empty scratch database, whose connection it finds in `PG*`
    /// variables of its environment.
    Command(String),
}

/// Who runs the Manager: is told what happens, and asked where it must not decide alone.
pub trait Operator: Observer {
    /// Whether to go on. `false` ends the run, before what the question is about was touched.
    fn approve(&mut self, question: &Question) -> bool;
}

/// What an operator is asked.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Question {
    /// Production has no upgrades table: make it, with this baseline?
    CreateUpgradesTable {
        /// Production.
        production: String,
        /// The table.
        table: TableName,
        /// The version to start from.
        baseline: Version,
    },
    /// The test database is not empty: replace all that is in it?
    ReplaceTest {
        /// The test database.
        test: String,
    },
    /// The rehearsal came out right: apply the deltas to production?
    UpgradeProduction {
        /// Production.
        production: String,
        /// The version that it is at.
        from: Version,
        /// The version that it will be at.
        to: Version,
        /// How many scripts will be run.
        scripts: usize,
    },
}

impl fmt::Display for Question {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::CreateUpgradesTable { production, table, baseline } => write!(
                f,
                "{production} has no upgrades table {table}. Create it, with {baseline} as baseline?"
            ),
            Self::ReplaceTest { test } => {
                write!(f, "The test database {test} is not empty. Replace all that is in it?")
            }
            Self::UpgradeProduction { production, from, to, scripts } => write!(
                f,
                "Apply {scripts} script{} to {production} ({from} -> {to})?",
                if *scripts == 1 { "" } else { "s" }
            ),
        }
    }
}
