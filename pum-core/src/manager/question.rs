use std::fmt;

use crate::delta::Version;
use crate::upgrade::TableName;

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
