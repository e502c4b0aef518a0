//! `pum.toml`, or the Python program's `db_manager_config.yaml`.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::time::Duration;

use jiff::civil::Date;
use pum_core::delta::{LintRule, parse_time_limit};
use pum_core::did_you_mean::nearest;
use serde::Deserialize;

use crate::args::{Preset, VariableForm};
use crate::error::CliError;
use crate::usage::may_hold_a_secret;

#[cfg_attr(not(feature = "yaml"), path = "config/no_yaml.rs")]
mod yaml;

/// The configuration files looked for, upwards from the working directory, in this order.
const NAMES: &[&str] = &["pum.toml", "db_manager_config.yaml"];

/// What a configuration file may say. Relative paths in it are relative to the file.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(clippy::struct_excessive_bools, reason = "each is a key of its own")]
pub(crate) struct Config {
    /// The file that this is from.
    #[serde(skip)]
    pub(crate) path: Option<PathBuf>,
    /// Connections of the Manager.
    #[serde(default, deserialize_with = "one_or_many")]
    pub(crate) production: Vec<String>,
    pub(crate) test: Option<String>,
    #[serde(default)]
    pub(crate) reference: Reference,
    pub(crate) upgrades_table: Option<String>,
    #[serde(default, alias = "delta_dir", deserialize_with = "one_or_many")]
    pub(crate) delta_dirs: Vec<PathBuf>,
    pub(crate) backup_file: Option<PathBuf>,
    /// The largest production that is rehearsed on with all its rows if nothing else is said.
    pub(crate) test_full_up_to_gb: Option<u64>,
    /// Where each run of the Manager has a directory.
    pub(crate) runs_dir: Option<PathBuf>,
    /// How many runs are kept, 0 for all.
    pub(crate) keep_runs: Option<usize>,
    #[serde(default)]
    pub(crate) limits: Limits,
    #[serde(default, deserialize_with = "maybe_list")]
    pub(crate) ignore_elements: Vec<String>,
    pub(crate) preset: Option<Preset>,
    #[serde(default, deserialize_with = "maybe_list")]
    pub(crate) include_elements: Vec<String>,
    #[serde(default)]
    pub(crate) exclude_objects: Vec<String>,
    /// Differences that are known and accepted.
    #[serde(default)]
    pub(crate) ignore: Vec<Ignore>,
    /// The file of differences that were accepted one by one.
    pub(crate) accepted_file: Option<PathBuf>,
    #[serde(default)]
    pub(crate) exclude_schemas: Vec<String>,
    #[serde(default)]
    pub(crate) exclude_field_patterns: Vec<String>,
    /// Tables whose partitions come and go.
    #[serde(default)]
    pub(crate) managed_partitions: Vec<ManagedPartitions>,
    /// Whether those of pg_partman and TimescaleDB do.
    pub(crate) partition_managers: Option<bool>,
    /// Schemas that `pum check` compares with schemas of other names.
    #[serde(default, deserialize_with = "one_or_many")]
    pub(crate) map_schema: Vec<String>,
    pub(crate) baseline_query: Option<String>,
    #[serde(default)]
    pub(crate) baseline_includes_version: bool,
    #[serde(default)]
    pub(crate) strict_order: bool,
    #[serde(default)]
    pub(crate) allow_changed: bool,
    #[serde(default)]
    pub(crate) single_transaction: bool,
    #[serde(default, deserialize_with = "duration")]
    pub(crate) lock_timeout: Option<Duration>,
    #[serde(default, deserialize_with = "duration")]
    pub(crate) statement_timeout: Option<Duration>,
    pub(crate) lock_retries: Option<u32>,
    /// Rules of `pum lint` that are not applied.
    #[serde(default, deserialize_with = "lint_rules")]
    pub(crate) lint_ignore: BTreeSet<LintRule>,
    #[serde(default)]
    pub(crate) variables: BTreeMap<String, Variable>,
    pub(crate) variable_form: Option<VariableForm>,
    pub(crate) python_exe: Option<PathBuf>,
    pub(crate) pg_bin_dir: Option<PathBuf>,
    /// An empty one: nothing is kept.
    pub(crate) cache_dir: Option<PathBuf>,
    pub(crate) pg_dump_exe: Option<PathBuf>,
    pub(crate) pg_restore_exe: Option<PathBuf>,
}

