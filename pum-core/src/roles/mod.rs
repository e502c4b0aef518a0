//! The roles that a project of PUM 1 declares, in a database: creating, granting, dropping and checking
//! them ("Database Roles" and "Privileges" in the PostgreSQL documentation).

mod catalog;
mod check;
mod error;
mod sql;

use std::collections::BTreeSet;

pub(crate) use check::check_on_server;
pub use check::{OtherRole, RoleCheck, RoleDifference, RoleProblem, RoleState, check};
pub use error::RoleError;

use crate::connect::{ServerMessage, Session};
use crate::delta::{ProjectRole, role_sql};
use crate::sql::{quote_ident, quote_literal};

/// What is done with roles.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum RoleAction {
    /// Creates those that are not there.
    Create,
    /// Gives them their permissions.
    Grant,
    /// Takes their permissions back, and ends their memberships in other roles.
    Revoke,
    /// Drops them, after taking their permissions back.
    Drop {
        /// What they own in this database becomes the current role's, and all that was granted to them in
        /// it is taken back.
        force: bool,
    },
    /// Makes a user a member of them.
    GrantTo(String),
    /// Ends the membership of a user in them.
    RevokeFrom(String),
}

impl RoleAction {
    /// The statements that do it.
    pub fn to_sql(&self, roles: &[ProjectRole]) -> String {
        match self {
            Self::Create => role_sql::create(roles),
            Self::Grant => role_sql::grant(roles),
            Self::Revoke => sql::revoke(roles) + &sql::leave_others(roles),
            Self::Drop { force } => Self::Revoke.to_sql(roles) + &sql::drop(roles, *force),
            Self::GrantTo(user) => sql::grant_to(roles, user),
            Self::RevokeFrom(user) => sql::revoke_from(roles, user),
        }
    }
}

/// Runs what [`RoleAction::to_sql`] gives in one transaction.
///
/// # Errors
///
/// If the server refuses it; nothing is changed then.
pub fn run(session: &mut Session, sql: &str) -> Result<(), RoleError> {
    let sql = format!("BEGIN;\n{sql}COMMIT;\n");
    let Err(cause) = session.client().batch_execute(&sql) else { return Ok(()) };
    if !session.is_closed() {
        // An error has ended the transaction as it is; what is left of it is its block.
        let _ = session.client().batch_execute("ROLLBACK");
    }
    let label = session.settings().label().to_owned();
    Err(RoleError::Server { label, server: ServerMessage::new(&cause) })
}

/// Those of the roles with these names, in the order of the project; all of them if no name is given.
///
/// # Errors
///
/// If a name is none of a role of the project, or the project declares no roles.
pub fn named(roles: &[ProjectRole], names: &[String]) -> Result<Vec<ProjectRole>, RoleError> {
    if roles.is_empty() {
        return Err(RoleError::NoRoles);
    }
    let is_role = |name: &&String| roles.iter().any(|role| role.name == **name);
    if let Some(name) = names.iter().find(|name| !is_role(name)) {
        let declared = roles.iter().map(|role| role.name.clone()).collect();
        return Err(RoleError::NotDeclared { name: name.clone(), declared });
    }
    let is_wanted = |role: &&ProjectRole| names.is_empty() || names.contains(&role.name);
    Ok(roles.iter().filter(is_wanted).cloned().collect())
}

/// Creates a role that may log in, without a password.
///
/// # Errors
///
/// If the server refuses it.
pub fn create_login(session: &mut Session, name: &str) -> Result<(), RoleError> {
    run(session, &format!("CREATE ROLE {} LOGIN;\n", quote_ident(name)))
}

/// Drops a role that may log in.
///
/// # Errors
///
/// If there is no such role, or the server refuses it.
pub fn drop_login(session: &mut Session, name: &str) -> Result<(), RoleError> {
    run(session, &format!("DROP ROLE {};\n", quote_ident(name)))
}

/// The roles that may log in and are no superusers, sorted.
///
/// # Errors
///
/// If they cannot be read.
pub fn login_roles(session: &mut Session) -> Result<Vec<String>, RoleError> {
    catalog::names(
        session,
        "SELECT r.rolname FROM pg_catalog.pg_roles r \
         WHERE r.rolcanlogin AND NOT r.rolsuper AND r.rolname !~ '^pg_' ORDER BY r.rolname",
    )
}

/// The superusers, sorted: they have all privileges in the schemas of the roles.
///
/// # Errors
///
/// If they cannot be read.
pub fn superusers(
    session: &mut Session,
    roles: &[ProjectRole],
) -> Result<Vec<OtherRole>, RoleError> {
    let schemas = roles.iter().flat_map(ProjectRole::accesses).map(|(_, schema)| schema);
    let schemas: BTreeSet<&str> = schemas.collect();
    let sql = "SELECT r.rolname FROM pg_catalog.pg_roles r WHERE r.rolsuper ORDER BY r.rolname";
    let names = catalog::names(session, sql)?.into_iter();
    let others = names.filter(|name| roles.iter().all(|role| role.name != *name));
    Ok(others
        .map(|name| OtherRole {
            name,
            schemas: schemas.iter().map(|&schema| schema.to_owned()).collect(),
            sql: String::new(),
        })
        .collect())
}

/// The roles that may log in and are members of a role, sorted.
///
/// # Errors
///
/// If they cannot be read.
pub fn members(session: &mut Session, role: &str) -> Result<Vec<String>, RoleError> {
    let role = quote_literal(role);
    catalog::names(
        session,
        &format!(
            "SELECT DISTINCT m.rolname FROM pg_catalog.pg_auth_members a \
             JOIN pg_catalog.pg_roles r ON r.oid = a.roleid \
             JOIN pg_catalog.pg_roles m ON m.oid = a.member \
             WHERE r.rolname = {role} AND m.rolcanlogin ORDER BY m.rolname"
        ),
    )
}
