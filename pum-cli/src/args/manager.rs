//! Options of the Manager.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, ValueEnum};
use pum_core::delta::parse_duration;

use super::compare::run_report_file;
use super::{Deltas, Filter, Format, Planning, ReportFile, Run};

/// Where the test database comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum TestSource {
    /// A dump of production, restored.
    Full,
    /// A dump without data, restored: what a delta does to rows is not rehearsed.
    Schema,
    /// A copy of production's files that its own server makes, while no other session is connected.
    Template,
    /// The database of -pt as it is: a disposable copy of production.
    Service,
}

/// Formats of a dump that can be restored by several connections.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum ArchiveFormat {
    #[default]
    Custom,
    Directory,
}

impl From<ArchiveFormat> for pum_core::dump::Format {
    fn from(format: ArchiveFormat) -> Self {
        match format {
            ArchiveFormat::Custom => Self::Custom,
            ArchiveFormat::Directory => Self::Directory,
        }
    }
}

#[derive(Debug, Default, Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is an option of its own")]
pub(crate) struct TestAndUpgrade {
    /// Production; also -pp. Repeat it, or give a glob on service names, to upgrade several
    /// databases; those with the same schema share one rehearsal.
    #[arg(
        long,
        alias = "pg_service_prod",
        value_name = "A",
        env = "PUM_PRODUCTION",
        hide_env_values = true,
        help_heading = "Databases"
    )]
    pub(crate) pg_service_prod: Vec<String>,
    /// How many production databases to upgrade at once; more than one needs --yes.
    #[arg(long, value_name = "N", default_value_t = 1,
          value_parser = clap::value_parser!(u16).range(1..), help_heading = "Databases")]
    pub(crate) parallel: u16,
    /// Start no further production database after one has failed.
    #[arg(long, help_heading = "Databases")]
    pub(crate) stop_on_failure: bool,
    /// Test database, whose content is replaced; also -pt. Default: a scratch database.
    #[arg(
        long,
        alias = "pg_service_test",
        value_name = "B",
        env = "PUM_TEST",
        hide_env_values = true,
        help_heading = "Databases"
    )]
    pub(crate) pg_service_test: Option<String>,
    /// Reference database; also -pc.
    #[arg(
        long,
        alias = "pg_service_comp",
        value_name = "C",
        env = "PUM_REFERENCE",
        hide_env_values = true,
        help_heading = "Databases"
    )]
    pub(crate) pg_service_comp: Option<String>,
    /// Build the reference from anything that pum check takes: a snapshot, a directory of
    /// migrations (such as all deltas), a dump. "none": there is no reference, the result is compared
    /// with nothing.
    #[arg(long, value_name = "SOURCE", conflicts_with_all = ["pg_service_comp", "reference_sql"], help_heading = "Reference")]
    pub(crate) reference: Option<String>,
    /// Build the reference on a scratch database from these SQL files.
    #[arg(long, num_args = 1.., value_name = "FILE", conflicts_with = "pg_service_comp", help_heading = "Reference")]
    pub(crate) reference_sql: Vec<PathBuf>,
    /// Build the reference on a scratch database with this shell command; the connection is in PG*
    /// variables.
    #[arg(long, value_name = "COMMAND", conflicts_with_all = ["pg_service_comp", "reference", "reference_sql"], help_heading = "Reference")]
    pub(crate) reference_command: Option<String>,
    #[command(flatten, next_help_heading = "Deltas")]
    pub(crate) deltas: Deltas,
    /// Where the test database comes from. Default: full with -pt; without -pt, full up to a size
    /// of production (test_full_up_to_gb in pum.toml, 50), else schema.
    #[arg(long, value_enum, help_heading = "Test database")]
    pub(crate) test_source: Option<TestSource>,
    /// Dump the rows of these tables, by a glob on schema.table, and of no others; implies
    /// --test-source schema.
    #[arg(long, num_args = 1.., value_name = "GLOB", help_heading = "Test database")]
    pub(crate) with_data: Vec<String>,
    /// Command that creates the test database, a disposable copy of production, and prints its
    /// connection as the last line.
    #[arg(long, value_name = "COMMAND", requires = "test_destroy",
          conflicts_with_all = ["test_source", "pg_service_test"], help_heading = "Test database")]
    pub(crate) test_create: Option<String>,
    /// Command that removes what --test-create made; it always runs, with the connection in
    /// PUM_TEST.
    #[arg(long, value_name = "COMMAND", requires = "test_create", help_heading = "Test database")]
    pub(crate) test_destroy: Option<String>,
    /// Keep the rehearsed copy, whatever comes of the run: the report tells how to connect to it, and
    /// how to remove it. A scratch server keeps running for that.
    #[arg(long, help_heading = "Test database")]
    pub(crate) keep_test: bool,
    /// Where to write the dump of production. Default: the run's directory.
    #[arg(short, long, value_name = "FILE", help_heading = "Dump of production")]
    pub(crate) file: Option<PathBuf>,
    /// A file, or a directory, which several connections can write.
    #[arg(
        short = 'F',
        long = "dump-format",
        value_enum,
        default_value_t,
        value_name = "FORMAT",
        help_heading = "Dump of production"
    )]
    pub(crate) dump_format: ArchiveFormat,
    /// How many connections restore the dump to test, and write it with -F directory. Default: 1;
    /// on a scratch server one per processor, at most 4, for the restore.
    #[arg(short, long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..), help_heading = "Dump of production")]
    pub(crate) jobs: Option<u16>,
    /// Directory in which each run keeps its dump, its reports, and what --resume needs.
    #[arg(long, value_name = "DIR", env = "PUM_RUNS", help_heading = "Steps and questions")]
    pub(crate) runs: Option<PathBuf>,
    /// Continue an earlier run, or the "last" one, if nothing that matters has changed since.
    #[arg(long, value_name = "ID", help_heading = "Steps and questions")]
    pub(crate) resume: Option<String>,
    /// Upgrade production as rehearsed by the run that --resume names, without a question. An error
    /// if anything has changed since, or if the rehearsal did not come to its end.
    #[arg(long, requires = "resume", help_heading = "Steps and questions")]
    pub(crate) approve: bool,
    /// Stop after this step: preflight, prepare, dump, restore, verify-test, upgrade-test,
    /// build-reference, compare, plan, approve or confirm, or by its name on the screen, such as
    /// check-limits. After "approve" only the decision is missing: see --approve.
    #[arg(long, value_name = "STEP", help_heading = "Steps and questions")]
    pub(crate) until: Option<pum_core::manager::RunStep>,
    /// Baseline of production, if it has no upgrades table.
    #[arg(short, long, value_name = "X.Y.Z", help_heading = "Running scripts")]
    pub(crate) baseline: Option<String>,
    /// Continue after errors of pg_restore.
    #[arg(short = 'x', help_heading = "Dump of production")]
    pub(crate) ignore_restore_errors: bool,
    #[command(flatten, next_help_heading = "Comparison")]
    pub(crate) filter: Filter,
    #[command(flatten, next_help_heading = "Running scripts")]
    pub(crate) run: Run,
    /// Commit each script separately. Otherwise all run in one transaction where possible, which is
    /// committed only if production matches the rehearsal.
    #[arg(long, conflicts_with = "single_transaction", help_heading = "Running scripts")]
    pub(crate) script_by_script: bool,
    /// Answer all questions with yes.
    #[arg(short, long, help_heading = "Steps and questions")]
    pub(crate) yes: bool,
    /// Ask nothing: a question that --yes does not answer is an error.
    #[arg(long, help_heading = "Steps and questions")]
    pub(crate) non_interactive: bool,
    /// For start-up scripts: if nothing is pending, print nothing and need neither test nor
    /// reference.
    #[arg(long, help_heading = "Steps and questions")]
    pub(crate) if_pending: bool,
    #[command(flatten, next_help_heading = "Delta that closes a gap")]
    pub(crate) planning: Planning,
    /// Where there are several ways to make a change, run each on copies that the server makes of the
    /// rehearsed copy, and take the one for which others wait the least, then the faster one. In all no
    /// longer than this, such as 10min.
    #[arg(long, value_name = "TIME", num_args = 0..=1, default_missing_value = "10min",
          value_parser = parse_duration, help_heading = "Delta that closes a gap")]
    pub(crate) measure_for: Option<Duration>,
    #[command(flatten, next_help_heading = "Reports")]
    pub(crate) reports: RunReports,
}

/// How a run is reported.
#[derive(Debug, Clone, Default, Args)]
pub(crate) struct RunReports {
    /// Format of the output.
    #[arg(long, value_enum, default_value_t)]
    pub(crate) format: Format,
    /// Also write a report to a file: html=run.html, json=run.json or text=run.txt. Can be
    /// repeated.
    #[arg(long, value_name = "FORMAT=FILE", value_parser = run_report_file)]
    pub(crate) report: Vec<ReportFile>,
    /// Show the report in the browser (BROWSER, or the desktop's own) at the end of the run.
    #[arg(long)]
    pub(crate) open: bool,
    /// If the upgraded copy differs from the reference, save the delta that closes the gap in this
    /// delta directory, in its layout, with the next version.
    #[arg(long, value_name = "DIR")]
    pub(crate) write_delta: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct Demo {
    /// Use a careless delta, and see the difference caught.
    #[arg(long)]
    pub(crate) drift: bool,
    /// Leave the report of the run in this directory, as pum-demo.html.
    #[arg(long)]
    pub(crate) keep: bool,
    #[command(flatten)]
    pub(crate) reports: RunReports,
}