/// How much an upgrade may do, as measured in the rehearsal.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Limits {
    #[serde(default, deserialize_with = "duration")]
    pub(crate) write_lock: Option<Duration>,
    #[serde(default, deserialize_with = "duration")]
    pub(crate) read_lock: Option<Duration>,
    #[serde(default, deserialize_with = "duration")]
    pub(crate) statement: Option<Duration>,
    pub(crate) wal_mb: Option<u64>,
    pub(crate) rewrite_mb: Option<u64>,
    #[serde(default)]
    pub(crate) keep_data: bool,
}

impl From<&Limits> for pum_core::manager::Limits {
    fn from(limits: &Limits) -> Self {
        const MEGABYTE: u64 = 1_000_000;
        let mut own = Self::default();
        own.write_lock = limits.write_lock;
        own.read_lock = limits.read_lock;
        own.statement = limits.statement;
        own.wal = limits.wal_mb.map(|megabytes| megabytes.saturating_mul(MEGABYTE));
        own.rewrite = limits.rewrite_mb.map(|megabytes| megabytes.saturating_mul(MEGABYTE));
        own.keep_data = limits.keep_data;
        own
    }
}

/// A rule for differences that are known and accepted.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Ignore {
    #[serde(default, deserialize_with = "maybe_list")]
    pub(crate) elements: Vec<String>,
    pub(crate) object: Option<String>,
    pub(crate) reason: String,
    /// The last day on which it holds.
    #[serde(default, deserialize_with = "date")]
    pub(crate) expires: Option<Date>,
}

/// A table whose partitions come and go.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ManagedPartitions {
    /// A glob on schema.name.
    pub(crate) parent: String,
}

/// A date as TOML writes it, or as a text.
fn date<'de, D: serde::Deserializer<'de>>(from: D) -> Result<Option<Date>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Written {
        Toml(toml::value::Datetime),
        Text(String),
    }
    let text = match Written::deserialize(from)? {
        Written::Toml(date) => date.to_string(),
        Written::Text(text) => text,
    };
    text.parse()
        .map(Some)
        .map_err(|_| serde::de::Error::custom(format!("\"{text}\" is not a date like 2027-01-31")))
}

/// A limit of time, as on the command line: a text with its unit, or a number of seconds.
fn duration<'de, D: serde::Deserializer<'de>>(from: D) -> Result<Option<Duration>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Written {
        Integer(i64),
        Float(f64),
        Text(String),
    }
    let text = Option::<Written>::deserialize(from)?.map(|written| match written {
        Written::Integer(number) => number.to_string(),
        Written::Float(number) => number.to_string(),
        Written::Text(text) => text,
    });
    text.map(|text| parse_time_limit(&text).map_err(serde::de::Error::custom)).transpose()
}

/// Names of rules of `pum lint`.
fn lint_rules<'de, D: serde::Deserializer<'de>>(from: D) -> Result<BTreeSet<LintRule>, D::Error> {
    let names = maybe_list(from)?;
    names.iter().map(|name| name.parse().map_err(serde::de::Error::custom)).collect()
}

/// Where the reference comes from.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Reference {
    pub(crate) database: Option<String>,
    /// Anything that `pum check` takes.
    pub(crate) source: Option<String>,
    #[serde(default, deserialize_with = "one_or_many")]
    pub(crate) sql: Vec<PathBuf>,
    pub(crate) command: Option<String>,
}

