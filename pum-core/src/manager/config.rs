use std::path::PathBuf;

use super::schema_scope::SchemaScope;
use super::{ClosingOptions, DataChoice, DumpedData, Limits, Rehearsals, RunDirectory, RunStep};
use crate::compare::Toolchain;
use crate::connect::{Environment, Settings};
use crate::delta::DeltaSet;
use crate::diff::Filters;
use crate::dump::Format;
use crate::source::Source;
use crate::upgrade::{BaselineSource, PlanOptions, RunOptions, TableName};

/// All that one run of the Manager needs to know.
#[derive(Debug)]
#[non_exhaustive]
#[expect(clippy::struct_excessive_bools, reason = "each is a setting of its own")]
pub struct Config {
    /// The database to upgrade.
    pub production: Settings,
    /// The database to rehearse on.
    pub test: TestSource,
    /// What of production is dumped.
    pub data: DataChoice,
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
    /// What the dump is: one file or a directory, which several connections can write.
    pub dump_format: Format,
    /// How many connections restore the dump to test at once, and write it if it is a directory.
    pub jobs: usize,
    /// What the comparison leaves out. Excluded schemas are not dumped either.
    pub filters: Filters,
    /// Go on when `pg_restore` reports errors.
    pub ignore_restore_errors: bool,
    /// How scripts are run, on the copy and on production.
    pub run: RunOptions,
    /// Each script in a transaction of its own, although one for all would do.
    pub script_by_script: bool,
    /// How much the upgrade may do, as measured in the rehearsal.
    pub limits: Limits,
    /// Ends after this step.
    pub until: Option<RunStep>,
    /// Fail, before anything is done, unless the run that this one continues was rehearsed: what was
    /// approved is what was seen then.
    pub expect_rehearsal: bool,
    /// Where what is known of the run is kept, so that a later one can go on.
    pub directory: Option<RunDirectory>,
    /// Keep the test database as the rehearsal left it, whatever comes of the run; a scratch server keeps
    /// running for that. [`RunReport::kept_test`](super::RunReport::kept_test) tells of it.
    pub keep_test: bool,
    /// What was rehearsed for other production databases, and may hold for this one too.
    pub rehearsals: Option<Rehearsals>,
    /// How the delta is made that would close a gap between the upgraded copy and the reference.
    pub closing: ClosingOptions,
    /// Programs and the scratch server.
    pub toolchain: Toolchain,
}

impl Config {
    /// A rehearsal on a scratch server with all rows, from a dump `production.dump` in the working
    /// directory, without limits; everything else is a field.
    pub fn new(
        production: Settings,
        reference: Reference,
        table: TableName,
        deltas: DeltaSet,
        toolchain: Toolchain,
    ) -> Self {
        Self {
            production,
            test: TestSource::Scratch,
            data: DataChoice::Said(DumpedData::All),
            reference,
            table,
            deltas,
            plan: PlanOptions::default(),
            baseline: None,
            dump_file: PathBuf::from("production.dump"),
            dump_format: Format::Custom,
            jobs: 1,
            filters: Filters::default(),
            ignore_restore_errors: false,
            run: RunOptions::default(),
            script_by_script: false,
            limits: Limits::default(),
            until: None,
            expect_rehearsal: false,
            directory: None,
            keep_test: false,
            rehearsals: None,
            closing: ClosingOptions::default(),
            toolchain,
        }
    }

    /// What must be the same in rehearsal and production.
    pub(super) fn schema_scope(&self) -> SchemaScope<'_> {
        SchemaScope { table: &self.table, filters: &self.filters }
    }
}

/// Where the test database comes from.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum TestSource {
    /// A database on a scratch server, into which the dump is restored.
    Scratch,
    /// This database, whose content is replaced by the dump.
    Replace(Settings),
    /// A copy of production's files, made by its own server (`CREATE DATABASE … TEMPLATE`), which
    /// requires that no other session is connected to it. This database, whose content is replaced and
    /// which stays; or else one of pum's own, which always goes in the end.
    Template(Option<Settings>),
    /// This database, which is a disposable copy of production already: a restored physical backup,
    /// a branch of the storage. Nothing is restored; the dump is only the way back.
    Copy(Settings),
    /// A shell command makes such a copy and prints its connection as the last line of its standard
    /// output; another one, which is always run in the end, removes it, and has that line in
    /// `PUM_TEST`.
    Command {
        /// What makes it.
        create: String,
        /// What removes it.
        destroy: String,
        /// In which the connection is resolved.
        environment: Box<Environment>,
    },
}

impl TestSource {
    /// Whether the dump is restored to it.
    pub(super) fn is_restored(&self) -> bool {
        matches!(self, Self::Scratch | Self::Replace(_))
    }
}

/// Where the reference comes from.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum Reference {
    /// An existing database.
    Database(Settings),
    /// SQL files, run in this order in an empty scratch database.
    Sql(Vec<PathBuf>),
    /// A shell command that fills an empty scratch database, whose connection it finds in `PG*`
    /// variables of its environment.
    Command(String),
    /// There is none: what the deltas lead to is compared with nothing.
    None,
    /// Anything else that a schema can be read from: a snapshot of the release, a directory of
    /// migrations (such as all deltas, from an empty database), a dump.
    Source(Source),
}
