//! The requirements of a dump for the target server, read from its statements.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsString;
use std::path::Path;

use super::check::run_restore;
use super::{DumpError, Role, Tools};
use crate::Interrupt;
use crate::connect::quote_ident;
use crate::delta::{Token, tokens};

/// Objects that the definitions in a dump name but do not create.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Prerequisites {
    pub(super) roles: BTreeSet<String>,
    /// Those of them that own what only superusers may own.
    pub(super) superusers: BTreeSet<String>,
    pub(super) extensions: BTreeSet<String>,
    pub(super) tablespaces: BTreeSet<String>,
}

/// The roles that a script of definitions names, with what a scratch server has to give them.
pub(crate) fn scratch_roles_in_script(script: &str) -> BTreeSet<Role> {
    let Prerequisites { roles, superusers, .. } = Prerequisites::from_script(script);
    roles.into_iter().map(|role| Role::among(role, &superusers)).collect()
}

/// The definitions of an archive, as `pg_restore` with these options would run them.
pub(super) fn script_of(
    tools: &Tools,
    archive: &Path,
    options: impl IntoIterator<Item = OsString>,
    interrupt: &Interrupt,
) -> Result<String, DumpError> {
    let options = options.into_iter().chain(["--file=-".into()]);
    let script = run_restore(tools, archive, options, interrupt)?;
    // psql's lines against injection are no SQL.
    Ok(String::from_utf8_lossy(&script)
        .split_inclusive('\n')
        .filter(|line| !line.starts_with("\\restrict ") && !line.starts_with("\\unrestrict "))
        .collect())
}

impl Prerequisites {
    /// Those of a script.
    pub(super) fn from_script(script: &str) -> Self {
        let mut needs = Self::default();
        for_each_role(script, |token| {
            needs.roles.insert(name_of(token));
        });
        for statement in statements(script) {
            needs.superusers.extend(superuser_owner(&statement));
            let keys: Vec<&str> = statement.iter().take(7).map(|t| t.key.as_str()).collect();
            match keys.as_slice() {
                ["create", "extension", "if", "not", "exists", ..] => {
                    needs.extensions.extend(statement.get(5).map(name_of));
                }
                ["set", "default_tablespace", "=", value, ..] if *value != "''" => {
                    needs.tablespaces.extend(statement.get(3).map(name_of));
                }
                _ => {}
            }
        }
        needs
    }
}

/// The owner that a statement gives to what only a superuser may own.
fn superuser_owner(statement: &[Token<'_>]) -> Option<String> {
    let key = |at: usize| statement.get(at).map_or("", |token| token.key.as_str());
    let at = match (key(0), key(1), key(2)) {
        ("alter", "event", "trigger") => 3,
        ("alter", "foreign", "data") if key(3) == "wrapper" => 4,
        ("alter", "subscription", _) => 2,
        _ => return None,
    };
    let owner = (key(at + 1), key(at + 2)) == ("owner", "to");
    owner.then(|| statement.get(at + 3).map(name_of)).flatten()
}

/// The script with other names for some roles.
pub(super) fn rename_roles(script: &str, map: &BTreeMap<String, String>) -> String {
    let mut renamed = String::with_capacity(script.len());
    let mut copied = 0;
    for_each_role(script, |token| {
        if let Some(new) = map.get(&name_of(token)) {
            renamed.push_str(&script[copied..token.at]);
            renamed.push_str(&quote_ident(new));
            copied = token.at + token.written.len();
        }
    });
    renamed + &script[copied..]
}

/// The tokens of each statement. A body in `BEGIN ATOMIC` falls into pieces, of which none looks
/// like what is looked for.
fn statements(script: &str) -> Vec<Vec<Token<'_>>> {
    let mut all = tokens(script);
    let mut statements = Vec::new();
    while let Some(at) = all.iter().rposition(|token| token.key == ";") {
        let statement = all.split_off(at + 1);
        statements.push(statement);
        all.pop();
    }
    statements.push(all);
    statements.retain(|statement| !statement.is_empty());
    statements.reverse();
    statements
}

/// Calls `action` for each token that is the name of a role, in their order.
fn for_each_role<'a>(script: &'a str, mut action: impl FnMut(&Token<'a>)) {
    for statement in statements(script) {
        for at in role_positions(&statement) {
            action(&statement[at]);
        }
    }
}

