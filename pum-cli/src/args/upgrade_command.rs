//! Options of `pum upgrade`.

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use pum_core::delta::parse_duration;

use super::compare::run_report_file;
use super::{Filter, Format, Planning, ReportFile, Run, Target, TestSource};

#[derive(Debug, Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is an option of its own")]
pub(crate) struct Upgrade {
    #[command(flatten, next_help_heading = "Database and deltas")]
    pub(crate) target: Target,
    #[command(flatten, next_help_heading = "Running scripts")]
    pub(crate) run: Run,
    /// The same as --allow-beta-testing: its name in PUM 1.
    #[arg(long, hide = true)]
    pub(crate) force: bool,
    /// There is no such check: its name in PUM 1.
    #[arg(long = "skip-baseline-check", hide = true)]
    pub(crate) _skip_baseline_check: bool,
    /// If the database is empty, create its upgrades table at version 0.0.0, so that all deltas are applied.
    /// Asks first.
    #[arg(long, conflicts_with = "dry_run")]
    pub(crate) create: bool,
    /// Only show what would run.
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Run everything in one transaction, and roll it back at the end.
    #[arg(long, conflicts_with = "dry_run")]
    pub(crate) rehearse: bool,
    /// Decide about the statement at which an earlier run of a delta without a transaction stopped:
    /// it was "done", or must run "again". With --to: continue an earlier run, or the "last" one, with the
    /// delta that it planned, if nothing that matters has changed since.
    #[arg(long, value_name = "HOW")]
    pub(crate) resume: Option<String>,
    /// Format of the output.
    #[arg(long, value_enum, default_value_t)]
    pub(crate) format: Format,
    #[command(flatten, next_help_heading = "Upgrade to a schema")]
    pub(crate) to: UpgradeTo,
}

/// What an upgrade to a reference needs.
#[derive(Debug, Default, Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is an option of its own")]
pub(crate) struct UpgradeTo {
    /// Bring the database to this schema (a database, a snapshot, a directory of migrations, an SQL
    /// file, a dump): write the delta that does it, rehearse it on a copy with rows, compare the copy
    /// with the schema, ask, and apply it. It is kept in the directory of the run, and in the first
    /// delta directory if there is one.
    #[arg(long, value_name = "B", conflicts_with_all = ["create", "dry_run", "rehearse", "max_version"])]
    pub(crate) to: Option<String>,
    /// The free part of the name of the delta. Default: to_reference.
    #[arg(long, value_name = "NAME", requires = "to")]
    pub(crate) name: Option<String>,
    /// Give it this version. Default: the next patch version.
    #[arg(long, value_name = "X.Y.Z", requires = "to", conflicts_with_all = ["minor", "major"])]
    pub(crate) version: Option<String>,
    /// Give it the next minor version.
    #[arg(long, requires = "to", conflicts_with = "major")]
    pub(crate) minor: bool,
    /// Give it the next major version.
    #[arg(long, requires = "to")]
    pub(crate) major: bool,
    #[command(flatten)]
    pub(crate) planning: Planning,
    /// Where there are several ways to make a change, first run each on copies that the server makes of a
    /// copy with rows, which is made as for the rehearsal, and take the one for which others wait the least,
    /// then the faster one. Measured no longer than this, such as 10min; dump and restore come on top.
    #[arg(long, value_name = "TIME", requires = "to", conflicts_with = "resume", num_args = 0..=1,
          default_missing_value = "10min", value_parser = parse_duration)]
    pub(crate) measure_for: Option<Duration>,
    #[command(flatten)]
    pub(crate) filter: Filter,
    /// Rehearse on this database, whose content is replaced; also -pt. Default: a scratch database.
    #[arg(long, alias = "pg_service_test", value_name = "B", requires = "to")]
    pub(crate) pg_service_test: Option<String>,
    /// Where the test database comes from, as in pum test-and-upgrade.
    #[arg(long, value_enum, requires = "to")]
    pub(crate) test_source: Option<TestSource>,
    /// Write the dump of the database to this file. Default: the run's directory.
    #[arg(short, long, value_name = "FILE", requires = "to")]
    pub(crate) file: Option<PathBuf>,
    /// Directory in which each run keeps its delta, its dump and its reports.
    #[arg(long, value_name = "DIR", env = "PUM_RUNS", help_heading = "Upgrade to a schema")]
    pub(crate) runs: Option<PathBuf>,
    /// Also write a report to a file: html=run.html, json=run.json or text=run.txt. Can be
    /// repeated.
    #[arg(long, value_name = "FORMAT=FILE", value_parser = run_report_file, requires = "to")]
    pub(crate) report: Vec<ReportFile>,
    /// Show the report in the browser (BROWSER, or the desktop's own) at the end of the run.
    #[arg(long, requires = "to")]
    pub(crate) open: bool,
    /// Upgrade as rehearsed by the run that --resume names, without a question. An error if anything has
    /// changed since, or if the rehearsal did not come to its end.
    #[arg(long, requires_all = ["to", "resume"])]
    pub(crate) approve: bool,
    /// Stop after this step, as in pum test-and-upgrade. After "approve" only the decision is missing: see
    /// --approve.
    #[arg(long, value_name = "STEP", requires = "to")]
    pub(crate) until: Option<pum_core::manager::RunStep>,
    /// Answer all questions with yes. Only an upgrade with --to or --create asks.
    #[arg(short, long)]
    pub(crate) yes: bool,
    /// Ask nothing: a question that --yes does not answer is an error.
    #[arg(long)]
    pub(crate) non_interactive: bool,
}

impl UpgradeTo {
    /// Whether what is for an upgrade to a reference is given without one.
    pub(crate) fn is_useless(&self) -> bool {
        let Planning { allow_loss, rename, using, .. } = &self.planning;
        let is_planned = allow_loss.is_some() || !rename.is_empty() || !using.is_empty();
        self.to.is_none() && (is_planned || !self.filter.is_default())
    }
}

impl Upgrade {
    /// Without the options that the old `upgrader` does not have.
    pub(crate) fn plain(target: Target, run: Run) -> Self {
        let format = Format::Text;
        let to = UpgradeTo::default();
        Self {
            target,
            run,
            force: false,
            _skip_baseline_check: false,
            create: false,
            dry_run: false,
            rehearse: false,
            resume: None,
            format,
            to,
        }
    }
}
