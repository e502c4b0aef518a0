//! Options of comparisons.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, ValueEnum};
use pum_core::compare::SchemaMapping;
use pum_core::delta::{parse_duration, parse_time_limit};
use pum_core::plan::{ConversionSpec, RenameSpec};

use super::{FailOn, Sources};

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

#[derive(Debug, Clone, Default, PartialEq, Args)]
pub(crate) struct Filter {
    /// How much is compared.
    #[arg(long, value_enum)]
    pub(crate) preset: Option<Preset>,
    /// Ignore these elements (tables, columns …) or attributes (owner, columns.comment); pum check
    /// --list-elements shows all.
    #[arg(short, long, num_args = 1.., value_name = "ELEMENT")]
    pub(crate) ignore: Vec<String>,
    /// Compare these elements or attributes although the preset leaves them out, such as
    /// columns.position.
    #[arg(long, num_args = 1.., value_name = "ELEMENT")]
    pub(crate) include: Vec<String>,
    /// Ignore schemas, by a glob.
    #[arg(short = 'N', long, value_name = "SCHEMA")]
    pub(crate) exclude_schema: Vec<String>,
    /// Ignore columns, by an SQL LIKE pattern.
    #[arg(short = 'P', long, value_name = "PATTERN")]
    pub(crate) exclude_field_pattern: Vec<String>,
    /// Ignore objects and everything that belongs to them, by a glob on schema.name.
    #[arg(long, value_name = "GLOB")]
    pub(crate) exclude_object: Vec<String>,
    /// Partitions of these tables, by a glob on schema.name, come and go: which there are does not count,
    /// that each has the shape of its table does. Can be repeated.
    #[arg(long, value_name = "GLOB")]
    pub(crate) managed_partitions: Vec<String>,
    /// Compare partitions that pg_partman or TimescaleDB makes one by one; by default they come and go.
    #[arg(long)]
    pub(crate) no_partition_managers: bool,
}

impl Filter {
    /// Whether none of its options is given.
    pub(crate) fn is_default(&self) -> bool {
        *self == Self::default()
    }
}

#[derive(Debug, Args)]
pub(crate) struct Check {
    /// First database, or another source: a snapshot, a directory of migrations, an SQL file, a
    /// dump. Default: production of pum.toml, also if there is one argument, which is then B.
    #[arg(value_name = "A")]
    pub(crate) left: Option<String>,
    /// Second database, or another source. Default: the reference of pum.toml.
    #[arg(value_name = "B")]
    pub(crate) right: Option<String>,
    /// First database.
    #[arg(
        short,
        long,
        alias = "pg_service",
        value_name = "A",
        conflicts_with = "pg_service1",
        help_heading = "Databases"
    )]
    pub(crate) pg_service: Option<String>,
    /// First database; also -p1.
    #[arg(long, alias = "pg_service1", value_name = "A", help_heading = "Databases")]
    pub(crate) pg_service1: Option<String>,
    /// Second database; also -p2.
    #[arg(
        long,
        alias = "pg_service2",
        value_name = "B",
        conflicts_with = "right",
        help_heading = "Databases"
    )]
    pub(crate) pg_service2: Option<String>,
    #[command(flatten, next_help_heading = "Comparison")]
    pub(crate) filter: Filter,
    #[command(flatten, next_help_heading = "Migrations and scripts")]
    pub(crate) sources: Sources,
    /// Upgrades table, to leave out of the comparison.
    #[arg(
        short,
        long,
        value_name = "TABLE",
        env = "PUM_UPGRADES_TABLE",
        help_heading = "Comparison"
    )]
    pub(crate) table: Option<String>,
    #[command(flatten, next_help_heading = "Reports")]
    pub(crate) reports: Reports,
    #[command(flatten, next_help_heading = "Accepted differences")]
    pub(crate) acceptance: Acceptance,
    /// How long to wait for a lock on a table or view, such as 5s.
    #[arg(long, value_name = "TIME", value_parser = parse_time_limit, help_heading = "Comparison")]
    pub(crate) lock_timeout: Option<Duration>,
    /// Compare catalog values that this version of pum does not know, verbatim.
    #[arg(long, help_heading = "Comparison")]
    pub(crate) allow_unknown: bool,
    /// Compare only these schemas, each with a schema of another name: A=B, where A may be a glob, such as
    /// tenant_*=public. Names in definitions count as those of the counterpart. Can be repeated; without a
    /// second source both are in the first one.
    #[arg(long, value_name = "A=B", value_delimiter = ',', help_heading = "Comparison")]
    pub(crate) map_schema: Vec<SchemaMapping>,
    /// Only list the names of all elements and attributes.
    #[arg(long, help_heading = "Comparison")]
    pub(crate) list_elements: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Diff {
    /// The schema to start from: a database, a directory of migrations, an SQL file, a dump.
    #[arg(value_name = "A")]
    pub(crate) left: String,
    /// The schema to get to.
    #[arg(value_name = "B")]
    pub(crate) right: String,
    /// Write the statements to a file, which is there completely or not at all.
    #[arg(short, long, value_name = "FILE")]
    pub(crate) output_file: Option<PathBuf>,
    /// Form of what is written.
    #[arg(long, value_enum, default_value_t)]
    pub(crate) format: ScriptFormat,
    #[command(flatten)]
    pub(crate) planning: Planning,
    /// A copy of A with its rows, in which is counted what stands in the way, such as NULLs in a column
    /// that becomes NOT NULL. It is shown at the head of the script.
    #[arg(long, value_name = "COPY")]
    pub(crate) on: Option<String>,
    /// Where there are several ways to make a change, run each on copies that the server makes of that of
    /// --on, and take the one for which others wait the least, then the faster one. In all no longer than
    /// this, such as 10min; no other session may be connected to the copy.
    #[arg(long, value_name = "TIME", requires = "on", num_args = 0..=1, default_missing_value = "10min",
          value_parser = parse_duration)]
    pub(crate) measure_for: Option<Duration>,
    /// Write the file although some statements are missing or commented out.
    #[arg(long, requires = "output_file")]
    pub(crate) partial: bool,
    /// Do not run the statements on a copy of A on a scratch server.
    #[arg(long)]
    pub(crate) no_proof: bool,
    #[command(flatten, next_help_heading = "Comparison")]
    pub(crate) filter: Filter,
    #[command(flatten, next_help_heading = "Migrations and scripts")]
    pub(crate) sources: Sources,
    /// Upgrades table, to leave out.
    #[arg(
        short,
        long,
        value_name = "TABLE",
        env = "PUM_UPGRADES_TABLE",
        help_heading = "Comparison"
    )]
    pub(crate) table: Option<String>,
    /// Only for pum check.
    #[arg(long, value_name = "A=B", hide = true)]
    pub(crate) map_schema: Vec<String>,
}

