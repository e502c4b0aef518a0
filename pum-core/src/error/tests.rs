//! The kind of each variant of each error.
#![cfg(feature = "scratch")]

use std::path::PathBuf;
use std::time::Duration;

use super::*;
use crate::compare::SchemaMapError;
use crate::connect::{ServerMessage, ServerVersion};
use crate::delta::Version;
use crate::dump::{DumpError, Vulnerability};
use crate::manager::StepError;
use crate::plan::MigrationError;
use crate::scratch::ScratchError;
use crate::source::{Layout, SourceError};
use crate::upgrade::{Retained, StatementFailure, TableName};
use crate::{ErrorKind, Interrupted};

fn s() -> String {
    String::new()
}

fn path() -> PathBuf {
    PathBuf::new()
}

fn io() -> std::io::Error {
    std::io::Error::other("x")
}

/// There is no other way to have one without a server.
fn of_driver() -> postgres::Error {
    "x".parse::<postgres::Config>().unwrap_err()
}

fn table() -> TableName {
    "s.t".parse().unwrap()
}

fn version() -> Version {
    Version::new(1, 0, 0)
}

fn server_version() -> ServerVersion {
    ServerVersion(150_000)
}

fn failure() -> Box<StatementFailure> {
    Box::new(StatementFailure {
        path: path(),
        line: 1,
        column: 1,
        line_text: s(),
        server: ServerMessage::default(),
        connection_lost: false,
    })
}

fn refused() -> UpgradeError {
    UpgradeError::Pooler { label: s() }
}

/// The variants of an enumeration, by its text.
fn variants(source: &str, name: &str) -> Vec<String> {
    let start = format!("pub enum {name} {{\n");
    let (_, body) = source.split_once(&start).unwrap();
    let (body, _) = body.split_once("\n}\n").unwrap();
    let name_of = |line: &str| {
        let line = line.strip_prefix("    ")?;
        let end = line.find(|c: char| !c.is_ascii_alphanumeric())?;
        line.starts_with(|c: char| c.is_ascii_uppercase()).then(|| line[..end].to_owned())
    };
    body.lines().filter_map(name_of).collect()
}

/// A cause is in the text, or it is the source.
fn says_each_cause_once(error: &dyn std::error::Error, name: &str) {
    if let Some(source) = error.source() {
        let (text, source) = (error.to_string(), source.to_string());
        assert!(!text.contains(&source), "{name} says its source {source}: {text}");
    }
}

/// Makes each variant and holds its kind against what is expected; and that none is left out.
macro_rules! kinds {
    ($type:ident in $file:literal: $($variant:ident $fields:tt => $kind:ident,)+) => {{
        let listed = [$(stringify!($variant)),+];
        let mut there = variants(include_str!($file), stringify!($type));
        for name in &listed {
            assert!(there.iter().any(|one| one == name), "{} has no {name}", stringify!($type));
        }
        there.retain(|one| !listed.contains(&one.as_str()));
        assert_eq!(there, [""; 0], "{}: these are not tested", stringify!($type));
        $({
            let error = $type::$variant $fields;
            let name = concat!(stringify!($type), "::", stringify!($variant));
            assert_eq!(error.kind(), ErrorKind::$kind, "{name}");
            says_each_cause_once(&error, name);
        })+
    }};
}

#[test]
fn of_connections() {
    kinds! { ConnectError in "../connect/error.rs":
        Syntax { reason: s() } => Input,
        UnknownKeyword { keyword: s(), place: s(), suggestion: None } => Input,
        InvalidValue { keyword: s(), reason: s() } => Input,
        Borrowed { label: s(), reason: s() } => Input,
        Refused { keyword: s(), reason: s() } => Input,
        UnknownService { service: s(), known: vec![], looked_at: vec![], suggestion: None } => Input,
        ServiceFile { path: path(), line: 1, reason: s() } => Input,
        File { action: "", path: path(), source: io() } => Input,
        NoUser { label: s() } => Input,
        Failed { label: s(), attempts: vec![] } => Connection,
        TooOld { label: s(), version: server_version() } => Connection,
        Asynchronous {} => Input,
        Query { label: s(), action: "", cause: of_driver() } => Server,
        Interrupted (Interrupted) => Interrupted,
    }
}

