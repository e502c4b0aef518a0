//! The file of accepted differences, `pum.accepted.toml`.
//!
//! It is a file of its own so that pum never has to write into `pum.toml`, which people write. In
//! this one, too, comments and the order of entries stay as they are.

mod summary;

use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};

use pum_core::diff::{Accepted, Change, Contents, Difference, Fingerprint, hide_accepted};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use toml_edit::{ArrayOfTables, DocumentMut, Item, RawString, Table, value};

pub(crate) use summary::AcceptedSummary;

use crate::error::CliError;
use crate::files::write_whole;
use crate::text::{printable, shown};

/// What it is called, beside `pum.toml`.
pub(crate) const NAME: &str = "pum.accepted.toml";

const HEADING: &str = "\
# Differences that were reviewed and accepted: written by \"pum check --accept\".
# An entry hides its difference as long as both sides stay what they were then.
# Delete an entry to see its difference again.

";

/// How much of a value is written down, for those who read the file.
const MOST_OF_A_LINE: usize = 100;

/// The file, as it is read.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Content {
    #[serde(default)]
    accepted: Vec<Entry>,
}

/// An accepted difference. Only the reason and the fingerprints mean something to pum.
#[derive(Debug, Clone, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(extend("additionalProperties" = true))]
pub(crate) struct Entry {
    /// For people.
    difference: String,
    #[serde(default, skip_serializing)]
    #[expect(dead_code, reason = "for people who read the file")]
    left: Option<String>,
    #[serde(default, skip_serializing)]
    #[expect(dead_code, reason = "for people who read the file")]
    right: Option<String>,
    reason: String,
    #[schemars(regex(pattern = "^[0-9a-f]{32}$"))]
    fingerprint: String,
    /// Null where any values are accepted.
    #[schemars(regex(pattern = "^[0-9a-f]{32}$"))]
    values: Option<String>,
}

/// The accepted differences that a file holds.
pub(crate) struct AcceptedFile {
    path: PathBuf,
    document: DocumentMut,
    entries: Vec<(Entry, Accepted)>,
}

impl AcceptedFile {
    /// Reads the file; one that is not there is an empty one, unless it must be there.
    pub(crate) fn read(path: PathBuf, must_exist: bool) -> Result<Self, CliError> {
        let text = match std::fs::read_to_string(&path) {
            Ok(text) => text,
            Err(err) if err.kind() == std::io::ErrorKind::NotFound && !must_exist => String::new(),
            Err(err) if err.kind() == std::io::ErrorKind::NotFound => {
                return Err(wrong(&path, "there is no such file; --accept creates it".to_owned()));
            }
            Err(err) => return Err(wrong(&path, err.to_string())),
        };
        let content: Content =
            toml::from_str(&text).map_err(|err| wrong(&path, err.to_string().trim_end().into()))?;
        let document: DocumentMut =
            text.parse().map_err(|err: toml_edit::TomlError| wrong(&path, err.to_string()))?;
        let mut known = HashSet::new();
        let mut entries = Vec::new();
        for entry in content.accepted {
            let accepted = entry.accepted().map_err(|message| wrong(&path, message))?;
            if !known.insert(accepted.difference) {
                let message = format!(
                    "\"{}\" appears twice: delete one of the two entries",
                    entry.difference
                );
                return Err(wrong(&path, message));
            }
            entries.push((entry, accepted));
        }
        Ok(Self { path, document, entries })
    }

    /// Takes the accepted differences out of `differences`; nothing is told of an empty file.
    pub(crate) fn hide(
        &self,
        differences: &mut Vec<Difference>,
        contents: &Contents,
    ) -> Option<AcceptedSummary> {
        let accepted: Vec<Accepted> = self.entries.iter().map(|(_, accepted)| *accepted).collect();
        let states = hide_accepted(differences, contents, &accepted);
        let outcome = self.entries.iter().map(|(entry, _)| entry).zip(states);
        let summary = AcceptedSummary::new(shown(&self.path), outcome);
        (!self.entries.is_empty()).then_some(summary)
    }

    /// Adds the differences, those that were accepted with other values in the place of these, and
    /// writes the file. It is complete or as it was. Returns what the differences are called.
    pub(crate) fn accept(
        &mut self,
        differences: &[Difference],
        contents: &Contents,
        sides: [&str; 2],
        reason: &str,
    ) -> Result<Vec<String>, CliError> {
        if differences.is_empty() {
            return Ok(Vec::new());
        }
        let mut before_the_first = self.take_heading();
        let places: HashMap<Fingerprint, usize> = self
            .entries
            .iter()
            .enumerate()
            .map(|(at, (_, accepted))| (accepted.difference, at))
            .collect();
        let known =
            self.document.entry("accepted").or_insert(Item::ArrayOfTables(ArrayOfTables::new()));
        let Some(tables) = known.as_array_of_tables_mut() else {
            let message = "write \"accepted\" as [[accepted]]".to_owned();
            return Err(wrong(&self.path, message));
        };
        let mut names = Vec::new();
        for difference in differences {
            let accepted = Accepted::new(difference, contents);
            let entry = Entry::new(difference, accepted, sides, reason);
            let mut table = written(difference, &entry);
            names.push(entry.difference.clone());
            let place = places.get(&accepted.difference).copied();
            let old = place.and_then(|at| Some((tables.get_mut(at)?, self.entries.get_mut(at)?)));
            if let Some((old_table, old_entry)) = old {
                old_table.extend(table.iter().map(|(key, item)| (key.to_owned(), item.clone())));
                *old_entry = (entry, accepted);
            } else {
                let gap = if self.entries.is_empty() { "" } else { "\n" };
                table.decor_mut().set_prefix(std::mem::take(&mut before_the_first) + gap);
                tables.push(table);
                self.entries.push((entry, accepted));
            }
        }
        self.write()?;
        Ok(names)
    }

