//! The command line.

mod backup;
mod classic;
mod compare;
mod db;
mod delta;
mod doctor;
mod fail_on;
mod manager;
mod project;
mod role;
mod runs;
mod sources;
mod upgrade;
mod upgrade_command;
mod verify;

use std::path::PathBuf;

use clap::builder::{OsStringValueParser, TypedValueParser as _};
use clap::{ArgAction, Args, Parser, Subcommand, ValueEnum};

pub(crate) use backup::{CloneDatabase, Dump, DumpWhat, Restore, Roles, Via, allowed};
pub(crate) use classic::{Checker, Dumper, Manager, Upgrader};
pub(crate) use compare::{
    Acceptance, Check, Diff, Filter, Planning, Preset, ReportFile, ReportFormat, ReportOutput,
    Reports, ScriptFormat,
};
pub(crate) use db::{Db, DbCommand};
pub(crate) use delta::{Delta, DeltaCommand, DeltaNew, DeltaProve};
pub(crate) use doctor::{Completions, Doctor, Init, Man};
pub(crate) use fail_on::{FailOn, LintFailOn, fails, lint_fails, words as fail_on_words};
pub(crate) use manager::{ArchiveFormat, Demo, RunReports, TestAndUpgrade, TestSource};
pub(crate) use project::{App, AppAction, Install, Uninstall};
pub(crate) use role::{CheckRoles, Chosen, Inspected, Role, RoleCommand, RoleDatabase, RoleNames};
pub(crate) use runs::{Runs, RunsCommand};
pub(crate) use sources::{Snapshot, Sources};
pub(crate) use upgrade::{
    Baseline, BaselineOfPum1, Deltas, Downgrade, Info, InfoFormat, Lint, LintFormat, Repair,
    Resume, Run, Target, VariableForm, version,
};
pub(crate) use upgrade_command::{Upgrade, UpgradeTo};
pub(crate) use verify::Verify;

/// Compare PostgreSQL schemas and bring databases forward by versioned SQL deltas.
///
/// A connection (A, B) is the name of an entry in pg_service.conf, a libpq connection string
/// ("host=db dbname=prod") or a URI (postgresql://db/prod).
///
/// Exit codes: 0 same, nothing pending, intact, done; 1 differences or damage found, or declined;
/// 2 error; 130 stopped by Ctrl-C.
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
    pub(crate) command: TopLevelCommand,
    /// Print the version.
    #[arg(short = 'V', visible_short_alias = 'v', long, action = ArgAction::Version)]
    version: Option<bool>,
}

#[derive(Debug, Args)]
pub(crate) struct Global {
    /// Configuration file, instead of the pum.toml found upwards from the working directory.
    #[arg(
        short,
        long,
        alias = "config_file",
        value_name = "FILE",
        env = "PUM_CONFIG_FILE",
        global = true
    )]
    pub(crate) config_file: Option<PathBuf>,
    /// Directory of the PostgreSQL programs (postgres, pg_dump …), instead of a search.
    #[arg(long, value_name = "DIR", env = "PUM_PG_BIN_DIR", global = true)]
    pub(crate) pg_bin_dir: Option<PathBuf>,
    /// Directory in which initialized scratch servers are cached; empty to cache none. Default: pum
    /// in the user's cache directory.
    #[arg(
        long,
        value_name = "DIR",
        env = "PUM_CACHE_DIR",
        global = true,
        value_parser = OsStringValueParser::new().map(PathBuf::from)
    )]
    pub(crate) cache_dir: Option<PathBuf>,
    /// Write events as JSON lines to standard output: progress, questions, the result. Questions are
    /// answered on standard input. For programs that run pum.
    #[arg(long, value_enum, value_name = "FORMAT", global = true)]
    pub(crate) events: Option<Events>,
    /// Colours in text and messages. auto: on a terminal, unless NO_COLOR is set.
    #[arg(long, value_enum, default_value_t, value_name = "WHEN", global = true)]
    pub(crate) color: Color,
}

/// When text has colours.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Color {
    #[default]
    Auto,
    Always,
    Never,
}

impl Color {
    /// Whether text has colours wherever it goes; `None` if that depends on it.
    pub(crate) fn forced(self) -> Option<bool> {
        match self {
            Self::Auto => None,
            Self::Always => Some(true),
            Self::Never => Some(false),
        }
    }
}

/// The form of events.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Events {
    Json,
}

#[derive(Debug, Subcommand)]
pub(crate) enum TopLevelCommand {
    #[command(flatten)]
    Work(Box<Command>),
    #[command(flatten)]
    Shell(Shell),
}

