//! The command line.

use std::path::PathBuf;
use std::time::Duration;

use clap::{ArgAction, Args, Parser, Subcommand, ValueEnum};

/// Compare PostgreSQL schemas and bring databases forward by versioned SQL deltas.
///
/// A connection (A, B) is the name of an entry in pg_service.conf, a libpq connection string
/// ("host=db dbname=prod") or a URI (postgresql://db/prod).
///
/// Exit codes: 0 the same, nothing pending, done; 1 differences found, or declined;
/// 2 an error.
#[derive(Debug, Parser)]
#[command(
    name = "pum",
    bin_name = "pum",
    version,
    disable_version_flag = true,
    max_term_width = 100,
    args_override_self = true
)]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) global: Global,
    #[command(subcommand)]
    pub(crate) command: Command,
    /// Print the version.
    #[arg(short = 'V', visible_short_alias = 'v', long, action = ArgAction::Version)]
    version: Option<bool>,
}

#[derive(Debug, Args)]
pub(crate) struct Global {
    /// Configuration file, instead of the pum.toml found upwards from the working directory.
    #[arg(short, long, alias = "config_file", value_name = "FILE", env = "PUM_CONFIG_FILE")]
    pub(crate) config_file: Option<PathBuf>,
    /// Directory of the PostgreSQL programs (postgres, pg_dump …), instead of a search.
    #[arg(long, value_name = "DIR", env = "PUM_PG_BIN_DIR", global = true)]
    pub(crate) pg_bin_dir: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Compare the schemas of two databases.
    Check(Check),
    /// Back up a database, in the custom format of pg_dump.
    Dump(Dump),
    /// Restore a dump into a new database.
    Restore(Restore),
    /// Create the upgrades table at a version.
    Baseline(Baseline),
    /// Show applied and pending deltas.
    Info(Info),
    /// Apply pending deltas.
    Upgrade(Upgrade),
    /// Tell what is risky in pending deltas, or in all of a directory: long locks, lost data.
    Lint(Lint),
    /// Record the present checksums of deltas that were changed after they had been applied.
    Repair(Repair),
    /// Rehearse the upgrade on a copy, compare it with a reference, then upgrade production.
    TestAndUpgrade(TestAndUpgrade),
    /// Run the Manager on the sample data model, on a throw-away server.
    Demo(Demo),
    #[command(hide = true)]
    Checker(Checker),
    #[command(hide = true)]
    Dumper(Dumper),
    #[command(hide = true)]
    Upgrader(Upgrader),
    #[command(hide = true)]
    Manager(Manager),
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    #[default]
    Text,
    Json,
}

/// How much is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Preset {
    /// Nine elements by name, type and definition, as the Python program does.
    Classic,
    /// All that pg_dump prints, but for the order of columns and tablespaces.
    Default,
    /// Also the order of columns, tablespaces, and the database's encoding, locale and settings.
    Strict,
}

impl From<Preset> for pum_core::diff::Preset {
    fn from(preset: Preset) -> Self {
        match preset {
            Preset::Classic => Self::Classic,
            Preset::Default => Self::Default,
            Preset::Strict => Self::Strict,
        }
    }
}

#[derive(Debug, Default, Args)]
pub(crate) struct Filter {
    /// How much is compared.
    #[arg(long, value_enum)]
    pub(crate) preset: Option<Preset>,
    /// Elements (tables, columns …) or attributes (owner, columns.comment) to be ignored; pum check
    /// --list-elements shows all.
    #[arg(short, long, num_args = 1.., value_name = "ELEMENT")]
    pub(crate) ignore: Vec<String>,
    /// Elements or attributes to be compared although the preset leaves them out, such as
    /// columns.position.
    #[arg(long, num_args = 1.., value_name = "ELEMENT")]
    pub(crate) include: Vec<String>,
    /// Schemas to be ignored, by a glob.
    #[arg(short = 'N', long, value_name = "SCHEMA")]
    pub(crate) exclude_schema: Vec<String>,
    /// Columns to be ignored, by a pattern of SQL LIKE.
    #[arg(short = 'P', long, value_name = "PATTERN")]
    pub(crate) exclude_field_pattern: Vec<String>,
    /// Objects to be ignored, with all that belongs to them, by a glob on schema.name.
    #[arg(long, value_name = "GLOB")]
    pub(crate) exclude_object: Vec<String>,
}