#[test]
fn of_deltas() {
    kinds! { DeltaError in "../delta/error.rs":
        Version(crate::delta::InvalidVersion { text: s() }) => Input,
        Directory { path: path(), cause: io() } => Input,
        Empty { paths: vec![] } => Input,
        Misnamed { file_name: s(), reason: s() } => Input,
        NewName { name: s(), reason: s() } => Input,
        VersionTooLow { wanted: version(), highest: version() } => Input,
        Exists { path: path() } => Input,
        Write { path: path(), cause: io() } => Input,
        Project { path: path(), message: s() } => Input,
        Repeatable { path: path(), reason: s() } => Input,
        Embedded { path: path(), message: s() } => Input,
        Several { errors: vec![] } => Input,
        Duplicate { version: version(), name: s(), first: path(), second: path() } => Input,
        File { path: path(), cause: io() } => Input,
        Encoding { path: path(), line: 1 } => Input,
        Utf16 { path: path(), encoding: "" } => Input,
        NotExecutable { path: path() } => Input,
        Syntax { path: path(), line: 1, message: s() } => Input,
        MissingVariable { path: path(), line: 1, name: s(), written: s(), given: vec![] } => Input,
        Variable { name: s(), message: s() } => Input,
    }
}

#[test]
fn of_upgrades() {
    kinds! { UpgradeError in "../upgrade/error.rs":
        NotAProject {} => Input,
        OtherModule { installed: s(), wanted: s() } => Input,
        BetaTesting {} => Refused,
        NotProven { reason: s() } => Refused,
        RepeatableWithoutTransaction { script: path() } => Input,
        TableName(crate::upgrade::InvalidTableName { text: s() }) => Input,
        NoTable { table: table(), label: s() } => Input,
        NotEmpty { label: s(), table: s(), object: s() } => Input,
        NoBaseline {} => Input,
        NoScripts { what: s() } => Input,
        NoWayBack { target: version(), reason: s() } => Input,
        Undecided { path: path(), line: 1, question: s() } => Input,
        BaselineTooLow { label: s(), current: version(), wanted: version() } => Input,
        BaselineQuery { query: s(), message: s() } => Input,
        RecordedVersion { table: table(), label: s(), version: s() } => Input,
        Locked { label: s(), holder: s() } => Busy,
        Overtaken { script: s(), table: table() } => Busy,
        ChangedDeltas { concerns: vec![] } => Refused,
        OutOfOrder { concerns: vec![] } => Refused,
        NotRepaired { script: s(), table: table() } => Busy,
        Python { python: path(), problems: vec![] } => Program,
        Dependencies { python: path(), configuration: path(), missing: vec![] } => Program,
        Program { path: path(), output: s() } => Script,
        NeedsNoTransaction { path: path(), line: 1, statement: s() } => Input,
        TransactionInside { path: path(), line: 1 } => Input,
        NotInOneTransaction { rehearse: false, scripts: vec![] } => Refused,
        Pooler { label: s() } => Refused,
        LockLost { script: s(), label: s(), begun: true } => Busy,
        Unsettled { script: s(), reason: s() } => Script,
        LockTimeout { cause: Box::new(refused()), failures: 1, blocker: None } => Refused,
        HalfDoneBefore { script: path() } => Refused,
        HalfUndone { delta: s(), table: table() } => Refused,
        ChangedBefore { script: path(), done: 1, table: table() } => Refused,
        Cut { script: path(), line: 1, number: 1, count: 1, statement: s() } => Refused,
        NothingToResume {} => Input,
        Statement (failure()) => Script,
        Stopped {
            cause: Box::new(refused()),
            script: path(),
            applied: vec![],
            version: version(),
            kept: Retained::NothingOfScript,
        } => Refused,
        CommitUnknown { script: s(), label: s(), table: table(), reason: s(), sign: crate::upgrade::CommitSign::Row } => Server,
        Committed { script: s(), server: ServerMessage::default() } => Server,
        Server { action: s(), server: ServerMessage::default() } => Server,
        Delta (DeltaError::Empty { paths: vec![] }) => Input,
        Connect (ConnectError::Failed { label: s(), attempts: vec![] }) => Connection,
        Interrupted { applied: vec![], partial_progress: None } => Interrupted,
    }
}

