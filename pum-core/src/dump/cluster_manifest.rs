//! The manifest of a dump of a whole server.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::check::sums;
use super::destination::sync;
use super::server_settings::FileSettings;
use super::{DumpError, FileSum, Format, Manifest};
use crate::Interrupt;
use crate::connect::Session;

/// The version of the format that this program writes, and the newest that it reads.
pub(super) const FORMAT_VERSION: u32 = 1;

/// The file in the directory of such a dump. Without it, it is none.
const MANIFEST: &str = "cluster.manifest.json";

/// The scripts of roles and of tablespaces.
pub(super) const ROLES: &str = "roles.sql";
pub(super) const TABLESPACES: &str = "tablespaces.sql";

/// A dump of all databases of a server, with its roles and settings: a directory.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct ClusterManifest {
    /// The version of this format.
    pub format_version: u32,
    /// The system identifier of the server.
    pub system_identifier: String,
    /// When the dump started, in UTC. Each database has its own time.
    pub taken_at: String,
    /// The server's version.
    pub server_version: String,
    /// The version of `pg_dump`.
    pub client_version: String,
    /// The size of all files, in bytes.
    pub bytes: u64,
    /// Whether it contains the passwords of the roles, encrypted as on the server.
    pub role_passwords: bool,
    /// The roles.
    pub roles: Vec<ClusterRole>,
    /// The tablespaces.
    pub tablespaces: Vec<Tablespace>,
    /// The server's settings.
    pub settings: FileSettings,
    /// The databases.
    pub databases: Vec<ClusterDatabase>,
    /// Excluded databases.
    pub left_out: Vec<String>,
    /// The scripts and the manifests of the databases, with their checksums. Those of the dumps are
    /// in the manifests.
    pub files: Vec<FileSum>,
}

/// A role of a server.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct ClusterRole {
    /// Its name.
    pub name: String,
    /// Its attributes, as in `CREATE ROLE`.
    pub attributes: String,
}

/// A tablespace of a server.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct Tablespace {
    /// Its name.
    pub name: String,
    /// Its location on the server.
    pub location: String,
    /// The databases that use it.
    pub used_by: Vec<String>,
}

/// A database of a server.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct ClusterDatabase {
    /// Its name.
    pub name: String,
    /// The file or directory with its dump; `None` for an empty database that exists on every
    /// server.
    pub file: Option<String>,
    /// Whether it is a template (`IS_TEMPLATE`).
    pub is_template: bool,
    /// Its size on the server, in bytes.
    pub bytes: u64,
}

impl ClusterManifest {
    /// The directory of a dump: this one, or the newest of those in it.
    ///
    /// # Errors
    ///
    /// If it contains no dump of a whole server.
    pub fn find(directory: &Path) -> Result<PathBuf, DumpError> {
        if directory.join(MANIFEST).is_file() {
            return Ok(directory.to_owned());
        }
        let none = |reason: &str| DumpError::NotAClusterDump {
            path: directory.to_owned(),
            reason: reason.to_owned(),
        };
        let entries = directory.read_dir().map_err(|source| DumpError::File {
            action: "read",
            path: directory.to_owned(),
            cause: source,
        })?;
        let is_hidden = |path: &Path| {
            path.file_name().is_none_or(|name| name.to_string_lossy().starts_with('.'))
        };
        let dumps = entries.filter_map(Result::ok).map(|entry| entry.path());
        let dumps = dumps.filter(|path| !is_hidden(path) && path.join(MANIFEST).is_file());
        let mut found = Vec::new();
        for path in dumps {
            found.push((Self::read(&path)?.taken_at, path));
        }
        let newest = found.into_iter().max();
        newest.map(|(_, path)| path).ok_or_else(|| none("there is no cluster.manifest.json in it"))
    }

    /// Reads the manifest in a directory.
    ///
    /// # Errors
    ///
    /// If the file cannot be read, has a newer version, or is not a manifest.
    pub fn read(directory: &Path) -> Result<Self, DumpError> {
        #[derive(Deserialize)]
        struct Version {
            format_version: u32,
        }
        let path = directory.join(MANIFEST);
        let text = fs::read(&path).map_err(|source| DumpError::File {
            action: "read",
            path: path.clone(),
            cause: source,
        })?;
        let wrong = |reason: String| DumpError::Manifest { path: path.clone(), reason };
        let version: Version =
            serde_json::from_slice(&text).map_err(|err| wrong(err.to_string()))?;
        if version.format_version > FORMAT_VERSION {
            return Err(wrong(format!(
                "it has version {}, written by a newer pum; this one reads {FORMAT_VERSION}",
                version.format_version
            )));
        }
        let manifest: Self = serde_json::from_slice(&text).map_err(|err| wrong(err.to_string()))?;
        let files = manifest.files.iter().map(|file| &file.name);
        let dumps = manifest.databases.iter().filter_map(|database| database.file.as_ref());
        match files.chain(dumps).find(|name| !is_plain(name)) {
            Some(name) => Err(wrong(format!("\"{name}\" is not a file in its directory"))),
            None => Ok(manifest),
        }
    }

