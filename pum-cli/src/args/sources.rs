//! Options of sources that are no databases.

use std::path::PathBuf;

use clap::Args;
use pum_core::source::Layout;

/// How migrations are read and built on a scratch server.
#[derive(Debug, Default, Args)]
pub(crate) struct Sources {
    /// How migrations in a directory are named: pum, diesel, sqlx, refinery, flyway,
    /// golang-migrate, goose, dbmate or numbered. Default: detected.
    #[arg(long, value_name = "LAYOUT", value_parser = str::parse::<Layout>)]
    pub(crate) layout: Option<Layout>,
    /// SQL file or plain dump to run before the migrations.
    #[arg(long, value_name = "FILE")]
    pub(crate) base: Option<PathBuf>,
    /// Role that builds the schema. Default: the owner of the migration history table on the other
    /// side, else the role connected there.
    #[arg(long, value_name = "ROLE")]
    pub(crate) role: Option<String>,
    /// A variable of deltas, a placeholder of Flyway, or a value of goose's ENVSUB: int, float or
    /// str; its name; its value.
    #[arg(long, num_args = 3, value_names = ["TYPE", "NAME", "VALUE"])]
    pub(crate) var: Vec<String>,
}

/// `pum snapshot`
#[derive(Debug, Args)]
pub(crate) struct Snapshot {
    /// Database, directory of migrations, SQL file, or dump. Default: production of pum.toml.
    #[arg(value_name = "A", conflicts_with = "pg_service")]
    pub(crate) source: Option<String>,
    /// The same.
    #[arg(short, long, alias = "pg_service", value_name = "A")]
    pub(crate) pg_service: Option<String>,
    /// File to write; "-" is standard output.
    #[arg(short, long, alias = "output_file", value_name = "FILE", default_value = "-")]
    pub(crate) output_file: PathBuf,
    /// Upgrades table, to leave out.
    #[arg(
        short,
        long,
        value_name = "TABLE",
        env = "PUM_UPGRADES_TABLE",
        help_heading = "Contents"
    )]
    pub(crate) table: Option<String>,
    /// Leave out these elements; pum check --list-elements shows all.
    #[arg(short, long, num_args = 1.., value_name = "ELEMENT", help_heading = "Contents")]
    pub(crate) ignore: Vec<String>,
    /// Leave out schemas, by a glob.
    #[arg(short = 'N', long, value_name = "SCHEMA", help_heading = "Contents")]
    pub(crate) exclude_schema: Vec<String>,
    /// Keep catalog values that this version of pum does not know, verbatim.
    #[arg(long, help_heading = "Contents")]
    pub(crate) allow_unknown: bool,
    /// Record how definitions are printed after a dump and restore, for programs that compare where
    /// no server can be started.
    #[arg(long, help_heading = "Contents")]
    pub(crate) canonical: bool,
    #[command(flatten, next_help_heading = "Migrations and scripts")]
    pub(crate) sources: Sources,
}