#[test]
fn of_dumps() {
    let weakness = || Vulnerability { program: path(), version: s(), name: "", fixed: None };
    kinds! { DumpError in "../dump/error.rs":
        SameServer { label: s() } => Input,
        NoTool { program: "", server: 15, searched: s() } => Program,
        ToolTooOld { program: path(), major: 14, server: 15 } => Program,
        NotATool { program: path(), output: s() } => Program,
        Program { program: path(), cause: io() } => Program,
        Failed { action: s(), output: s() } => Program,
        NotRestored { action: s(), output: s(), errors: vec![] } => Program,
        File { action: "", path: path(), cause: io() } => Input,
        Archive { path: path(), output: s() } => Input,
        NewerFormat { path: path(), program: path(), version: 15, output: s() } => Program,
        Pattern { pattern: s() } => Input,
        PlainDump { path: path() } => Refused,
        Altered { path: path(), what: s() } => Refused,
        Manifest { path: path(), reason: s() } => Input,
        Compression { text: s(), reason: s() } => Input,
        Destination { path: path(), reason: s() } => Refused,
        Space { path: path(), estimate: 2, free: 1 } => Refused,
        Vulnerable (weakness()) => Refused,
        TargetExists { database: s(), label: s() } => Refused,
        NameTooLong { database: s() } => Input,
        TargetInUse { database: s(), label: s(), sessions: s() } => Refused,
        MissingRoles { label: s(), roles: vec![] } => Refused,
        NoSuperusers { label: s(), roles: vec![] } => Refused,
        Unreadable { database: s(), label: s(), reason: s() } => Refused,
        OfDatabase {
            database: s(),
            cause: Box::new(DumpError::PlainDump { path: path() }),
        } => Refused,
        NotAClusterDump { path: path(), reason: s() } => Input,
        DatabasesExist { label: s(), databases: vec![] } => Refused,
        RolesDiffer { label: s(), roles: vec![] } => Refused,
        OlderServer { label: s(), server: 14, dumped: 15 } => Refused,
        MissingExtensions { label: s(), extensions: vec![] } => Refused,
        MissingTablespaces { label: s(), tablespaces: vec![] } => Refused,
        Protected { label: s(), protected: s() } => Refused,
        NotDropped { database: s(), label: s() } => Server,
        Template { label: s(), reason: s() } => Refused,
        Server { action: s(), server: ServerMessage::default() } => Server,
        Connect (ConnectError::Failed { label: s(), attempts: vec![] }) => Connection,
        Interrupted (Interrupted) => Interrupted,
    }
}

#[test]
fn of_scratch_servers() {
    kinds! { ScratchError in "../scratch/error.rs":
        NoServer { wanted: None, searched: s() } => Program,
        NoUser {} => Program,
        File { action: "", path: path(), cause: io() } => Program,
        Program { program: path(), cause: io() } => Program,
        Initdb { output: s() } => Program,
        Start { log: s() } => Program,
        Connect (ConnectError::Failed { label: s(), attempts: vec![] }) => Connection,
        Statement { action: s(), cause: of_driver() } => Server,
        Interrupted (Interrupted) => Interrupted,
    }
}

