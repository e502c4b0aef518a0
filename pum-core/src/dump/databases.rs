//! Databases of a server: create and drop them, and who may connect to them.

use crate::Context;
use crate::connect::Session;
use crate::sql::{quote_ident, quote_literal};

use super::DumpError;
use super::template::{Strategy, copy_database};

/// What would be lost with a database.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct DatabaseUse {
    /// Its size on disk, in bytes (`pg_database_size`).
    pub size: u64,
    /// The number of its other sessions (`pg_stat_activity`).
    pub sessions: u64,
}

/// Who may connect to a database (the privilege `CONNECT`).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ConnectAccess {
    /// Whether everybody may.
    pub public: bool,
    /// The roles that were granted it, by name; superusers may besides.
    pub roles: Vec<String>,
}

/// A change of who may connect.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ConnectChange {
    /// Whether everybody may no longer.
    pub revoke_public: bool,
    /// Roles that may.
    pub grant: Vec<String>,
    /// Roles that may no longer.
    pub revoke: Vec<String>,
}

/// Creates a database: empty, as the server makes it, or as a copy of another one (`CREATE DATABASE …
/// TEMPLATE`), which tells how far it is.
///
/// # Errors
///
/// If the server refuses it: there is one of this name, or the template has other sessions.
pub fn create_database(
    server: &mut Session,
    name: &str,
    template: Option<&str>,
    context: &mut Context<'_>,
) -> Result<(), DumpError> {
    let sql = format!("CREATE DATABASE {}", quote_ident(name));
    let what = format!("cannot create the database \"{name}\"");
    let Some(template) = template else { return run(server, &sql, what) };
    let sql = format!("{sql} TEMPLATE {}", quote_ident(template));
    // Before 15 there was no other way than copying files.
    let strategy =
        if server.version().major() >= 15 { Strategy::WalLog } else { Strategy::FileCopy };
    copy_database(server, (template, strategy), |server| run(server, &sql, what), context)
}

/// What a database is used for; `None` if there is none of this name.
///
/// # Errors
///
/// If the server refuses to tell.
pub fn database_use(server: &mut Session, name: &str) -> Result<Option<DatabaseUse>, DumpError> {
    const QUERY: &str = "SELECT pg_catalog.pg_database_size(d.oid), \
         (SELECT pg_catalog.count(*) FROM pg_catalog.pg_stat_activity a WHERE a.datid = d.oid) \
         FROM pg_catalog.pg_database d WHERE d.datname = $1";
    let row = server.client().query_opt(QUERY, &[&name]);
    let row = row.map_err(|err| failed(format!("cannot inspect the database \"{name}\""), &err))?;
    let number = |row: &postgres::Row, at: usize| u64::try_from(row.get::<_, i64>(at)).unwrap_or(0);
    Ok(row.map(|row| DatabaseUse { size: number(&row, 0), sessions: number(&row, 1) }))
}

/// Drops a database, and ends its sessions.
///
/// # Errors
///
/// If the server refuses it: there is none of this name, the role does not own it, or may not end the
/// sessions of others.
pub fn drop_database(server: &mut Session, name: &str) -> Result<(), DumpError> {
    const END: &str = "SELECT pg_catalog.pg_terminate_backend(pid) FROM pg_catalog.pg_stat_activity \
         WHERE datname = $1 AND pid <> pg_catalog.pg_backend_pid()";
    let what = format!("cannot drop the database \"{name}\"");
    if server.version().major() >= 13 {
        return run(server, &format!("DROP DATABASE {} WITH (FORCE)", quote_ident(name)), what);
    }
    server.client().execute(END, &[&name]).map_err(|err| failed(what.clone(), &err))?;
    run(server, &format!("DROP DATABASE {}", quote_ident(name)), what)
}

/// Changes who may connect to a database, in one transaction, and tells who may then.
///
/// # Errors
///
/// If there is no such database or role, or the role of the session does not own the database.
pub fn change_connect_access(
    server: &mut Session,
    name: &str,
    change: &ConnectChange,
) -> Result<ConnectAccess, DumpError> {
    let database = quote_ident(name);
    let mut sql = String::from("BEGIN;");
    if change.revoke_public {
        sql += &format!("REVOKE CONNECT ON DATABASE {database} FROM PUBLIC;");
    }
    for role in &change.grant {
        sql += &format!("GRANT CONNECT ON DATABASE {database} TO {};", quote_ident(role));
    }
    for role in &change.revoke {
        sql += &format!("REVOKE CONNECT ON DATABASE {database} FROM {};", quote_ident(role));
    }
    let what = || format!("cannot change who may connect to the database \"{name}\"");
    if let Err(err) = run(server, &(sql + "COMMIT"), what()) {
        let _ = server.client().batch_execute("ROLLBACK");
        return Err(err);
    }
    let query = format!(
        "SELECT coalesce(r.rolname::text, '') FROM pg_catalog.pg_database d, \
         pg_catalog.aclexplode(coalesce(d.datacl, pg_catalog.acldefault('d', d.datdba))) a \
         LEFT JOIN pg_catalog.pg_roles r ON r.oid = a.grantee \
         WHERE d.datname = {} AND a.privilege_type = 'CONNECT' ORDER BY 1",
        quote_literal(name)
    );
    let rows = server.client().query(&query, &[]).map_err(|err| failed(what(), &err))?;
    let mut access = ConnectAccess::default();
    for grantee in rows.iter().map(|row| row.get::<_, String>(0)) {
        if grantee.is_empty() {
            access.public = true;
        } else {
            access.roles.push(grantee);
        }
    }
    access.roles.dedup();
    Ok(access)
}

fn run(server: &mut Session, sql: &str, what: String) -> Result<(), DumpError> {
    server.client().batch_execute(sql).map_err(|err| failed(what, &err))
}

fn failed(what: String, err: &postgres::Error) -> DumpError {
    DumpError::server(what, err)
}
