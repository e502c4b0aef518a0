//! Dumps of the schema `public` alone (`pg_dump -n public`), which create that schema although a
//! new database already has it.

use std::io::Write as _;

use tempfile::NamedTempFile;

use super::DumpError;
use super::dump_input::DumpInput;
use super::prerequisites::script_of;
use super::tools::option;
use crate::Interrupt;

/// Which parts of such a dump are restored.
pub(super) struct WithoutPublic {
    /// The archive's entries without the one that makes the schema.
    pub(super) list: NamedTempFile,
    /// What that entry says of the schema's owner; empty if owners are left out.
    pub(super) owner: String,
}

impl WithoutPublic {
    /// `None` for any other dump. Where the schema has another owner than a new database gives it,
    /// those have an entry for it too, which makes nothing.
    pub(super) fn of(
        dump: &DumpInput<'_>,
        interrupt: &Interrupt,
    ) -> Result<Option<Self>, DumpError> {
        let list = dump.toc(interrupt)?;
        let is_public = |line: &&str| !line.starts_with(';') && line.contains(" SCHEMA - public ");
        let Some(public) = list.lines().find(is_public) else { return Ok(None) };
        let only = list_of(dump, std::iter::once(public))?;
        let mut selection = dump.selection();
        selection.push(option("use-list", only.path()));
        let script = script_of(dump.tools, dump.archive, selection, interrupt)?;
        if !script.lines().any(|line| line == "CREATE SCHEMA public;") {
            return Ok(None);
        }
        let owner = script.lines().find(|line| line.starts_with("ALTER SCHEMA public OWNER TO "));
        let list = list_of(dump, list.lines().filter(|line| !is_public(line)))?;
        Ok(Some(Self { list, owner: owner.unwrap_or_default().to_owned() }))
    }
}

/// A file that names entries for `pg_restore`.
fn list_of<'l>(
    dump: &DumpInput<'_>,
    lines: impl Iterator<Item = &'l str>,
) -> Result<NamedTempFile, DumpError> {
    let failed = |source| DumpError::File {
        action: "write a list of the entries of",
        path: dump.archive.to_owned(),
        cause: source,
    };
    let mut file = tempfile::Builder::new().prefix("pum-list-").tempfile().map_err(failed)?;
    for line in lines {
        writeln!(file, "{line}").map_err(failed)?;
    }
    Ok(file)
}
