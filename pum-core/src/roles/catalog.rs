//! What the catalogs say of roles and of their privileges.

use postgres::SimpleQueryRow;

use super::RoleError;
use crate::connect::{ServerMessage, Session, rows};
use crate::sql::quote_literal;

/// A role of the server.
pub(super) struct Role {
    pub(super) name: String,
    /// What it has of [`ATTRIBUTES`].
    pub(super) attributes: Vec<&'static str>,
    pub(super) inherits: bool,
    pub(super) may_log_in: bool,
    pub(super) comment: Option<String>,
}

/// Attributes that a role of a project has not, in the order of the query.
const ATTRIBUTES: [&str; 4] = ["SUPERUSER", "CREATEDB", "CREATEROLE", "REPLICATION"];

/// A privilege on an object, or on what is created later.
pub(super) struct Held {
    /// As it stands behind `ON` in a statement that grants it.
    pub(super) kind: String,
    pub(super) schema: String,
    /// With its schema, for SQL.
    pub(super) object: String,
    /// None if only the owner has any.
    pub(super) by: Option<(String, String)>,
    /// The role owns the object, or may do everything.
    pub(super) is_owner: bool,
}

pub(super) fn roles(session: &mut Session, names: &[&str]) -> Result<Vec<Role>, RoleError> {
    let sql = format!(
        "SELECT r.rolname, r.rolsuper, r.rolcreatedb, r.rolcreaterole, r.rolreplication, \
                r.rolinherit, r.rolcanlogin, pg_catalog.shobj_description(r.oid, 'pg_authid') \
         FROM pg_catalog.pg_roles r WHERE r.rolname IN ({})",
        list(names)
    );
    read(session, &sql, |row| {
        let has = |at| row.get(at) == Some("t");
        let attributes = (1..).zip(ATTRIBUTES).filter(|(at, _)| has(*at));
        Some(Role {
            name: row.get(0)?.to_owned(),
            attributes: attributes.map(|(_, name)| name).collect(),
            inherits: has(5),
            may_log_in: has(6),
            comment: row.get(7).map(str::to_owned),
        })
    })
}

/// Which role is a member of which.
pub(super) fn memberships(session: &mut Session) -> Result<Vec<(String, String)>, RoleError> {
    let sql = "SELECT DISTINCT m.rolname, r.rolname FROM pg_catalog.pg_auth_members a \
               JOIN pg_catalog.pg_roles r ON r.oid = a.roleid \
               JOIN pg_catalog.pg_roles m ON m.oid = a.member ORDER BY 1, 2";
    read(session, sql, |row| Some((row.get(0)?.to_owned(), row.get(1)?.to_owned())))
}

/// The privileges on what is in the schemas, and those of the roles elsewhere.
pub(super) fn privileges(
    session: &mut Session,
    schemas: &[&str],
    roles: &[&str],
) -> Result<Vec<Held>, RoleError> {
    let (schemas, roles) = (list(schemas), list(roles));
    let sql = format!(
        "SELECT o.kind, o.schema, o.name, r.rolname, e.privilege_type, \
                r.oid = o.owner OR r.rolsuper \
         FROM ( \
           SELECT 'SCHEMA', n.nspname, pg_catalog.quote_ident(n.nspname), n.nspowner, \
                  coalesce(n.nspacl, pg_catalog.acldefault('n', n.nspowner)) \
           FROM pg_catalog.pg_namespace n \
           UNION ALL \
           SELECT CASE c.relkind WHEN 'S' THEN 'SEQUENCE' ELSE 'TABLE' END, n.nspname, \
                  pg_catalog.format('%I.%I', n.nspname, c.relname), c.relowner, \
                  coalesce(c.relacl, pg_catalog.acldefault( \
                    CASE c.relkind WHEN 'S' THEN 's' ELSE 'r' END::\"char\", c.relowner)) \
           FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace \
           WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f', 'S') \
           UNION ALL \
           SELECT 'ROUTINE', n.nspname, pg_catalog.format('%I.%I(%s)', n.nspname, p.proname, \
                    pg_catalog.oidvectortypes(p.proargtypes)), p.proowner, \
                  coalesce(p.proacl, pg_catalog.acldefault('f', p.proowner)) \
           FROM pg_catalog.pg_proc p JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace \
         ) o(kind, schema, name, owner, acl) \
         LEFT JOIN LATERAL pg_catalog.aclexplode(o.acl) e ON e.grantee <> 0 \
         LEFT JOIN pg_catalog.pg_roles r ON r.oid = e.grantee \
         WHERE o.schema IN ({schemas}) \
            OR r.rolname IN ({roles}) AND o.schema !~ '^pg_' AND o.schema <> 'information_schema' \
         ORDER BY 2, 1, 3, 4, 5"
    );
    read(session, &sql, |row| {
        let text = |at| row.get(at).map(str::to_owned);
        Some(Held {
            kind: text(0)?,
            schema: text(1)?,
            object: text(2)?,
            by: text(3).zip(text(4)),
            is_owner: row.get(5) == Some("t"),
        })
    })
}

/// The privileges on what the current role creates later in the schemas; the object of each is its kind.
pub(super) fn default_privileges(
    session: &mut Session,
    schemas: &[&str],
) -> Result<Vec<Held>, RoleError> {
    let sql = format!(
        "SELECT CASE d.defaclobjtype WHEN 'r' THEN 'TABLES' WHEN 'S' THEN 'SEQUENCES' \
                                     WHEN 'f' THEN 'ROUTINES' WHEN 'T' THEN 'TYPES' END, \
                n.nspname, r.rolname, e.privilege_type \
         FROM pg_catalog.pg_default_acl d \
         JOIN pg_catalog.pg_namespace n ON n.oid = d.defaclnamespace \
         JOIN LATERAL pg_catalog.aclexplode(d.defaclacl) e ON e.grantee <> 0 \
         JOIN pg_catalog.pg_roles r ON r.oid = e.grantee \
         WHERE d.defaclrole = current_user::regrole AND n.nspname IN ({}) \
         ORDER BY 2, 1, 3, 4",
        list(schemas)
    );
    read(session, &sql, |row| {
        let text = |at| row.get(at).map(str::to_owned);
        let kind = text(0)?;
        let object = kind.clone();
        Some(Held { kind, schema: text(1)?, object, by: text(2).zip(text(3)), is_owner: false })
    })
}

/// The first column.
pub(super) fn names(session: &mut Session, sql: &str) -> Result<Vec<String>, RoleError> {
    read(session, sql, |row| row.get(0).map(str::to_owned))
}

fn list(names: &[&str]) -> String {
    let mut list: Vec<String> = names.iter().map(|name| quote_literal(name)).collect();
    // A list in SQL is not empty.
    list.push("NULL".to_owned());
    list.join(", ")
}

fn read<T>(
    session: &mut Session,
    sql: &str,
    of_row: impl Fn(&SimpleQueryRow) -> Option<T>,
) -> Result<Vec<T>, RoleError> {
    match session.client().simple_query(sql) {
        Ok(answer) => Ok(rows(&answer).filter_map(of_row).collect()),
        Err(cause) => {
            let label = session.settings().label().to_owned();
            Err(RoleError::Server { label, server: ServerMessage::new(&cause) })
        }
    }
}
