//! The commands of the Python program, and what they are here.

use std::path::PathBuf;

use clap::Args;
use clap::builder::BoolishValueParser;

use super::{
    Acceptance, ArchiveFormat, Check, Deltas, Dump, DumpWhat, Filter, Planning, Preset, Reports,
    Restore, Roles, Run, RunReports, Sources, Target, TestAndUpgrade, TestSource,
};

/// `checker -p1 -p2 [-s [SILENT]] [-i ELEMENT…]`
#[derive(Debug, Args)]
pub(crate) struct Checker {
    #[arg(long, alias = "pg_service1")]
    pub(crate) pg_service1: String,
    #[arg(long, alias = "pg_service2")]
    pub(crate) pg_service2: String,
    #[arg(short, long, num_args = 0..=1, default_value = "false", default_missing_value = "true",
          value_parser = BoolishValueParser::new())]
    pub(crate) silent: bool,
    #[arg(short, long, num_args = 1..)]
    pub(crate) ignore: Vec<String>,
}

/// `dumper -p (-d|-r) FILE`, with `--replace` and `--yes` of a restore
#[derive(Debug, Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is an option of the command line")]
pub(crate) struct Dumper {
    #[arg(short, long, alias = "pg_service")]
    pub(crate) pg_service: String,
    #[arg(short, long, required_unless_present = "restore", conflicts_with = "restore")]
    pub(crate) dump: bool,
    #[arg(short, long)]
    pub(crate) restore: bool,
    // What the hint of a restore into a database that is not empty names.
    #[arg(long, requires = "restore")]
    pub(crate) replace: bool,
    #[arg(short, long, requires = "restore")]
    pub(crate) yes: bool,
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
            pg_service: None,
            pg_service1: Some(old.pg_service1),
            pg_service2: Some(old.pg_service2),
            filter: classic(old.ignore),
            sources: Sources::default(),
            table: None,
            reports: Reports {
                verbose_level: if old.silent { 0 } else { 2 },
                ..Reports::default()
            },
            acceptance: Acceptance::default(),
            lock_timeout: None,
            allow_unknown: false,
            map_schema: Vec::new(),
            list_elements: false,
        }
    }
}

impl From<Dumper> for Dump {
    fn from(old: Dumper) -> Self {
        Self {
            cluster: false,
            exclude_database: Vec::new(),
            pg_service: Some(old.pg_service),
            what: DumpWhat::default(),
            dir: None,
            keep: None,
            file: Some(old.file),
        }
    }
}

impl From<Dumper> for Restore {
    fn from(old: Dumper) -> Self {
        Self {
            cluster: None,
            keep_roles: false,
            pg_service: old.pg_service,
            name: None,
            suffix: None,
            owner: None,
            ignore_errors: false,
            exclude_schema: Vec::new(),
            jobs: 1,
            replace: old.replace,
            yes: old.yes,
            roles: Roles::default(),
            no_tablespaces: false,
            no_analyze: false,
            allow: Vec::new(),
            verbose: false,
            file: Some(old.file),
        }
    }
}

impl From<Manager> for TestAndUpgrade {
    fn from(old: Manager) -> Self {
        Self {
            pg_service_prod: vec![old.pg_service_prod],
            parallel: 1,
            stop_on_failure: false,
            pg_service_test: Some(old.pg_service_test),
            pg_service_comp: Some(old.pg_service_comp),
            reference: None,
            reference_sql: Vec::new(),
            reference_command: None,
            deltas: Deltas { table: None, dir: Vec::new() },
            test_source: Some(TestSource::Full),
            with_data: Vec::new(),
            test_create: None,
            test_destroy: None,
            keep_test: false,
            file: None,
            dump_format: ArchiveFormat::default(),
            jobs: None,
            runs: None,
            resume: None,
            until: None,
            baseline: None,
            ignore_restore_errors: false,
            filter: classic(Vec::new()),
            run: Run { allow_changed: true, ..old.run },
            script_by_script: false,
            yes: false,
            non_interactive: false,
            if_pending: false,
            approve: false,
            planning: Planning::default(),
            measure_for: None,
            reports: RunReports::default(),
        }
    }
}
