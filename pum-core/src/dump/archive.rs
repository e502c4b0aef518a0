use std::fs::{File, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::time::{Duration, Instant};

use super::process::run;
use super::{DumpError, Tools};
use crate::Interrupt;
use crate::connect::Settings;
use crate::progress::{Observer, Silent};

/// What to dump.
#[derive(Debug, Clone, Default)]
pub struct DumpOptions {
    /// Schemas to leave out.
    pub exclude_schemas: Vec<String>,
    /// No data, and nothing that definitions do without or a scratch server does not know:
    /// comments, security labels, subscriptions.
    pub schema_only: bool,
    /// No owners and no privileges: for a server without the roles.
    pub without_roles: bool,
}

/// A finished dump.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DumpReport {
    /// Size of the file in bytes.
    pub bytes: u64,
    /// How long it took, reading back included.
    pub duration: Duration,
}

/// Dumps a database into `file`, in the custom format of `pg_dump`.
///
/// The file is written beside its final name, with mode 0600, read back completely, synced and
/// renamed; an older file of that name is replaced by that. On failure nothing is left and an
/// older file stays.
pub fn dump(
    tools: &Tools,
    settings: &Settings,
    file: &Path,
    options: &DumpOptions,
    observer: &mut dyn Observer,
    interrupt: &Interrupt,
) -> Result<DumpReport, DumpError> {
    let started = Instant::now();
    let file_error =
        |action| move |source| DumpError::File { action, path: file.to_owned(), source };
    if file.is_dir() {
        let source = std::io::ErrorKind::IsADirectory.into();
        return Err(file_error("write the dump to")(source));
    }
    let part = part_file(file).map_err(file_error("write the dump to"))?;
    let part_name = part.path().to_string_lossy();
    let mut arguments =
        vec!["--format=custom", "--no-password", "--verbose", "--file", &*part_name];
    let patterns: Vec<String> =
        options.exclude_schemas.iter().map(|schema| schema_pattern(schema)).collect();
    for pattern in &patterns {
        arguments.extend(["--exclude-schema", pattern]);
    }
    if options.schema_only {
        arguments.extend(["--schema-only", "--no-comments", "--no-security-labels"]);
        arguments.push("--no-subscriptions");
    }
    if options.without_roles {
        arguments.extend(["--no-owner", "--no-privileges"]);
    }
    let outcome = run(&tools.pg_dump, &arguments, Some(settings), observer, interrupt)?;
    if !outcome.success {
        let action = format!("the dump of {} to {}", settings.label(), file.display());
        return Err(DumpError::Failed { action, output: outcome.output });
    }
    check(tools, part.path(), interrupt)?;
    let written = File::open(part.path())
        .and_then(|written| written.sync_all().and_then(|()| written.metadata()))
        .map_err(file_error("sync"))?;
    part.persist(file).map_err(|err| file_error("name")(err.error))?;
    Ok(DumpReport { bytes: written.len(), duration: started.elapsed() })
}

/// Reads an archive completely: a truncated or damaged one is an error. (Its table of contents
/// alone can be read from a truncated one.)
pub fn check(tools: &Tools, archive: &Path, interrupt: &Interrupt) -> Result<(), DumpError> {
    File::open(archive).map_err(|source| DumpError::File {
        action: "read",
        path: archive.to_owned(),
        source,
    })?;
    let name = archive.to_string_lossy();
    let arguments = ["--file=/dev/null", &*name];
    let outcome = run(&tools.pg_restore, &arguments, None, &mut Silent, interrupt)?;
    if outcome.success {
        return Ok(());
    }
    Err(DumpError::Archive { path: archive.to_owned(), output: outcome.output })
}

/// An empty file beside `file` that goes when it is dropped.
fn part_file(file: &Path) -> std::io::Result<tempfile::NamedTempFile> {
    let directory = match file.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    let name = file.file_name().ok_or(std::io::ErrorKind::InvalidFilename)?;
    tempfile::Builder::new()
        .prefix(&format!(".{}.", name.to_string_lossy()))
        .suffix(".part")
        .permissions(Permissions::from_mode(0o600))
        .tempfile_in(directory)
}

/// A pattern of `pg_dump` for a glob: what stands in quotes is meant to the letter.
pub(super) fn schema_pattern(glob: &str) -> String {
    let mut pattern = String::from("\"");
    let mut chars = glob.chars();
    while let Some(c) = chars.next() {
        match c {
            '*' | '?' => pattern.extend(['"', c, '"']),
            '"' => pattern.push_str("\"\""),
            '\\' => pattern.extend(chars.next()),
            c => pattern.push(c),
        }
    }
    pattern + "\""
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_part_file_is_private_and_goes() {
        let dir = tempfile::tempdir().unwrap();
        let part = part_file(&dir.path().join("prod.dump")).unwrap();
        let mode = part.as_file().metadata().unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        let path = part.path().to_owned();
        assert!(path.starts_with(dir.path()));
        drop(part);
        assert!(!path.exists());
    }
}