/// Where in a statement of `pg_dump` roles are named.
fn role_positions(statement: &[Token<'_>]) -> Vec<usize> {
    let key = |at: usize| statement.get(at).map_or("", |token| token.key.as_str());
    let outer = |at: &usize| statement[*at].depth == 0;
    let length = statement.len();
    let after = |word: &str| (0..length).rev().filter(outer).find(|&at| key(at) == word);
    let listed =
        |at: usize| std::iter::successors(Some(at), |&at| (key(at + 1) == ",").then_some(at + 2));
    let list_after = |word: &str| after(word).into_iter().flat_map(|at| listed(at + 1)).collect();
    let mut found: Vec<usize> = match (key(0), key(1)) {
        ("alter", "default") => {
            let of = (0..length).find(|&at| key(at) == "role").map(|at| at + 1);
            let to = after("to").or_else(|| after("from")).map(|at| at + 1);
            of.into_iter().chain(to).collect()
        }
        ("alter", _) if length >= 3 && key(length - 3) == "owner" && key(length - 2) == "to" => {
            vec![length - 1]
        }
        ("grant", _) => list_after("to"),
        ("revoke", _) => list_after("from"),
        ("set", "role") => vec![2],
        ("create", "schema") => after("authorization").map(|at| at + 1).into_iter().collect(),
        ("set", "session") if key(2) == "authorization" => vec![3],
        ("create", "user") if key(2) == "mapping" => {
            (0..length).find(|&at| key(at) == "for").map(|at| at + 1).into_iter().collect()
        }
        ("create", "policy") => {
            let first = (0..length).filter(outer).find(|&at| key(at) == "to");
            first.into_iter().flat_map(|at| listed(at + 1)).collect()
        }
        _ => Vec::new(),
    };
    // Words that stand for a role.
    let reserved = ["public", "default", "current_user", "session_user", "current_role", "none"];
    found.retain(|&at| {
        statement.get(at).is_some_and(|token| token.is_name || token.key.starts_with('\''))
            && !reserved.contains(&key(at))
    });
    found
}

/// The name that a token stands for.
fn name_of(token: &Token<'_>) -> String {
    token.name().unwrap_or_else(|| {
        let string = token.key.strip_prefix('\'').and_then(|text| text.strip_suffix('\''));
        string.map_or_else(|| token.key.clone(), |text| text.replace("''", "'"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const SCRIPT: &str = "SET default_tablespace = '';\n\
        CREATE EXTENSION IF NOT EXISTS \"uuid-ossp\" WITH SCHEMA public;\n\
        CREATE TABLE public.t (\"OWNER TO\" int);\n\
        ALTER TABLE public.t OWNER TO \"Ann; \"\"x\"\"\";\n\
        GRANT SELECT ON TABLE public.t TO bob WITH GRANT OPTION;\n\
        REVOKE ALL ON FUNCTION public.f(a text) FROM PUBLIC;\n\
        GRANT ALL(\"to\") ON TABLE public.t TO carl;\n\
        SET default_tablespace = fast;\n\
        CREATE POLICY p ON public.t FOR SELECT TO dora, \"E\" USING ((a = 'to eve'::text));\n\
        ALTER DEFAULT PRIVILEGES FOR ROLE fred IN SCHEMA public GRANT SELECT ON TABLES TO gus;\n\
        ALTER DEFAULT PRIVILEGES FOR ROLE fred REVOKE ALL ON FUNCTIONS FROM PUBLIC;\n\
        CREATE FUNCTION public.f() RETURNS void LANGUAGE sql AS $$ GRANT x TO nobody; $$;\n\
        SET SESSION AUTHORIZATION hal;\n\
        CREATE USER MAPPING FOR ida SERVER s OPTIONS (\"user\" 'x');\n\
        COMMENT ON TABLE public.t IS 'GRANT a TO nobody;';\n";

    #[test]
    fn what_a_script_needs() {
        let needs = Prerequisites::from_script(SCRIPT);
        let roles: Vec<&str> = needs.roles.iter().map(String::as_str).collect();
        assert_eq!(roles, ["Ann; \"x\"", "E", "bob", "carl", "dora", "fred", "gus", "hal", "ida"]);
        assert!(needs.superusers.is_empty(), "{:?}", needs.superusers);
        assert_eq!(needs.extensions, BTreeSet::from(["uuid-ossp".to_owned()]));
        assert_eq!(needs.tablespaces, BTreeSet::from(["fast".to_owned()]));
    }

    #[test]
    fn owners_that_must_be_superusers() {
        let needs = Prerequisites::from_script(
            "CREATE EVENT TRIGGER \"e t\" ON ddl_command_end EXECUTE FUNCTION f();\n\
             ALTER EVENT TRIGGER \"e t\" OWNER TO ann;\n\
             ALTER FOREIGN DATA WRAPPER w OWNER TO \"B\";\n\
             ALTER SUBSCRIPTION s OWNER TO carl;\n\
             CREATE PUBLICATION all_of_it FOR ALL TABLES WITH (publish = 'insert');\n\
             ALTER PUBLICATION all_of_it OWNER TO dora;\n\
             ALTER SERVER remote OWNER TO gus;\n\
             ALTER TABLE event OWNER TO hal;\n",
        );
        let found: Vec<&str> = needs.superusers.iter().map(String::as_str).collect();
        assert_eq!(found, ["B", "ann", "carl"]);
        assert_eq!(needs.roles.len(), 6);
    }

    #[test]
    fn roles_get_other_names_and_nothing_else_does() {
        let map = BTreeMap::from([
            ("bob".to_owned(), "new \"one\"".to_owned()),
            ("E".to_owned(), "e".to_owned()),
        ]);
        let renamed = rename_roles(SCRIPT, &map);
        assert_eq!(
            renamed,
            SCRIPT
                .replace("TO bob WITH", "TO \"new \"\"one\"\"\" WITH")
                .replace("TO dora, \"E\" USING", "TO dora, \"e\" USING")
        );
    }
}
