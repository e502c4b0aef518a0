//! A `pum.toml` with what was found, and comments for what was not.

use std::path::{Path, PathBuf};

use crate::text::{line, printable};
use pum_core::model::is_spoofing_char;

/// The findings of a search.
#[derive(Debug, Default)]
pub(crate) struct Discovered {
    /// The database that was named.
    pub(crate) production: Option<String>,
    pub(crate) services: Vec<String>,
    pub(crate) deltas: Vec<FoundDeltas>,
    pub(crate) tables: Vec<FoundTable>,
    /// The configuration of the Python program, from which this and what follows is.
    pub(crate) old: Option<String>,
    pub(crate) backup_file: Option<PathBuf>,
    pub(crate) ignore_elements: Vec<String>,
    pub(crate) pg_dump_exe: Option<PathBuf>,
    pub(crate) pg_restore_exe: Option<PathBuf>,
}

/// A directory with deltas, and how many, or what is wrong with it.
#[derive(Debug)]
pub(crate) struct FoundDeltas {
    pub(crate) directory: PathBuf,
    pub(crate) number: Result<usize, String>,
}

/// An upgrades table, and the version in it.
#[derive(Debug)]
pub(crate) struct FoundTable {
    pub(crate) name: String,
    pub(crate) version: Option<String>,
}

const HEADING: &str = "\
# What pum needs to know of this project. A flag beats an environment variable, which beats this
# file. Paths are relative to it. All keys: docs/configuration.md of pum. Passwords belong in
# ~/.pgpass or a service, not here.
";

const MANAGER: &str = "\
# The Manager (pum test-and-upgrade) compares the upgraded copy of production with the newest version
# built from nothing. How that is built, one of:
[reference]
# sql = [\"build.sql\"]          # run in an empty database
# command = \"sh init.sh\"       # finds the connection to an empty database in PG* variables
# database = \"reference\"       # an existing one

# Limits for the rehearsal; if one is exceeded, production is not touched.
[limits]
# read_lock = \"1s\"             # how long reads of a table may block
# write_lock = \"10s\"           # … and writes
# keep_data = true             # do not allow dropping a column that holds data
";

/// The text of the file.
pub(crate) fn configuration(found: &Discovered) -> String {
    let mut out = HEADING.to_owned();
    connections(&mut out, found);
    table(&mut out, found);
    deltas(&mut out, found);
    locks(&mut out);
    others(&mut out, found);
    line(&mut out, "");
    out + MANAGER
}

fn connections(out: &mut String, found: &Discovered) {
    comment(
        out,
        "The database that is upgraded, which is never replaced: a service, a connection string or a URI.",
    );
    if !found.services.is_empty() {
        comment_on(out, &format!("services: {}", found.services.join(", ")));
    }
    match &found.production {
        Some(production) => line(out, &format!("production = {}", text(production))),
        None => example(out, "production", guess(&found.services, &["prod"], "prod")),
    }
    comment(
        out,
        "Where the Manager rehearses: its content is replaced. Without it, on a scratch server.",
    );
    example(out, "test", guess(&found.services, &["test"], "test"));
}

/// A service whose name says what it is for.
fn guess<'a>(services: &'a [String], parts: &[&str], otherwise: &'a str) -> &'a str {
    let fits = |service: &&String| parts.iter().any(|part| service.to_lowercase().contains(part));
    services.iter().find(fits).map_or(otherwise, String::as_str)
}

fn table(out: &mut String, found: &Discovered) {
    comment(out, "The table in which a database records the deltas applied to it.");
    for table in &found.tables {
        if let Some(version) = &table.version {
            comment_on(out, &format!("found: {}, at version {version}", table.name));
        }
    }
    match found.tables.as_slice() {
        [] => {
            if found.production.is_some() {
                comment_on(out, "none was found: pum baseline creates it");
            }
            example(out, "upgrades_table", "public.upgrades");
        }
        [only] => line(out, &format!("upgrades_table = {}", text(&only.name))),
        several => {
            comment_on(out, "choose one:");
            for table in several {
                example(out, "upgrades_table", &table.name);
            }
        }
    }
}

fn deltas(out: &mut String, found: &Discovered) {
    comment(out, "Directories of deltas, such as delta_1.2.0_name.sql.");
    let mut good = Vec::new();
    for one in &found.deltas {
        let place = one.directory.display();
        match &one.number {
            Ok(number) => {
                comment_on(out, &format!("{place}: {number} found"));
                good.push(one.directory.as_path());
            }
            Err(err) => comment_on(out, &format!("not {place}: {err}")),
        }
    }
    if good.is_empty() {
        line(out, "# delta_dirs = [\"deltas\"]");
    } else {
        line(out, &format!("delta_dirs = {}", list(good.into_iter().map(shown))));
    }
}

