//! Options of the commands that work with deltas.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, ValueEnum};
use pum_core::delta::{InvalidVersion, ProjectPart, Version, parse_duration, parse_time_limit};
use pum_core::source::Layout;

use super::LintFailOn;

#[derive(Debug, Args)]
pub(crate) struct Target {
    /// Database. Default: production of pum.toml.
    #[arg(value_name = "A", conflicts_with = "pg_service")]
    pub(crate) database: Option<String>,
    /// The same.
    #[arg(short, long, alias = "pg_service", value_name = "A")]
    pub(crate) pg_service: Option<String>,
    #[command(flatten)]
    pub(crate) deltas: Deltas,
}

impl Target {
    /// The database that was named, in either way.
    pub(crate) fn named(&self) -> Option<&str> {
        self.database.as_deref().or(self.pg_service.as_deref())
    }
}

#[derive(Debug, Default, Args)]
pub(crate) struct Deltas {
    /// Upgrades table, as schema.table.
    #[arg(short, long, value_name = "TABLE", env = "PUM_UPGRADES_TABLE")]
    pub(crate) table: Option<String>,
    /// Delta directories.
    #[arg(short, long, num_args = 1.., value_name = "DIR", env = "PUM_DELTA_DIRS",
          value_delimiter = ':')]
    pub(crate) dir: Vec<PathBuf>,
}

#[derive(Debug, Clone, Default, Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is an option of its own")]
pub(crate) struct Run {
    /// Do not apply deltas above this version.
    #[arg(short = 'u', long, value_name = "MAX")]
    pub(crate) max_version: Option<String>,
    /// Assign a variable for SQL deltas; TYPE is string, float or int.
    #[arg(short, long, num_args = 3, value_names = ["TYPE", "NAME", "VALUE"],
          allow_hyphen_values = true)]
    pub(crate) var: Vec<String>,
    /// How scripts refer to variables. Default: detected.
    #[arg(long, value_enum, value_name = "FORM")]
    pub(crate) variable_form: Option<VariableForm>,
    /// The Python that runs deltas in Python. Default: python3.
    #[arg(long, value_name = "FILE", env = "PUM_PYTHON_EXE")]
    pub(crate) python_exe: Option<PathBuf>,
    /// Do not create the roles that a PUM 1 project declares.
    #[arg(long)]
    pub(crate) skip_roles: bool,
    /// Grant the roles of a PUM 1 project no permissions.
    #[arg(long)]
    pub(crate) skip_grant: bool,
    /// Do not drop the application of a PUM 1 project before the deltas.
    #[arg(long)]
    pub(crate) skip_drop_app: bool,
    /// Do not create the application of a PUM 1 project after the deltas.
    #[arg(long)]
    pub(crate) skip_create_app: bool,
    /// Record the module of a PUM 1 project as a beta test, which gets no later versions.
    #[arg(long)]
    pub(crate) beta_testing: bool,
    /// Upgrade a module of a PUM 1 project although it was installed as a beta test.
    #[arg(long)]
    pub(crate) allow_beta_testing: bool,
    /// Refuse to apply a delta that comes before one already applied.
    #[arg(long)]
    pub(crate) strict_order: bool,
    /// Continue although the file of an applied delta was changed.
    #[arg(long)]
    pub(crate) allow_changed: bool,
    /// How long to wait for another pum run on the same database, such as 60s; 0 does not wait.
    #[arg(long, value_name = "TIME", default_value = "0", value_parser = parse_duration)]
    pub(crate) wait: Duration,
    /// Run everything in one transaction: all of it or nothing.
    #[arg(long)]
    pub(crate) single_transaction: bool,
    /// How long a statement may wait for a lock, such as 5s; then its transaction is rolled back
    /// and retried. A delta's own "-- pum: lock-timeout" takes precedence.
    #[arg(long, value_name = "TIME", value_parser = parse_time_limit)]
    pub(crate) lock_timeout: Option<Duration>,
    /// How often to retry a transaction that did not get a lock in time. Default: 5.
    #[arg(long, value_name = "N")]
    pub(crate) lock_retries: Option<u32>,
    /// When all retries failed, try once more and terminate the sessions that hold the lock.
    #[arg(long)]
    pub(crate) terminate_blockers: bool,
    /// How long a statement may take, such as 10min. A delta's own "-- pum: statement-timeout"
    /// takes precedence.
    #[arg(long, value_name = "TIME", value_parser = parse_time_limit)]
    pub(crate) statement_timeout: Option<Duration>,
    /// Show more; also -vv.
    #[arg(long)]
    pub(crate) verbose: bool,
}

impl Run {
    /// The parts of a PUM 1 project that are left out.
    pub(crate) fn skipped_parts(&self) -> impl Iterator<Item = ProjectPart> {
        let parts = [
            (self.skip_roles, ProjectPart::Roles),
            (self.skip_grant, ProjectPart::Permissions),
            (self.skip_drop_app, ProjectPart::DropOfApplication),
            (self.skip_create_app, ProjectPart::CreationOfApplication),
        ];
        parts.into_iter().filter_map(|(is_skipped, part)| is_skipped.then_some(part))
    }
}