#[test]
fn of_readings_and_comparisons() {
    kinds! { CatalogError in "../catalog/error.rs":
        Query { label: s(), cause: of_driver() } => Server,
        Locked { label: s(), waited: Duration::ZERO, holders: vec![] } => Server,
        Missing { object: s(), attribute: "", element: "", label: s() } => Server,
        UnknownLetter {
            object: s(),
            attribute: "",
            letter: s(),
            version: server_version(),
            label: s(),
        } => Server,
        Forbidden { object: s(), attribute: "", element: "", role: s(), label: s() } => Server,
        Pattern { pattern: s() } => Input,
        Broken { kind: "", column: "" } => Server,
    }
    kinds! { FilterError in "../diff/filter_error.rs":
        UnknownElement { name: s(), suggestion: None } => Input,
        Pattern { pattern: s() } => Input,
        Boundless { reason: s() } => Input,
    }
    kinds! { SnapshotError in "../snapshot/error.rs":
        File { action: "", path: path(), cause: io() } => Input,
        Format { path: path(), found: 2, written_by: None } => Input,
        Content { path: path(), line: 1, message: s() } => Input,
    }
    kinds! { CompareError in "../compare/comparison.rs":
        Catalog (CatalogError::Broken { kind: "", column: "" }) => Server,
        Filter (FilterError::Pattern { pattern: s() }) => Input,
        SchemaMap (SchemaMapError::NotForPlans) => Input,
        Source (Box::new(SourceError::Script { label: s(), major: 15, failure: failure(), hint: None })) => Script,
        NotBuilt { reason: s() } => Program,
        Interrupted (Interrupted) => Interrupted,
    }
    kinds! { MigrationError in "../plan/error.rs":
        Cycle { steps: vec![] } => Refused,
        Compare (CompareError::Interrupted(Interrupted)) => Interrupted,
        Snapshot { label: s() } => Input,
        Rename { spec: s(), problem: s() } => Input,
        Conversion { spec: s(), problem: s() } => Input,
        Changed { label: s() } => Server,
        Roles (DumpError::PlainDump { path: path() }) => Refused,
        Copy { label: s(), reason: s() } => Server,
        Pending { label: s(), cause: refused() } => Refused,
        Upgrade (refused()) => Refused,
        NotADatabase { label: s() } => Input,
        Questions { label: s(), reason: s() } => Server,
        Measured { label: s(), reason: s() } => Server,
        NoWayBack { label: s(), reason: s() } => Refused,
        OlderReference { labels: [s(), s()], versions: Box::new([version(), version()]) } => Input,
        RenamedCopy { label: s(), reason: s() } => Server,
    }
    kinds! { RoleError in "../roles/error.rs":
        NoRoles {} => Input,
        NotDeclared { name: s(), declared: vec![] } => Input,
        Server { label: s(), server: ServerMessage::default() } => Server,
    }
    kinds! { VerifyError in "../verify/error.rs":
        Server { action: "", label: s(), server: ServerMessage::default() } => Server,
        Lost { object: s(), label: s(), server: ServerMessage::default() } => Connection,
        Connect (ConnectError::Failed { label: s(), attempts: vec![] }) => Connection,
        Interrupted (Interrupted) => Interrupted,
    }
}

#[test]
fn of_sources() {
    kinds! { SourceError in "../source/error.rs":
        Missing { path: path() } => Input,
        Ambiguous { name: s() } => Input,
        NoService { name: s(), cause: ConnectError::NoUser { label: s() } } => Input,
        File { path: path(), cause: io() } => Input,
        NotASource { path: path(), reason: s() } => Input,
        NoMigrations { path: path(), expected: s() } => Input,
        SeveralLayouts { path: path(), found: vec![] } => Input,
        Misfit { path: path(), layout: Layout::Goose, reason: s(), hint: None } => Input,
        Script { label: s(), major: 15, failure: failure(), hint: None } => Script,
        Server { label: s(), action: s(), cause: of_driver() } => Server,
        Query { label: s(), action: s(), cause: of_driver() } => Server,
        Deltas { label: s(), cause: Box::new(refused()) } => Refused,
        Empty { label: s() } => Input,
        UnusedOption { option: "", needed: "" } => Input,
        Snapshot (SnapshotError::File { action: "", path: path(), cause: io() }) => Input,
        Connect (ConnectError::Failed { label: s(), attempts: vec![] }) => Connection,
        Catalog (CatalogError::Broken { kind: "", column: "" }) => Server,
        Delta (DeltaError::Empty { paths: vec![] }) => Input,
        Dump (DumpError::PlainDump { path: path() }) => Refused,
        Scratch (ScratchError::NoUser) => Program,
        Filter (FilterError::Pattern { pattern: s() }) => Input,
        Interrupted (Interrupted) => Interrupted,
    }
}