#[derive(Debug, Args)]
pub(crate) struct Check {
    /// First database.
    #[arg(value_name = "A", required_unless_present_any = ["pg_service1", "list_elements"])]
    pub(crate) left: Option<String>,
    /// Second database.
    #[arg(value_name = "B", required_unless_present_any = ["pg_service2", "list_elements"])]
    pub(crate) right: Option<String>,
    /// First database; also -p1.
    #[arg(long, alias = "pg_service1", value_name = "A", conflicts_with = "left")]
    pub(crate) pg_service1: Option<String>,
    /// Second database; also -p2.
    #[arg(long, alias = "pg_service2", value_name = "B", conflicts_with = "right")]
    pub(crate) pg_service2: Option<String>,
    #[command(flatten)]
    pub(crate) filter: Filter,
    /// Upgrades table, which is left out of the comparison.
    #[arg(short, long, value_name = "TABLE", env = "PUM_UPGRADES_TABLE")]
    pub(crate) table: Option<String>,
    /// 0: only the verdict, 1: short values, 2: all.
    #[arg(short, long, alias = "verbose_level", value_name = "LEVEL", default_value_t = 2,
          value_parser = clap::value_parser!(u8).range(0..=2))]
    pub(crate) verbose_level: u8,
    /// Write the report to a file.
    #[arg(short, long, alias = "output_file", value_name = "FILE")]
    pub(crate) output_file: Option<PathBuf>,
    /// How the report is written.
    #[arg(long, value_enum, default_value_t)]
    pub(crate) format: Format,
    /// How many seconds to wait for a lock that somebody holds on a table or view.
    #[arg(long, value_name = "SECONDS", value_parser = seconds)]
    pub(crate) lock_timeout: Option<Duration>,
    /// Compare what a newer server has and this version of pum does not know as it is.
    #[arg(long)]
    pub(crate) allow_unknown: bool,
    /// Only print the names of all elements and attributes.
    #[arg(long)]
    pub(crate) list_elements: bool,
}

/// A number of seconds, which may have a fraction.
fn seconds(text: &str) -> Result<Duration, String> {
    let seconds: f64 = text.parse().map_err(|_| "not a number of seconds".to_owned())?;
    match Duration::try_from_secs_f64(seconds) {
        // The server counts milliseconds, and takes zero for "for ever".
        Ok(time) if (1..=i32::MAX as u128).contains(&time.as_millis()) => Ok(time),
        _ => Err("must be between 0.001 and 2147483".to_owned()),
    }
}

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

#[derive(Debug, Args)]
pub(crate) struct Target {
    /// Database.
    #[arg(short, long, alias = "pg_service", value_name = "A")]
    pub(crate) pg_service: String,
    #[command(flatten)]
    pub(crate) deltas: Deltas,
}

#[derive(Debug, Args)]
pub(crate) struct Deltas {
    /// Upgrades table, as schema.table.
    #[arg(short, long, value_name = "TABLE", env = "PUM_UPGRADES_TABLE")]
    pub(crate) table: Option<String>,
    /// Delta directories.
    #[arg(short, long, num_args = 1.., value_name = "DIR", env = "PUM_DELTA_DIRS",
          value_delimiter = ':')]
    pub(crate) dir: Vec<PathBuf>,
}

