//! Options of a restore.

use std::collections::BTreeMap;
use std::ffi::OsString;

use super::DatabaseProperties;
use super::destination::Allow;
use crate::connect::Settings;

impl RestoreOptions {
    /// The options of `pg_restore` that say what is restored.
    pub(super) fn selection(&self) -> Vec<OsString> {
        let switches = [
            (self.without_roles, "--no-owner"),
            (self.without_roles, "--no-privileges"),
            (self.without_tablespaces, "--no-tablespaces"),
            (self.schema_only, "--schema-only"),
        ];
        let switches = switches.iter().filter(|(on, _)| *on).map(|(_, name)| (*name).into());
        // Unlike pg_dump, pg_restore takes names, not patterns.
        let schemas = self.exclude_schemas.iter();
        switches
            .chain(schemas.map(|schema| super::tools::option("exclude-schema", schema)))
            .collect()
    }
}

/// How to restore.
// Each of them is a switch that goes with any other.
#[allow(clippy::struct_excessive_bools)]
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct RestoreOptions {
    /// Replace a database of that name even if it is not empty.
    pub replace: bool,
    /// Continue after errors of `pg_restore`, and list them.
    pub ignore_errors: bool,
    /// Create missing roles, without login and password.
    pub create_roles: bool,
    /// The server is a scratch server: roles that are missing are made, and may there be superusers
    /// where they own what only superusers may own.
    pub(crate) on_scratch: bool,
    /// No owners and no privileges.
    pub without_roles: bool,
    /// The names on the server of roles in the dump.
    pub role_map: BTreeMap<String, String>,
    /// Put everything into the database's default tablespace.
    pub without_tablespaces: bool,
    /// No rows.
    pub schema_only: bool,
    /// Schemas to exclude.
    pub exclude_schemas: Vec<String>,
    /// The number of connections; with 0 or 1 everything is restored in one transaction.
    pub jobs: usize,
    /// Each object in a transaction of its own, also over one connection: one transaction cannot
    /// lock all tables of a large schema.
    pub(crate) in_pieces: bool,
    /// The owner of the new database, if not the owner of the replaced or dumped database.
    pub owner: Option<String>,
    /// Encoding, locale and settings of the new database, if not those of the manifest.
    pub properties: Option<DatabaseProperties>,
    /// Run `ANALYZE` at the end.
    pub analyze: bool,
    /// Databases that must not be replaced, under any name.
    pub protected: Vec<Settings>,
    /// The archive was written and read back by this very program just now, for a server that has
    /// all that it needs: nothing is looked at before.
    pub(crate) unchecked: bool,
    /// Risks that cause a warning instead of an error.
    pub allow: Allow,
    /// The files were compared with the manifest just now.
    pub(crate) is_verified: bool,
    /// The dump of a whole server that the database belongs to: the database is marked with it
    /// until all of that is restored.
    pub part_of: Option<String>,
}