#[test]
fn of_steps_of_the_manager() {
    kinds! { StepError in "../manager/error.rs":
        SameDatabase { first: s(), second: s(), why: "" } => Refused,
        ReadOnly { label: s() } => Refused,
        TestTooOld { label: s(), test: 14, production: 15 } => Refused,
        NoBaseline { label: s(), table: s() } => Input,
        NotACopy { label: s(), differences: s() } => Refused,
        NotDisposable { label: s(), what: s() } => Refused,
        RowsWouldGo { file: path(), taken_at: s(), why: s() } => Refused,
        NoTemplate { label: s(), reason: s() } => Refused,
        Command { command: s(), what: s() } => Program,
        Run { path: path(), what: s() } => Input,
        RunChanged { id: s(), changed: s() } => Refused,
        RunEnded { id: s() } => Refused,
        NotRehearsed { id: s() } => Refused,
        Reference { label: s(), what: s() } => Input,
        ProductionChanged { label: s(), what: s() } => Refused,
        NotAsRehearsed { label: s(), differences: s() } => Refused,
        Script (failure()) => Script,
        Connect (ConnectError::Failed { label: s(), attempts: vec![] }) => Connection,
        Dump (DumpError::PlainDump { path: path() }) => Refused,
        Upgrade (refused()) => Refused,
        Compare (CompareError::Interrupted(Interrupted)) => Interrupted,
        Source (SourceError::Empty { label: s() }) => Input,
        Scratch (ScratchError::NoUser) => Program,
        Catalog (CatalogError::Broken { kind: "", column: "" }) => Server,
        Delta (DeltaError::Empty { paths: vec![] }) => Input,
        Roles (RoleError::NoRoles) => Input,
        Filter (FilterError::Pattern { pattern: s() }) => Input,
        Interrupted (Interrupted) => Interrupted,
    }
}

/// An error as a whole has the kind of what is in it.
#[test]
fn of_all_together() {
    let program = UpgradeError::Program { path: path(), output: s() };
    let stopped = UpgradeError::Stopped {
        cause: Box::new(program),
        script: path(),
        applied: vec![],
        version: version(),
        kept: Retained::NothingOfScript,
    };
    assert_eq!(Error::from(stopped).kind(), ErrorKind::Script, "a delta in Python that failed");
    for (error, kind) in [
        (Error::from(ConnectError::Failed { label: s(), attempts: vec![] }), ErrorKind::Connection),
        (Error::from(DeltaError::Empty { paths: vec![] }), ErrorKind::Input),
        (Error::from(DumpError::PlainDump { path: path() }), ErrorKind::Refused),
        (Error::from(ScratchError::NoUser), ErrorKind::Program),
        (Error::from(CatalogError::Broken { kind: "", column: "" }), ErrorKind::Server),
        (Error::from(CompareError::Interrupted(Interrupted)), ErrorKind::Interrupted),
        (Error::from(SourceError::Empty { label: s() }), ErrorKind::Input),
        (Error::from(FilterError::Pattern { pattern: s() }), ErrorKind::Input),
        (Error::from(VerifyError::Interrupted(Interrupted)), ErrorKind::Interrupted),
        (Error::from(RoleError::NoRoles), ErrorKind::Input),
    ] {
        assert_eq!(error.kind(), kind, "{error}");
    }
}
