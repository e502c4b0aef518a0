//! The properties of the side that a built source is compared with: major version, roles, and the
//! role that owns the objects of migrations there.

use std::collections::BTreeSet;

use super::opened::{Content, Opened};
use super::{SourceError, Toolchain};
use crate::connect::{SessionOn, quote_ident};
use crate::dump::{DatabaseProperties, Role, roles_named_by};
use crate::model::{Attributes, Kind, Object};
use crate::snapshot::Snapshot;
use crate::upgrade::TableName;

/// Where and how a source is built.
#[derive(Debug, Clone, Default)]
pub(super) struct TargetProfile {
    /// The major version of the server.
    pub(super) major: u32,
    /// The roles that are there.
    pub(super) roles: Vec<Role>,
    /// The role that builds.
    pub(super) role: Option<String>,
    /// Encoding, locale and settings.
    pub(super) properties: Option<DatabaseProperties>,
    /// The extensions that the other side has, each with its schema.
    pub(super) extensions: Vec<(String, String)>,
    /// The tables, and their owners, in which programs record their migrations there.
    pub(super) history_tables: Vec<HistoryTable>,
    /// The schema in which Flyway works, if it is not `public`.
    pub(super) default_schema: Option<String>,
}

/// A table in which a program records what it applied.
#[derive(Debug, Clone)]
pub(super) struct HistoryTable {
    pub(super) table: TableName,
    pub(super) owner: String,
}

impl TargetProfile {
    /// One on which nothing is known.
    pub(super) fn bare(toolchain: &Toolchain) -> Self {
        Self { major: toolchain.newest_server(), ..Self::default() }
    }

    /// The history table that the program would make in a database of its own, in `schema`.
    pub(super) fn expect_history_table(&mut self, names: &[&str], schema: &str) {
        let in_schema = |name: &&str| [schema, *name].map(quote_ident).join(".").parse().ok();
        let owner = self.role.clone().unwrap_or_default();
        let one = |table| HistoryTable { table, owner: owner.clone() };
        self.history_tables = names.iter().filter_map(in_schema).map(one).collect();
    }

    /// What another side shows. `names` are those of history tables.
    pub(super) fn like(other: &mut Opened, names: &[&str]) -> Result<Self, SourceError> {
        match &mut other.content {
            Content::Database(session) => Self::like_database(session, names),
            Content::Snapshot(snapshot) => Ok(Self::like_snapshot(snapshot, names)),
        }
    }

    pub(super) fn like_database(
        session: &mut SessionOn<'_>,
        names: &[&str],
    ) -> Result<Self, SourceError> {
        let history_tables = history_tables(session, names)?;
        let builder = history_tables.first().map(|one| one.owner.clone());
        Ok(Self {
            major: session.version().major(),
            roles: roles_named_by(session)?,
            role: Some(builder.unwrap_or_else(|| session.settings().user().to_owned())),
            properties: Some(DatabaseProperties::read(session)?),
            extensions: roles_and_settings(session, EXTENSIONS, "list the extensions")?,
            history_tables,
            default_schema: None,
        })
    }

    fn like_snapshot(snapshot: &Snapshot, names: &[&str]) -> Self {
        let mut profile = Self {
            // As its SQL was printed last.
            major: snapshot.canonicalized_by().unwrap_or(snapshot.server_version()).major(),
            roles: snapshot_roles(snapshot),
            ..Self::default()
        };
        let mut database_owner = None;
        for object in snapshot.model().objects() {
            let identity = &object.identity;
            match &object.attributes {
                Attributes::Extension(extension) => {
                    profile.extensions.push((identity.name.clone(), extension.schema.clone()));
                }
                Attributes::Table(table) if names.contains(&identity.name.as_str()) => {
                    let name = [&identity.schema, &identity.name].map(|part| quote_ident(part));
                    // What is quoted can be read.
                    if let Ok(name) = name.join(".").parse() {
                        profile
                            .history_tables
                            .push(HistoryTable { table: name, owner: table.owner.clone() });
                    }
                }
                Attributes::Database(database) if identity.kind == Kind::Database => {
                    database_owner = Some(database.owner.clone());
                }
                _ => {}
            }
        }
        profile.role =
            profile.history_tables.first().map(|one| one.owner.clone()).or(database_owner);
        profile
    }
}

/// The roles of a snapshot. It has no attributes of them, but what they own.
pub(crate) fn snapshot_roles(snapshot: &Snapshot) -> Vec<Role> {
    let owner = |object: &Object| match &object.attributes {
        Attributes::EventTrigger(it) => Some(it.owner.clone()),
        Attributes::ForeignDataWrapper(it) => Some(it.owner.clone()),
        Attributes::Subscription(it) => Some(it.owner.clone()),
        _ => None,
    };
    let superusers: BTreeSet<String> =
        snapshot.model().objects().iter().filter_map(owner).collect();
    snapshot.roles().iter().map(|role| Role::among(role.clone(), &superusers)).collect()
}

const EXTENSIONS: &str = "SELECT e.extname::text, n.nspname::text \
     FROM pg_catalog.pg_extension e \
     JOIN pg_catalog.pg_namespace n ON n.oid OPERATOR(pg_catalog.=) e.extnamespace \
     WHERE e.extname OPERATOR(pg_catalog.<>) 'plpgsql' ORDER BY 1";

fn roles_and_settings(
    session: &mut SessionOn<'_>,
    query: &str,
    action: &str,
) -> Result<Vec<(String, String)>, SourceError> {
    let rows = session.client().query(query, &[]);
    let rows = rows.map_err(|source| unreadable(session, action, source))?;
    Ok(rows.iter().map(|row| (row.get(0), row.get(1))).collect())
}

fn unreadable(session: &SessionOn<'_>, action: &str, source: postgres::Error) -> SourceError {
    let label = session.settings().label().to_owned();
    SourceError::Query { label, action: action.to_owned(), cause: source }
}

/// The tables of these names that are there, the one in `public` first.
pub(super) fn history_tables(
    session: &mut SessionOn<'_>,
    names: &[&str],
) -> Result<Vec<HistoryTable>, SourceError> {
    let query = "SELECT n.nspname::text, c.relname::text, \
                        pg_catalog.pg_get_userbyid(c.relowner)::text \
                 FROM pg_catalog.pg_class c \
                 JOIN pg_catalog.pg_namespace n ON n.oid OPERATOR(pg_catalog.=) c.relnamespace \
                 WHERE c.relkind::text OPERATOR(pg_catalog.=) 'r' \
                   AND c.relname::text OPERATOR(pg_catalog.=) ANY ($1::pg_catalog.text[]) \
                 ORDER BY n.nspname::text OPERATOR(pg_catalog.<>) 'public', 1, 2";
    let rows = session.client().query(query, &[&names]);
    let rows = rows.map_err(|err| unreadable(session, "look for tables of migrations", err))?;
    let one = |row: &postgres::Row| {
        let name = [row.get::<_, &str>(0), row.get(1)].map(quote_ident).join(".");
        Some(HistoryTable { table: name.parse().ok()?, owner: row.get(2) })
    };
    Ok(rows.iter().filter_map(one).collect())
}