/// How statements from one schema to another are written.
#[derive(Debug, Clone, Default, Args)]
pub(crate) struct Planning {
    /// Allow statements that destroy data, by a glob on the name of the object; without one, all.
    #[arg(long, value_name = "GLOB", num_args = 0..)]
    pub(crate) allow_loss: Option<Vec<String>>,
    /// An object that gets another name, as in "column app.t.old=new", "table app.t=u",
    /// "function app.f(int)=g", "value app.mood.'sad'='unhappy'". Can be repeated.
    #[arg(long, value_name = "KIND NAME=NEW")]
    pub(crate) rename: Vec<RenameSpec>,
    /// Do not look for renames that can be seen: in the scripts of B, by object identifiers where both
    /// are of one template, by equal values with equal keys.
    #[arg(long)]
    pub(crate) no_seen_renames: bool,
    /// How the values of a column that gets another type are converted, as in
    /// "column app.t.a=a::integer", where there is no cast or another one is wanted. Can be repeated.
    #[arg(long, value_name = "COLUMN=EXPRESSION")]
    pub(crate) using: Vec<ConversionSpec>,
    /// For which tables the statements let others read and write meanwhile, in several
    /// transactions. auto: those from 10 MB on.
    #[arg(long, value_enum, default_value_t, value_name = "WHEN")]
    pub(crate) online: Online,
    /// Leave out what is dropped and created again, one after the other, on copies of the schema on a
    /// scratch server, and keep what the rest fails without. No trial begins after this time, such as
    /// 60s, which is the default.
    #[arg(long, value_name = "TIME", num_args = 0..=1, default_missing_value = "60s",
          value_parser = parse_duration)]
    pub(crate) minimal: Option<Duration>,
}

/// For which tables statements are written so that others can use them meanwhile.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Online {
    /// Large ones.
    #[default]
    Auto,
    /// None: as few statements as possible.
    Never,
    /// All that are there, also by copying columns in batches.
    Always,
}

impl From<Online> for pum_core::plan::OnlineMode {
    fn from(online: Online) -> Self {
        match online {
            Online::Auto => Self::Auto,
            Online::Never => Self::Never,
            Online::Always => Self::Always,
        }
    }
}

/// The form of statements.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum ScriptFormat {
    /// A script for psql.
    #[default]
    Sql,
    /// For programs.
    Json,
}

