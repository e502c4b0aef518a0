//! What a comparison excludes, and why.

use std::fmt;

use pum_core::compare::Comparison;
use pum_core::diff::{Glob, ManagedPartitions};
use pum_core::source::Opened;
use schemars::JsonSchema;
use serde::Serialize;

use crate::args::{Filter, Preset};
use crate::config::Config;
use crate::text::shown;
use pum_core::humanize::grouped;

/// Something that is not compared.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub(crate) struct Limit {
    /// What: `columns, constraints`.
    pub(crate) what: String,
    /// Where that was said: `ignore_elements in pum.toml`.
    pub(crate) from: String,
}

impl fmt::Display for Limit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.what, self.from)
    }
}

/// What the options and the configuration file leave out, beyond what the default preset does.
pub(crate) fn of_options(given: &Filter, config: &Config) -> Vec<Limit> {
    let file = config.path.as_deref().map(shown).unwrap_or_default();
    let mut limits = Vec::new();
    let mut add = |what: Option<String>, from: String| {
        limits.extend(what.map(|what| Limit { what, from }));
    };
    let in_file = |key: &str| format!("{key} in {file}");
    let preset = |preset: Option<Preset>| match preset {
        Some(Preset::Classic) => {
            Some("all but nine elements by name, type and definition".to_owned())
        }
        Some(Preset::Default | Preset::Strict) | None => None,
    };
    match given.preset {
        Some(given) => add(preset(Some(given)), "preset classic".to_owned()),
        None => add(preset(config.preset), in_file("preset")),
    }
    let named = |before: &str, names: &[String]| {
        (!names.is_empty()).then(|| format!("{before}{}", names.join(", ")))
    };
    add(named("", &config.ignore_elements), in_file("ignore_elements"));
    add(named("", &given.ignore), "--ignore".to_owned());
    add(named("schemas ", &config.exclude_schemas), in_file("exclude_schemas"));
    add(named("schemas ", &given.exclude_schema), "--exclude-schema".to_owned());
    let columns = "columns like ";
    add(named(columns, &config.exclude_field_patterns), in_file("exclude_field_patterns"));
    add(named(columns, &given.exclude_field_pattern), "--exclude-field-pattern".to_owned());
    add(named("objects ", &config.exclude_objects), in_file("exclude_objects"));
    add(named("objects ", &given.exclude_object), "--exclude-object".to_owned());
    let rules = match config.ignore.len() {
        0 => None,
        1 => Some("what 1 rule accepts".to_owned()),
        several => Some(format!("what {several} rules accept")),
    };
    add(rules, in_file("ignore"));
    limits
}

/// Which partitions tables have that come and go.
pub(crate) fn of_partitions(comparison: &Comparison, sides: [&str; 2]) -> Vec<Limit> {
    let from = |table: &ManagedPartitions| match table.manager {
        Some(manager) => format!("{} makes them", manager.name()),
        None => "managed_partitions".to_owned(),
    };
    let what = |table: &ManagedPartitions| {
        let (left, right) = (grouped(table.left.len()), grouped(table.right.len()));
        let [in_left, in_right] = sides;
        format!(
            "which partitions {} has, {left} in {in_left} and {right} in {in_right}",
            table.parent
        )
    };
    let tables = comparison.managed_partitions.iter();
    tables.map(|table| Limit { what: what(table), from: from(table) }).collect()
}

/// The globs for tables with partitions that match none.
pub(crate) fn unused_globs<'a>(
    comparison: &Comparison,
    given: &'a Filter,
    config: &'a Config,
) -> Vec<&'a str> {
    let configured = config.managed_partitions.iter().map(|managed| &*managed.parent);
    let globs = configured.chain(given.managed_partitions.iter().map(String::as_str));
    let is_unused =
        |glob: &&str| !comparison.managed_partitions.iter().any(|table| matches(glob, table));
    globs.filter(is_unused).collect()
}

fn matches(glob: &str, table: &ManagedPartitions) -> bool {
    Glob::new(glob).is_ok_and(|glob| glob.matches(&table.parent.to_string()))
}

/// Relevant exclusions by a source, such as a snapshot that was taken without something.
pub(crate) fn of_source(source: &Opened, counts: impl Fn(&str) -> bool) -> Option<Limit> {
    let left_out = source.left_out();
    let tables = left_out.tables.iter().map(|table| format!("table {table}"));
    let schemas = left_out.schemas.iter().map(|schema| format!("schema {schema}"));
    let elements = left_out.elements.iter().filter(|element| counts(element));
    let what: Vec<String> = tables.chain(schemas).chain(elements.cloned()).collect();
    (!what.is_empty())
        .then(|| Limit { what: what.join(", "), from: format!("left out by {}", source.label()) })
}
