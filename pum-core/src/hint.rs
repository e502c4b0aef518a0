/// What can be done about an error. The library names the fact; a program words it with its own
/// options, as the `pum` command does.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Hint {
    /// A longer limit for locks would wait until the lock is free.
    RaiseLockTimeout,
    /// The comparison can take letters of a catalog that are not known as they are.
    AllowUnknown,
    /// The comparison can leave out a kind of object or an attribute.
    LeaveOut {
        /// Its element name, as filters know it.
        element: &'static str,
    },
    /// The layout of a directory of migrations has to be named.
    NameLayout,
    /// A variable has to be given a value.
    GiveVariable {
        /// Its name.
        name: String,
    },
    /// A script that makes what the first migration needs can be given as a base.
    GiveBase,
    /// A snapshot that is taken on top of a base can stand for the source.
    SnapshotOnBase,
    /// The database can be replaced if that is asked for.
    ReplaceDatabase,
    /// The restore can create the roles, leave out owners and privileges, or map roles to others.
    ProvideRoles,
    /// The roles of the server can be kept as they are.
    KeepRoles,
    /// Tablespaces can be left out.
    LeaveOutTablespaces,
    /// The copy can be streamed instead.
    CopyByStream,
    /// A program can be named by a setting.
    NameProgram {
        /// The program, such as `pg_dump`.
        program: &'static str,
    },
    /// The database has to be given a baseline first.
    SetBaseline {
        /// The connection.
        label: String,
        /// The upgrades table, if it is known.
        table: Option<String>,
    },
    /// A baseline, or a query for it, has to be given to the run.
    GiveBaseline,
    /// Another dump file, or what to dump, has to be named.
    NameDump,
    /// The test database has to come from elsewhere.
    ChooseTestSource,
    /// The dump could not be restored as it is to the server of the test database: there are other
    /// ways to a test database.
    RestoreOtherwise {
        /// The entries of the dump that could not be restored, as far as the restore came; empty if
        /// it was known before it began.
        entries: Vec<String>,
        /// Whether a restore that goes on after errors would get past this.
        can_be_ignored: bool,
    },
    /// An earlier run cannot go on: a new one has to be started.
    StartNewRun,
    /// An earlier run had begun to upgrade production: its history tells what was done. After that,
    /// a new run has to be started.
    SeeHistory,
    /// Whether a statement was done has to be decided by a person.
    DecideStatement,
    /// Changed checksums can be recorded, or passed over.
    AcceptChangedDeltas,
    /// The checksum of a changed delta can be recorded.
    RecordChecksum,
    /// The steps can run in several transactions.
    AllowSeveralTransactions {
        /// Whether they share one because everything is rolled back at the end.
        rehearse: bool,
    },
    /// The order of versions need not be kept.
    AllowOutOfOrder,
    /// The next upgrade goes on with a delta that is half done.
    ContinueDelta,
    /// The configuration can say whether the version of a baseline includes its deltas.
    SayBaselineIncludesVersion,
}
