//! `pum doctor`.

use std::os::unix::fs::PermissionsExt;

use pum_tests::command::Home;
use pum_tests::pooler::Pooler;
use pum_tests::server::Server;
use pum_tests::{Database, database, server};
use serde_json::Value;

use super::{has, pum};

/// A home with a production at 1.0.0 and one delta that is pending.
fn project() -> (Home, Database) {
    let home = Home::new();
    let production = database();
    production.execute("CREATE TABLE orders (id int)");
    home.service("prod", &production);
    home.file("deltas/delta_1.1.0.sql", "CREATE TABLE more (id int);");
    home.file(
        "pum.toml",
        "production = \"prod\"\nupgrades_table = \"public.upgrades\"\ndelta_dirs = [\"deltas\"]\n",
    );
    pum(&home, "baseline -p prod -b 1.0.0").expect(0);
    (home, production)
}

#[test]
fn all_is_well_and_stays_as_it_is() {
    let (home, production) = project();
    let files = || {
        let entries = std::fs::read_dir(home.path()).unwrap();
        let mut names: Vec<_> = entries.map(|entry| entry.unwrap().file_name()).collect();
        names.sort();
        names
    };
    let before = (production.dump_schema(), files());
    let found = pum(&home, "doctor").expect(0);
    has(
        &found.stdout,
        &[
            "no problems found with 1 database\n",
            "configuration  pum.toml\n",
            "prod (",
            "pg_dump, pg_restore, initdb, postgres",
            "\nprod (production)\n  PostgreSQL ",
            "role postgres: superuser\n",
            "at version 1.0.0 (public.upgrades), 1 delta pending\n",
        ],
    );
    assert_eq!(found.stderr, "");
    assert!((production.dump_schema(), files()) == before, "something was written");
    let nothing = pum(&Home::new(), "doctor").expect(0);
    has(&nothing.stdout, &["no database was checked", "pum init creates one", "pum doctor A"]);
}

#[test]
fn each_thing_that_will_go_wrong_has_its_way_out() {
    let (home, production) = project();
    pum(&home, "upgrade -p prod").expect(0);
    home.file("deltas/delta_1.1.0.sql", "CREATE TABLE more (id int, changed int);");
    let role = format!("doctor_{}", std::process::id());
    production.execute(&format!(
        "CREATE ROLE {role} LOGIN; CREATE SCHEMA \"own\" AUTHORIZATION {role}; \
         CREATE TABLE own.mine (); ALTER TABLE own.mine OWNER TO {role}; \
         GRANT SELECT ON public.upgrades TO {role}"
    ));
    let services = std::fs::read_to_string(home.path().join(".pg_service.conf")).unwrap();
    let theirs =
        services.replace("[prod]", "[low]").replace("user=postgres", &format!("user={role}"));
    home.file(".pg_service.conf", &format!("{services}{theirs}[gone]\nhost=127.0.0.1\nport=1\n"));
    let passwords = home.file(".pgpass", "*:*:*:*:geheim\n");
    std::fs::set_permissions(&passwords, PermissionsExt::from_mode(0o644)).unwrap();
    home.file(
        "pum.toml",
        "production = \"low\"\ntest = \"low\"\nupgrades_table = \"public.upgrades\"\n\
         delta_dirs = [\"deltas\"]\n",
    );
    let found = pum(&home, "doctor low gone nobody").expect(1);
    has(
        &found.stdout,
        &[
            "6 problems found\n",
            ".pgpass is ignored: it has group or world access",
            "  fix: chmod 0600 ",
            "\nlow (production)\n",
            "no superuser, may read 2 of 5 tables and sequences and alter 1, may not create",
            &format!(
                "role {role} may not read 3 of 5 tables and sequences (one is public.more): a"
            ),
            &format!("  fix: GRANT pg_read_all_data TO {role}\n"),
            "4 of 5 belong to other roles, and a delta that alters them would fail\n",
            "delta_1.1.0.sql was changed after it was applied",
            "pum repair records the new one\n",
            "\ngone\n  problem: no connection: host \"127.0.0.1\", port 1",
            "  fix: is the server running there",
            "unknown service \"nobody\"",
        ],
    );
    assert!(!found.stdout.contains("geheim"));
    // What the test database needs is something else: it need not even be there.
    let missing = theirs.replace("[low]", "[new]").replace("dbname=", "dbname=no_");
    home.file(".pg_service.conf", &missing);
    std::fs::remove_file(passwords).unwrap();
    home.file("pum.toml", "test = \"new\"\n");
    let found = pum(&home, "doctor").expect(1);
    has(&found.stdout, &["1 problem found", &format!("ALTER ROLE {role} CREATEDB\n")]);
    production.execute(&format!("ALTER ROLE {role} CREATEDB"));
    pum(&home, "doctor").expect(0);
    production.execute(&format!("DROP OWNED BY {role}; DROP ROLE {role}"));
}

