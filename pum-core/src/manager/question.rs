use std::fmt;

use super::RunReport;
use crate::delta::Version;
use crate::progress::Observer;
use crate::upgrade::TableName;

/// Who runs the Manager: is told what happens, and asked where it must not decide alone.
pub trait Approver: Observer {
    /// Whether to go on, with what is known of the run so far. `false` ends the run, before what the
    /// question is about was touched.
    fn approve(&mut self, question: &Question, report: &RunReport) -> bool;
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
    /// The test database is used as it is, and is then not what it was: may it be?
    UseCopy {
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
                write!(f, "The test database {test} is not empty. Replace everything in it?")
            }
            Self::UseCopy { test } => write!(
                f,
                "The deltas will run on {test} as it is, and stay applied. Is it disposable?"
            ),
            Self::UpgradeProduction { production, from, to, scripts } => write!(
                f,
                "Apply {scripts} script{} to {production} ({from} -> {to})?",
                if *scripts == 1 { "" } else { "s" }
            ),
        }
    }
}
