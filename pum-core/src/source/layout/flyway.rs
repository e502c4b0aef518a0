//! Flyway: versioned migrations, numbers with dots or single underscores, with the prefix `V` or,
//! as some configure it, without; from the newest baseline migration on, if there is one; then the
//! repeatable ones by their description. Callbacks around them. What undoes is left out.

use std::path::{Path, PathBuf};

use super::file_name::{ALL_BELOW, Number, ends_in, files_in, name_of};
use super::migration::{Migration, Migrations, in_order, misfit};
use super::name::Layout;
use super::placeholders::put_into_flyway;
use crate::delta::Variables;
use crate::source::SourceError;

/// What a file is, by its name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Role {
    Versioned(Version),
    Baseline(Version),
    Undo(Version),
    Repeatable(String),
    /// Runs at this event, in the order of the names.
    Callback(Event),
    /// Runs at an event that building a database does not have.
    OtherCallback,
}

/// The parts between dots, without zeros at the end.
pub(super) type Version = Vec<Number>;

/// When a callback runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Event {
    BeforeMigrate,
    BeforeEachMigrate,
    AfterEachMigrate,
    AfterVersioned,
    AfterMigrate,
}

/// Callbacks at these change what a database becomes.
const EVENTS: &[(&str, Event)] = &[
    ("beforeMigrate", Event::BeforeMigrate),
    ("beforeEachMigrate", Event::BeforeEachMigrate),
    ("afterEachMigrate", Event::AfterEachMigrate),
    ("afterVersioned", Event::AfterVersioned),
    ("afterMigrate", Event::AfterMigrate),
];

/// Those at other events, or after a failure, are not run when a database is built.
const OTHER_EVENTS: &[&str] = &[
    "beforeClean",
    "afterClean",
    "beforeUndo",
    "beforeEachUndo",
    "afterEachUndo",
    "afterUndo",
    "beforeValidate",
    "afterValidate",
    "beforeBaseline",
    "afterBaseline",
    "beforeRepair",
    "afterRepair",
    "beforeInfo",
    "afterInfo",
    "afterMigrateError",
    "afterEachMigrateError",
    "afterMigrateApplied",
    "beforeConnect",
    "afterConnect",
    "createSchema",
    "beforeEachMigrateStatement",
    "afterEachMigrateStatement",
    "afterEachMigrateStatementError",
    "beforeRepeatables",
    "beforeDeploy",
    "afterDeploy",
];

/// What a file is, by its name; `None` if its name is none of Flyway's.
pub(super) fn role_of(name: &str) -> Option<Role> {
    let stem = name.strip_suffix(".sql")?;
    let (before, description) = stem.split_once("__").unwrap_or((stem, ""));
    if let Some((_, event)) = EVENTS.iter().find(|(event, _)| *event == before) {
        return Some(Role::Callback(*event));
    }
    if OTHER_EVENTS.contains(&before) {
        return Some(Role::OtherCallback);
    }
    let (letter, version) = before.split_at_checked(1)?;
    match letter {
        "V" => version_of(version).map(Role::Versioned),
        "B" => version_of(version).map(Role::Baseline),
        "U" => version_of(version).map(Role::Undo),
        "R" if version.is_empty() && !description.is_empty() => {
            Some(Role::Repeatable(description.replace('_', " ")))
        }
        _ => None,
    }
}

fn version_of(text: &str) -> Option<Version> {
    let mut parts: Version = text.split(['.', '_']).map(Number::parse).collect::<Option<_>>()?;
    while parts.len() > 1 && parts.last().is_some_and(Number::is_zero) {
        parts.pop();
    }
    Some(parts)
}

/// The version in `1.2__name.sql`, as files are named where Flyway is configured to have no prefix.
pub(super) fn version_without_prefix(name: &str) -> Option<Version> {
    let (version, description) = name.strip_suffix(".sql")?.split_once("__")?;
    let either_way = [".up", ".down"].iter().any(|end| description.ends_with(end));
    if either_way { None } else { version_of(version) }
}

/// The files of a directory, by what they are.
#[derive(Default)]
struct Files {
    versioned: Vec<(Version, PathBuf)>,
    baselines: Vec<(Version, PathBuf)>,
    repeatable: Vec<(String, PathBuf)>,
    undo: Vec<String>,
    callbacks: Vec<(Event, PathBuf)>,
    other_callbacks: Vec<String>,
}