impl Reference {
    /// Whether there is one.
    pub(crate) fn is_given(&self) -> bool {
        let Self { database, source, sql, command } = self;
        database.is_some() || source.is_some() || !sql.is_empty() || command.is_some()
    }
}

/// The value of a variable; its type follows from how it is written.
#[derive(Debug, Clone, Deserialize)]
#[serde(untagged)]
pub(crate) enum Variable {
    Integer(i64),
    Float(f64),
    String(String),
}

fn one_or_many<'de, D, T>(from: D) -> Result<Vec<T>, D::Error>
where
    D: serde::Deserializer<'de>,
    T: Deserialize<'de>,
{
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum OneOrMany<T> {
        One(T),
        Many(Vec<T>),
    }
    Ok(match Option::<OneOrMany<T>>::deserialize(from)? {
        None => Vec::new(),
        Some(OneOrMany::One(only)) => vec![only],
        Some(OneOrMany::Many(all)) => all,
    })
}

fn maybe_list<'de, D: serde::Deserializer<'de>>(from: D) -> Result<Vec<String>, D::Error> {
    Ok(Option::<Vec<String>>::deserialize(from)?.unwrap_or_default())
}

impl Config {
    /// Reads the file that was named, or else the first one found upwards from `start`; without
    /// any, all is left open.
    pub(crate) fn load(named: Option<&Path>, start: &Path) -> Result<Self, CliError> {
        let Some(path) = named.map(Path::to_owned).or_else(|| find(start)) else {
            return Ok(Self::default());
        };
        let text = std::fs::read_to_string(&path).map_err(|err| wrong(&path, &err.to_string()))?;
        Self::parse(path, &text, start)
    }

    /// The configuration in the text of a file; `start` is the working directory.
    pub(crate) fn parse(path: PathBuf, text: &str, start: &Path) -> Result<Self, CliError> {
        let wrong = |message: String| wrong(&path, &message);
        let yaml = path.extension().is_some_and(|end| end == "yaml" || end == "yml");
        let mut config: Self = if yaml {
            let read: Option<Self> =
                yaml::from_str(text).map_err(|message| wrong(explain(&message)))?;
            read.unwrap_or_default()
        } else {
            toml::from_str(text).map_err(|err| wrong(explain(&err.to_string())))?
        };
        config.resolve_paths(path.parent().unwrap_or(Path::new("")), start);
        config.path = Some(path);
        Ok(config)
    }

    /// Paths are relative to the file, in `base`. Those of scripts, which stand in messages, stay
    /// short where the file lies in the working directory `here`.
    fn resolve_paths(&mut self, base: &Path, here: &Path) {
        let shown = base.strip_prefix(here).unwrap_or(base);
        for path in self.delta_dirs.iter_mut().chain(&mut self.reference.sql) {
            *path = shown.join(&*path);
        }
        let others = [
            &mut self.backup_file,
            &mut self.runs_dir,
            &mut self.pg_bin_dir,
            &mut self.accepted_file,
        ];
        for path in others.into_iter().flatten() {
            *path = base.join(&*path);
        }
        if let Some(cache) = self.cache_dir.as_mut().filter(|it| !it.as_os_str().is_empty()) {
            *cache = base.join(&*cache);
        }
        if let Some(source) = &mut self.reference.source
            && base.join(&*source).exists()
        {
            *source = base.join(&*source).display().to_string();
        }
        // A program may be named without a directory: then PATH is meant.
        let programs = [&mut self.pg_dump_exe, &mut self.pg_restore_exe, &mut self.python_exe];
        for program in programs.into_iter().flatten() {
            if program.components().count() > 1 {
                *program = base.join(&*program);
            }
        }
    }
}

/// A parser's message, in which a line of the file that may hold a password is not shown.
fn without_secrets(message: &str) -> String {
    let line = |line: &str| match line.split_once('|') {
        Some((number, shown)) if may_hold_a_secret(shown) => format!("{number}| ***"),
        _ => line.to_owned(),
    };
    message.lines().map(line).collect::<Vec<_>>().join("\n")
}