    /// What stands before the first entry that a file without entries gets: the comments that are
    /// there, or ours.
    fn take_heading(&mut self) -> String {
        if !self.entries.is_empty() {
            return String::new();
        }
        let comments = self.document.trailing().as_str().unwrap_or_default().trim_end().to_owned();
        self.document.set_trailing("");
        if comments.is_empty() { HEADING.to_owned() } else { comments + "\n\n" }
    }

    /// Takes out these entries.
    pub(crate) fn forget(&mut self, gone: &[Entry]) -> Result<(), CliError> {
        let fingerprints: HashSet<&str> = gone.iter().map(|entry| &*entry.fingerprint).collect();
        let forgotten = |entry: &Entry| fingerprints.contains(&*entry.fingerprint);
        let tables = self.document.get_mut("accepted").and_then(Item::as_array_of_tables_mut);
        let mut kept = String::new();
        if let Some(tables) = tables {
            for (table, (entry, _)) in tables.iter_mut().zip(&self.entries) {
                let prefix = table.decor().prefix().and_then(RawString::as_str).unwrap_or_default();
                if forgotten(entry) {
                    kept += not_about_the_entry(prefix);
                } else if !kept.is_empty() {
                    let prefix = std::mem::take(&mut kept) + prefix.trim_start();
                    table.decor_mut().set_prefix(prefix);
                }
            }
            let mut entries = self.entries.iter();
            tables.retain(|_| !entries.next().is_some_and(|(entry, _)| forgotten(entry)));
        }
        if !kept.trim().is_empty() {
            let trailing = self.document.trailing().as_str().unwrap_or_default().to_owned();
            self.document.set_trailing(kept + trailing.trim_start());
        }
        self.entries.retain(|(entry, _)| !forgotten(entry));
        self.write()
    }

    pub(crate) fn shown(&self) -> String {
        shown(&self.path)
    }

    fn write(&self) -> Result<(), CliError> {
        let failed = |source| CliError::Write { path: self.path.clone(), cause: source };
        // A link stays one.
        let path = self.path.canonicalize().unwrap_or_else(|_| self.path.clone());
        write_whole(&path, &self.document.to_string(), permissions(&path)).map_err(failed)
    }
}

/// Of the comments before an entry those that a blank line separates from it.
fn not_about_the_entry(prefix: &str) -> &str {
    prefix.rfind("\n\n").and_then(|end| prefix.get(..end + 2)).unwrap_or_default()
}

/// Those of the file, or those that any new file gets.
fn permissions(path: &Path) -> std::fs::Permissions {
    use std::os::unix::fs::PermissionsExt;
    let new = || std::fs::Permissions::from_mode(0o666);
    std::fs::metadata(path).map_or_else(|_| new(), |metadata| metadata.permissions())
}

fn written(difference: &Difference, entry: &Entry) -> Table {
    let mut table = Table::new();
    table.insert("difference", value(&entry.difference));
    if let Change::Attribute { left, right, .. } = &difference.change {
        let (left, right) = first_different_lines(&left.to_string(), &right.to_string());
        table.insert("left", value(left));
        table.insert("right", value(right));
    }
    table.insert("reason", value(&entry.reason));
    table.insert("fingerprint", value(&entry.fingerprint));
    if let Some(values) = &entry.values {
        table.insert("values", value(values));
    }
    table
}

/// Enough to tell people what it was about.
fn first_different_lines(left: &str, right: &str) -> (String, String) {
    let pairs = left.lines().zip(right.lines());
    let equal = pairs.take_while(|(left, right)| left == right).count();
    let shown = |text: &str| {
        let line = text.lines().nth(equal).unwrap_or_default().trim();
        let cut: String = line.chars().take(MOST_OF_A_LINE).collect();
        let whole = cut == text.trim();
        printable(&cut) + if whole { "" } else { " …" }
    };
    (shown(left), shown(right))
}

impl Entry {
    fn new(difference: &Difference, accepted: Accepted, sides: [&str; 2], reason: &str) -> Self {
        let what = match &difference.change {
            Change::OnlyLeft => format!("only in {}", printable(sides[0])),
            Change::OnlyRight => format!("only in {}", printable(sides[1])),
            Change::Attribute { name, .. } => (*name).to_owned(),
        };
        Self {
            difference: format!("{}: {what}", difference.identity),
            left: None,
            right: None,
            reason: reason.to_owned(),
            fingerprint: accepted.difference.to_string(),
            values: accepted.values.map(|values| values.to_string()),
        }
    }

    fn accepted(&self) -> Result<Accepted, String> {
        let parsed = |text: &str| -> Result<Fingerprint, String> {
            text.parse().map_err(|err| format!("\"{}\": {err}", self.difference))
        };
        Ok(Accepted {
            difference: parsed(&self.fingerprint)?,
            values: self.values.as_deref().map(parsed).transpose()?,
        })
    }
}

fn wrong(path: &Path, message: String) -> CliError {
    CliError::Accepted { path: path.to_owned(), message }
}