fn locks(out: &mut String) {
    comment(
        out,
        "How long a statement of a delta waits for a lock. Then its transaction is rolled back, and tried \
         again: all that comes to a table waits behind a statement that waits.",
    );
    line(out, "lock_timeout = \"5s\"");
}

fn others(out: &mut String, found: &Discovered) {
    if let Some(old) = &found.old {
        comment(out, &format!("Taken over from {old}:"));
    }
    if !found.ignore_elements.is_empty() {
        let elements = list(found.ignore_elements.iter().cloned());
        line(out, &format!("ignore_elements = {elements}"));
    }
    let programs = [("pg_dump_exe", &found.pg_dump_exe), ("pg_restore_exe", &found.pg_restore_exe)];
    for (key, program) in programs {
        if let Some(program) = program {
            line(out, &format!("{key} = {}", text(&shown(program))));
        }
    }
    comment(
        out,
        "The dump of production. Without it, each run has one in its directory in pum-runs.",
    );
    match &found.backup_file {
        Some(file) => line(out, &format!("backup_file = {}", text(&shown(file)))),
        None => example(out, "backup_file", "prod.dump"),
    }
}

/// A comment that begins a part.
fn comment(out: &mut String, words: &str) {
    line(out, "");
    comment_on(out, words);
}

fn comment_on(out: &mut String, words: &str) {
    let words: Vec<String> = words.lines().map(printable).collect();
    for row in textwrap::wrap(&words.join(" "), 98) {
        line(out, &format!("# {row}"));
    }
}

fn example(out: &mut String, key: &str, value: &str) {
    line(out, &format!("# {key} = {}", text(value)));
}

/// A basic string of TOML: in one line whatever is in it, so that a comment stays one.
fn text(value: &str) -> String {
    let mut out = String::from('"');
    for c in value.chars() {
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            c if is_spoofing_char(c) => out += &format!("\\U{:08X}", u32::from(c)),
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

fn list(values: impl Iterator<Item = String>) -> String {
    let values: Vec<String> = values.map(|value| text(&value)).collect();
    format!("[{}]", values.join(", "))
}

fn shown(path: &Path) -> String {
    path.display().to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOSTILE: &[&str] = &["a\"b", "a\nb = 1\n[x]", "'''", "\"\"\"", "a\\", "\u{202e}x", "# x"];

    #[test]
    fn whatever_was_found_is_no_more_than_a_value() {
        for name in HOSTILE {
            let owned = (*name).to_owned();
            let found = Discovered {
                production: Some(owned.clone()),
                services: vec![owned.clone()],
                deltas: vec![
                    FoundDeltas { directory: name.into(), number: Ok(2) },
                    FoundDeltas { directory: name.into(), number: Err(owned.clone()) },
                ],
                tables: vec![FoundTable { name: owned.clone(), version: Some(owned.clone()) }],
                old: Some(owned.clone()),
                backup_file: Some(name.into()),
                ignore_elements: vec![owned.clone()],
                ..Discovered::default()
            };
            let text = configuration(&found);
            let read: crate::config::Config = toml::from_str(&text).unwrap();
            assert_eq!(read.production, [*name], "{text}");
            assert_eq!(read.upgrades_table.as_deref(), Some(*name), "{text}");
            assert_eq!(read.delta_dirs, [Path::new(name)], "{text}");
            assert_eq!(read.ignore_elements, [*name], "{text}");
            let table = || FoundTable { name: owned.clone(), version: None };
            let tables = vec![table(), table()];
            let nothing = Discovered { production: None, tables, deltas: Vec::new(), ..found };
            let read: crate::config::Config = toml::from_str(&configuration(&nothing)).unwrap();
            assert!(read.production.is_empty() && read.upgrades_table.is_none());
        }
    }

    /// The examples in comments are right too.
    #[test]
    fn each_comment_that_shows_a_key_can_be_uncommented() {
        let text = configuration(&Discovered::default());
        let line = |line: &str| match line.strip_prefix("# ") {
            Some(key) if key.contains(" = ") => key.to_owned(),
            _ => line.to_owned(),
        };
        let all: Vec<String> = text.lines().map(line).collect();
        let read: crate::config::Config = toml::from_str(&all.join("\n")).unwrap();
        assert_eq!(read.limits.read_lock, Some(std::time::Duration::from_secs(1)));
        assert!(read.limits.keep_data && read.test.is_some() && read.reference.command.is_some());
    }
}
