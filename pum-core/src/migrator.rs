use std::time::Duration;

use postgres::Client;

use crate::connect::{Environment, Session, SessionOn, Settings};
use crate::delta::{DeltaError, DeltaSet, IntoDeltaSet, InvalidVersion, Version};
use crate::upgrade::{
    Applied, History, InvalidTableName, PlanOptions, RunOptions, TableName, Upgrade, UpgradeError,
    UpgradePlan, set_baseline,
};
use crate::{Context, Error};

/// Upgrades a database when a program starts: the deltas that it has not had are applied and
/// recorded in its upgrades table, in order, each in a transaction with its record.
///
/// Several instances of a program may start at once: one works, and the others wait for it, a
/// minute unless [`wait`](Self::wait) says otherwise. After a failure the database holds the deltas
/// that were applied before the one that failed, and the error says which.
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
    /// The version that the database is at now.
    pub version: Version,
    /// The scripts that were applied, in order; none if the database had them all.
    pub applied: Vec<Applied>,
}

impl Migrator {
    /// How long other runs are waited for.
    const WAIT: Duration = Duration::from_secs(60);

    /// These deltas: those that [`embed_deltas!`](crate::embed_deltas) puts into the program, or a
    /// [`DeltaSet`] that was read. The upgrades table is `public.upgrades`.
    ///
    /// Deltas that are wrong are an error of [`run`](Self::run).
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

    /// The version, as `X.Y.Z`, that a database is at which has no upgrades table yet: the table is
    /// created with it, and deltas of this version and above are applied.
    ///
    /// Without it such a database is an error. `0.0.0` stands for a database before the first
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

    /// All deltas in one transaction: all of them or none.
    #[must_use]
    pub fn single_transaction(mut self) -> Self {
        self.run.single_transaction = true;
        self
    }

    /// Variables, the highest version, and how the files are held against the history.
    #[must_use]
    pub fn plan_options(mut self, options: PlanOptions) -> Self {
        self.plan = options;
        self
    }

    /// Upgrades the database on a connection of the program, which comes back with its settings,
    /// its role and its channels.
    ///
    /// # Errors
    ///
    /// Of deltas, table or version that are wrong, before anything is done; of a connection that is
    /// in a transaction; of a database without an upgrades table and no baseline; and of an upgrade
    /// that failed, see [`UpgradeError`].
    pub fn run(self, client: &mut Client) -> Result<MigrationReport, Error> {
        self.run_on(&mut SessionOn::borrowed(client)?, &mut Context::default())
    }

    /// Upgrades the database on a connection of its own, which it opens: `conninfo` is a connection
    /// string or a URI. Environment and home directory are not read.
    ///
    /// It can do more than a borrowed connection: stop a statement, ask the database after a lost
    /// acknowledgement of a commit, and run deltas that are programs.
    ///
    /// All of pum blocks. In an asynchronous program this is the one call for a thread of its own:
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
    /// As [`run`](Self::run), and of a connection that cannot be opened.
    pub fn run_at(self, conninfo: &str) -> Result<MigrationReport, Error> {
        let mut context = Context::default();
        let settings = Settings::resolve(conninfo, &Environment::default())?;
        let mut session = Session::open(&settings, context.interrupt())?;
        self.run_on(&mut session, &mut context)
    }

    /// The same on a session, under an observer and an interrupt.
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
    match set_baseline(session, table, version) {
        Ok(()) => Ok(()),
        Err(_) if History::read(session, table)?.is_some() => Ok(()),
        Err(err) => Err(err.into()),
    }
}
