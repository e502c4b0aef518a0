//! SQL that takes permissions back, drops roles, and makes users their members.

use std::fmt::Write as _;

use crate::delta::role_sql::{ON_ALL, OnAll, block, identifier, literal};
use crate::delta::{Access, ProjectRole};

/// Takes back what a role was granted by its project, and what the current role granted by default.
pub(super) fn revoke(roles: &[ProjectRole]) -> String {
    let mut sql = String::new();
    for role in roles {
        let from = identifier(&role.name);
        let mut body = String::new();
        for (access, schema) in role.accesses() {
            let of = identifier(schema);
            let choose = |read: &'static str| if access == Access::Read { read } else { "ALL" };
            let mut statements = Vec::new();
            let by_default = ON_ALL.iter().map(|it| (it.kind, it.read_by_default));
            for (kind, read) in by_default.chain([("TYPES", "USAGE")]) {
                statements.push(format!(
                    "ALTER DEFAULT PRIVILEGES IN SCHEMA {of} REVOKE {} ON {kind} FROM {from}",
                    choose(read)
                ));
            }
            for OnAll { kind, read, .. } in &ON_ALL {
                let read = choose(read);
                statements.push(format!("REVOKE {read} ON ALL {kind} IN SCHEMA {of} FROM {from}"));
            }
            statements.push(format!("REVOKE {} ON SCHEMA {of} FROM {from}", choose("USAGE")));
            let _ = writeln!(
                body,
                "  IF EXISTS (SELECT FROM pg_catalog.pg_namespace WHERE nspname = {}) THEN\n    {};\n  \
                 END IF;",
                literal(schema),
                statements.join(";\n    ")
            );
        }
        sql += &for_existing(&role.name, &body);
    }
    sql
}

/// Ends the memberships of roles in others.
pub(super) fn leave_others(roles: &[ProjectRole]) -> String {
    let leave = |role: &ProjectRole| {
        let name = identifier(&role.name);
        block(&format!(
            "DECLARE\n  parent name;\nBEGIN\n  FOR parent IN\n    \
             SELECT r.rolname FROM pg_catalog.pg_auth_members m\n    \
             JOIN pg_catalog.pg_roles r ON r.oid = m.roleid\n    \
             JOIN pg_catalog.pg_roles o ON o.oid = m.member\n    \
             WHERE o.rolname = {}\n  LOOP\n    \
             EXECUTE pg_catalog.format('REVOKE %I FROM ', parent) || {};\n  END LOOP;\nEND;\n",
            literal(&role.name),
            literal(&name)
        ))
    };
    roles.iter().map(leave).collect()
}

/// Drops roles that are there; `force`: what they own becomes the current role's, and what was granted to
/// them in this database is taken back.
pub(super) fn drop(roles: &[ProjectRole], force: bool) -> String {
    let drop = |role: &ProjectRole| {
        let name = identifier(&role.name);
        let first = if force {
            format!("  REASSIGN OWNED BY {name} TO CURRENT_USER;\n  DROP OWNED BY {name};\n")
        } else {
            String::new()
        };
        for_existing(&role.name, &format!("{first}  DROP ROLE {name};\n"))
    };
    roles.iter().map(drop).collect()
}

/// Makes a user a member of roles.
pub(super) fn grant_to(roles: &[ProjectRole], user: &str) -> String {
    let grant =
        |role: &ProjectRole| format!("GRANT {} TO {};\n", identifier(&role.name), identifier(user));
    roles.iter().map(grant).collect()
}

/// Ends the membership of a user in roles.
pub(super) fn revoke_from(roles: &[ProjectRole], user: &str) -> String {
    let revoke = |role: &ProjectRole| {
        format!("REVOKE {} FROM {};\n", identifier(&role.name), identifier(user))
    };
    roles.iter().map(revoke).collect()
}

/// A block that does nothing unless the role is there.
fn for_existing(role: &str, body: &str) -> String {
    if body.is_empty() {
        return String::new();
    }
    block(&format!(
        "  IF NOT EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = {}) THEN\n    \
         RETURN;\n  END IF;\n{body}",
        literal(role)
    ))
}
