//! What `initdb` puts into every database, and what of it a database does not have any more:
//! `pg_dump` says nothing of it.

use pum_tests::{Database, database};

use crate::Setting;

/// What a database can have done with it.
const CHANGES: [&str; 9] = [
    "DROP SCHEMA public",
    "ALTER SCHEMA public RENAME TO main; GRANT CREATE ON SCHEMA main TO pg_monitor",
    "ALTER SCHEMA public RENAME TO main; CREATE SCHEMA public",
    "COMMENT ON SCHEMA public IS NULL; REVOKE ALL ON SCHEMA public FROM PUBLIC",
    "DROP SCHEMA public; CREATE SCHEMA public; COMMENT ON SCHEMA public IS 'ours'",
    "DROP EXTENSION plpgsql",
    "COMMENT ON EXTENSION plpgsql IS 'ours'; REVOKE USAGE ON LANGUAGE plpgsql FROM PUBLIC",
    "COMMENT ON EXTENSION plpgsql IS NULL",
    "DROP SCHEMA information_schema CASCADE",
];

/// Schemas and extensions with owners, comments and privileges, as the catalogs have them.
fn found(database: &Database) -> Vec<String> {
    database.column(
        "SELECT concat_ws('|', nspname, nspowner::regrole, obj_description(oid, 'pg_namespace'), \
                (SELECT string_agg(a::text, ' ' ORDER BY a::text) FROM unnest( \
                    coalesce(nspacl, acldefault('n', nspowner))) a)) \
         FROM pg_namespace WHERE nspname !~ '^pg_' \
         UNION ALL SELECT concat_ws('|', extname, obj_description(oid, 'pg_extension')) \
         FROM pg_extension \
         UNION ALL SELECT concat_ws('|', lanname, lanacl) FROM pg_language ORDER BY 1",
    )
}

#[test]
fn what_a_database_lacks_of_every_new_one_it_lacks_after_a_restore_too() {
    for (number, change) in CHANGES.into_iter().enumerate() {
        let database = database();
        database.execute(&format!("CREATE SCHEMA app; CREATE TABLE app.t (a int); {change}"));
        let setting = Setting::of(database);
        let name = setting.database.settings.database();
        let before = found(&setting.database);
        setting.pum("dump -p prod x.dump").expect(0);
        for (command, end) in [
            (format!("restore -p prod --as {name}_back x.dump"), "back"),
            (format!("restore -p prod --as {name}_jobs -j 2 x.dump"), "jobs"),
            (format!("clone prod --as {name}_copy"), "copy"),
        ] {
            // The ways differ only in what restores.
            if end == "jobs" && number > 1 {
                continue;
            }
            setting.pum(&command).expect(0);
            let other = setting.other(&format!("{name}_{end}"));
            assert_eq!(found(&other), before, "{change}: {command}");
            setting.database.execute(&format!("DROP DATABASE {name}_{end}"));
        }
        if number > 1 {
            continue;
        }
        setting.pum("check --preset strict prod x.dump").expect(0);
        setting.pum("snapshot prod -o prod.json").expect(0);
        setting.pum("check --preset strict prod.json x.dump").expect(0);
    }
}

/// Without its manifest a dump leaves it open; what it does say counts.
#[test]
fn without_a_manifest_the_dump_is_taken_to_be_as_the_other_side_and_pum_says_so() {
    let without = |sql: &str, change: &str| {
        let database = database();
        database.execute(&format!("CREATE SCHEMA app; CREATE TABLE app.t (a int); {sql}"));
        let setting = Setting::of(database);
        setting.pum("dump -p prod x.dump").expect(0);
        std::fs::remove_file(setting.path("x.dump.manifest.json")).unwrap();
        setting.database.execute(change);
        setting
    };
    for change in ["DROP SCHEMA public", "ALTER SCHEMA public RENAME TO main"] {
        let setting = without(change, "");
        let same = setting.pum("check --preset strict prod x.dump").expect(0);
        let said = "does not record whether its database had public: it is restored without";
        assert!(same.stderr.contains(said), "{}", same.stderr);
        let name = setting.database.settings.database();
        let restored = setting.pum(&format!("restore -p prod --as {name}_back x.dump")).expect(0);
        let said =
            "does not record whether its database had the schema public: the restored database has";
        assert!(restored.stderr.contains(said), "{}", restored.stderr);
        setting.database.execute(&format!("DROP DATABASE {name}_back"));
    }
    let used = without("CREATE TABLE public.t ()", "DROP SCHEMA public CASCADE");
    let differs = used.pum("check --preset strict prod x.dump").expect(1);
    assert!(differs.stdout.contains("schema public: only in x.dump"), "{}", differs.stdout);
    assert!(!differs.stderr.contains("does not record"), "{}", differs.stderr);
    // A schema that somebody made is none that initdb made, whatever it is called.
    let own = without(
        "CREATE SCHEMA main",
        "DROP SCHEMA main; ALTER SCHEMA public RENAME TO main; ALTER SCHEMA main OWNER TO postgres",
    );
    let differs = own.pum("check --preset strict prod x.dump").expect(1);
    assert!(differs.stdout.contains("PUBLIC: USAGE in prod"), "{}", differs.stdout);
}