#[derive(Debug, Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is an option of its own")]
pub(crate) struct Run {
    /// Run nothing of a higher version.
    #[arg(short = 'u', long, value_name = "MAX")]
    pub(crate) max_version: Option<String>,
    /// Assign a variable for SQL deltas; TYPE is string, float or int.
    #[arg(short, long, num_args = 3, value_names = ["TYPE", "NAME", "VALUE"],
          allow_hyphen_values = true)]
    pub(crate) var: Vec<String>,
    /// How scripts refer to variables, if not in the form that is found in them.
    #[arg(long, value_enum, value_name = "FORM")]
    pub(crate) variable_form: Option<VariableForm>,
    /// Refuse to run a delta whose place is before one that was applied.
    #[arg(long)]
    pub(crate) strict_order: bool,
    /// Go on although the file of an applied delta was changed.
    #[arg(long)]
    pub(crate) allow_changed: bool,
    /// How many seconds to wait for another pum run on the same database.
    #[arg(long, value_name = "SECONDS", default_value_t = 0)]
    pub(crate) wait: u64,
    /// Run everything in one transaction: all of it or nothing.
    #[arg(long)]
    pub(crate) single_transaction: bool,
    /// How long a statement may wait for a lock, such as 5s; then its transaction is undone and
    /// tried again. A delta's own "-- pum: lock-timeout" comes first.
    #[arg(long, value_name = "TIME", value_parser = pum_core::delta::parse_duration)]
    pub(crate) lock_timeout: Option<Duration>,
    /// How often a transaction that did not get a lock in time is tried again; 5 unless given.
    #[arg(long, value_name = "N")]
    pub(crate) lock_retries: Option<u32>,
    /// How long a statement may take, such as 10min. A delta's own "-- pum: statement-timeout"
    /// comes first.
    #[arg(long, value_name = "TIME", value_parser = pum_core::delta::parse_duration)]
    pub(crate) statement_timeout: Option<Duration>,
    /// Show more; also -vv.
    #[arg(long)]
    pub(crate) verbose: bool,
}

/// How scripts refer to variables.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum VariableForm {
    /// `%(NAME)s`, as the first Python program has it.
    Classic,
    /// :NAME, :'NAME' and :"NAME", as psql has it.
    Psql,
    /// {NAME}, as PUM 1 has it.
    Braces,
}

impl From<VariableForm> for pum_core::delta::VariableForm {
    fn from(form: VariableForm) -> Self {
        match form {
            VariableForm::Classic => Self::Classic,
            VariableForm::Psql => Self::Psql,
            VariableForm::Braces => Self::Braces,
        }
    }
}

#[derive(Debug, Args)]
pub(crate) struct Baseline {
    #[command(flatten)]
    pub(crate) target: Target,
    /// The version that the database is at.
    #[arg(short, long, value_name = "X.Y.Z")]
    pub(crate) baseline: String,
}

#[derive(Debug, Args)]
pub(crate) struct Info {
    #[command(flatten)]
    pub(crate) target: Target,
    /// Exit with 1 when something is pending.
    #[arg(long)]
    pub(crate) check: bool,
    /// How the answer is written.
    #[arg(long, value_enum, default_value_t)]
    pub(crate) format: Format,
}

/// Exit codes: 0 nothing found, 1 something found, 2 an error.
#[derive(Debug, Args)]
pub(crate) struct Lint {
    /// Database, of which the pending deltas are looked at; without it, all of the directory.
    #[arg(short, long, alias = "pg_service", value_name = "A")]
    pub(crate) pg_service: Option<String>,
    #[command(flatten)]
    pub(crate) deltas: Deltas,
    /// Assign a variable for SQL deltas; TYPE is string, float or int.
    #[arg(short, long, num_args = 3, value_names = ["TYPE", "NAME", "VALUE"],
          allow_hyphen_values = true)]
    pub(crate) var: Vec<String>,
    /// The limit for locks that the upgrade will be given.
    #[arg(long, value_name = "TIME", value_parser = pum_core::delta::parse_duration)]
    pub(crate) lock_timeout: Option<Duration>,
    /// How the answer is written.
    #[arg(long, value_enum, default_value_t)]
    pub(crate) format: Format,
    /// Only print all rules.
    #[arg(long)]
    pub(crate) list_rules: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Repair {
    #[command(flatten)]
    pub(crate) target: Target,
    /// How many seconds to wait for another pum run on the same database.
    #[arg(long, value_name = "SECONDS", default_value_t = 0)]
    pub(crate) wait: u64,
    /// Answer all questions with yes.
    #[arg(short, long)]
    pub(crate) yes: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Upgrade {
    #[command(flatten)]
    pub(crate) target: Target,
    #[command(flatten)]
    pub(crate) run: Run,
    /// Only show what would be run.
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Run everything in one transaction, and undo it at the end.
    #[arg(long, conflicts_with = "dry_run")]
    pub(crate) rehearse: bool,
    /// The statement at which an earlier run of a delta without a transaction ended: it is done, or
    /// is to be run again.
    #[arg(long, value_enum, value_name = "HOW")]
    pub(crate) resume: Option<Resume>,
    /// How the answer is written.
    #[arg(long, value_enum, default_value_t)]
    pub(crate) format: Format,
}

impl Upgrade {
    /// Without the options that the old `upgrader` does not have.
    pub(crate) fn plain(target: Target, run: Run) -> Self {
        let format = Format::Text;
        Self { target, run, dry_run: false, rehearse: false, resume: None, format }
    }
}

/// What to do with the statement at which an earlier run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Resume {
    /// It was not done: run it.
    Again,
    /// It was done: go on behind it.
    Done,
}

