//! Scripts that create objects without data, such as views and functions. The objects are dropped
//! before the deltas and recreated after them, because the type of a column cannot be altered while
//! a view uses it.

use std::collections::BTreeMap;
use std::path::Path;

use super::drops::drops;
use super::files::Files;
use super::{Checksum, DeltaError, PreparedScript, Script, Variables};

/// The directory, in a delta directory, in which they are.
const DIRECTORY: &str = "repeatable";

/// How a script's name ends that drops what another one makes.
const DROP: &str = ".drop.sql";

/// A script that runs again after deltas, and when it has changed.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Repeatable {
    /// Creates the objects: `NAME.sql`.
    pub script: Script,
    /// Drops them, if the author provides it: `NAME.drop.sql`.
    pub drop: Option<Script>,
}

/// A repeatable script with variables substituted.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct PreparedRepeatable {
    /// Its file name, under which it is recorded.
    pub name: String,
    /// Creates the objects.
    pub script: PreparedScript,
    /// The checksum of the SQL sent: it changes with the variables.
    pub sent: Checksum,
    /// SQL that drops the objects in reverse order, if they exist.
    pub drops: String,
}

impl Repeatable {
    /// Reads those of a delta directory, sorted by name; none if it has no directory `repeatable`.
    ///
    /// Fails on a file that cannot be read, on a program, and on a `NAME.drop.sql` without its
    /// `NAME.sql`.
    pub(super) fn read_all(files: &Files, delta_directory: &Path) -> Result<Vec<Self>, DeltaError> {
        let directory = delta_directory.join(DIRECTORY);
        if !files.is_directory(&directory) {
            return Ok(Vec::new());
        }
        let (mut scripts, mut drops) = (BTreeMap::new(), BTreeMap::new());
        for path in files.of_directory(&directory)? {
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            if let Some(stem) = name.strip_suffix(DROP) {
                drops.insert(stem.to_owned(), Script::read_in(files, &path)?);
            } else if let Some(stem) = name.strip_suffix(".sql") {
                scripts.insert(stem.to_owned(), Script::read_in(files, &path)?);
            } else if [".py", ".sh"].iter().any(|end| name.ends_with(end)) {
                let reason = "it must be SQL: pum cannot know how to undo what a program does";
                return Err(misfit(&path, reason));
            } else if name.to_lowercase().ends_with(".sql") {
                return Err(misfit(&path, "its name must end in \".sql\""));
            }
        }
        if let Some((stem, drop)) = drops.iter().find(|(stem, _)| !scripts.contains_key(*stem)) {
            let reason = format!("it drops what {stem}.sql creates, but there is no {stem}.sql");
            return Err(misfit(drop.path(), &reason));
        }
        let with_drop = |(stem, script)| Self { drop: drops.remove(&stem), script };
        Ok(scripts.into_iter().map(with_drop).collect())
    }

    /// Its scripts.
    pub fn scripts(&self) -> impl Iterator<Item = &Script> {
        std::iter::once(&self.script).chain(&self.drop)
    }

    /// The file name, under which it is recorded.
    pub fn name(&self) -> String {
        self.script.file_name()
    }

    /// Substitutes variables, and determines how to drop the objects.
    ///
    /// # Errors
    ///
    /// If the script cannot be read or prepared.
    pub fn prepare(&self, variables: &Variables) -> Result<PreparedRepeatable, DeltaError> {
        let script = self.script.prepare(variables)?;
        let drops = match &self.drop {
            Some(drop) => own_drops(&drop.prepare(variables)?),
            None => drops(&script)?,
        };
        let text = format!("{}\n{drops}", script.text()).replace("\r\n", "\n");
        let sent = Checksum::from_bytes(text.as_bytes());
        Ok(PreparedRepeatable { name: self.name(), script, sent, drops })
    }
}

/// Two of the same name could not be told apart in the database.
pub(super) fn refuse_same_names(all: &[Repeatable]) -> Result<(), DeltaError> {
    let mut seen = BTreeMap::new();
    for one in all {
        if let Some(first) = seen.insert(one.name(), &one.script) {
            let reason = format!(
                "{} has the same name; repeatable scripts are identified by name",
                first.path().display()
            );
            return Err(misfit(one.script.path(), &reason));
        }
    }
    Ok(())
}

fn own_drops(script: &PreparedScript) -> String {
    let sql = |statement: &super::Statement| script.text()[statement.span.clone()].to_owned();
    script.statements().iter().map(sql).collect::<Vec<_>>().join(";\n")
}

fn misfit(path: &Path, reason: &str) -> DeltaError {
    DeltaError::Repeatable { path: path.to_owned(), reason: reason.to_owned() }
}
