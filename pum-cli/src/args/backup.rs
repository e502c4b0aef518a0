//! Options of the commands that back up, restore and copy.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use pum_core::dump::{Allow, Compression, Format};

#[derive(Debug, Args)]
pub(crate) struct Dump {
    /// Database. Default: production of pum.toml.
    #[arg(short, long, alias = "pg_service", value_name = "A")]
    pub(crate) pg_service: Option<String>,
    /// Dump all databases of the server that A is on, its roles and settings, into a directory of
    /// their own in DIR.
    #[arg(long, requires = "dir",
          conflicts_with_all = ["file", "schema", "exclude_schema", "exclude_table_data", "schema_only",
                                "globals"], help_heading = "Whole server")]
    pub(crate) cluster: bool,
    /// A database of the server to leave out.
    #[arg(long, value_name = "NAME", requires = "cluster", help_heading = "Whole server")]
    pub(crate) exclude_database: Vec<String>,
    #[command(flatten)]
    pub(crate) what: DumpWhat,
    /// Name the dump by database and time, and put it into this directory.
    #[arg(long, value_name = "DIR", conflicts_with = "file", help_heading = "Destination")]
    pub(crate) dir: Option<PathBuf>,
    /// When the new dump is complete, remove older ones of this database and keep N.
    #[arg(long, value_name = "N", requires = "dir", conflicts_with = "file", value_parser = clap::value_parser!(u32).range(1..), help_heading = "Destination")]
    pub(crate) keep: Option<u32>,
    /// The dump: a file, or a directory in that format.
    #[arg(required_unless_present = "dir")]
    pub(crate) file: Option<PathBuf>,
}

/// What is dumped, and how.
#[derive(Debug, Default, Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is an option of its own")]
pub(crate) struct DumpWhat {
    /// A compressed file, a directory (which several workers can write), or an SQL script.
    #[arg(
        short = 'F',
        long,
        value_enum,
        default_value_t,
        value_name = "FORMAT",
        help_heading = "Dump options"
    )]
    pub(crate) format: DumpFormat,
    /// How many connections dump at once; for the directory format.
    #[arg(short, long, value_name = "N", default_value = "1", help_heading = "Dump options")]
    pub(crate) jobs: usize,
    /// none, gzip, lz4 or zstd, with a level if you like (gzip:9).
    #[arg(short = 'Z', long, value_name = "METHOD[:LEVEL]", help_heading = "Dump options")]
    pub(crate) compress: Option<Compression>,
    /// Only this schema; * and ? are wildcards. Extensions and large objects are left out then.
    #[arg(short = 'n', long, value_name = "SCHEMA", help_heading = "Contents")]
    pub(crate) schema: Vec<String>,
    /// Schema to leave out; * and ? are wildcards.
    #[arg(short = 'N', long, value_name = "SCHEMA", help_heading = "Contents")]
    pub(crate) exclude_schema: Vec<String>,
    /// Table whose data are left out, as in pg_dump (log.*).
    #[arg(long, value_name = "PATTERN", help_heading = "Contents")]
    pub(crate) exclude_table_data: Vec<String>,
    /// No data.
    #[arg(long, help_heading = "Contents")]
    pub(crate) schema_only: bool,
    /// Write the server's roles and tablespaces to a file beside the dump.
    #[arg(long, help_heading = "Contents")]
    pub(crate) globals: bool,
    /// With --globals or --cluster: also the roles' passwords, as the server keeps them.
    #[arg(long, help_heading = "Contents")]
    pub(crate) role_passwords: bool,
    /// The upgrades table, whose version is noted in the manifest.
    #[arg(short, long, value_name = "TABLE", help_heading = "Dump options")]
    pub(crate) table: Option<String>,
    /// Only warn of a risk instead of refusing.
    #[arg(long, value_enum, value_name = "RISK", help_heading = "Dump options")]
    pub(crate) allow: Vec<Risk>,
    /// Show the output of the programs.
    #[arg(long, help_heading = "Dump options")]
    pub(crate) verbose: bool,
}

