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
    /// Where the pages go, such as ~/.local/share/man/man1; it is made if it is not there.
    #[arg(value_name = "DIR")]
    pub(crate) directory: PathBuf,
}

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
