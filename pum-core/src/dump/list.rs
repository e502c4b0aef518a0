//! Which entries of an archive are restored.

use std::io::Write as _;

use tempfile::NamedTempFile;

use super::DumpError;
use super::check::run_restore;
use super::restore::Dump;
use crate::Interrupt;

/// The archive's entries without the one that makes the schema `public`, which a new database has:
/// a dump of that schema alone (`pg_dump -n public`) has it. `None` if there is no such entry.
pub(super) fn without_public(
    dump: &Dump<'_>,
    interrupt: &Interrupt,
) -> Result<Option<NamedTempFile>, DumpError> {
    let list = run_restore(dump.tools, dump.archive, ["--list".into()], interrupt)?;
    let list = String::from_utf8_lossy(&list);
    let makes_public = |line: &str| !line.starts_with(';') && line.contains(" SCHEMA - public ");
    if !list.lines().any(makes_public) {
        return Ok(None);
    }
    let failed = |source| DumpError::File {
        action: "write a list of the entries of",
        path: dump.archive.to_owned(),
        source,
    };
    let mut file = tempfile::Builder::new().prefix("pum-list-").tempfile().map_err(failed)?;
    for line in list.lines().filter(|line| !makes_public(line)) {
        writeln!(file, "{line}").map_err(failed)?;
    }
    Ok(Some(file))
}