#[derive(Debug, Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is an option of its own")]
pub(crate) struct Restore {
    /// Database to create; it must not exist, or be empty.
    #[arg(short, long, alias = "pg_service", value_name = "A")]
    pub(crate) pg_service: String,
    /// Create a database of this name instead, on the server of A.
    #[arg(long = "as", value_name = "NAME", help_heading = "New database")]
    pub(crate) name: Option<String>,
    /// Name the new database like the dumped one, plus this suffix.
    #[arg(long, value_name = "SUFFIX", conflicts_with = "name", help_heading = "New database")]
    pub(crate) suffix: Option<String>,
    /// Owner of the new database, instead of the owner of the dumped one.
    #[arg(long, value_name = "ROLE", help_heading = "New database")]
    pub(crate) owner: Option<String>,
    /// Continue after errors of pg_restore; they are listed and counted.
    #[arg(short = 'x', conflicts_with = "map_role", help_heading = "Contents")]
    pub(crate) ignore_errors: bool,
    /// Schema to leave out.
    #[arg(short = 'N', long, value_name = "SCHEMA", help_heading = "Contents")]
    pub(crate) exclude_schema: Vec<String>,
    /// How many connections restore at once; with 1 all is one transaction.
    #[arg(short, long, value_name = "N", default_value = "1", help_heading = "Restore options")]
    pub(crate) jobs: usize,
    /// Replace a database that is not empty, once the new one is complete. Asks before.
    #[arg(long, help_heading = "New database")]
    pub(crate) replace: bool,
    /// Do not ask.
    #[arg(short, long, help_heading = "New database")]
    pub(crate) yes: bool,
    #[command(flatten, next_help_heading = "Roles")]
    pub(crate) roles: Roles,
    /// Put everything into the database's own tablespace.
    #[arg(long, help_heading = "New database")]
    pub(crate) no_tablespaces: bool,
    /// Do not run ANALYZE at the end.
    #[arg(long, help_heading = "Restore options")]
    pub(crate) no_analyze: bool,
    /// Only warn of a risk instead of refusing.
    #[arg(long, value_enum, value_name = "RISK", help_heading = "Restore options")]
    pub(crate) allow: Vec<Risk>,
    /// Show the output of the programs.
    #[arg(long, help_heading = "Restore options")]
    pub(crate) verbose: bool,
    /// Restore a dump of a whole server (pum dump --cluster) to the server that A is on: this one,
    /// or the newest one in this directory. No database is replaced; after a run that was cut
    /// short, the databases that are missing are restored.
    #[arg(long, value_name = "DIR",
          conflicts_with_all = ["file", "name", "suffix", "owner", "ignore_errors", "exclude_schema",
                                "replace", "yes", "create_roles", "no_owner", "map_role"], help_heading = "Whole server")]
    pub(crate) cluster: Option<PathBuf>,
    /// Keep roles that exist on the server with other attributes as they are.
    #[arg(long, requires = "cluster", help_heading = "Whole server")]
    pub(crate) keep_roles: bool,
    /// The dump: a file, or a directory.
    #[arg(required_unless_present = "cluster")]
    pub(crate) file: Option<PathBuf>,
}