    /// Writes it into the directory.
    pub(super) fn write(&self, directory: &Path) -> Result<(), DumpError> {
        let path = directory.join(MANIFEST);
        let failed =
            |source| DumpError::File { action: "write", path: path.clone(), cause: source };
        let text = serde_json::to_string_pretty(self).map_err(|err| failed(err.into()))?;
        fs::write(&path, text + "\n")
            .and_then(|()| fs::set_permissions(&path, Permissions::from_mode(0o600)))
            .and_then(|()| sync(&path))
            .map_err(failed)
    }

    /// By what a database says that it is of this dump.
    pub(super) fn identifier(&self) -> String {
        format!("{} {}", self.system_identifier, self.taken_at)
    }

    /// The major version of the server that was dumped; 0 if it is not known.
    pub(super) fn server_major(&self) -> u32 {
        let major = self.server_version.split('.').next();
        major.and_then(|major| major.parse().ok()).unwrap_or_default()
    }

    /// The major version of the `pg_dump` that wrote it; 0 if unknown.
    pub fn client_major(&self) -> u32 {
        let major = self.client_version.split('.').next();
        major.and_then(|major| major.parse().ok()).unwrap_or_default()
    }

    /// Makes sure that all files are what was written, by their checksums; of the dumps, those of
    /// the databases that are `wanted`.
    pub(super) fn verify(
        &self,
        directory: &Path,
        jobs: usize,
        wanted: impl Fn(&str) -> bool,
        interrupt: &Interrupt,
    ) -> Result<(), DumpError> {
        for expected in &self.files {
            let path = directory.join(&expected.name);
            if !path.is_file() {
                let what = format!("{} is missing", expected.name);
                return Err(DumpError::Altered { path: directory.to_owned(), what });
            }
            let found = sum_of(&path, interrupt)?;
            if found != *expected {
                let what = format!("the checksum of {} does not match", expected.name);
                return Err(DumpError::Altered { path: directory.to_owned(), what });
            }
        }
        for database in self.databases.iter().filter(|database| wanted(&database.name)) {
            let Some(file) = &database.file else { continue };
            let dump = directory.join(file);
            let missing = |what: String| DumpError::Altered { path: directory.to_owned(), what };
            if dump.symlink_metadata().is_err() {
                return Err(missing(format!("{file} is missing")));
            }
            let manifest = Manifest::read(&dump)?;
            let manifest =
                manifest.ok_or_else(|| missing(format!("the manifest of {file} is missing")))?;
            manifest.verify(&dump, jobs, interrupt)?;
        }
        Ok(())
    }
}

/// Whether a name is that of a file in the directory, and leads nowhere else.
fn is_plain(name: &str) -> bool {
    !name.is_empty() && name != "." && name != ".." && !name.contains(['/', '\0'])
}

/// The checksum of one file.
pub(super) fn sum_of(path: &Path, interrupt: &Interrupt) -> Result<FileSum, DumpError> {
    let mut found = sums(path, Format::Custom, 1, interrupt)?;
    found.pop().ok_or_else(|| DumpError::File {
        action: "read",
        path: path.to_owned(),
        cause: std::io::ErrorKind::NotFound.into(),
    })
}

/// The roles of a server, but for those that every server has.
pub(super) fn roles_of(session: &mut Session) -> Result<Vec<ClusterRole>, DumpError> {
    let query = "SELECT rolname::text, pg_catalog.concat_ws(' ', \
            CASE WHEN rolsuper THEN 'SUPERUSER' END, \
            CASE WHEN rolcreatedb THEN 'CREATEDB' END, \
            CASE WHEN rolcreaterole THEN 'CREATEROLE' END, \
            CASE WHEN NOT rolinherit THEN 'NOINHERIT' END, \
            CASE WHEN rolcanlogin THEN 'LOGIN' ELSE 'NOLOGIN' END, \
            CASE WHEN rolreplication THEN 'REPLICATION' END, \
            CASE WHEN rolbypassrls THEN 'BYPASSRLS' END, \
            CASE WHEN rolconnlimit <> -1 THEN 'CONNECTION LIMIT ' || rolconnlimit END, \
            'VALID UNTIL ' || (rolvaliduntil AT TIME ZONE 'UTC')::text || ' UTC') \
        FROM pg_catalog.pg_roles WHERE rolname !~ '^pg_' ORDER BY 1";
    let action = format!("cannot list the roles of the server of {}", session.settings().label());
    let rows = session.client().query(query, &[]).map_err(|err| DumpError::server(action, &err))?;
    Ok(rows.iter().map(|row| ClusterRole { name: row.get(0), attributes: row.get(1) }).collect())
}

/// The tablespaces that users created.
pub(super) fn tablespaces_of(session: &mut Session) -> Result<Vec<Tablespace>, DumpError> {
    let query = "SELECT t.spcname::text, pg_catalog.pg_tablespace_location(t.oid), \
            ARRAY(SELECT d.datname::text FROM pg_catalog.pg_database d \
                  WHERE d.oid IN (SELECT pg_catalog.pg_tablespace_databases(t.oid)) ORDER BY 1) \
        FROM pg_catalog.pg_tablespace t WHERE t.spcname !~ '^pg_' ORDER BY 1";
    let action =
        format!("cannot list the tablespaces of the server of {}", session.settings().label());
    let rows = session.client().query(query, &[]).map_err(|err| DumpError::server(action, &err))?;
    let tablespace = |row: &postgres::Row| Tablespace {
        name: row.get(0),
        location: row.get(1),
        used_by: row.get(2),
    };
    Ok(rows.iter().map(tablespace).collect())
}
