//! The manifest, a small file next to a dump that describes it.

use std::fs::{File, Permissions};
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use tempfile::NamedTempFile;

use super::check::sums;
use super::destination::{beside, parent_of};
use super::{DatabaseProperties, DumpError, FileSum, Format};
use crate::Interrupt;

/// The version of the manifest's format that this program writes, and the newest that it reads.
const FORMAT_VERSION: u32 = 1;

/// The description of a dump: sufficient to detect damage, and to restore it without the original
/// server.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct Manifest {
    /// The version of this format.
    pub format_version: u32,
    /// The format of the dump.
    pub format: Format,
    /// The database that was dumped.
    pub database: String,
    /// The system identifier of its server, if known.
    pub system_identifier: Option<String>,
    /// The time of the snapshot, in UTC.
    pub taken_at: String,
    /// The server's version.
    pub server_version: String,
    /// The version of `pg_dump`.
    pub client_version: String,
    /// The size of all files, in bytes.
    pub bytes: u64,
    /// The files, with their checksums.
    pub files: Vec<FileSum>,
    /// The upgrades table, if it was requested and found.
    pub upgrades_table: Option<UpgradesVersion>,
    /// The exclusions.
    pub left_out: ExcludedData,
    /// Database-level properties, which a dump does not contain.
    pub properties: DatabaseProperties,
    /// The tables whose data the dump contains, and their sizes on the server.
    pub tables: Vec<TableSize>,
}

/// The version of a database.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct UpgradesVersion {
    /// The upgrades table, as `schema.table`.
    pub table: String,
    /// The highest version recorded in it.
    pub version: String,
}

/// The requested exclusions of a dump.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct ExcludedData {
    /// All data.
    pub data: bool,
    /// All schemas except these.
    pub all_schemas_but: Vec<String>,
    /// These schemas.
    pub schemas: Vec<String>,
    /// The data of these tables.
    pub table_data: Vec<String>,
}

/// A table's size.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct TableSize {
    /// `schema.table`
    pub name: String,
    /// In bytes.
    pub bytes: u64,
}

/// The version decides how the rest is to be read.
#[derive(Deserialize)]
struct Version {
    format_version: u32,
}

impl Manifest {
    /// The manifest's version, for making one.
    pub(super) const VERSION: u32 = FORMAT_VERSION;

    /// The path of the manifest of a dump.
    pub fn path_of(dump: &Path) -> PathBuf {
        beside(dump, ".manifest.json")
    }

    /// The major version of the `pg_dump` that wrote the dump; 0 if unknown.
    pub fn client_major(&self) -> u32 {
        let major = self.client_version.split('.').next();
        major.and_then(|major| major.parse().ok()).unwrap_or_default()
    }

    /// Reads the manifest of a dump; `None` if there is none.
    ///
    /// # Errors
    ///
    /// If the file cannot be read, has a newer version, or is not a manifest.
    pub fn read(dump: &Path) -> Result<Option<Self>, DumpError> {
        let path = Self::path_of(dump);
        let text = match std::fs::read(&path) {
            Ok(text) => text,
            Err(err) if err.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(source) => return Err(DumpError::File { action: "read", path, cause: source }),
        };
        let wrong = |reason: String| DumpError::Manifest { path: path.clone(), reason };
        let version: Version =
            serde_json::from_slice(&text).map_err(|err| wrong(err.to_string()))?;
        if version.format_version > FORMAT_VERSION {
            return Err(wrong(format!(
                "it has version {}, written by a newer pum; this one reads {FORMAT_VERSION}",
                version.format_version
            )));
        }
        serde_json::from_slice(&text).map(Some).map_err(|err| wrong(err.to_string()))
    }

    /// Verifies the dump with the checksums of its files.
    ///
    /// # Errors
    ///
    /// If the dump is not the one that the manifest describes.
    pub fn verify(&self, dump: &Path, jobs: usize, interrupt: &Interrupt) -> Result<(), DumpError> {
        let altered = |what: String| Err(DumpError::Altered { path: dump.to_owned(), what });
        let is_directory = dump.is_dir();
        if is_directory != (self.format == Format::Directory) {
            return altered(format!("it is not a dump in {} format", self.format.name()));
        }
        let mut found = sums(dump, self.format, jobs, interrupt)?;
        let mut expected = self.files.clone();
        if !is_directory {
            // A file may have been given another name, and its manifest too.
            for sum in found.iter_mut().chain(&mut expected) {
                sum.name.clear();
            }
        }
        expected.sort();
        let name = |sum: &FileSum| match sum.name.as_str() {
            "" => "it".to_owned(),
            name => name.to_owned(),
        };
        for sum in &expected {
            match found.iter().find(|other| other.name == sum.name) {
                Some(other) if other == sum => {}
                Some(other) if other.bytes != sum.bytes => {
                    let (is, was) = (other.bytes, sum.bytes);
                    return altered(format!("{} has {is} bytes and had {was}", name(sum)));
                }
                Some(_) if sum.name.is_empty() => {
                    return altered("its checksum does not match".to_owned());
                }
                Some(_) => return altered(format!("the checksum of {} does not match", name(sum))),
                None => return altered(format!("{} is missing", name(sum))),
            }
        }
        match found.iter().find(|sum| expected.iter().all(|other| other.name != sum.name)) {
            Some(extra) => altered(format!("{} was added", name(extra))),
            None => Ok(()),
        }
    }

    /// Writes it beside the dump, without its name yet.
    pub(super) fn write(&self, dump: &Path) -> Result<Written, DumpError> {
        let path = Self::path_of(dump);
        let failed =
            |source| DumpError::File { action: "write", path: path.clone(), cause: source };
        let text = serde_json::to_string_pretty(self).map_err(|err| failed(err.into()))?;
        let mut file = tempfile::Builder::new()
            .prefix(".manifest.")
            .suffix(".part")
            .permissions(Permissions::from_mode(0o600))
            .tempfile_in(parent_of(&path))
            .map_err(failed)?;
        file.write_all(text.as_bytes())
            .and_then(|()| file.write_all(b"\n"))
            .and_then(|()| File::sync_all(file.as_file()))
            .map_err(failed)?;
        Ok(Written { file, path })
    }
}

/// A manifest that is written and has no name yet.
pub(super) struct Written {
    file: NamedTempFile,
    path: PathBuf,
}

impl Written {
    /// Gives it its name.
    pub(super) fn persist(self) -> Result<(), DumpError> {
        let Self { file, path } = self;
        match file.persist(&path) {
            Ok(_) => Ok(()),
            Err(err) => Err(DumpError::File { action: "name", path, cause: err.error }),
        }
    }
}