#[derive(Debug, Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is an option of its own")]
pub(crate) struct CloneDatabase {
    /// The database to copy.
    pub(crate) source: String,
    /// Copy all databases and roles of the server that the source is on to the server of B, which
    /// is another one, also of a newer major version. One database that fails stops no other.
    #[arg(long, requires = "on",
          conflicts_with_all = ["via", "name", "suffix", "owner", "replace", "create_roles", "no_owner",
                                "map_role", "exclude_schema", "exclude_table_data"], help_heading = "Whole server")]
    pub(crate) cluster: bool,
    /// Name of the copy: that of the source with this at the end.
    #[arg(long, value_name = "SUFFIX", required_unless_present_any = ["name", "on"], help_heading = "Copy")]
    pub(crate) suffix: Option<String>,
    /// Name of the copy.
    #[arg(long = "as", value_name = "NAME", conflicts_with = "suffix", help_heading = "Copy")]
    pub(crate) name: Option<String>,
    /// Where the copy is made, if not on the server of the source; without a name or a suffix, the
    /// database that B names is made.
    #[arg(long, value_name = "B", help_heading = "Copy")]
    pub(crate) on: Option<String>,
    /// stream sends definitions and rows; template has the server copy its files, while no session
    /// is connected to the source.
    #[arg(long, value_enum, default_value_t, help_heading = "Copy options")]
    pub(crate) via: Via,
    /// How many connections copy tables and make indexes at once; without it, as many as there are
    /// processors, and no more than four.
    #[arg(short, long, value_name = "N", help_heading = "Copy options")]
    pub(crate) jobs: Option<usize>,
    /// The owner of the copy, instead of that of the source.
    #[arg(long, value_name = "ROLE", help_heading = "Copy")]
    pub(crate) owner: Option<String>,
    /// Schema to leave out; * and ? are wildcards.
    #[arg(short = 'N', long, value_name = "SCHEMA", help_heading = "Contents")]
    pub(crate) exclude_schema: Vec<String>,
    /// Table whose data are left out, as in pg_dump (log.*).
    #[arg(long, value_name = "PATTERN", help_heading = "Contents")]
    pub(crate) exclude_table_data: Vec<String>,
    /// No data.
    #[arg(long, help_heading = "Contents")]
    pub(crate) schema_only: bool,
    /// Replace a database that is not empty, once the copy is complete. Asks before.
    #[arg(long, help_heading = "Copy")]
    pub(crate) replace: bool,
    /// Do not ask.
    #[arg(short, long, help_heading = "Copy")]
    pub(crate) yes: bool,
    #[command(flatten, next_help_heading = "Roles")]
    pub(crate) roles: Roles,
    /// Put everything into the database's own tablespace.
    #[arg(long, help_heading = "Copy")]
    pub(crate) no_tablespaces: bool,
    /// Do not run ANALYZE at the end.
    #[arg(long, help_heading = "Copy options")]
    pub(crate) no_analyze: bool,
    /// Only warn of a risk instead of refusing.
    #[arg(long, value_enum, value_name = "RISK", help_heading = "Copy options")]
    pub(crate) allow: Vec<Risk>,
    /// Show the output of the programs.
    #[arg(long, help_heading = "Copy options")]
    pub(crate) verbose: bool,
}

/// How a copy is made.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Via {
    #[default]
    Stream,
    Template,
}

/// What becomes of roles that the server does not have.
#[derive(Debug, Default, Args)]
#[expect(clippy::struct_field_names, reason = "the options are called so")]
pub(crate) struct Roles {
    /// Create missing roles, without login and password.
    #[arg(long)]
    pub(crate) create_roles: bool,
    /// Leave out owners and privileges.
    #[arg(long)]
    pub(crate) no_owner: bool,
    /// Give what OLD owns, and its privileges, to NEW.
    #[arg(long, num_args = 2, value_names = ["OLD", "NEW"], conflicts_with = "no_owner")]
    pub(crate) map_role: Vec<String>,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum DumpFormat {
    #[default]
    Custom,
    Directory,
    Plain,
}

impl From<DumpFormat> for Format {
    fn from(format: DumpFormat) -> Self {
        match format {
            DumpFormat::Custom => Self::Custom,
            DumpFormat::Directory => Self::Directory,
            DumpFormat::Plain => Self::Plain,
        }
    }
}

/// Risks that are refused unless allowed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Risk {
    /// Client programs with a known weakness.
    VulnerableClient,
    /// A world-writable directory.
    SharedDirectory,
    /// Less free space than the dump may need.
    LittleSpace,
}

/// What these risks are in the library.
pub(crate) fn allowed(risks: &[Risk]) -> Allow {
    let mut options = Allow::default();
    options.vulnerable_client = risks.contains(&Risk::VulnerableClient);
    options.shared_directory = risks.contains(&Risk::SharedDirectory);
    options.little_space = risks.contains(&Risk::LittleSpace);
    options
}
