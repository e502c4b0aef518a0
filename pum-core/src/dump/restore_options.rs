//! How a dump is restored.

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
    /// Replace a database of that name that is not empty.
    pub replace: bool,
    /// Go on after errors of `pg_restore`, and list them.
    pub ignore_errors: bool,
    /// Make the roles that are missing: they may not log in and have no password.
    pub create_roles: bool,
    /// The server is a scratch server: roles that are missing are made, and may there be superusers
    /// where they own what only superusers may own.
    pub(crate) on_scratch: bool,
    /// No owners and no privileges.
    pub without_roles: bool,
    /// The names on the server of roles in the dump.
    pub role_map: BTreeMap<String, String>,
    /// All in the database's own tablespace.
    pub without_tablespaces: bool,
    /// No rows.
    pub schema_only: bool,
    /// Schemas to leave out.
    pub exclude_schemas: Vec<String>,
    /// How many connections restore at once; with 0 or 1 all is one transaction.
    pub jobs: usize,
    /// Each object in a transaction of its own, also over one connection: one transaction cannot
    /// lock all tables of a large schema.
    pub(crate) in_pieces: bool,
    /// The owner of the new database, if not that of the database that is replaced or was dumped.
    pub owner: Option<String>,
    /// Encoding, locale and settings of the database that was dumped, if they are not to be those
    /// of the manifest.
    pub properties: Option<DatabaseProperties>,
    /// Gather statistics in the end.
    pub analyze: bool,
    /// A database that must not be replaced, whatever names lead to it.
    pub protected: Vec<Settings>,
    /// The archive was written and read back by this very program just now, for a server that has
    /// all that it needs: nothing is looked at before.
    pub(crate) unchecked: bool,
    /// Which risks are only warned of.
    pub allow: Allow,
    /// The files were compared with the manifest just now.
    pub(crate) is_verified: bool,
    /// Of which dump of a whole server the database is a part: until all of it is restored, the
    /// database says so.
    pub part_of: Option<String>,
}
