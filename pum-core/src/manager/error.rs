use std::fmt;
use std::path::PathBuf;

use super::{RunReport, RunStep};
use crate::compare::CompareError;
use crate::connect::ConnectError;
use crate::dump::{DumpError, IgnoredError};
use crate::humanize::time;
use crate::roles::RoleError;
use crate::scratch::ScratchError;
use crate::source::SourceError;
use crate::upgrade::{StatementFailure, UpgradeError};
use crate::{ErrorKind, Hint};

/// What a failed run did to production.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ProductionState {
    /// Nothing at all.
    Unchanged,
    /// It made the upgrades table with its baseline, and nothing else.
    BaselineSet,
    /// It has all deltas.
    Upgraded,
    /// It had applied deltas; the error says which were committed.
    Upgrading,
}

impl fmt::Display for ProductionState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Unchanged => "production was not changed",
            Self::BaselineSet => {
                "production got its upgrades table and baseline, and was not otherwise changed"
            }
            Self::Upgraded => "production has all deltas",
            Self::Upgrading => "production is between two versions, see above",
        })
    }
}

/// Why a run of the Manager failed.
#[derive(Debug, thiserror::Error)]
#[error("{}: {cause}\n{}", step.title(), aftermath(self))]
#[non_exhaustive]
pub struct ManagerError {
    /// The step that failed.
    pub step: RunStep,
    /// Why.
    pub cause: StepError,
    /// What that means for production.
    pub production: ProductionState,
    /// What was done until then: the dump, if it was complete, and the run, if a later one can go
    /// on with it.
    pub report: Box<RunReport>,
}

impl ManagerError {
    /// What sort of error it is.
    pub fn kind(&self) -> ErrorKind {
        self.cause.kind()
    }

    /// What can be done about it. That a later run can go on with this one is said in its report.
    pub fn hint(&self) -> Option<Hint> {
        let StepError::Dump(cause) = &self.cause else { return self.cause.hint() };
        let (errors, can_be_ignored): (&[IgnoredError], bool) = match cause {
            DumpError::NotRestored { errors, .. } => (errors, !errors.is_empty()),
            DumpError::MissingExtensions { .. }
            | DumpError::MissingTablespaces { .. }
            | DumpError::NoSuperusers { .. } => (&[], true),
            // Looked for before there is a dump, where nothing is ignored.
            DumpError::MissingRoles { .. } => (&[], self.step == RunStep::Restore),
            DumpError::Template { .. } => return Some(Hint::ChooseTestSource),
            DumpError::TargetExists { .. } => return None,
            _ => return cause.hint(),
        };
        let entries = errors.iter().map(|error| error.entry.clone());
        let entries = entries.filter(|entry| !entry.is_empty()).collect();
        Some(Hint::RestoreOtherwise { entries, can_be_ignored })
    }
}

fn aftermath(err: &ManagerError) -> String {
    let mut text = err.production.to_string();
    if let Some(dump) = &err.report.dump {
        text += &format!("; its dump is {}", dump.display());
        if let Some(restore) = err.report.restore {
            let (took, by) = (time(restore.took), restore.by());
            text += &format!(", which took {took} to restore in the rehearsal{by}");
        }
    }
    text
}