/// Commands about the command line itself: whatever configuration there is does not matter.
#[derive(Debug, Subcommand)]
pub(crate) enum Shell {
    /// Print a completion script for a shell.
    Completions(Completions),
    /// Write man pages.
    Man(Man),
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Compare the schemas of two databases, snapshots, directories of migrations or dumps.
    #[command(
        after_help = "Examples:\n  pum check prod reference\n  pum check -p1 prod -p2 reference -N \"audit_*\" -i comments\n  pum check prod deltas/ --format markdown -o drift.md\n  pum check schema.json deltas/"
    )]
    Check(Box<Check>),
    /// Write the SQL that brings one schema to another, proven on a copy.
    #[command(
        after_help = "Examples:\n  pum diff prod reference\n  pum diff prod deltas/ -o upgrade.sql\n  pum diff prod reference --allow-loss \"app.old_*\""
    )]
    Diff(Box<Diff>),
    /// Write a new delta, or prove those that are pending.
    Delta(Delta),
    /// Write the schema of a database or another source to a file.
    #[command(
        after_help = "Examples:\n  pum snapshot prod -o schema.json\n  pum snapshot deltas/ -o schema.json"
    )]
    Snapshot(Snapshot),
    /// Back up a database: dump it, read the dump back, record its checksum.
    #[command(
        after_help = "Examples:\n  pum dump -p prod prod.dump\n  pum dump -p prod --dir /backups --keep 7\n  pum dump -p prod --cluster --dir /backups"
    )]
    Dump(Dump),
    /// Restore a dump into a new database.
    #[command(
        after_help = "Examples:\n  pum restore -p prod --as prod_copy prod.dump\n  pum restore -p test --replace prod.dump\n  pum restore -p other --cluster /backups"
    )]
    Restore(Restore),
    /// Verify that a database is intact and restorable.
    #[command(
        after_help = "Examples:\n  pum verify prod\n  pum verify prod --against copy --level deep"
    )]
    Verify(Verify),
    /// Copy a database, on its server or to another one, including a newer major version.
    #[command(
        after_help = "Examples:\n  pum clone prod --suffix _test\n  pum clone prod --on new_server"
    )]
    Clone(CloneDatabase),
    /// Create the upgrades table at a version.
    #[command(after_help = "Examples:\n  pum baseline -p prod -t sys.upgrades -d deltas -b 1.2.0")]
    Baseline(Baseline),
    /// Show applied and pending deltas.
    #[command(
        after_help = "Examples:\n  pum info -p prod -t sys.upgrades -d deltas\n  pum info -p prod -t sys.upgrades -d deltas --check"
    )]
    Info(Info),
    /// Apply pending deltas.
    #[command(
        after_help = "Examples:\n  pum upgrade -p prod -t sys.upgrades -d deltas --dry-run\n  pum upgrade -p prod -t sys.upgrades -d deltas -u 1.3.0 --lock-timeout 5s\n  pum upgrade -p prod -t sys.upgrades --to reference"
    )]
    Upgrade(Box<Upgrade>),
    /// Undo deltas by the scripts beside them (.down.sql), the last one first.
    #[command(
        after_help = "Examples:\n  pum downgrade -p prod -t sys.upgrades -d deltas --to 1.2.0"
    )]
    Downgrade(Downgrade),
    /// Report what is risky in pending deltas, or in all of a directory: long locks, lost data.
    #[command(
        after_help = "Examples:\n  pum lint -d deltas\n  pum lint -p prod -t sys.upgrades -d deltas"
    )]
    Lint(Lint),
    /// Record the current checksums of deltas that were changed after they were applied.
    #[command(after_help = "Examples:\n  pum repair -p prod -t sys.upgrades -d deltas")]
    Repair(Repair),
    /// Install the module of a PUM 1 project: its table, all its changelogs, roles and application.
    #[command(
        after_help = "Examples:\n  pum install -p prod -d .\n  pum install -p prod -d . -u 1.2.0 --demo-data small"
    )]
    Install(Install),
    /// Remove the module of a PUM 1 project by its own scripts, after naming what is lost.
    #[command(
        after_help = "Examples:\n  pum uninstall -p prod -d . --dry-run\n  pum uninstall -p prod -d ."
    )]
    Uninstall(Uninstall),
    /// Create, drop or recreate the application of a PUM 1 project: its views and functions.
    #[command(after_help = "Examples:\n  pum app recreate -p prod -d .")]
    App(App),
    /// Create, grant, drop or check the roles that a PUM 1 project declares.
    Role(Role),
    /// Create or drop a database, or change who may connect to it.
    Db(Db),
    /// Rehearse the upgrade on a copy, compare it with a reference, then upgrade production.
    #[command(
        after_help = "Examples:\n  pum test-and-upgrade -pp prod -pt test -pc reference -t sys.upgrades -d deltas\n  pum test-and-upgrade -pp prod --reference schema.json -t sys.upgrades -d deltas --until compare\n  pum test-and-upgrade -pp \"tenant_*\" --reference schema.json -t sys.upgrades -d deltas --yes"
    )]
    TestAndUpgrade(Box<TestAndUpgrade>),
    /// List, open or remove the runs of test-and-upgrade that are kept.
    #[command(
        after_help = "Examples:\n  pum runs\n  pum runs open last\n  pum runs prune --keep 10"
    )]
    Runs(Runs),
    /// Create a pum.toml from what is found here.
    #[command(after_help = "Examples:\n  pum init -p prod -d deltas")]
    Init(Init),
    /// Check the setup and report problems: connections, rights, programs, deltas.
    #[command(after_help = "Examples:\n  pum doctor\n  pum doctor prod test")]
    Doctor(Doctor),
    /// Run the Manager on the sample data model, on a throw-away server.
    #[command(after_help = "Examples:\n  pum demo\n  pum demo --drift")]
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