/// How differences are shown.
#[derive(Debug, Default, Args)]
pub(crate) struct Reports {
    /// In text, 0: only the verdict, 1: short values, 2: all.
    #[arg(short, long, alias = "verbose_level", value_name = "LEVEL", default_value_t = 2,
          value_parser = clap::value_parser!(u8).range(0..=2))]
    pub(crate) verbose_level: u8,
    #[command(flatten)]
    pub(crate) output: ReportOutput,
    /// Which differences fail the check (exit code 1): any, none, only-left, only-right, values, or
    /// elements and attributes as for --ignore. All are reported. By default any.
    #[arg(long, value_name = "WHAT", value_delimiter = ',', num_args = 1)]
    pub(crate) fail_on: Vec<FailOn>,
    /// Show the differences as a page in the browser (BROWSER, or the desktop's own). Without
    /// --report html=FILE it is written to a temporary file.
    #[arg(long)]
    pub(crate) open: bool,
}

/// In which forms a report is written, and where to.
#[derive(Debug, Default, Args)]
pub(crate) struct ReportOutput {
    /// Write the report to a file, and only the verdict to standard output.
    #[arg(short, long, alias = "output_file", value_name = "FILE")]
    pub(crate) output_file: Option<PathBuf>,
    /// Format of the report.
    #[arg(long, value_enum, default_value_t)]
    pub(crate) format: ReportFormat,
    /// Also write a report to a file, such as html=drift.html or junit=drift.xml. Can be repeated.
    #[arg(long, value_name = "FORMAT=FILE", value_parser = report_file)]
    pub(crate) report: Vec<ReportFile>,
}

impl ReportOutput {
    /// The reports that are written to files.
    pub(crate) fn files(&self) -> Vec<ReportFile> {
        let format = self.format;
        let classic = self.output_file.iter().map(|path| ReportFile { format, path: path.clone() });
        classic.chain(self.report.iter().cloned()).collect()
    }
}

/// The form of a report.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum ReportFormat {
    /// For a person at a terminal.
    #[default]
    Text,
    /// For programs.
    Json,
    /// For a comment on a pull request.
    Markdown,
    /// A page for a browser, in one file.
    Html,
    /// Test results for the dashboards of CI servers.
    Junit,
    /// SARIF 2.1.0.
    Sarif,
    /// Annotations of a GitHub Actions run.
    Github,
}

/// A report that is written to a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ReportFile {
    pub(crate) format: ReportFormat,
    pub(crate) path: PathBuf,
}

pub(super) fn report_file(text: &str) -> Result<ReportFile, String> {
    report_file_of(ReportFormat::value_variants(), "html=drift.html", text)
}

/// The forms that the report of a run has.
pub(super) fn run_report_file(text: &str) -> Result<ReportFile, String> {
    let formats = [ReportFormat::Text, ReportFormat::Json, ReportFormat::Html];
    report_file_of(&formats, "html=run.html", text)
}

fn report_file_of(
    formats: &[ReportFormat],
    example: &str,
    text: &str,
) -> Result<ReportFile, String> {
    let example = format!("such as {example}");
    let (name, path) =
        text.split_once('=').ok_or_else(|| format!("not of the form FORMAT=FILE, {example}"))?;
    let name_of = |format: &ReportFormat| Some(format.to_possible_value()?.get_name().to_owned());
    let format = formats.iter().find(|format| name_of(format).is_some_and(|known| known == name));
    let Some(format) = format else {
        let known: Vec<String> = formats.iter().filter_map(name_of).collect();
        return Err(format!("\"{name}\" is not a format; the formats are {}", known.join(", ")));
    };
    if path.is_empty() {
        return Err(format!("the file is missing, {example}"));
    }
    Ok(ReportFile { format: *format, path: path.into() })
}

/// Differences that are accepted one by one.
#[derive(Debug, Default, Args)]
pub(crate) struct Acceptance {
    /// Accept all current differences: write them to pum.accepted.toml next to pum.toml. They are
    /// hidden until one of their values changes.
    #[arg(long, requires = "reason")]
    pub(crate) accept: bool,
    /// Why they are accepted.
    #[arg(long, value_name = "TEXT", requires = "accept",
          value_parser = clap::builder::NonEmptyStringValueParser::new())]
    pub(crate) reason: Option<String>,
    /// Remove accepted differences that no longer exist from pum.accepted.toml.
    ///
    /// Not together with filters: what they leave out looks gone.
    #[arg(long, conflicts_with_all = ["preset", "ignore", "exclude_schema",
          "exclude_field_pattern", "exclude_object"])]
    pub(crate) forget_gone: bool,
    /// The file of accepted differences, instead of pum.accepted.toml.
    #[arg(long, value_name = "FILE")]
    pub(crate) accepted_file: Option<PathBuf>,
}