fn wrong(path: &Path, message: &str) -> CliError {
    CliError::Config { path: path.to_owned(), message: without_secrets(message) }
}

fn find(start: &Path) -> Option<PathBuf> {
    find_upwards(start, NAMES)
}

/// The first file of one of these names in a directory or one above it.
pub(crate) fn find_upwards(start: &Path, names: &[&str]) -> Option<PathBuf> {
    start
        .ancestors()
        .flat_map(|directory| names.iter().map(|name| directory.join(name)))
        .find(|path| path.is_file())
}

/// An error about an unknown key, with the nearest known one in the place of all. Both parsers name
/// the unknown key first and then the known ones, in one line; that of YAML does so twice.
fn explain(message: &str) -> String {
    let message = message.trim_end().trim_start_matches("error: ");
    let Some((_, about)) = message.split_once("unknown field ") else { return message.to_owned() };
    let lines = message.lines().map(|line| line.split(", expected ").next().unwrap_or_default());
    let short = lines.collect::<Vec<_>>().join("\n");
    let mut words =
        about.split(|c: char| !c.is_ascii_lowercase() && c != '_').filter(|word| !word.is_empty());
    let unknown = words.next().unwrap_or_default();
    if let Some(name) = nearest(unknown, words.filter(|word| *word != unknown)) {
        return format!("{short}\ndid you mean \"{name}\"?");
    }
    let known = about.lines().next().and_then(|line| line.split_once(", expected "));
    let known = known.map_or("", |(_, known)| known.trim_start_matches("one of "));
    format!("{short}\nknown are {}", known.replace('`', ""))
}

#[cfg(test)]
#[cfg(feature = "yaml")]
mod tests {
    use super::*;

