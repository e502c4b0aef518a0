use std::path::{Path, PathBuf};

use super::failure::StatementFailure;
use super::{Applied, TableName};
use crate::connect::{ConnectError, ServerMessage};
use crate::delta::{DeltaError, Version};

/// Why a database was not upgraded, or not all the way.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum UpgradeError {
    /// A text is no name of a table.
    #[error(
        "\"{text}\" is no name of a table: schema.table is expected, with double quotes around \
         parts that need them"
    )]
    TableName {
        /// What was given.
        text: String,
    },
    /// The upgrades table does not exist.
    #[error(
        "{label} has no upgrades table {table}. Declare the version that it is at: \
         pum baseline -p {label} -t {table} -d DIR -b X.Y.Z"
    )]
    NoTable {
        /// The table.
        table: TableName,
        /// The connection.
        label: String,
    },
    /// The upgrades table has no successful row.
    #[error("the upgrades table is empty: set a baseline first, with pum baseline")]
    NoBaseline,
    /// A baseline is not higher than what the table already records.
    #[error(
        "{label} is already at version {current}: a baseline of {wanted} would not be above it"
    )]
    BaselineTooLow {
        /// The connection.
        label: String,
        /// The version recorded.
        current: Version,
        /// The version asked for.
        wanted: Version,
    },
    /// The query for the baseline gives no version.
    #[error("the baseline query gives no version: {message}. The query is: {query}")]
    BaselineQuery {
        /// The query.
        query: String,
        /// What is wrong.
        message: String,
    },
    /// A row has a version that is none.
    #[error(
        "the upgrades table {table} of {label} has a row with version \"{version}\", which is not X.Y.Z"
    )]
    RecordedVersion {
        /// The table.
        table: TableName,
        /// The connection.
        label: String,
        /// What stands there.
        version: String,
    },
    /// Another run is at work.
    #[error("another pum run is upgrading {label}: {holder}. Wait for it to end, or end it")]
    Locked {
        /// The connection.
        label: String,
        /// Who it is.
        holder: String,
    },
    /// Another program recorded a delta that this run was about to apply.
    #[error(
        "{script} was recorded in {table} by somebody else while this run was at work; nothing was done twice. Run pum again"
    )]
    Overtaken {
        /// The delta.
        script: String,
        /// The upgrades table.
        table: TableName,
    },
    /// A pending delta is a Python program.
    #[error("{} is a Python delta, which pum cannot run yet", path.display())]
    PythonDelta {
        /// Its file.
        path: PathBuf,
    },
    /// A statement of a script failed.
    #[error("{0}")]
    Statement(Box<StatementFailure>),
    /// A script could not be applied. Its transaction was undone; what was committed before stays.
    #[error("{cause}\n{}", summary(script, applied, version))]
    Stopped {
        /// Why.
        cause: Box<UpgradeError>,
        /// The script's file.
        script: PathBuf,
        /// What this run had committed before.
        applied: Vec<Applied>,
        /// The version that the database is at now.
        version: Version,
    },
    /// The connection was lost while a transaction was being committed, and whether it was cannot
    /// be found out now.
    #[error(
        "the connection was lost while {script} was being committed, and {label} cannot be asked \
         whether it was: {reason}. Look into {table}: if {script} has a row there, it was \
         committed whole, if not, nothing of it was. Then run pum again, which goes by that table"
    )]
    CommitUnknown {
        /// The script.
        script: String,
        /// The connection.
        label: String,
        /// The upgrades table.
        table: TableName,
        /// Why it cannot be asked.
        reason: String,
    },
    /// The connection was lost after a script had been committed.
    #[error(
        "the connection was lost when {script} had been committed, it is recorded: {server}. Run pum again to go on"
    )]
    Committed {
        /// The script.
        script: String,
        /// What the server said.
        server: ServerMessage,
    },
    /// The server refused one of pum's own statements.
    #[error("{action}: {server}")]
    Server {
        /// What was tried.
        action: String,
        /// What the server said.
        server: ServerMessage,
    },
    /// A directory or file of deltas is wrong.
    #[error(transparent)]
    Delta(#[from] DeltaError),
    /// The database cannot be reached.
    #[error(transparent)]
    Connect(#[from] ConnectError),
    /// Somebody asked to stop.
    #[error("interrupted{}", stopped(applied))]
    Interrupted {
        /// What this run had committed before.
        applied: Vec<Applied>,
    },
}

impl UpgradeError {
    /// Whether the run that failed so has, or may have, committed something before.
    pub fn may_have_committed(&self) -> bool {
        match self {
            Self::Stopped { applied, .. } | Self::Interrupted { applied } => !applied.is_empty(),
            Self::CommitUnknown { .. } | Self::Committed { .. } => true,
            _ => false,
        }
    }

    pub(super) fn server(action: String, err: &postgres::Error) -> Self {
        Self::Server { action, server: ServerMessage::new(err) }
    }
}

fn summary(script: &Path, applied: &[Applied], version: &Version) -> String {
    format!(
        "nothing of {} was kept: its transaction was undone\n{}\nthe database is at version \
         {version}; correct the cause and run the same command again",
        super::failure::file_name(script),
        committed(applied)
    )
}

fn stopped(applied: &[Applied]) -> String {
    format!(": the script at work was undone; {}", committed(applied))
}

fn committed(applied: &[Applied]) -> String {
    if applied.is_empty() {
        return "nothing was committed by this run".to_owned();
    }
    let names: Vec<String> =
        applied.iter().map(|done| super::failure::file_name(&done.path)).collect();
    format!("committed before and kept: {}", names.join(", "))
}