impl From<Resume> for pum_core::upgrade::Resume {
    fn from(resume: Resume) -> Self {
        match resume {
            Resume::Again => Self::Again,
            Resume::Done => Self::Done,
        }
    }
}

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

/// `checker -p1 -p2 [-s] [-i ELEMENT…]`
#[derive(Debug, Args)]
pub(crate) struct Checker {
    #[arg(long, alias = "pg_service1")]
    pub(crate) pg_service1: String,
    #[arg(long, alias = "pg_service2")]
    pub(crate) pg_service2: String,
    #[arg(short, long)]
    pub(crate) silent: bool,
    #[arg(short, long, num_args = 1..)]
    pub(crate) ignore: Vec<String>,
}

/// `dumper -p (-d|-r) FILE`
#[derive(Debug, Args)]
pub(crate) struct Dumper {
    #[arg(short, long, alias = "pg_service")]
    pub(crate) pg_service: String,
    #[arg(short, long, required_unless_present = "restore", conflicts_with = "restore")]
    pub(crate) dump: bool,
    #[arg(short, long)]
    pub(crate) restore: bool,
    pub(crate) file: PathBuf,
}

/// `upgrader -p -t -d [-i] [-b BASELINE]`
#[derive(Debug, Args)]
pub(crate) struct Upgrader {
    #[command(flatten)]
    pub(crate) target: Target,
    #[arg(short, long, conflicts_with = "baseline")]
    pub(crate) info: bool,
    #[arg(short, long)]
    pub(crate) baseline: Option<String>,
    #[command(flatten)]
    pub(crate) run: Run,
}

/// `manager -pp -pt -pc`; the rest is in the configuration file.
#[derive(Debug, Args)]
pub(crate) struct Manager {
    #[arg(long, alias = "pg_service_prod")]
    pub(crate) pg_service_prod: String,
    #[arg(long, alias = "pg_service_test")]
    pub(crate) pg_service_test: String,
    #[arg(long, alias = "pg_service_comp")]
    pub(crate) pg_service_comp: String,
    #[command(flatten)]
    pub(crate) run: Run,
}

/// What the old `checker` and `manager` look at.
fn classic(ignore: Vec<String>) -> Filter {
    Filter { preset: Some(Preset::Classic), ignore, ..Filter::default() }
}

impl From<Checker> for Check {
    fn from(old: Checker) -> Self {
        Self {
            left: None,
            right: None,
            pg_service1: Some(old.pg_service1),
            pg_service2: Some(old.pg_service2),
            filter: classic(old.ignore),
            table: None,
            verbose_level: if old.silent { 0 } else { 2 },
            output_file: None,
            format: Format::Text,
            lock_timeout: None,
            allow_unknown: false,
            list_elements: false,
        }
    }
}

impl From<Dumper> for Dump {
    fn from(old: Dumper) -> Self {
        Self { pg_service: old.pg_service, exclude_schema: Vec::new(), file: old.file }
    }
}

impl From<Dumper> for Restore {
    fn from(old: Dumper) -> Self {
        Self {
            pg_service: old.pg_service,
            ignore_errors: false,
            exclude_schema: Vec::new(),
            replace: false,
            no_owner: false,
            file: old.file,
        }
    }
}

impl From<Manager> for TestAndUpgrade {
    fn from(old: Manager) -> Self {
        Self {
            pg_service_prod: Some(old.pg_service_prod),
            pg_service_test: Some(old.pg_service_test),
            pg_service_comp: Some(old.pg_service_comp),
            reference_sql: Vec::new(),
            reference_command: None,
            deltas: Deltas { table: None, dir: Vec::new() },
            file: None,
            baseline: None,
            ignore_restore_errors: false,
            filter: classic(Vec::new()),
            run: Run { allow_changed: true, ..old.run },
            yes: false,
            format: Format::Text,
        }
    }
}
