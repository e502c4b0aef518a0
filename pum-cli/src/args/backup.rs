//! Options of the commands that back up and restore.

use std::path::PathBuf;

use clap::Args;

#[derive(Debug, Args)]
pub(crate) struct Dump {
    /// Database.
    #[arg(short, long, alias = "pg_service", value_name = "A")]
    pub(crate) pg_service: String,
    /// Schema to leave out.
    #[arg(short = 'N', long, value_name = "SCHEMA")]
    pub(crate) exclude_schema: Vec<String>,
    /// The dump file.
    pub(crate) file: PathBuf,
}

#[derive(Debug, Args)]
pub(crate) struct Restore {
    /// Database to be made; it must not exist, or be empty.
    #[arg(short, long, alias = "pg_service", value_name = "A")]
    pub(crate) pg_service: String,
    /// Go on after errors of pg_restore; they are listed.
    #[arg(short = 'x')]
    pub(crate) ignore_errors: bool,
    /// Schema to leave out.
    #[arg(short = 'N', long, value_name = "SCHEMA")]
    pub(crate) exclude_schema: Vec<String>,
    /// Replace a database that is not empty, once the new one is complete.
    #[arg(long)]
    pub(crate) replace: bool,
    /// Leave out owners and privileges.
    #[arg(long)]
    pub(crate) no_owner: bool,
    /// The dump file.
    pub(crate) file: PathBuf,
}
