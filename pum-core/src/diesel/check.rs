//! Whether a database is what its migrations should give, for a check at a program's start.

use super::TABLE;
use crate::Context;
use crate::compare::{self, CompareError, CompareOptions, Comparison};
use crate::connect::SessionOn;
use crate::snapshot::Snapshot;

/// Compares a database with a snapshot of what the migrations should give, as
/// [`compare::compare_with_snapshot`] does. The table in which Diesel records them is left out.
///
/// A snapshot can be embedded; it is made of a directory of deltas by
/// `pum snapshot deltas -o schema.json`. The session is one of pum's: Diesel's connection is none
/// of the `postgres` crate.
///
/// # Errors
///
/// As [`compare_with_snapshot`](crate::compare::compare_with_snapshot).
///
/// ```no_run
/// use pum_core::{Context, Interrupt};
/// use pum_core::compare::CompareOptions;
/// use pum_core::connect::{Environment, Session, Settings};
/// use pum_core::diesel::compare_with_snapshot;
/// use pum_core::snapshot::Snapshot;
///
/// # fn check(database_url: &str, embedded: &str) -> Result<(), Box<dyn std::error::Error>> {
/// let settings = Settings::resolve(database_url, &Environment::default())?;
/// let mut session = Session::open(&settings, &Interrupt::new())?;
/// // let embedded = include_str!("../schema.json");
/// let snapshot = Snapshot::parse("schema.json".as_ref(), embedded)?;
/// let options = CompareOptions::default();
/// let found = compare_with_snapshot(&mut session, &snapshot, &options, &mut Context::default())?;
/// for difference in &found.differences {
///     println!("the database is not what it should be: {difference}");
/// }
/// # Ok(())
/// # }
/// ```
pub fn compare_with_snapshot(
    session: &mut SessionOn<'_>,
    snapshot: &Snapshot,
    options: &CompareOptions,
    context: &mut Context<'_>,
) -> Result<Comparison, CompareError> {
    compare::compare_with_snapshot(session, snapshot, &without_history_tables(options), context)
}

/// The options with Diesel's table left out, unless another one is.
fn without_history_tables(options: &CompareOptions) -> CompareOptions {
    let mut options = options.clone();
    // Its name can be read.
    options.upgrades_table = options.upgrades_table.or_else(|| TABLE.parse().ok());
    options
}

#[cfg(feature = "scratch")]
impl super::Migrations {
    /// Compares a database with what the migrations should give, which are built on a scratch
    /// server of `toolchain`, as [`compare::compare_with_deltas`] does. The table in which Diesel
    /// records them is left out.
    ///
    /// # Errors
    ///
    /// As [`compare_with_deltas`](crate::compare::compare_with_deltas).
    pub fn compare(
        &self,
        session: &mut SessionOn<'_>,
        options: &CompareOptions,
        toolchain: &compare::Toolchain,
        context: &mut Context<'_>,
    ) -> Result<Comparison, CompareError> {
        let variables = self.variables.clone();
        let plan = crate::upgrade::PlanOptions { variables, ..Default::default() };
        let options = without_history_tables(options);
        let deltas = (&self.deltas, &plan);
        compare::compare_with_deltas(session, deltas, &options, toolchain, context)
    }
}
