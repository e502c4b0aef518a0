//! Definitions of indexes and constraints, which pum composes itself where there is little in them.

use std::collections::BTreeMap;

use pum_core::model::Attributes;
use pum_tests::new_name;

use super::base_server::{BaseServer, model};

/// What only newer majors have.
const SINCE: [(u32, &str); 2] = [
    (
        15,
        "CREATE TABLE since_15 (a int UNIQUE NULLS NOT DISTINCT, b int, \
         FOREIGN KEY (b) REFERENCES \"select\".\"table\" ON DELETE SET NULL (b)); \
         CREATE UNIQUE INDEX ON since_15 (b) NULLS NOT DISTINCT",
    ),
    (
        18,
        "CREATE EXTENSION IF NOT EXISTS btree_gist; \
         CREATE TABLE since_18 (a int, r int4range, c int CHECK (c > 0) NOT ENFORCED, \
         FOREIGN KEY (c) REFERENCES \"select\".\"table\" NOT ENFORCED, \
         PRIMARY KEY (a, r WITHOUT OVERLAPS))",
    ),
];

/// As `pg_get_indexdef` and `pg_get_constraintdef` print them with an empty `search_path`.
const BY_SERVER: &str = "
    SELECT (SELECT set_config('search_path', '', false))
           || concat_ws(E'\\x01', n.nspname, t.relname, c.relname, pg_get_indexdef(c.oid))
    FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_class t ON t.oid = i.indrelid
    JOIN pg_namespace n ON n.oid = t.relnamespace
    WHERE n.nspname !~ '^(pg_|information_schema)'
    UNION ALL
    SELECT concat_ws(E'\\x01', n.nspname, t.relname, con.conname,
                     regexp_replace(pg_get_constraintdef(con.oid), ' NOT VALID$', ''))
    FROM pg_constraint con JOIN pg_class t ON t.oid = con.conrelid
    JOIN pg_namespace n ON n.oid = t.relnamespace
    WHERE n.nspname !~ '^(pg_|information_schema)' AND con.contype <> 'n'";

/// The server is the oracle, also for what is in the base schema.
pub(crate) fn are_those_of_the_server(base_server: &BaseServer<'_>) {
    let database = base_server.create(&new_name("definitions"), "template0");
    database.execute_file("fixtures/compare/definitions.sql");
    for (_, sql) in SINCE.iter().filter(|(since, _)| base_server.major() >= *since) {
        database.execute(sql);
    }
    let mut composed = 0;
    for database in [&database, &base_server.base()] {
        let by_server = database.column(BY_SERVER);
        // A constraint and its index have one name.
        let mut expected: BTreeMap<[&str; 3], Vec<&str>> = BTreeMap::new();
        for line in &by_server {
            let parts: Vec<&str> = line.split('\u{1}').collect();
            let [schema, table, name, definition] = parts[..] else { panic!("{line}") };
            expected.entry([schema, table, name]).or_default().push(definition);
        }
        for object in model(database).objects() {
            let definition = match &object.attributes {
                Attributes::Index(index) => &index.definition.0,
                Attributes::Constraint(constraint) => &constraint.definition.0,
                _ => continue,
            };
            let identity = &object.identity;
            let table = identity.parent.as_deref().unwrap_or_default();
            // Those of domains have no table.
            let Some(all) = expected.get(&[&*identity.schema, table, &*identity.name]) else {
                continue;
            };
            assert!(
                all.contains(&definition.as_str()),
                "PostgreSQL {}: {identity}: {definition}\nthe server: {all:?}",
                base_server.major()
            );
            composed += 1;
        }
    }
    assert!(composed > 120, "only {composed}");
    base_server.drop(&database);
}

#[test]
fn what_pum_composes_is_what_the_server_prints() {
    are_those_of_the_server(BaseServer::shared());
}
