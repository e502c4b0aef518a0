use std::time::Duration;

use postgres::Client;

use crate::connect::{Environment, Session, SessionOn, Settings};
use crate::delta::{DeltaError, DeltaSet, IntoDeltaSet, InvalidVersion, Version};
use crate::upgrade::{
    Applied, History, InvalidTableName, PlanOptions, RunOptions, TableName, Upgrade, UpgradeError,
    UpgradePlan, set_first_baseline,
};
use crate::{Context, Error};

/// Upgrades a database when a program starts: applies the pending deltas in order and records them
/// in the upgrades table, each in a transaction with its record.
///
/// Several instances of a program can start at the same time: one upgrades, and the others wait for
/// it, by default for a minute (see [`wait`](Self::wait)). After a failure, the deltas applied
/// before the failed one are kept, and the error lists them.
///
/// ```no_run
/// use pum_core::{Migrator, embed_deltas};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let mut client = postgres::Client::connect("host=localhost user=app", postgres::NoTls)?;
/// let report = Migrator::new(embed_deltas!("tests/deltas"))
///     .table("sys.upgrades")
///     .baseline_if_new("1.0.0")
///     .run(&mut client)?;
/// println!("the database is at version {}", report.version);
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct Migrator {
    deltas: Result<DeltaSet, DeltaError>,
    table: Result<TableName, InvalidTableName>,
    baseline: Option<Result<Version, InvalidVersion>>,
    plan: PlanOptions,
    run: RunOptions,
}

/// The result of a [`Migrator`].
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct MigrationReport {
    /// The current version of the database.
    pub version: Version,
    /// The applied scripts, in order; empty if nothing was pending.
    pub applied: Vec<Applied>,
}

impl Migrator {
    /// How long to wait for other runs.
    const WAIT: Duration = Duration::from_secs(60);

    /// A migrator for deltas that are embedded with [`embed_deltas!`](crate::embed_deltas), or for
    /// a [`DeltaSet`]. The default upgrades table is `public.upgrades`.
    ///
    /// Invalid deltas are reported by [`run`](Self::run).
    pub fn new(deltas: impl IntoDeltaSet) -> Self {
        Self {
            deltas: deltas.into_delta_set(),
            table: "public.upgrades".parse(),
            baseline: None,
            plan: PlanOptions::default(),
            run: RunOptions { run_lock_timeout: Self::WAIT, ..RunOptions::default() },
        }
    }

    /// The upgrades table, as `schema.table`.
    #[must_use]
    pub fn table(mut self, table: &str) -> Self {
        self.table = table.parse();
        self
    }

    /// The version, as `X.Y.Z`, of a database without an upgrades table: the table is created with
    /// this baseline, in a schema that is created if it is missing, and deltas of this version and
    /// above are applied.
    ///
    /// Without a baseline, such a database is an error. Use `0.0.0` for a database before the first
    /// delta.
    #[must_use]
    pub fn baseline_if_new(mut self, version: &str) -> Self {
        self.baseline = Some(version.parse());
        self
    }

    /// How long to wait for another run on the same database.
    #[must_use]
    pub fn wait(mut self, limit: Duration) -> Self {
        self.run.run_lock_timeout = limit;
        self
    }

    /// Apply all deltas in one transaction: all of them or none.
    #[must_use]
    pub fn single_transaction(mut self) -> Self {
        self.run.single_transaction = true;
        self
    }

    /// Variables, the highest version, and how the files are checked against the history.
    #[must_use]
    pub fn plan_options(mut self, options: PlanOptions) -> Self {
        self.plan = options;
        self
    }

    /// Upgrades the database on a connection of the program. The connection's settings, role and
    /// channels are restored afterwards.
    ///
    /// # Errors
    ///
    /// If the deltas, the table or the version are not valid (nothing is done then); if the
    /// connection is in a transaction; if the database has no upgrades table and there is no
    /// baseline; or if the upgrade fails, see [`UpgradeError`].
    pub fn run(self, client: &mut Client) -> Result<MigrationReport, Error> {
        self.run_on(&mut SessionOn::borrowed(client)?, &mut Context::default())
    }

    /// Upgrades the database on a new connection: `conninfo` is a connection string or a URI. The
    /// environment and the home directory are not read.
    ///
    /// Unlike with a borrowed connection, pum can then cancel statements, check whether a commit
    /// happened after its acknowledgement was lost, and run deltas that are programs.
    ///
    /// All functions of pum block. In an asynchronous program, call this one in its own thread:
    ///
    /// ```no_run
    /// # use pum_core::{Migrator, embed_deltas};
    /// # async fn start(url: String) -> Result<(), Box<dyn std::error::Error>> {
    /// let migrator = Migrator::new(embed_deltas!("tests/deltas")).baseline_if_new("0.0.0");
    /// let report = tokio::task::spawn_blocking(move || migrator.run_at(&url)).await??;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// As [`run`](Self::run), and if the connection cannot be opened.
    pub fn run_at(self, conninfo: &str) -> Result<MigrationReport, Error> {
        let mut context = Context::default();
        let settings = Settings::resolve(conninfo, &Environment::default())?;
        let mut session = Session::open(&settings, context.interrupt())?;
        self.run_on(&mut session, &mut context)
    }

    /// The same on a session, with an observer and an interrupt.
    ///
    /// # Errors
    ///
    /// As [`run`](Self::run).
    pub fn run_on(
        self,
        session: &mut SessionOn<'_>,
        context: &mut Context<'_>,
    ) -> Result<MigrationReport, Error> {
        let (deltas, table) = (self.deltas?, self.table?);
        if let Some(baseline) = self.baseline
            && History::read(session, &table)?.is_none()
        {
            set_baseline_unless_another_did(session, &table, &baseline.map_err(wrong_version)?)?;
        }
        loop {
            let plan = UpgradePlan::read(session, &table, &deltas, &self.plan)?;
            let run = Upgrade::new(&plan).options(self.run.clone()).run(session, context);
            let applied = match run {
                Ok(report) => report.applied,
                // Another instance worked while this one waited for it.
                Err(UpgradeError::Overtaken { .. }) => continue,
                Err(err) => return Err(err.into()),
            };
            let history = History::expect(session, &table)?;
            let version = history.current_version().unwrap_or(&plan.current_version).clone();
            return Ok(MigrationReport { version, applied });
        }
    }
}

fn wrong_version(err: InvalidVersion) -> DeltaError {
    err.into()
}

/// Several instances of a program may find a new database: the first one makes the table.
fn set_baseline_unless_another_did(
    session: &mut SessionOn<'_>,
    table: &TableName,
    version: &Version,
) -> Result<(), Error> {
    match set_first_baseline(session, table, version) {
        Ok(()) => Ok(()),
        Err(_) if History::read(session, table)?.is_some() => Ok(()),
        Err(err) => Err(err.into()),
    }
}
