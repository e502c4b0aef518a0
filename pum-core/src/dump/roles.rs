//! The roles that a database's objects name.

use std::collections::BTreeSet;

use super::DumpError;
use crate::connect::{Session, SessionOn, quote_ident};

/// A role and its attributes.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub struct Role {
    /// Its name.
    pub name: String,
    /// Its attributes, except `LOGIN`.
    pub attributes: Vec<RoleAttribute>,
}

/// Attributes for `CREATE ROLE`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[expect(missing_docs, reason = "they are the ones in the server's documentation")]
pub enum RoleAttribute {
    Superuser,
    CreateDb,
    CreateRole,
    NoInherit,
    Replication,
    BypassRls,
}

impl RoleAttribute {
    const ALL: [Self; 6] = [
        Self::Superuser,
        Self::CreateDb,
        Self::CreateRole,
        Self::NoInherit,
        Self::Replication,
        Self::BypassRls,
    ];

    /// As SQL has it.
    fn keyword(self) -> &'static str {
        match self {
            Self::Superuser => "SUPERUSER",
            Self::CreateDb => "CREATEDB",
            Self::CreateRole => "CREATEROLE",
            Self::NoInherit => "NOINHERIT",
            Self::Replication => "REPLICATION",
            Self::BypassRls => "BYPASSRLS",
        }
    }
}

impl Role {
    /// A role without attributes.
    pub fn named(name: impl Into<String>) -> Self {
        Self { name: name.into(), attributes: Vec::new() }
    }

    /// A superuser if it is one of these, else one without any attribute.
    pub(crate) fn among(name: String, superusers: &BTreeSet<String>) -> Self {
        if superusers.contains(&name) { Self::superuser(name) } else { Self::named(name) }
    }

    /// A superuser.
    pub fn superuser(name: impl Into<String>) -> Self {
        Self { name: name.into(), attributes: vec![RoleAttribute::Superuser] }
    }
}

/// All roles that own objects in the database, have privileges on them, or appear in policies, and
/// the connected role.
///
/// # Errors
///
/// If the server does not answer.
pub fn roles_named_by(session: &mut SessionOn<'_>) -> Result<Vec<Role>, DumpError> {
    roles_named_by_or(session, &[])
}

/// The same, and those of these names that exist.
pub(crate) fn roles_named_by_or(
    session: &mut SessionOn<'_>,
    others: &[&str],
) -> Result<Vec<Role>, DumpError> {
    // Dependencies on the bootstrap superuser are not recorded, so it is named here. Subscriptions
    // are shared objects: their dependencies belong to no database.
    let query = "SELECT r.rolname::text, ARRAY[r.rolsuper, r.rolcreatedb, r.rolcreaterole, \
                                               NOT r.rolinherit, r.rolreplication, r.rolbypassrls] \
                 FROM pg_catalog.pg_roles r \
                 WHERE r.rolname !~ '^pg_' \
                   AND (r.oid = 10 OR r.rolname = current_user \
                        OR r.rolname::text = ANY ($1::text[]) OR EXISTS ( \
                        SELECT FROM pg_catalog.pg_shdepend d, pg_catalog.pg_database b \
                        WHERE b.datname = current_database() \
                          AND d.refclassid = 'pg_catalog.pg_authid'::regclass \
                          AND d.refobjid = r.oid \
                          AND (d.dbid = b.oid OR (d.classid = 'pg_catalog.pg_database'::regclass \
                                                  AND d.objid = b.oid))) \
                        OR EXISTS ( \
                        SELECT FROM pg_catalog.pg_subscription s, pg_catalog.pg_database b \
                        WHERE b.datname = current_database() AND s.subdbid = b.oid \
                          AND s.subowner = r.oid)) \
                 ORDER BY 1";
    let rows = session.client().query(query, &[&others]).map_err(|err| {
        DumpError::server("cannot list the roles that the database refers to".to_owned(), &err)
    })?;
    let role = |row: &postgres::Row| {
        let has: Vec<bool> = row.get(1);
        let attributes = RoleAttribute::ALL.into_iter().zip(has);
        let attributes = attributes.filter(|(_, has)| *has).map(|(attribute, _)| attribute);
        Role { name: row.get(0), attributes: attributes.collect() }
    };
    Ok(rows.iter().map(role).collect())
}

/// Those of the given roles that do not exist on the server of the session.
///
/// # Errors
///
/// If the server does not answer.
pub fn missing_roles(session: &mut Session, roles: &[String]) -> Result<Vec<String>, DumpError> {
    let query = "SELECT rolname::text FROM pg_catalog.pg_roles";
    let existing = names(session, query, "cannot list the roles of the server")?;
    Ok(roles.iter().filter(|role| !existing.contains(role)).cloned().collect())
}

/// Creates the roles that do not exist, without login, password and attributes: all or none.
///
/// # Errors
///
/// If the server refuses one.
pub fn create_roles(session: &mut Session, roles: &[String]) -> Result<(), DumpError> {
    let missing = missing_roles(session, roles)?;
    // Statements that are sent together are one transaction.
    let sql: String =
        missing.iter().map(|role| format!("CREATE ROLE {} NOLOGIN;", quote_ident(role))).collect();
    session.client().batch_execute(&sql).map_err(|err| {
        DumpError::server(format!("cannot create the roles \"{}\"", missing.join("\", \"")), &err)
    })
}

/// Creates roles on a scratch server, with their attributes but without login and password. An
/// existing role gets the missing attributes, and keeps its own.
///
/// # Errors
///
/// If the server refuses one.
pub fn create_scratch_roles(session: &mut Session, roles: &[Role]) -> Result<(), DumpError> {
    let names: Vec<String> = roles.iter().map(|role| role.name.clone()).collect();
    create_roles(session, &names)?;
    let sql: String = roles
        .iter()
        .filter(|role| !role.attributes.is_empty())
        .map(|role| {
            let attributes = role.attributes.iter().map(|one| one.keyword());
            let attributes = attributes.collect::<Vec<_>>().join(" ");
            format!("ALTER ROLE {} {attributes};", quote_ident(&role.name))
        })
        .collect();
    session.client().batch_execute(&sql).map_err(|err| {
        DumpError::server(format!("cannot alter the roles \"{}\"", names.join("\", \"")), &err)
    })
}

/// Which of these roles are no superusers on the server of the session, or not there.
pub(super) fn not_superusers<'r>(
    session: &mut Session,
    roles: impl Iterator<Item = &'r String>,
) -> Result<Vec<String>, DumpError> {
    let query = "SELECT rolname::text FROM pg_catalog.pg_roles WHERE rolsuper";
    let superusers = names(session, query, "cannot list the superusers of the server")?;
    Ok(roles.filter(|role| !superusers.contains(role)).cloned().collect())
}

/// Makes a role of a scratch server a superuser with login.
///
/// # Errors
///
/// If the server refuses it.
pub fn grant_create(session: &mut Session, role: &str) -> Result<(), DumpError> {
    create_roles(session, &[role.to_owned()])?;
    session
        .client()
        .batch_execute(&format!("ALTER ROLE {} LOGIN SUPERUSER", quote_ident(role)))
        .map_err(|err| DumpError::server(format!("cannot alter the role \"{role}\""), &err))
}

fn names(session: &mut SessionOn<'_>, query: &str, action: &str) -> Result<Vec<String>, DumpError> {
    let rows = session
        .client()
        .query(query, &[])
        .map_err(|err| DumpError::server(action.to_owned(), &err))?;
    Ok(rows.iter().map(|row| row.get(0)).collect())
}
