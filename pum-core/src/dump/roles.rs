//! The roles that a database's objects name.

use super::DumpError;
use crate::connect::{Session, SessionOn, quoted};

/// All roles that own something in the database, have privileges on something in it, or appear in
/// its policies; and the role that is connected.
pub fn roles_named_by(session: &mut SessionOn<'_>) -> Result<Vec<String>, DumpError> {
    // Dependencies on the bootstrap superuser are not recorded, so it is named here.
    let query = "SELECT r.rolname::text FROM pg_catalog.pg_roles r \
                 WHERE r.rolname !~ '^pg_' \
                   AND (r.oid = 10 OR r.rolname = current_user OR EXISTS ( \
                        SELECT FROM pg_catalog.pg_shdepend d, pg_catalog.pg_database b \
                        WHERE b.datname = current_database() \
                          AND d.refclassid = 'pg_catalog.pg_authid'::regclass \
                          AND d.refobjid = r.oid \
                          AND (d.dbid = b.oid OR (d.classid = 'pg_catalog.pg_database'::regclass \
                                                  AND d.objid = b.oid)))) \
                 ORDER BY 1";
    names(session, query, "cannot list the roles that the database names")
}

/// Which of these roles the server of the session does not have.
pub fn missing_roles(session: &mut Session, roles: &[String]) -> Result<Vec<String>, DumpError> {
    let query = "SELECT rolname::text FROM pg_catalog.pg_roles";
    let existing = names(session, query, "cannot list the roles of the server")?;
    Ok(roles.iter().filter(|role| !existing.contains(role)).cloned().collect())
}

/// Creates roles that may not log in and have no password, unless they exist: all or none.
pub fn create_roles(session: &mut Session, roles: &[String]) -> Result<(), DumpError> {
    let missing = missing_roles(session, roles)?;
    // Statements that are sent together are one transaction.
    let sql: String =
        missing.iter().map(|role| format!("CREATE ROLE {} NOLOGIN;", quoted(role))).collect();
    session.client().batch_execute(&sql).map_err(|err| {
        DumpError::server(format!("cannot create the roles \"{}\"", missing.join("\", \"")), &err)
    })
}

/// Lets a role of a scratch server log in and do everything there.
pub fn let_role_work(session: &mut Session, role: &str) -> Result<(), DumpError> {
    create_roles(session, &[role.to_owned()])?;
    session
        .client()
        .batch_execute(&format!("ALTER ROLE {} LOGIN SUPERUSER", quoted(role)))
        .map_err(|err| DumpError::server(format!("cannot alter the role \"{role}\""), &err))
}

fn names(session: &mut SessionOn<'_>, query: &str, action: &str) -> Result<Vec<String>, DumpError> {
    let rows = session
        .client()
        .query(query, &[])
        .map_err(|err| DumpError::server(action.to_owned(), &err))?;
    Ok(rows.iter().map(|row| row.get(0)).collect())
}