/// Why a step failed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StepError {
    /// Two of the three databases are one and the same.
    #[error("{first} and {second} are the same database (same server, same database): {why}")]
    SameDatabase {
        /// One connection, with its part.
        first: String,
        /// The other connection, with its part.
        second: String,
        /// Why that cannot be.
        why: &'static str,
    },
    /// Production cannot be written.
    #[error("{label} is a standby or read-only: production must be writable")]
    ReadOnly {
        /// Production.
        label: String,
    },
    /// Test is older than production.
    #[error(
        "the server of {label} runs PostgreSQL {test}, which is older than production's {production}: a dump cannot be restored there"
    )]
    TestTooOld {
        /// The test database.
        label: String,
        /// Its major version.
        test: u32,
        /// Production's.
        production: u32,
    },
    /// Production has no upgrades table, and no baseline was given.
    #[error("{label} has no upgrades table {table}, and no baseline was given: give one")]
    NoBaseline {
        /// Production.
        label: String,
        /// The table.
        table: String,
    },
    /// The copy differs from production.
    #[error("the test database {label} differs from production:\n{differences}")]
    NotACopy {
        /// The test database.
        label: String,
        /// In what it differs.
        differences: String,
    },
    /// The copy of production could hurt it.
    #[error("{label} cannot be the test database: {what}")]
    NotDisposable {
        /// The test database.
        label: String,
        /// Why.
        what: String,
    },
    /// A dump without rows would replace one with rows, which was not asked for.
    #[error(
        "{} has the rows of production of {taken_at}, and would be replaced by a dump without \
         rows: production {why}. Name another file, or say what to dump",
        file.display()
    )]
    RowsWouldGo {
        /// The dump that is there.
        file: PathBuf,
        /// When it was made.
        taken_at: String,
        /// Why only the schema would be dumped.
        why: String,
    },
    /// Production's server cannot make the copy.
    #[error(
        "{label} cannot be copied as a template: {reason}. Create the test database another way"
    )]
    NoTemplate {
        /// Production.
        label: String,
        /// Why.
        reason: String,
    },
    /// A command that makes or removes the test database failed.
    #[error("the command \"{command}\" {what}")]
    Command {
        /// The command.
        command: String,
        /// What is wrong.
        what: String,
    },
    /// What is kept of a run cannot be read or written.
    #[error("{} {what}", path.display())]
    Run {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        what: String,
    },
    /// A run cannot go on, because it was not the last word.
    #[error("run {id} cannot be resumed, because this has changed: {changed}. Start a new run")]
    RunChanged {
        /// The run.
        id: String,
        /// What.
        changed: String,
    },
    /// A run cannot go on, because it had begun to upgrade production.
    #[error(
        "run {id} cannot be resumed: it had reached production. Check what production has, then start a new run"
    )]
    RunEnded {
        /// The run.
        id: String,
    },
    /// A run was to go on from its rehearsal, and has none.
    #[error(
        "run {id} has no finished rehearsal: there is nothing to approve. Let it reach the step {}",
        RunStep::Approve
    )]
    NotRehearsed {
        /// The run.
        id: String,
    },
    /// The reference is missing or empty.
    #[error("the reference {label} {what}")]
    Reference {
        /// Its connection, file or command.
        label: String,
        /// What is wrong with it.
        what: String,
    },
    /// Production changed while the rehearsal ran.
    #[error(
        "{label} was changed while the rehearsal ran ({what}): the rehearsal no longer applies. Run it again"
    )]
    ProductionChanged {
        /// Production.
        label: String,
        /// What changed.
        what: String,
    },
    /// Production has its deltas, and is not what the rehearsal was.
    #[error("{label} has its deltas, but differs from the rehearsal's result:\n{differences}")]
    NotAsRehearsed {
        /// Production.
        label: String,
        /// In what they differ.
        differences: String,
    },
    /// A script of the reference failed.
    #[error("{0}")]
    Script(Box<StatementFailure>),
    /// A connection failed.
    #[error(transparent)]
    Connect(#[from] ConnectError),
    /// A dump or restore failed.
    #[error(transparent)]
    Dump(#[from] DumpError),
    /// An upgrade failed.
    #[error(transparent)]
    Upgrade(#[from] UpgradeError),
    /// The comparison failed.
    #[error(transparent)]
    Compare(#[from] CompareError),
    /// The reference cannot be read or built.
    #[error(transparent)]
    Source(#[from] SourceError),
    /// The scratch server failed.
    #[error(transparent)]
    Scratch(#[from] ScratchError),
    /// Reading production's schema failed.
    #[error(transparent)]
    Catalog(#[from] crate::catalog::CatalogError),
    /// A file of the reference is wrong.
    #[error(transparent)]
    Delta(#[from] crate::delta::DeltaError),
    /// The roles of the project could not be read.
    #[error(transparent)]
    Roles(#[from] RoleError),
    /// A filter means nothing.
    #[error(transparent)]
    Filter(#[from] crate::diff::FilterError),
    /// The interrupt was triggered.
    #[error(transparent)]
    Interrupted(#[from] crate::Interrupted),
}

impl StepError {
    /// What can be done about it.
    pub fn hint(&self) -> Option<Hint> {
        match self {
            Self::NoBaseline { .. } => Some(Hint::GiveBaseline),
            Self::RowsWouldGo { .. } => Some(Hint::NameDump),
            Self::NoTemplate { .. } => Some(Hint::ChooseTestSource),
            Self::RunChanged { .. } => Some(Hint::StartNewRun),
            Self::RunEnded { .. } => Some(Hint::SeeHistory),
            Self::Dump(err) => err.hint(),
            Self::Upgrade(err) => err.hint(),
            Self::Compare(err) => err.hint(),
            Self::Source(err) => err.hint(),
            Self::Catalog(err) => err.hint(),
            Self::Roles(err) => err.hint(),
            Self::Delta(err) => err.hint(),
            Self::Scratch(err) => err.hint(),
            _ => None,
        }
    }

    /// What sort of error it is.
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::SameDatabase { .. }
            | Self::ReadOnly { .. }
            | Self::TestTooOld { .. }
            | Self::ProductionChanged { .. }
            | Self::NotACopy { .. }
            | Self::NotDisposable { .. }
            | Self::NoTemplate { .. }
            | Self::RowsWouldGo { .. }
            | Self::RunChanged { .. }
            | Self::RunEnded { .. }
            | Self::NotRehearsed { .. }
            | Self::NotAsRehearsed { .. } => ErrorKind::Refused,
            Self::Script(_) => ErrorKind::Script,
            Self::Command { .. } => ErrorKind::Program,
            Self::Connect(err) => err.kind(),
            Self::Dump(err) => err.kind(),
            Self::Upgrade(err) => err.kind(),
            Self::Compare(err) => err.kind(),
            Self::Source(err) => err.kind(),
            Self::Scratch(err) => err.kind(),
            Self::Catalog(err) => err.kind(),
            Self::Roles(err) => err.kind(),
            Self::Delta(err) => err.kind(),
            Self::Filter(err) => err.kind(),
            Self::Interrupted(_) => ErrorKind::Interrupted,
            Self::NoBaseline { .. } | Self::Reference { .. } | Self::Run { .. } => ErrorKind::Input,
        }
    }
}