pub(super) fn read(directory: &Path, variables: &Variables) -> Result<Migrations, SourceError> {
    let files = Files::read(directory)?;
    let mut notes = Vec::new();
    if !files.undo.is_empty() {
        notes.push(format!("undo migrations are left out: {}", files.undo.join(", ")));
    }
    if !files.other_callbacks.is_empty() {
        notes.push(format!("callbacks left out: {}", files.other_callbacks.join(", ")));
    }
    let mut versioned = in_order(Layout::Flyway, files.versioned)?;
    if let Some((baseline, path)) = in_order(Layout::Flyway, files.baselines)?.pop() {
        notes.push(format!("the database starts from {}", name_of(&path)));
        versioned.retain(|(version, _)| *version > baseline);
        versioned.insert(0, (baseline, path));
    }
    let repeatable = in_order(Layout::Flyway, files.repeatable)?;
    let callbacks = |event: Event| {
        let files = files.callbacks.iter();
        files.filter(move |(at, _)| *at == event).map(|(_, path)| path)
    };
    let mut order: Vec<&PathBuf> = Vec::new();
    let each = |order: &mut Vec<_>, path| {
        order.extend(callbacks(Event::BeforeEachMigrate));
        order.push(path);
        order.extend(callbacks(Event::AfterEachMigrate));
    };
    order.extend(callbacks(Event::BeforeMigrate));
    for (_, path) in &versioned {
        each(&mut order, path);
    }
    order.extend(callbacks(Event::AfterVersioned));
    for (_, path) in &repeatable {
        each(&mut order, path);
    }
    order.extend(callbacks(Event::AfterMigrate));
    let scripts =
        order.into_iter().map(|path| put_into_flyway(Migration::read(path)?, path, variables));
    Ok(Migrations { scripts: scripts.collect::<Result<_, SourceError>>()?, notes })
}

impl Files {
    fn read(directory: &Path) -> Result<Self, SourceError> {
        let mut files = Self::default();
        let mut without_prefix = Vec::new();
        for path in files_in(directory, ALL_BELOW)? {
            let name = name_of(&path);
            match role_of(&name) {
                Some(Role::Versioned(version)) => files.versioned.push((version, path)),
                Some(Role::Baseline(version)) => files.baselines.push((version, path)),
                Some(Role::Undo(_)) => files.undo.push(name),
                Some(Role::Repeatable(description)) => files.repeatable.push((description, path)),
                Some(Role::Callback(event)) => files.callbacks.push((event, path)),
                Some(Role::OtherCallback) => files.other_callbacks.push(name),
                None if is_program(&name) => {
                    return Err(misfit(&path, Layout::Flyway, super::migration::IS_A_PROGRAM));
                }
                None if ends_in(&name, ".sql") => match version_without_prefix(&name) {
                    Some(version) => without_prefix.push((version, path)),
                    None => return Err(no_name(&path)),
                },
                None => {}
            }
        }
        if files.versioned.is_empty() {
            files.versioned = without_prefix;
        } else if let Some((_, path)) = without_prefix.first() {
            return Err(no_name(path));
        }
        Ok(files)
    }
}

fn no_name(path: &Path) -> SourceError {
    misfit(path, Layout::Flyway, "that is not a migration name")
}

/// Whether a file is a migration in another language.
pub(super) fn is_program(name: &str) -> bool {
    [".java", ".kt", ".class", ".py", ".sh", ".ps1", ".bash"]
        .iter()
        .filter_map(|end| name.strip_suffix(end))
        .any(|stem| role_of(&format!("{stem}.sql")).is_some())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn version(text: &str) -> Version {
        version_of(text).unwrap()
    }

    #[test]
    fn versions_are_numbers_with_dots() {
        assert!(version("1.9") < version("1.10") && version("1_9") < version("1.9.1"));
        assert_eq!(version("1.0"), version("01"));
        assert!(version("2") < version("20240101120000"));
        assert!(["", "1.", "1a", "a"].iter().all(|text| version_of(text).is_none()));
    }

    #[test]
    fn names_are_those_of_flyway() {
        let role = |name: &str| role_of(name);
        assert_eq!(role("V1_2__a__b.sql"), Some(Role::Versioned(version("1.2"))));
        assert_eq!(role("U3__a.sql"), Some(Role::Undo(version("3"))));
        assert_eq!(role("B3__a.sql"), Some(Role::Baseline(version("3"))));
        assert_eq!(role("R__Some_views.sql"), Some(Role::Repeatable("Some views".to_owned())));
        assert_eq!(role("afterMigrate__grants.sql"), Some(Role::Callback(Event::AfterMigrate)));
        assert_eq!(role("afterInfo.sql"), Some(Role::OtherCallback));
        for name in ["v1__a.sql", "V1_a.sql", "V__a.sql", "R1__a.sql", "R__.sql", "V1__a.SQL", "x"]
        {
            assert_eq!(role(name), None, "{name}");
        }
        assert!(is_program("V1__A.java") && !is_program("Main.java"));
        assert_eq!(version_without_prefix("1_2__a_b.sql"), Some(version("1.2")));
        for name in ["1_a.sql", "V1__a.sql", "1__a.up.sql", "a__b.sql", "__a.sql"] {
            assert_eq!(version_without_prefix(name), None, "{name}");
        }
    }
}