    fn load(name: &str, text: &str) -> Result<Config, CliError> {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join(name), text).unwrap();
        let below = dir.path().join("a/b");
        std::fs::create_dir_all(&below).unwrap();
        let mut config = Config::load(None, &below)?;
        let strip = |path: &PathBuf| path.strip_prefix(dir.path()).unwrap().to_owned();
        config.delta_dirs = config.delta_dirs.iter().map(strip).collect();
        Ok(config)
    }

    #[test]
    fn a_file_above_is_found_and_its_paths_are_its_own() {
        let config = load(
            "pum.toml",
            "upgrades_table = \"s.t\"\ndelta_dirs = [\"d1\", \"d2\"]\n[variables]\nsrid = 2056\n\
             [reference]\nsql = \"build.sql\"\n",
        )
        .unwrap();
        assert_eq!(config.upgrades_table.as_deref(), Some("s.t"));
        assert_eq!(config.delta_dirs, [Path::new("d1"), Path::new("d2")]);
        assert!(matches!(config.variables.get("srid"), Some(Variable::Integer(2056))));
        assert_eq!(config.reference.sql.len(), 1);
    }

    /// `deltas/delta_1.0.0.sql:3` is read at once. What a later run from elsewhere must find is
    /// whole.
    #[test]
    fn paths_of_scripts_stay_short_in_the_directory_of_the_file() {
        let dir = tempfile::tempdir().unwrap();
        let text = "delta_dirs = [\"deltas\"]\nbackup_file = \"x.dump\"\n";
        std::fs::write(dir.path().join("pum.toml"), text).unwrap();
        let config = Config::load(None, dir.path()).unwrap();
        assert_eq!(config.delta_dirs, [Path::new("deltas")]);
        assert_eq!(config.backup_file, Some(dir.path().join("x.dump")));
    }

    /// As in options and headers.
    #[test]
    fn durations_have_a_unit_or_are_in_seconds() {
        for (name, text) in [
            (
                "pum.toml",
                "lock_timeout = 5\nstatement_timeout = \"2min\"\n[limits]\nread_lock = 0.5\nwrite_lock = \"3\"\n",
            ),
            (
                "db_manager_config.yaml",
                "lock_timeout: 5\nstatement_timeout: 2min\nlimits:\n  read_lock: 0.5\n  write_lock: \"3\"\n",
            ),
        ] {
            let config = load(name, text).unwrap();
            assert_eq!(config.lock_timeout, Some(Duration::from_secs(5)));
            assert_eq!(config.statement_timeout, Some(Duration::from_secs(120)));
            assert_eq!(config.limits.read_lock, Some(Duration::from_millis(500)));
            assert_eq!(config.limits.write_lock, Some(Duration::from_secs(3)));
            for wrong in ["-5", "\"5 weeks\"", "\"5m\""] {
                let err = load(name, &text.replacen('5', wrong, 1)).unwrap_err().to_string();
                assert!(err.contains("is not a duration"), "{name} {wrong}: {err}");
            }
        }
    }

    #[test]
    fn a_line_with_a_password_is_not_shown() {
        for (name, text) in [
            ("pum.toml", "test = \"postgresql://ann:hush@h/db\nupgrades_table = \"t\"\n"),
            ("pum.toml", "test = \"host=h password=hush\n"),
            ("db_manager_config.yaml", "test: \"postgresql://ann:hush@h/db\nupgrades_table: t\n"),
        ] {
            let err = load(name, text).unwrap_err().to_string();
            assert!(err.contains(name) && !err.contains("hush"), "{err}");
        }
        let err = load("pum.toml", "upgrades_table = \"t\n").unwrap_err().to_string();
        assert!(err.contains("upgrades_table = "), "the line is shown: {err}");
    }

    #[test]
    fn the_old_yaml_keys_are_read() {
        let config = load(
            "db_manager_config.yaml",
            "upgrades_table: qwat_sys.upgrades\ndelta_dir: ./delta/\nbackup_file: /tmp/backup\n\
             ignore_elements:\n  - columns\npg_dump_exe: pg_dump\npg_restore_exe: pg_restore\n",
        )
        .unwrap();
        assert_eq!(config.upgrades_table.as_deref(), Some("qwat_sys.upgrades"));
        assert_eq!(config.delta_dirs, [Path::new("delta")]);
        assert_eq!(config.ignore_elements, ["columns"]);
        assert_eq!(config.pg_dump_exe.as_deref(), Some(Path::new("pg_dump")));
    }

    #[test]
    fn rules_that_are_ignored_must_be_there() {
        let config = load("pum.toml", "lint_ignore = [\"drop-table\", \"truncate\"]\n").unwrap();
        assert_eq!(config.lint_ignore, BTreeSet::from([LintRule::DropTable, LintRule::Truncate]));
        let err = load("pum.toml", "lint_ignore = [\"drop-tabel\"]\n").unwrap_err().to_string();
        assert!(err.contains("pum.toml") && err.contains("mean \"drop-table\"?"), "{err}");
    }

    #[test]
    fn an_unknown_key_is_an_error_with_a_suggestion() {
        for (name, text) in [
            ("pum.toml", "upgrade_table = \"s.t\"\n"),
            ("db_manager_config.yaml", "upgrade_table: s.t\n"),
        ] {
            let err = load(name, text).unwrap_err().to_string();
            assert!(err.contains(name), "{err}");
            assert!(err.ends_with("`upgrade_table`\ndid you mean \"upgrades_table\"?"), "{err}");
            let err = load(name, &text.replace("upgrade_table", "zzz")).unwrap_err().to_string();
            assert!(err.contains("`zzz`\nknown are production, test, reference, up"), "{err}");
        }
        let err = load("pum.toml", "[limits]\nread = \"2s\"\n").unwrap_err().to_string();
        assert!(err.contains("`read`\nknown are write_lock, read_lock, "), "{err}");
    }
}
