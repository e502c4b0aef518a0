use std::path::PathBuf;

/// What to do about an error. The library provides the facts; a program words them in terms of its
/// own options, as the `pum` command does.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Hint {
    /// A longer lock timeout would wait until the lock is free.
    RaiseLockTimeout,
    /// The comparison can compare unknown codes in a catalog as they are.
    AllowUnknown,
    /// The comparison can exclude a kind of object or an attribute.
    LeaveOut {
        /// Its element name, as filters know it.
        element: &'static str,
    },
    /// The layout of a directory of migrations must be named.
    NameLayout,
    /// A variable needs a value.
    GiveVariable {
        /// Its name.
        name: String,
    },
    /// A base script can create what the first migration needs.
    GiveBase,
    /// A snapshot taken with a base can be used instead of the source.
    SnapshotOnBase,
    /// The database can be replaced on request.
    ReplaceDatabase,
    /// The restore can create the roles, leave out owners and privileges, or map roles to others.
    ProvideRoles,
    /// The roles of the server can be kept unchanged.
    KeepRoles,
    /// Tablespaces can be omitted.
    LeaveOutTablespaces,
    /// The copy can be streamed instead.
    CopyByStream,
    /// A setting can name the program.
    NameProgram {
        /// The program, such as `pg_dump` or `python3`.
        program: &'static str,
    },
    /// The programs of a PostgreSQL server can be installed, or their directory named.
    InstallServer {
        /// The oldest major version that would do.
        wanted: Option<u32>,
    },
    /// Python packages can be installed.
    InstallPackages {
        /// The interpreter that needs them.
        python: PathBuf,
        /// The packages with their versions, as `pip` takes them.
        requirements: Vec<String>,
    },
    /// The database needs a baseline first.
    SetBaseline {
        /// The connection.
        label: String,
        /// The upgrades table, if it is known.
        table: Option<String>,
    },
    /// The run needs a baseline, or a query for it.
    GiveBaseline,
    /// The run needs another dump file, or an explicit choice of what to dump.
    NameDump,
    /// The run needs another test database.
    ChooseTestSource,
    /// The dump could not be restored unchanged to the server of the test database; there are other
    /// ways to provide a test database.
    RestoreOtherwise {
        /// The entries of the dump that could not be restored, up to where the restore stopped;
        /// empty if the problem was found before the restore.
        entries: Vec<String>,
        /// Whether a restore that ignores errors would succeed.
        can_be_ignored: bool,
    },
    /// An earlier run cannot be resumed: start a new one.
    StartNewRun,
    /// An earlier run started to upgrade production: check its history to see what was done, then
    /// start a new run.
    SeeHistory,
    /// The user must decide whether a statement was done.
    DecideStatement,
    /// Changed checksums can be recorded or ignored.
    AcceptChangedDeltas,
    /// The checksum of a changed delta can be recorded.
    RecordChecksum,
    /// The steps can run in several transactions.
    AllowSeveralTransactions {
        /// Whether they share one because everything is rolled back at the end.
        rehearse: bool,
    },
    /// Deltas can be applied to a beta test.
    AllowBetaTesting,
    /// Deltas can be applied out of order.
    AllowOutOfOrder,
    /// The next upgrade continues with a partially applied delta.
    ContinueDelta,
    /// The next downgrade continues with a partially undone delta.
    ContinueDowngrade,
    /// The configuration can set whether the version of a baseline includes its deltas.
    SayBaselineIncludesVersion,
}
