use std::path::PathBuf;

use super::failure::StatementFailure;
use super::retained::{CommitSign, stopped, summary, tried, what_tells};
use super::{
    Applied, HistoryMismatch, InvalidTableName, MissingDependency, PartialProgress, Retained,
    TableName,
};
use crate::connect::{ConnectError, ServerMessage};
use crate::delta::{DeltaError, Header, Version};
use crate::{ErrorKind, Hint, Interrupted};

/// Why a database was not upgraded, or only partially.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum UpgradeError {
    /// The table is one of PUM 1, the directory is not.
    #[error(
        "the table is one of PUM 1, which has one row per version, but the deltas are not in \
         changelogs/<version>/: name the project's directory, or another upgrades table"
    )]
    NotAProject,
    /// The table of PUM 1 is of another module.
    #[error(
        "the database has the module \"{installed}\", but these are the changelogs of \"{wanted}\""
    )]
    OtherModule {
        /// The module in the database.
        installed: String,
        /// The module of the project.
        wanted: String,
    },
    /// The database was made for a test.
    #[error(
        "the database was made as a beta test (beta_testing in pum_migrations), which gets no later \
         versions: restore the earlier database, or set beta_testing to false to keep this one"
    )]
    BetaTesting,
    /// Something in a delta is to be decided first.
    #[error(
        "{}:{line}: to be decided: {question}. Write a statement for it there and take out the line \
         \"-- decide:\"", path.display()
    )]
    Undecided {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: usize,
        /// What is to be decided.
        question: String,
    },
    /// The project has not the scripts that were asked for.
    #[error("{what}")]
    NoScripts {
        /// Which, and what it has.
        what: String,
    },
    /// The database cannot go back to a version.
    #[error("cannot go back to version {target}: {reason}")]
    NoWayBack {
        /// The version.
        target: Version,
        /// Why.
        reason: String,
    },
    /// The check before the commit refused the result of the steps.
    #[error("{reason}")]
    NotProven {
        /// The expected and the actual value.
        reason: String,
    },
    /// A repeatable script asks to be run without a transaction.
    #[error(
        "{}: a repeatable script runs in the transaction that drops its earlier objects; put a \
         statement that cannot run in one into a delta", script.display()
    )]
    RepeatableWithoutTransaction {
        /// The script.
        script: PathBuf,
    },
    /// Not a table name.
    #[error(transparent)]
    TableName(#[from] InvalidTableName),
    /// The upgrades table does not exist.
    #[error("{label} has no upgrades table {table}: set a baseline to declare its current version")]
    NoTable {
        /// The table.
        table: TableName,
        /// The connection.
        label: String,
    },
    /// The upgrades table has no successful row.
    #[error("the upgrades table is empty: set a baseline first")]
    NoBaseline,
    /// A database without an upgrades table is not empty, so its version is not 0.0.0.
    #[error(
        "{label} has no upgrades table {table} and is not empty: it has the {object}; set a baseline to \
         declare its current version"
    )]
    NotEmpty {
        /// The connection.
        label: String,
        /// The table.
        table: String,
        /// One of the objects.
        object: String,
    },
    /// A baseline is not higher than what the table already records.
    #[error("{label} is already at version {current}: the baseline {wanted} is not higher")]
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
        /// The problem.
        message: String,
    },
    /// A row has an invalid version.
    #[error(
        "the upgrades table {table} of {label} has a row with version \"{version}\", which is not X.Y.Z"
    )]
    RecordedVersion {
        /// The table.
        table: TableName,
        /// The connection.
        label: String,
        /// The text found there.
        version: String,
    },
    /// Another run is active.
    #[error("another pum run is upgrading {label}: {holder}. Wait for it to end, or end it")]
    Locked {
        /// The connection.
        label: String,
        /// Who it is.
        holder: String,
    },
    /// Another program recorded a delta that this run was about to apply.
    #[error(
        "{script} was recorded in {table} by another session during this run; nothing was applied twice. Run pum again"
    )]
    Overtaken {
        /// The delta.
        script: String,
        /// The upgrades table.
        table: TableName,
    },
    /// Files of applied deltas were changed.
    #[error("{}", changed(concerns))]
    ChangedDeltas {
        /// Which.
        concerns: Vec<HistoryMismatch>,
    },
    /// Pending deltas precede an applied one.
    #[error("{}\nnothing was run: give them higher versions", lines(concerns))]
    OutOfOrder {
        /// Which.
        concerns: Vec<HistoryMismatch>,
    },
    /// A row changed before it could be repaired.
    #[error(
        "the row of {script} in {table} was changed by another session; nothing was repaired. Run pum again"
    )]
    NotRepaired {
        /// The delta.
        script: String,
        /// The upgrades table.
        table: TableName,
    },
    /// Programs in Python cannot be run.
    #[error(
        "{} cannot run the deltas in Python:\n  {}\nnothing was run",
        python.display(), problems.join("\n  ")
    )]
    Python {
        /// The interpreter.
        python: PathBuf,
        /// What is wrong: with the interpreter, or with which file.
        problems: Vec<String>,
    },
    /// Python packages are missing that the hooks of a project need, or have other versions.
    #[error(
        "{}: {} does not have the packages under dependencies:\n  {}\nnothing was run",
        configuration.display(), python.display(), lines(missing).replace('\n', "\n  ")
    )]
    Dependencies {
        /// The interpreter.
        python: PathBuf,
        /// The file that says what is needed.
        configuration: PathBuf,
        /// What is missing.
        missing: Vec<MissingDependency>,
    },
    /// A program failed.
    #[error("{} {output}", path.display())]
    Program {
        /// Its file.
        path: PathBuf,
        /// How it failed, and the end of its output.
        output: String,
    },
    /// A statement cannot run in a transaction, and its script is run in one.
    #[error(
        "{}:{line}: {statement}\n  \
         this statement cannot run in a transaction. Put it into a delta of its own with this line \
         before the first statement: {}", path.display(), Header::NO_TRANSACTION_LINE
    )]
    NeedsNoTransaction {
        /// The script's file.
        path: PathBuf,
        /// The line, from 1.
        line: usize,
        /// The first line of the statement.
        statement: String,
    },
    /// A script says both that it is run without a transaction and that it makes one.
    #[error(
        "{}:{line}: BEGIN in a script that runs without a transaction ({}): remove one of the two",
        path.display(), Header::NO_TRANSACTION_LINE
    )]
    TransactionInside {
        /// The script's file.
        path: PathBuf,
        /// The line, from 1.
        line: usize,
    },
    /// Everything was to run in one transaction, and a script cannot.
    #[error(
        "{} everything in one transaction, and these run without one: {}. Nothing was run",
        if *rehearse { "a rehearsal runs" } else { "you asked to run" }, scripts.join(", ")
    )]
    NotInOneTransaction {
        /// Whether that is because everything is rolled back at the end.
        rehearse: bool,
        /// The scripts' files.
        scripts: Vec<String>,
    },
    /// Between pum and the server is a pooler that changes backends between transactions.
    #[error(
        "{label} goes through a pooler that assigns a server process per transaction (like \
         PgBouncer with pool_mode = transaction): two runs would not see each other's lock. Connect \
         to the server itself, or through a pool with pool_mode = session"
    )]
    Pooler {
        /// The connection.
        label: String,
    },
    /// This run no longer holds the lock that keeps others out.
    #[error(
        "{script} was not {}: this run has lost its lock on {label} ({}the server terminated it, \
         or a pooler is in between), and another run may be active. Run pum again",
        if *begun { "continued" } else { "begun" },
        if *begun { "the script released it, " } else { "" }
    )]
    LockLost {
        /// The script.
        script: String,
        /// The connection.
        label: String,
        /// Whether the script was already started, without a transaction.
        begun: bool,
    },
    /// A file changed while it was used.
    #[error("{script} cannot be recorded: {reason}")]
    Unsettled {
        /// The script.
        script: String,
        /// The problem with its file.
        reason: String,
    },
    /// A lock could not be acquired in several attempts.
    #[error("{cause}{}", tried(*failures, blocker.as_deref()))]
    LockTimeout {
        /// The server's latest message.
        cause: Box<UpgradeError>,
        /// How often it was tried.
        failures: u32,
        /// The last blocking session, if known.
        blocker: Option<String>,
    },
    /// A delta was begun without a transaction, and now is one with.
    #[error(
        "{} was started without a transaction by an earlier run and is half done: keep its line \
         \"{}\" until it is done", script.display(), Header::NO_TRANSACTION_LINE
    )]
    HalfDoneBefore {
        /// Its file.
        script: PathBuf,
    },
    /// A delta is undone in part.
    #[error("{delta} is half undone, as {table} says: it must be undone to its end first")]
    HalfUndone {
        /// The delta.
        delta: String,
        /// Where that is recorded.
        table: TableName,
    },
    /// The part of a delta that an earlier run did has changed since.
    #[error(
        "{}: an earlier run did the first {done} of its statements, and these (or their variables' \
         values) have changed since: restore them and change only what follows. Its progress is \
         recorded in {table}",
        script.display()
    )]
    ChangedBefore {
        /// Its file.
        script: PathBuf,
        /// How many statements were done.
        done: usize,
        /// Where that is recorded.
        table: TableName,
    },
    /// It is not known whether a statement was done.
    #[error(
        "{}:{line}: {statement}\n  \
         an earlier run ended while statement {number} of {count} was running outside a \
         transaction, and the database does not show whether it completed. Check, then run again \
         and say whether it did",
        script.display()
    )]
    Cut {
        /// Its file.
        script: PathBuf,
        /// The line, from 1.
        line: usize,
        /// Which statement, from 1.
        number: usize,
        /// How many there are.
        count: usize,
        /// The first line of the statement.
        statement: String,
    },
    /// The operator decided about a statement, and none is open.
    #[error("no earlier run left a delta half done, so there is nothing to resume")]
    NothingToResume,
    /// A statement of a script failed.
    #[error("{0}")]
    Statement(Box<StatementFailure>),
    /// A script could not be applied; earlier commits are kept.
    #[error("{cause}\n{}", summary(kept, script, applied, version))]
    Stopped {
        /// Why.
        cause: Box<UpgradeError>,
        /// The script's file.
        script: PathBuf,
        /// The scripts that this run committed before.
        applied: Vec<Applied>,
        /// The current version of the database.
        version: Version,
        /// What is kept of the script.
        kept: Retained,
    },
    /// The connection was lost while a transaction was being committed, and whether it was cannot
    /// be found out now.
    #[error(
        "the connection was lost while {script} was being committed, and {label} could not be \
         checked: {reason}. {}", what_tells(*sign, script, table)
    )]
    CommitUnknown {
        /// The script.
        script: String,
        /// The connection.
        label: String,
        /// The upgrades table.
        table: TableName,
        /// Why it cannot be queried.
        reason: String,
        /// What the upgrades table has of it once it is committed.
        sign: CommitSign,
    },
    /// The connection was lost after a script had been committed.
    #[error(
        "the connection was lost after {script} was committed and recorded: {server}. Run pum again to continue"
    )]
    Committed {
        /// The script.
        script: String,
        /// The server's message.
        server: ServerMessage,
    },
    /// The server refused one of pum's own statements.
    #[error("{action}: {server}")]
    Server {
        /// The attempted action.
        action: String,
        /// The server's message.
        server: ServerMessage,
    },
    /// A directory or file of deltas is not valid.
    #[error(transparent)]
    Delta(#[from] DeltaError),
    /// The database cannot be reached.
    #[error(transparent)]
    Connect(#[from] ConnectError),
    /// The interrupt was triggered.
    #[error("interrupted{}", stopped(applied, partial_progress.as_ref()))]
    Interrupted {
        /// The scripts that this run committed before.
        applied: Vec<Applied>,
        /// The progress of a script without a transaction.
        partial_progress: Option<PartialProgress>,
    },
}

impl From<Interrupted> for UpgradeError {
    fn from(Interrupted: Interrupted) -> Self {
        Self::Interrupted { applied: Vec::new(), partial_progress: None }
    }
}

impl UpgradeError {
    /// What to do about it.
    pub fn hint(&self) -> Option<Hint> {
        match self {
            Self::NoTable { label, table } => {
                Some(Hint::SetBaseline { label: label.clone(), table: Some(table.to_string()) })
            }
            Self::NotEmpty { label, table, .. } => {
                Some(Hint::SetBaseline { label: label.clone(), table: Some(table.clone()) })
            }
            Self::BetaTesting => Some(Hint::AllowBetaTesting),
            Self::NoBaseline => Some(Hint::SetBaseline { label: String::new(), table: None }),
            Self::OutOfOrder { .. } => Some(Hint::AllowOutOfOrder),
            Self::NotInOneTransaction { rehearse, .. } => {
                Some(Hint::AllowSeveralTransactions { rehearse: *rehearse })
            }
            Self::ChangedDeltas { .. } => Some(Hint::AcceptChangedDeltas),
            Self::Cut { .. } => Some(Hint::DecideStatement),
            Self::HalfUndone { .. } => Some(Hint::ContinueDowngrade),
            Self::Dependencies { python, missing, .. } => Some(Hint::InstallPackages {
                python: python.clone(),
                requirements: missing.iter().map(|one| one.wanted.requirement()).collect(),
            }),
            Self::Python { .. } => Some(Hint::NameProgram { program: "python3" }),
            Self::Delta(err) => err.hint(),
            Self::LockTimeout { cause, .. } | Self::Stopped { cause, .. } => cause.hint(),
            _ => None,
        }
    }

    /// The kind of error; if a run stopped, that of its cause.
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::Stopped { cause, .. } | Self::LockTimeout { cause, .. } => cause.kind(),
            Self::Delta(err) => err.kind(),
            Self::Connect(err) => err.kind(),
            Self::Statement(_) | Self::Program { .. } | Self::Unsettled { .. } => ErrorKind::Script,
            Self::Python { .. } | Self::Dependencies { .. } => ErrorKind::Program,
            Self::Locked { .. }
            | Self::Overtaken { .. }
            | Self::LockLost { .. }
            | Self::NotRepaired { .. } => ErrorKind::Busy,
            Self::Pooler { .. }
            | Self::NotProven { .. }
            | Self::NotInOneTransaction { .. }
            | Self::HalfDoneBefore { .. }
            | Self::HalfUndone { .. }
            | Self::ChangedBefore { .. }
            | Self::Cut { .. }
            | Self::ChangedDeltas { .. }
            | Self::OutOfOrder { .. }
            | Self::BetaTesting => ErrorKind::Refused,
            Self::Server { .. } | Self::CommitUnknown { .. } | Self::Committed { .. } => {
                ErrorKind::Server
            }
            Self::Interrupted { .. } => ErrorKind::Interrupted,
            Self::NotAProject
            | Self::NoScripts { .. }
            | Self::NoWayBack { .. }
            | Self::Undecided { .. }
            | Self::NoBaseline
            | Self::NothingToResume
            | Self::OtherModule { .. }
            | Self::RepeatableWithoutTransaction { .. }
            | Self::TableName(_)
            | Self::NoTable { .. }
            | Self::NotEmpty { .. }
            | Self::BaselineTooLow { .. }
            | Self::BaselineQuery { .. }
            | Self::RecordedVersion { .. }
            | Self::NeedsNoTransaction { .. }
            | Self::TransactionInside { .. } => ErrorKind::Input,
        }
    }

    /// Whether the server could say no more.
    pub(super) fn is_of_lost_connection(&self) -> bool {
        matches!(self, Self::Statement(failure) if failure.connection_lost)
    }

    /// Whether the failed run committed, or may have committed, something.
    pub fn may_have_committed(&self) -> bool {
        match self {
            Self::Stopped { applied, kept, .. } => {
                !applied.is_empty() || matches!(kept, Retained::Statements(_))
            }
            Self::Interrupted { applied, partial_progress } => {
                !applied.is_empty() || partial_progress.is_some()
            }
            Self::CommitUnknown { .. } | Self::Committed { .. } => true,
            _ => false,
        }
    }

    pub(crate) fn server(action: String, err: &postgres::Error) -> Self {
        Self::Server { action, server: ServerMessage::new(err) }
    }

    /// What sort of error it is to the server.
    pub(super) fn sqlstate(&self) -> Option<&str> {
        match self {
            Self::Statement(failure) => failure.server.sqlstate.as_deref(),
            Self::Server { server, .. } => server.sqlstate.as_deref(),
            _ => None,
        }
    }
}

/// One line each.
fn lines<T: ToString>(them: &[T]) -> String {
    them.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
}

fn changed(concerns: &[HistoryMismatch]) -> String {
    format!(
        "{}\nnothing was run. If the database matches the file as it is now, record its checksum; \
         if not, restore the file and write a new delta",
        lines(concerns)
    )
}