#[test]
fn a_production_without_upgrades_table_and_a_machine_without_programs() {
    let (home, production) = project();
    production.execute("DROP TABLE public.upgrades CASCADE");
    let found = pum(&home, "doctor --pg-bin-dir /nowhere --format json").expect(1);
    let report: Value = serde_json::from_str(&found.stdout).unwrap();
    assert_eq!(report["problems"], 3);
    let what = |problem: &Value| problem["what"].as_str().unwrap().to_owned();
    has(&what(&report["machine"]["problems"][0]), &["no PostgreSQL server programs", "/nowhere"]);
    let way_out = report["machine"]["problems"][0]["way_out"].as_str().unwrap();
    has(way_out, &["name the directory of initdb and postgres with --pg-bin-dir"]);
    let database = &report["databases"][0];
    assert_eq!(database["part"], "production");
    assert_eq!(database["server"]["superuser"], true);
    assert_eq!(database["server"]["pg_dump"], Value::Null);
    has(&what(&database["problems"][0]), &["pg_dump", "/nowhere"]);
    has(&what(&database["problems"][1]), &["it has no upgrades table public.upgrades"]);
    has(database["problems"][1]["way_out"].as_str().unwrap(), &["pum baseline -p prod -t public"]);
    // Neither is a directory of deltas that cannot be read.
    home.file("deltas/delta_2.sql", "");
    let found = pum(&home, "doctor").expect(1);
    has(&found.stdout, &["delta_2.sql looks like a delta"]);
    // And without a configuration that can be read nothing can be looked at.
    home.file("pum.toml", "produktion = \"prod\"\n");
    pum(&home, "doctor").expect_error(&["pum.toml", "did you mean \"production\"?"]);
}

#[test]
fn what_runs_deltas_in_python_and_what_it_lacks() {
    let (home, _production) = project();
    assert!(!pum(&home, "doctor").expect(0).stdout.contains("python"));
    let delta = "import no_such_module\nfrom pum.core.deltapy import DeltaPy\n";
    home.file("deltas/delta_1.2.0.py", delta);
    let found = pum(&home, "doctor").expect(1);
    has(
        &found.stdout,
        &[
            "  python         3.",
            "; for 1 program\n",
            "problem: the deltas in Python cannot be run: ",
            "delta_1.2.0.py: no module named \"no_such_module\"\n",
            "fix: install what is missing, or name another Python with --python-exe",
        ],
    );
    let driver =
        if found.stdout.contains(", no psycopg2") { ", no psycopg2" } else { ", psycopg2 2" };
    has(&found.stdout, &[driver]);
    let found = pum(&home, "doctor --format json").expect(1);
    let report: Value = serde_json::from_str(&found.stdout).unwrap();
    let python = &report["machine"]["python"];
    assert_eq!(python["program"], "python3");
    assert_eq!(python["programs"], 1);
    assert!(python["executable"].as_str().unwrap().starts_with('/'), "{python}");
    assert!(python["drivers"].as_object().unwrap().contains_key("psycopg"), "{python}");
    let configuration = std::fs::read_to_string(home.path().join("pum.toml")).unwrap();
    home.file("pum.toml", &format!("{configuration}python_exe = \"/no/python\"\n"));
    let found = pum(&home, "doctor").expect(1);
    has(&found.stdout, &["/no/python does not work", "cannot be run: it cannot be started"]);
}

#[test]
fn passwords_tls_and_poolers() {
    let secret = Server::start(
        true,
        &[],
        &["local all all scram-sha-256", "host all all 127.0.0.1/32 trust"],
        &[],
    );
    secret.sql(&["create role ann login password 'hush'"]);
    let (socket, port) = (secret.socket_directory(), secret.port());
    let home = Home::new();
    home.file(
        ".pg_service.conf",
        &format!(
            "[asks]\nhost={socket}\nport={port}\nuser=ann\ndbname=postgres\n[tls]\nhost=127.0.0.1\n\
             port={port}\nuser=postgres\ndbname=postgres\nsslmode=require\n"
        ),
    );
    let found = pum(&home, "doctor --all-services").expect(1);
    has(
        &found.stdout,
        &[
            "2 problems found\n",
            "the server requires a password, and none was given",
            "set PGPASSWORD or use a password file",
            "server does not support TLS",
            "sslmode requires TLS, and the server does not offer it",
        ],
    );
    let Some(pooler) = Pooler::start(server().directory(), "transaction", 2) else { return };
    let socket = pooler.socket().display();
    home.file(
        ".pg_service.conf",
        &format!("[pooled]\nhost={socket}\nport=5432\nuser=postgres\ndbname=postgres\n"),
    );
    let found = pum(&home, "doctor pooled").expect(1);
    has(&found.stdout, &["1 problem found", "pooled goes through a pooler"]);
}
