//! SQL that creates the roles of a project of PUM 1 and gives them their permissions. What PUM 1.8 does, its
//! `role_manager.py` says.

use std::fmt::Write as _;

use super::roles::{Access, ProjectRole};

/// Privileges on all objects of a kind in a schema, and on those that are created later.
pub(crate) struct OnAll {
    /// As it stands after `ON ALL` and, in default privileges, after `ON`.
    pub(crate) kind: &'static str,
    pub(crate) read: &'static str,
    pub(crate) read_by_default: &'static str,
}

/// Functions and routines are the same to the server; PUM names both.
pub(crate) const ON_ALL: [OnAll; 3] = [
    OnAll {
        kind: "TABLES",
        read: "SELECT, REFERENCES, TRIGGER",
        read_by_default: "SELECT, REFERENCES, TRIGGER",
    },
    OnAll { kind: "SEQUENCES", read: "USAGE, SELECT", read_by_default: "SELECT" },
    OnAll { kind: "ROUTINES", read: "EXECUTE", read_by_default: "EXECUTE" },
];

/// Creates the roles that are not there. Those that are there stay as they are.
pub(crate) fn create(roles: &[ProjectRole]) -> String {
    let mut sql = String::new();
    for role in roles {
        let (name, literal) = (identifier(&role.name), literal(&role.name));
        let mut body = format!(
            "  IF NOT EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = {literal}) THEN\n    \
             CREATE ROLE {name} NOSUPERUSER INHERIT NOCREATEDB NOCREATEROLE NOREPLICATION;\n"
        );
        if let Some(description) = &role.description {
            let _ = writeln!(body, "    COMMENT ON ROLE {name} IS {};", self::literal(description));
        }
        if let Some(parent) = &role.inherit {
            let _ = writeln!(body, "    GRANT {} TO {name};", identifier(parent));
        }
        body += "  END IF;\n";
        sql += &block(&body);
    }
    sql
}

/// Grants what the roles may do on what is there, and on what the current role creates later.
pub(crate) fn grant(roles: &[ProjectRole]) -> String {
    let of_role = |role| ProjectRole::accesses(role).map(move |access| (role, access));
    let accesses = roles.iter().flat_map(of_role);
    accesses.map(|(role, (access, schema))| block(&grants(role, access, schema))).collect()
}

/// The grants of one permission in one schema, if it exists: that of an application may not. Everybody can
/// use the types that are there, so that needs no grant.
fn grants(role: &ProjectRole, access: Access, schema: &str) -> String {
    let (to, of) = (identifier(&role.name), identifier(schema));
    let word = match access {
        Access::Read => "read",
        Access::Write => "write",
    };
    let missing = literal(&format!(
        "schema {schema} does not exist: the role {} gets no {word} permission in it",
        role.name
    ));
    let exists = format!(
        "  IF NOT EXISTS (SELECT FROM pg_catalog.pg_namespace WHERE nspname = {}) THEN\n    \
         RAISE WARNING USING MESSAGE = {missing};\n    RETURN;\n  END IF;\n",
        literal(schema)
    );
    let choose = |read: &'static str| match access {
        Access::Read => read,
        Access::Write => "ALL",
    };
    let mut body = exists;
    let _ = writeln!(body, "  GRANT {} ON SCHEMA {of} TO {to};", choose("USAGE"));
    for OnAll { kind, read, .. } in &ON_ALL {
        let read = choose(read);
        let _ = writeln!(body, "  GRANT {read} ON ALL {kind} IN SCHEMA {of} TO {to};");
    }
    for (kind, read) in
        ON_ALL.iter().map(|it| (it.kind, it.read_by_default)).chain([("TYPES", "USAGE")])
    {
        let read = choose(read);
        let _ = writeln!(
            body,
            "  ALTER DEFAULT PRIVILEGES IN SCHEMA {of} GRANT {read} ON {kind} TO {to};"
        );
    }
    body
}

/// An anonymous code block.
pub(crate) fn block(body: &str) -> String {
    let mut tag = "$pum$".to_owned();
    while body.contains(&tag) {
        tag.insert(1, '_');
    }
    format!("DO {tag}\nBEGIN\n{body}END\n{tag};\n")
}

/// A name in quotes, without what could be taken for a variable of a script.
pub(crate) fn identifier(name: &str) -> String {
    quoted(name, '"')
}

/// A text in quotes, without what could be taken for a variable of a script.
pub(crate) fn literal(text: &str) -> String {
    quoted(text, '\'')
}

fn quoted(text: &str, quote: char) -> String {
    let is_special = |c: char| matches!(c, '{' | '}' | '%' | ':' | '\\') || c.is_control();
    let is_plain = !text.contains(is_special);
    let mut quoted = String::from(if is_plain { "" } else { "U&" });
    quoted.push(quote);
    for c in text.chars() {
        if !is_plain && is_special(c) {
            let _ = write!(quoted, "\\{:04x}", u32::from(c));
        } else {
            quoted.extend(std::iter::repeat_n(c, if c == quote { 2 } else { 1 }));
        }
    }
    quoted.push(quote);
    quoted
}
