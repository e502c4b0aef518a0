//! Options of the Manager.

use std::path::PathBuf;

use clap::Args;

use super::{Deltas, Filter, Format, Run};

#[derive(Debug, Args)]
pub(crate) struct TestAndUpgrade {
    /// Production; also -pp.
    #[arg(long, alias = "pg_service_prod", value_name = "A", env = "PUM_PRODUCTION")]
    pub(crate) pg_service_prod: Option<String>,
    /// Test database, whose content is replaced; also -pt. Without it: a scratch database.
    #[arg(long, alias = "pg_service_test", value_name = "B", env = "PUM_TEST")]
    pub(crate) pg_service_test: Option<String>,
    /// Reference database; also -pc.
    #[arg(long, alias = "pg_service_comp", value_name = "C", env = "PUM_REFERENCE")]
    pub(crate) pg_service_comp: Option<String>,
    /// SQL files that build the reference on a scratch database.
    #[arg(long, num_args = 1.., value_name = "FILE", conflicts_with = "pg_service_comp")]
    pub(crate) reference_sql: Vec<PathBuf>,
    /// Shell command that builds the reference on a scratch database, whose connection is in PG*
    /// variables.
    #[arg(long, value_name = "COMMAND", conflicts_with_all = ["pg_service_comp", "reference_sql"])]
    pub(crate) reference_command: Option<String>,
    #[command(flatten)]
    pub(crate) deltas: Deltas,
    /// The dump of production is written here, and stays.
    #[arg(short, long, value_name = "FILE")]
    pub(crate) file: Option<PathBuf>,
    /// Baseline of production, if it has no upgrades table.
    #[arg(short, long, value_name = "X.Y.Z")]
    pub(crate) baseline: Option<String>,
    /// Go on after errors of pg_restore.
    #[arg(short = 'x')]
    pub(crate) ignore_restore_errors: bool,
    #[command(flatten)]
    pub(crate) filter: Filter,
    #[command(flatten)]
    pub(crate) run: Run,
    /// Commit each script by itself. Otherwise all are one transaction, if none stands against it,
    /// which is committed only if production came out as the rehearsal did.
    #[arg(long, conflicts_with = "single_transaction")]
    pub(crate) script_by_script: bool,
    /// Answer all questions with yes.
    #[arg(short, long)]
    pub(crate) yes: bool,
    /// How the answer is written.
    #[arg(long, value_enum, default_value_t)]
    pub(crate) format: Format,
}

#[derive(Debug, Args)]
pub(crate) struct Demo {
    /// Use a careless delta, and see the difference caught.
    #[arg(long)]
    pub(crate) drift: bool,
    /// How the answer is written.
    #[arg(long, value_enum, default_value_t)]
    pub(crate) format: Format,
}