/// A version as it is typed: the directories of PUM 1 may be called 1.2 as well as 1.2.0.
pub(crate) fn version(text: &str) -> Result<Version, InvalidVersion> {
    Version::of_two_or_three(text).ok_or_else(|| InvalidVersion { text: text.to_owned() })
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
    #[command(flatten, next_help_heading = "Database and deltas")]
    pub(crate) target: Target,
    /// The version that the database is at.
    #[arg(short = 'b', long = "baseline", value_name = "X.Y.Z")]
    pub(crate) version: String,
    #[command(flatten)]
    pub(crate) of_pum_1: BaselineOfPum1,
}

/// What the baseline of PUM 1 has to be asked for.
#[derive(Debug, Default, Args)]
pub(crate) struct BaselineOfPum1 {
    /// As always.
    #[arg(long = "create-table", hide = true)]
    _create_table: bool,
    /// As always.
    #[arg(long = "allow-multiple-modules", hide = true)]
    _allow_multiple_modules: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Info {
    #[command(flatten)]
    pub(crate) target: Target,
    /// Exit with 1 when something is pending.
    #[arg(long)]
    pub(crate) check: bool,
    /// Format of the output.
    #[arg(long, value_enum, default_value_t)]
    pub(crate) format: InfoFormat,
    /// Show the timeline of versions as a page in the browser (BROWSER, or the desktop's own).
    #[arg(long)]
    pub(crate) open: bool,
}

/// How the state of a database is written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum InfoFormat {
    /// For a person at a terminal.
    #[default]
    Text,
    /// For programs.
    Json,
    /// A page for a browser: the timeline of versions.
    Html,
}

/// How findings are written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum LintFormat {
    #[default]
    Text,
    Json,
    /// For a comment or the summary of a job.
    Markdown,
    /// Annotations of GitHub Actions.
    Github,
    Junit,
    Sarif,
}

/// Exit codes: 0 nothing found, 1 something found, 2 an error.
#[derive(Debug, Args)]
pub(crate) struct Lint {
    /// A database: check only the deltas that are pending on it. Or files of SQL and directories of
    /// migrations of any program (with a slash, or a name that ends in .sql): check these. Default:
    /// all deltas of the directory.
    #[arg(value_name = "A | PATH")]
    pub(crate) subjects: Vec<String>,
    /// Check only the deltas that are pending on this database; of files and directories, with the
    /// sizes of its tables.
    #[arg(short, long, alias = "pg_service", value_name = "A")]
    pub(crate) pg_service: Option<String>,
    /// Check only the deltas that are pending: on A, or else on production of pum.toml.
    #[arg(long)]
    pub(crate) pending: bool,
    /// How migrations in a directory are named: pum, diesel, sqlx, refinery, flyway,
    /// golang-migrate, goose, dbmate or numbered. Default: detected.
    #[arg(long, value_name = "LAYOUT", value_parser = str::parse::<Layout>)]
    pub(crate) layout: Option<Layout>,
    #[command(flatten)]
    pub(crate) deltas: Deltas,
    /// Assign a variable for SQL deltas; TYPE is string, float or int.
    #[arg(short, long, num_args = 3, value_names = ["TYPE", "NAME", "VALUE"],
          allow_hyphen_values = true)]
    pub(crate) var: Vec<String>,
    /// The lock timeout that the upgrade will use.
    #[arg(long, value_name = "TIME", value_parser = parse_time_limit)]
    pub(crate) lock_timeout: Option<Duration>,
    /// Format of the output.
    #[arg(long, value_enum, default_value_t)]
    pub(crate) format: LintFormat,
    /// Which findings fail the command (exit code 1): any, none, or names of rules. All are reported. By
    /// default any. A script that cannot be read is an error whatever this says.
    #[arg(long, value_name = "WHAT", value_delimiter = ',', num_args = 1)]
    pub(crate) fail_on: Vec<LintFailOn>,
    /// Only list the rules.
    #[arg(long)]
    pub(crate) list_rules: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Repair {
    #[command(flatten)]
    pub(crate) target: Target,
    /// How long to wait for another pum run on the same database, such as 60s; 0 does not wait.
    #[arg(long, value_name = "TIME", default_value = "0", value_parser = parse_duration)]
    pub(crate) wait: Duration,
    /// Answer all questions with yes.
    #[arg(short, long)]
    pub(crate) yes: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Downgrade {
    #[command(flatten, next_help_heading = "Database and deltas")]
    pub(crate) target: Target,
    /// The version to go back to, which the database was at.
    #[arg(long, value_name = "X.Y.Z")]
    pub(crate) to: String,
    /// Assign a variable for SQL deltas; TYPE is string, float or int.
    #[arg(short, long, num_args = 3, value_names = ["TYPE", "NAME", "VALUE"],
          allow_hyphen_values = true)]
    pub(crate) var: Vec<String>,
    /// How long to wait for another pum run on the same database, such as 60s; 0 does not wait.
    #[arg(long, value_name = "TIME", default_value = "0", value_parser = parse_duration)]
    pub(crate) wait: Duration,
    /// How long a statement may wait for a lock, such as 5s.
    #[arg(long, value_name = "TIME", value_parser = parse_time_limit)]
    pub(crate) lock_timeout: Option<Duration>,
    /// Decide about the statement at which an earlier run of a script without a transaction stopped: it
    /// was done, or must run again.
    #[arg(long, value_enum, value_name = "HOW")]
    pub(crate) resume: Option<Resume>,
    /// Only show what would run, and what would be lost.
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Answer all questions with yes.
    #[arg(short, long)]
    pub(crate) yes: bool,
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
