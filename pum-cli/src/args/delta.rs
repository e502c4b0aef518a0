//! Options of `pum delta`.

use std::time::Duration;

use clap::{Args, Subcommand};
use pum_core::delta::parse_duration;

use super::{Deltas, Filter, Format, Planning, Sources};

#[derive(Debug, Args)]
pub(crate) struct Delta {
    #[command(subcommand)]
    pub(crate) command: DeltaCommand,
}

#[derive(Debug, Subcommand)]
pub(crate) enum DeltaCommand {
    /// Write a new delta: empty, or with the statements that bring a database to a reference.
    #[command(
        after_help = "Examples:\n  pum delta new add_meters -d deltas\n  pum delta new add_meters -p prod --to reference -t sys.upgrades -d deltas --minor"
    )]
    New(Box<DeltaNew>),
    /// Prove that the pending deltas bring a database to a reference, and show what is missing.
    ///
    /// They are run on a copy of the schema on a scratch server. Exit codes: 0 they do, 1 something
    /// is missing, 2 an error.
    #[command(
        after_help = "Examples:\n  pum delta prove -p prod --to reference -t sys.upgrades -d deltas"
    )]
    Prove(Box<DeltaProve>),
}

#[derive(Debug, Args)]
pub(crate) struct DeltaNew {
    /// The free part of the file name: delta_X.Y.Z_NAME.sql, or changelogs/X.Y.Z/NAME.sql.
    #[arg(value_name = "NAME")]
    pub(crate) name: String,
    /// The database that the delta is for. Default with --to: production of pum.toml.
    #[arg(
        short,
        long,
        alias = "pg_service",
        value_name = "A",
        help_heading = "Database and deltas"
    )]
    pub(crate) pg_service: Option<String>,
    /// Write the statements that bring the database, after the deltas that are pending, to this
    /// schema: a database, a snapshot, a directory of migrations, an SQL file, a dump.
    #[arg(long, value_name = "B", help_heading = "Database and deltas")]
    pub(crate) to: Option<String>,
    #[command(flatten, next_help_heading = "Database and deltas")]
    pub(crate) deltas: Deltas,
    /// Version of the delta. Default: the next patch version after those of the database and the
    /// directory.
    #[arg(long, value_name = "X.Y.Z", conflicts_with_all = ["minor", "major"])]
    pub(crate) version: Option<String>,
    /// Give it the next minor version.
    #[arg(long, conflicts_with = "major")]
    pub(crate) minor: bool,
    /// Give it the next major version.
    #[arg(long)]
    pub(crate) major: bool,
    /// A copy of the database with its rows, in which is counted what stands in the way, such as
    /// NULLs in a column that becomes NOT NULL. It is written into the delta as "-- decide:", and
    /// keeps it from being applied until that is decided.
    #[arg(long, value_name = "COPY", requires = "to", help_heading = "Database and deltas")]
    pub(crate) on: Option<String>,
    /// Where there are several ways to make a change, run each on a copy that the server makes of that of
    /// --on, and take the one for which others wait the least, then the faster one. In all no longer than
    /// this, such as 10min; no other session may be connected to the copy.
    #[arg(long, value_name = "TIME", requires = "on", num_args = 0..=1, default_missing_value = "10min",
          value_parser = parse_duration, help_heading = "Database and deltas")]
    pub(crate) measure_for: Option<Duration>,
    /// Format of the output.
    #[arg(long, value_enum, default_value_t)]
    pub(crate) format: Format,
    /// Also write what undoes it, as .down.sql beside it, for pum downgrade.
    #[arg(long, requires = "to")]
    pub(crate) down: bool,
    #[command(flatten)]
    pub(crate) planning: Planning,
    #[command(flatten, next_help_heading = "Comparison")]
    pub(crate) filter: Filter,
    #[command(flatten, next_help_heading = "Migrations and scripts")]
    pub(crate) sources: Sources,
}

#[derive(Debug, Args)]
pub(crate) struct DeltaProve {
    /// Database. Default: production of pum.toml.
    #[arg(value_name = "A", conflicts_with = "pg_service", help_heading = "Database and deltas")]
    pub(crate) database: Option<String>,
    /// The same.
    #[arg(
        short,
        long,
        alias = "pg_service",
        value_name = "A",
        help_heading = "Database and deltas"
    )]
    pub(crate) pg_service: Option<String>,
    /// The schema to get to: a database, a snapshot, a directory of migrations, an SQL file, a dump.
    #[arg(long, value_name = "B", help_heading = "Database and deltas")]
    pub(crate) to: String,
    #[command(flatten, next_help_heading = "Database and deltas")]
    pub(crate) deltas: Deltas,
    /// Format of the output.
    #[arg(long, value_enum, default_value_t)]
    pub(crate) format: Format,
    #[command(flatten, next_help_heading = "Comparison")]
    pub(crate) filter: Filter,
    #[command(flatten, next_help_heading = "Migrations and scripts")]
    pub(crate) sources: Sources,
}
