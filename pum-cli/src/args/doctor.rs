//! Options of `pum doctor`, `pum init`, and of what helps shells and readers.

use std::path::PathBuf;

use clap::Args;

use super::{Deltas, Format};

/// bash: pum completions bash > ~/.local/share/bash-completion/completions/pum
#[derive(Debug, Args)]
pub(crate) struct Completions {
    /// The shell.
    #[arg(value_enum)]
    pub(crate) shell: clap_complete::Shell,
}

#[derive(Debug, Args)]
pub(crate) struct Man {
    /// Directory for the pages, such as ~/.local/share/man/man1; created if missing.
    #[arg(value_name = "DIR")]
    pub(crate) directory: PathBuf,
}

#[derive(Debug, Args)]
pub(crate) struct Init {
    /// Production, to search for an upgrades table.
    #[arg(short, long, alias = "pg_service", value_name = "A")]
    pub(crate) pg_service: Option<String>,
    #[command(flatten)]
    pub(crate) deltas: Deltas,
    /// Write to standard output.
    #[arg(long)]
    pub(crate) stdout: bool,
}

/// Exit codes: 0 no problems found, 1 problems found, 2 the check failed.
#[derive(Debug, Args)]
pub(crate) struct Doctor {
    /// Databases to check, instead of those in pum.toml.
    #[arg(value_name = "A")]
    pub(crate) databases: Vec<String>,
    /// Check all services of the service files.
    #[arg(long)]
    pub(crate) all_services: bool,
    #[command(flatten)]
    pub(crate) deltas: Deltas,
    /// Format of the output.
    #[arg(long, value_enum, default_value_t)]
    pub(crate) format: Format,
}
