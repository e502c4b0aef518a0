//! Options of `pum doctor`, `pum init`, and of what helps shells and readers.

use clap::Args;

use super::{Deltas, Format};

#[derive(Debug, Args)]
pub(crate) struct Init {
    /// Production, in which an upgrades table is looked for.
    #[arg(short, long, alias = "pg_service", value_name = "A")]
    pub(crate) pg_service: Option<String>,
    #[command(flatten)]
    pub(crate) deltas: Deltas,
    /// Write it to standard output.
    #[arg(long)]
    pub(crate) stdout: bool,
}

/// Exit codes: 0 nothing will go wrong, 1 something will, 2 it could not be looked.
#[derive(Debug, Args)]
pub(crate) struct Doctor {
    /// Databases to look at, instead of those of pum.toml.
    #[arg(value_name = "A")]
    pub(crate) databases: Vec<String>,
    /// Look at all services of the service files.
    #[arg(long)]
    pub(crate) all_services: bool,
    #[command(flatten)]
    pub(crate) deltas: Deltas,
    /// How the answer is written.
    #[arg(long, value_enum, default_value_t)]
    pub(crate) format: Format,
}
