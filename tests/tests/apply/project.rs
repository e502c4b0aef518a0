//! Projects of PUM 1: `changelogs/<version>/*.sql`, `.pum.yaml`, the table `pum_migrations`.

use std::process::Command;

use pum_tests::command::{Home, Outcome};
use pum_tests::{Database, database, new_name, say};

use super::{PUM, there};

const CONFIGURATION: &str = "
pum:
  module: shop
  migration_table_schema: sys
parameters:
  - name: srid
    type: integer
    default: 2056
    values: [2056, 21781]
  - name: town
    type: text
    default: Zürich
    app_only: true
application:
  drop:
    - code: DROP VIEW IF EXISTS places
  create:
    - file: app/places.sql
    - code: COMMENT ON VIEW places IS {town}
";

const CHANGELOGS: &[(&str, &str)] = &[
    ("changelogs/1.0.0/01_t.sql", "CREATE TABLE t (id integer, srid integer DEFAULT {srid});"),
    ("changelogs/1.0.0/02_t.sql", "INSERT INTO t VALUES (1); -- no semicolon\nSELECT 1"),
    ("changelogs/1.10.0/a.sql", "ALTER TABLE t ALTER id TYPE bigint;"),
    ("changelogs/1.9.0/APP_ONLY_RELEASE", ""),
    ("app/places.sql", "CREATE VIEW places AS SELECT * FROM t;"),
];

/// A project and an empty database, which is the service `shop`.
fn project(files: &[(&str, &str)]) -> (Home, Database) {
    let (home, database) = (Home::new(), database());
    home.service("shop", &database);
    home.file("model/.pum.yaml", CONFIGURATION);
    for (name, text) in CHANGELOGS.iter().chain(files) {
        home.file(&format!("model/{name}"), text);
    }
    (home, database)
}

fn pum(home: &Home, arguments: &[&str]) -> Outcome {
    home.run(PUM, &[arguments, &["-p", "shop", "-d", "model"]].concat())
}

const VERSIONS: &str = "SELECT version FROM sys.pum_migrations ORDER BY date_installed";

#[test]
fn a_project_is_installed_and_upgraded_in_one_transaction() {
    let (home, database) = project(&[]);
    pum(&home, &["baseline", "-b", "0.0.0"]).expect(0);
    let done = pum(&home, &["upgrade"]).expect(0);
    assert!(done.stdout.contains("from 0.0.0 to 1.10.0 (6 scripts)"), "{done:?}");
    assert_eq!(database.column(VERSIONS), ["0.0.0", "1.0.0", "1.9.0", "1.10.0"]);
    let files = "SELECT array_to_string(changelog_files, ' ') FROM sys.pum_migrations
                 WHERE version = '1.0.0' AND module = 'shop' AND NOT beta_testing";
    let expected = "model/changelogs/1.0.0/01_t.sql model/changelogs/1.0.0/02_t.sql";
    assert_eq!(database.column(files), [expected]);
    let all = "SELECT count(DISTINCT xmin::text) FROM sys.pum_migrations WHERE version > '0.0.0'";
    assert_eq!(database.column(all), ["1"]);
    let comment = "SELECT obj_description('places'::regclass)";
    assert_eq!(database.column(comment), ["Zürich"]);
    assert_eq!(database.column("SELECT srid FROM t"), ["2056"]);
    let nothing = pum(&home, &["upgrade"]).expect(0);
    assert!(nothing.stdout.contains("nothing pending"), "{nothing:?}");

    // The parameters of the first run stay, those of the application may change.
    home.file("model/changelogs/2.0.0/APP_ONLY_RELEASE", "");
    let refused = pum(&home, &["upgrade", "-v", "int", "srid", "21781"]);
    insta::assert_snapshot!(refused.error(), @r#"error: variable srid: it is "2056" in this database, and cannot become "21781": the applied changelogs used the old value"#);
    let refused = pum(&home, &["upgrade", "-v", "int", "srid", "4326"]);
    insta::assert_snapshot!(refused.error(), @r#"error: variable srid: "4326" is not one of its allowed values: 2056, 21781"#);
    pum(&home, &["upgrade", "-v", "string", "town", "Gruyères 'G'"]).expect(0);
    assert_eq!(database.column(comment), ["Gruyères 'G'"]);
    assert_eq!(pum(&home, &["info", "--check"]).expect(0).stderr, "");
}

#[test]
fn a_failure_leaves_the_application_as_it_was() {
    let (home, database) = project(&[]);
    pum(&home, &["baseline", "-b", "0.0.0"]).expect(0);
    pum(&home, &["upgrade"]).expect(0);
    let before = database.dump_schema();
    home.file("model/changelogs/2.0.0/1.sql", "ALTER TABLE t DROP srid;");
    home.file("model/app/places.sql", "CREATE VIEW places AS SELECT\n  nothing FROM t;");
    let failed = pum(&home, &["upgrade"]).expect(2);
    let text = "model/app/places.sql:2: column \"nothing\" does not exist";
    assert!(failed.stderr.contains(text), "{failed:?}");
    assert!(failed.stderr.contains("the whole run was one transaction"), "{failed:?}");
    assert_eq!(database.dump_schema(), before);
    assert_eq!(database.column(VERSIONS).len(), 4);
}

/// As PUM 1.4 made it, before its table had a column for its own version.
const OLD_TABLE: &str = "
    CREATE SCHEMA sys;
    CREATE TABLE sys.pum_migrations (
        id uuid DEFAULT gen_random_uuid() PRIMARY KEY,
        date_installed timestamp without time zone NOT NULL DEFAULT now(),
        module character varying(50) NOT NULL,
        version character varying(50) NOT NULL,
        beta_testing boolean NOT NULL DEFAULT false,
        changelog_files text[],
        parameters jsonb,
        migration_table_version integer NOT NULL DEFAULT 2);
    INSERT INTO sys.pum_migrations (module, version, changelog_files, parameters) VALUES
        ('shop', '1.0.0', ARRAY['/old/1.0.0/01_t.sql'], '{\"srid\": 21781}');
    CREATE TABLE t (id integer);";

#[test]
fn a_table_of_an_older_program_is_continued() {
    let (home, database) =
        project(&[("changelogs/1.11/x.sql", "SELECT {srid}, 1/({srid} - 2056);")]);
    database.execute(OLD_TABLE);
    pum(&home, &["upgrade"]).expect(0);
    let rows = "SELECT version || ' ' || migration_table_version || ' ' || (parameters ->> 'srid')
                FROM sys.pum_migrations ORDER BY date_installed";
    assert_eq!(
        database.column(rows),
        ["1.0.0 2 21781", "1.9.0 2 21781", "1.10.0 2 21781", "1.11 2 21781"]
    );
    assert!(pum(&home, &["upgrade"]).expect(0).stdout.contains("nothing pending"));

    database.execute("INSERT INTO sys.pum_migrations (module, version) VALUES ('shop', 'next')");
    insta::assert_snapshot!(pum(&home, &["upgrade"]).error(), @r#"error: the upgrades table sys.pum_migrations of shop has a row with version "next", which is not X.Y.Z"#);
    database.execute("DELETE FROM sys.pum_migrations WHERE version = 'next'");
    home.file("model/changelogs/3.0.0/x.sql", "SELECT 1");
    database.execute("UPDATE sys.pum_migrations SET beta_testing = true");
    insta::assert_snapshot!(pum(&home, &["upgrade"]).error(), @"
    error: the database was made as a beta test (beta_testing in pum_migrations), which gets no later versions: restore the earlier database, or set beta_testing to false to keep this one
    hint: --allow-beta-testing upgrades it all the same
    ");
    database.execute("UPDATE sys.pum_migrations SET beta_testing = false, module = 'other'");
    insta::assert_snapshot!(pum(&home, &["upgrade"]).error(), @r#"error: the database has the module "other", but these are the changelogs of "shop""#);
    home.file("classic/delta_1.0.0.sql", "SELECT 1");
    let classic = ["upgrade", "-p", "shop", "-d", "classic", "-t", "sys.pum_migrations"];
    insta::assert_snapshot!(home.run(PUM, &classic).error(), @"error: the table is one of PUM 1, which has one row per version, but the deltas are not in changelogs/<version>/: name the project's directory, or another upgrades table");
}

#[test]
fn a_beta_test_gets_later_versions_only_by_force() {
    let (home, database) = project(&[]);
    pum(&home, &["install", "-u", "1.9", "--beta-testing"]).expect(0);
    let rows = "SELECT version || ' ' || beta_testing FROM sys.pum_migrations
                ORDER BY date_installed";
    assert_eq!(database.column(rows), ["0.0.0 false", "1.0.0 true", "1.9.0 true"]);
    assert!(pum(&home, &["upgrade"]).error().contains("beta test"));
    assert_eq!(database.column(rows).len(), 3);
    pum(&home, &["upgrade", "--force"]).expect(0);
    // It remains one, as in PUM.
    assert_eq!(database.column(rows)[3..], ["1.10.0 true"]);
}

#[test]
fn a_version_without_a_transaction_goes_on_where_it_ended() {
    let (home, database) = project(&[(
        "changelogs/2.0.0/1.sql",
        "-- pum: no-transaction\nCREATE TABLE u (a integer);\n\
         CREATE INDEX CONCURRENTLY i ON u (a);\nSELECT 1/count(*) FROM u;",
    )]);
    pum(&home, &["baseline", "-b", "0.0.0"]).expect(0);
    let failed = pum(&home, &["upgrade"]).expect(2);
    assert!(failed.stderr.contains("ended at statement 3 of 3 (line 4)"), "{failed:?}");
    assert_eq!(there(&database, "places,u,i"), ["i", "u"]);
    database.execute("INSERT INTO u VALUES (1)");
    pum(&home, &["upgrade"]).expect(0);
    assert_eq!(there(&database, "places,u,i,pum_migrations_progress"), ["i", "places", "u"]);
    assert_eq!(database.column(VERSIONS).last().unwrap(), "2.0.0");
}

#[test]
fn what_is_wrong_with_a_project_is_named() {
    for (name, text, part) in [
        (".pum.yaml", "pum:\n  modul: x\n", ".pum.yaml: "),
        (
            ".pum.yaml",
            "pum: {module: x}\nparameters: [{name: a, type: integer, default: b}]",
            "\"b\" is not a valid whole number",
        ),
        (".pum.yaml", "pum: {module: x}\napplication: {drop: [{}]}", "either \"file\" or \"code\""),
        (
            ".pum.yaml",
            "pum: {module: x}\napplication: {drop: [{code: '\\i x'}]}",
            "drop[0]:1: a line of psql",
        ),
        (".pum.yaml", "pum: {module: x}\napplication: {drop: [{file: no.sql}]}", "model/no.sql"),
        ("changelogs/next/x.sql", "", "changelogs/next: a changelogs directory"),
        ("changelogs/x.sql", "", "the directory of its version"),
        ("changelogs/2.0.0/README", "", "there is no SQL file in it"),
        ("changelogs/1.9.0/x.sql", "", "remove one or the other"),
        ("changelogs/1.0.0/X.SQL", "", "must end in \".sql\""),
        ("changelogs/1.0.0/03.sql", "SELECT {town}", "03.sql:1: the parameter town is app_only"),
        ("changelogs/1.0.0/03.sql", "SELECT {x}", "03.sql:1: the variable {x} has no value"),
        ("changelogs/1.0.0/03.sql", "COMMIT; SELECT 1", "03.sql:1: COMMIT inside a delta"),
    ] {
        let (home, database) = project(&[]);
        pum(&home, &["baseline", "-b", "0.0.0", "-t", "sys.pum_migrations"]).expect(0);
        home.file(&format!("model/{name}"), text);
        let arguments = ["upgrade", "-t", "sys.pum_migrations"];
        pum(&home, &arguments).expect_error(&[part]);
        assert!(there(&database, "t").is_empty());
    }
    let (home, _database) = project(&[]);
    let two = ["upgrade", "-p", "shop", "-t", "x", "-d", "model", "model/changelogs"];
    insta::assert_snapshot!(home.run(PUM, &two).error(), @"error: model: a PUM 1 project must be the only directory, and several are given");
}

#[test]
fn hooks_in_python_are_given_a_connection() {
    let has_psycopg = |python: &&str| {
        let asked = Command::new(python).args(["-c", "import psycopg"]).output();
        asked.is_ok_and(|output| output.status.success())
    };
    let Some(python) = ["python3", "/usr/bin/python3"].into_iter().find(has_psycopg) else {
        assert!(std::env::var_os("PUM_REQUIRE_PSYCOPG").is_none(), "python3 has no psycopg");
        return say("SKIPPED: python3 has no psycopg (3): hooks in Python are not tried");
    };
    let hook = "from pum import HookBase\nfrom names import VIEW\n\
                class Hook(HookBase):\n    def run_hook(self, connection, srid):\n        \
                self.execute('CREATE VIEW ' + VIEW + ' AS SELECT {town} AS town, {srid} AS srid')\n        \
                assert connection.execute('SELECT srid FROM ' + VIEW).fetchone()[0] == srid\n";
    let (home, database) = project(&[("app/hook.py", hook), ("app/names.py", "VIEW = 'towns'")]);
    home.file("pum.toml", &format!("python_exe = \"{python}\"\n"));
    let configuration = CONFIGURATION.replace("app/places.sql", "app/hook.py");
    home.file("model/.pum.yaml", &configuration.replace("VIEW places", "VIEW towns"));
    pum(&home, &["baseline", "-b", "0.0.0"]).expect(0);
    pum(&home, &["upgrade"]).expect(0);
    assert_eq!(database.column("SELECT town || ' ' || srid FROM towns"), ["Zürich 2056"]);

    // What a hook asks for is there before anything is done.
    home.file("model/changelogs/2.0.0/1.sql", "DROP VIEW towns");
    home.file("model/app/hook.py", &hook.replace("connection, srid)", "connection, srid, name)"));
    pum(&home, &["upgrade"])
        .expect_error(&["hook.py: run_hook wants \"name\", and there is no such parameter"]);
    assert_eq!(there(&database, "towns"), ["towns"]);
    home.file("model/app/hook.py", hook);

    // What comes after the deltas is owed until it is done.
    home.file("model/app/names.py", "VIEW = 'no.where'");
    let failed = pum(&home, &["upgrade"]).expect(2);
    assert!(failed.stderr.contains("schema \"no\" does not exist"), "{failed:?}");
    assert!(there(&database, "towns").is_empty());
    home.file("model/app/names.py", "VIEW = 'towns'");
    pum(&home, &["upgrade"]).expect(0);
    assert_eq!(there(&database, "towns"), ["towns"]);
}

#[test]
fn an_empty_database_is_created_and_one_with_objects_is_not() {
    let (home, database) = project(&[]);
    database.execute("CREATE SCHEMA sys; CREATE EXTENSION pg_trgm");
    let done = pum(&home, &["upgrade", "--create", "--yes"]).expect(0);
    assert!(done.stderr.contains("recorded version 0.0.0 of shop in sys.pum_migrations"));
    assert_eq!(there(&database, "places"), ["places"]);
    let again = pum(&home, &["upgrade", "--create"]).expect(0);
    assert!(!again.stderr.contains("is empty"), "{}", again.stderr);

    let (home, database) = project(&[]);
    database.execute("CREATE TYPE mood AS ENUM ('glad')");
    pum(&home, &["upgrade", "--create"])
        .expect_error(&["is not empty: it has the type public.mood", "pum baseline -p shop"]);
    assert!(there(&database, "t").is_empty());
    assert!(there(&database, "sys.pum_migrations").is_empty());
}

/// Names are of the whole server, so each test has its own.
fn configuration_with_roles(reader: &str, writer: &str) -> String {
    format!(
        "{CONFIGURATION}roles:
  - name: {reader}
    description: Reads it's {{all}}
    permissions:
      - type: read
        schemas: [public, later]
  - name: {writer}
    inherit: {reader}
    permissions:
      - type: write
        schemas: [public]
"
    )
}

/// The application is re-created with each upgrade, and so are the permissions on it.
#[test]
fn the_roles_of_a_project_can_use_what_an_upgrade_creates() {
    let (home, database) = project(&[]);
    let (reader, writer) = (new_name("reader {x}"), new_name("writer"));
    let text = configuration_with_roles(&format!("'{reader}'"), &writer);
    home.file("model/.pum.yaml", &text);
    pum(&home, &["baseline", "-b", "0.0.0"]).expect(0);
    let first = pum(&home, &["upgrade", "-u", "1.0.0"]).expect(0);
    let missing = format!("schema later does not exist: the role {reader} gets no read permission");
    assert!(first.stderr.contains(&missing), "{}", first.stderr);
    let may = |role: &str, privilege: &str, table: &str| {
        let query = format!("SELECT has_table_privilege('{role}', '{table}', '{privilege}')");
        database.column(&query)[0] == "t"
    };
    let all = [(&reader, false), (&writer, true)];
    for (role, writes) in all {
        assert!(may(role, "SELECT", "t") && may(role, "SELECT", "places"), "{role}");
        assert_eq!(may(role, "INSERT", "t"), writes, "{role}");
    }
    let comment = format!("SELECT shobj_description('\"{reader}\"'::regrole, 'pg_authid')");
    assert_eq!(database.column(&comment), ["Reads it's {all}"]);
    let member = format!("SELECT pg_has_role('{writer}', '{reader}', 'MEMBER')");
    assert_eq!(database.column(&member), ["t"]);

    database.execute("CREATE SCHEMA later; CREATE TABLE later.u ()");
    let second = pum(&home, &["upgrade"]).expect(0);
    assert!(!second.stderr.contains("does not exist"), "{}", second.stderr);
    assert!(may(&reader, "SELECT", "places") && may(&reader, "SELECT", "later.u"));
    database.execute("CREATE TABLE after ()");
    for (role, writes) in all {
        assert!(may(role, "SELECT", "after"), "{role}");
        assert_eq!(may(role, "DELETE", "after"), writes, "{role}");
    }
    database.execute(&format!("DROP OWNED BY \"{reader}\", {writer}"));
    database.execute(&format!("DROP ROLE \"{reader}\", {writer}"));
}

#[test]
fn roles_and_permissions_can_be_left_out() {
    let (home, database) = project(&[]);
    let (reader, writer) = (new_name("reader"), new_name("writer"));
    home.file("model/.pum.yaml", &configuration_with_roles(&reader, &writer));
    pum(&home, &["baseline", "-b", "0.0.0"]).expect(0);
    pum(&home, &["upgrade", "--skip-roles"])
        .expect_error(&[&format!("role \"{reader}\" does not exist")]);
    pum(&home, &["upgrade", "--skip-roles", "--skip-grant"]).expect(0);
    let roles = format!("SELECT count(*) FROM pg_roles WHERE rolname IN ('{reader}', '{writer}')");
    assert_eq!(database.column(&roles), ["0"]);
    assert_eq!(there(&database, "places"), ["places"]);
}

#[test]
fn what_is_wrong_with_roles_is_named() {
    let (home, _database) = project(&[]);
    pum(&home, &["baseline", "-b", "0.0.0"]).expect(0);
    for (text, part) in [
        (
            "roles: [{name: a, inherit: b}, {name: b}]",
            "a: it inherits from b, which must be declared",
        ),
        ("roles: [{name: a}, {name: a}]", "the role a is declared twice"),
        (
            "roles: [{name: a, permissions: [{type: read}]}]",
            "role a: a permission must name its schemas",
        ),
        ("roles: [{name: a, permissions: [{type: own, schemas: [s]}]}]", "unknown variant"),
        ("roles: [{nam: a}]", "nam"),
    ] {
        home.file("model/.pum.yaml", &format!("{CONFIGURATION}{text}"));
        pum(&home, &["upgrade"]).expect_error(&[".pum.yaml: ", part]);
    }
    let newer = CONFIGURATION.replace("module: shop", "module: shop\n  minimum_version: 1.9");
    home.file("model/.pum.yaml", &newer);
    pum(&home, &["upgrade"])
        .expect_error(&["it requires PUM 1.9, and this version of pum follows 1.8"]);
}

/// A package as `pip` installs it, as far as its version goes.
fn install_package(home: &Home, name: &str, version: &str) {
    let metadata = format!("Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n");
    home.file(&format!("site/{name}-{version}.dist-info/METADATA"), &metadata);
}

#[test]
fn packages_that_hooks_need_are_there_before_anything_runs() {
    let (home, database) = project(&[]);
    let site = home.path().join("site").to_str().unwrap().to_owned();
    let home = home.set("PYTHONPATH", &site);
    let dependencies = "- {name: pum-test-a}\n- {name: pum-test-b, minimum_version: '1.10'}\n\
                        - {name: pum-test-c, minimum_version: 1.0.0, maximum_version: '2'}\n";
    home.file("model/.pum.yaml", &format!("{CONFIGURATION}dependencies:\n{dependencies}"));
    install_package(&home, "pum_test_b", "1.9");
    install_package(&home, "pum_test_c", "2.0.1");
    let refused = [
        "model/.pum.yaml: python3 does not have the packages under dependencies:\n  \
         pum-test-a is needed, and it is not installed\n  \
         pum-test-b 1.10 or newer is needed, and 1.9 is installed\n  \
         pum-test-c 1.0.0 to 2 is needed, and 2.0.1 is installed\nnothing was run",
        "hint: python3 -m pip install pum-test-a 'pum-test-b>=1.10' 'pum-test-c>=1.0.0,<=2', or name a",
    ];
    let is_empty = || {
        let schema = "SELECT 1 FROM pg_namespace WHERE nspname = 'sys'";
        assert!(database.column(schema).is_empty());
    };
    for command in [&["install"][..], &["upgrade", "--create"]] {
        pum(&home, command).expect_error(&refused);
        is_empty();
    }
    // As in PUM 1, these do not need them.
    pum(&home, &["baseline", "-b", "0.0.0"]).expect(0);
    pum(&home, &["info"]).expect(0);
    pum(&home, &["upgrade"]).expect_error(&refused);
    pum(&home, &["upgrade", "--dry-run"]).expect_error(&refused);
    assert!(there(&database, "places").is_empty());
    let run = ["test-and-upgrade", "-pp", "shop", "-d", "model", "--reference", "./model", "--yes"];
    home.run(PUM, &[&run[..], &["-f", "x.dump"]].concat()).expect_error(&refused[..1]);
    assert!(!home.path().join("x.dump").exists());
    let doctor = home.run(PUM, &["doctor", "shop", "-d", "model"]);
    assert!(doctor.stdout.contains("pum-test-a is needed, and it is not installed"), "{doctor:?}");

    std::fs::remove_dir_all(home.path().join("site")).unwrap();
    for (name, version) in [("pum_test_a", "5"), ("pum_test_b", "1.10.0"), ("pum_test_c", "2.0")] {
        install_package(&home, name, version);
    }
    pum(&home, &["upgrade"]).expect(0);
    assert_eq!(there(&database, "places"), ["places"]);
}

/// PUM 1 asks for them, or checks something that is not checked here.
#[test]
fn options_of_pum_1_that_change_nothing_are_accepted() {
    let (home, database) = project(&[]);
    let baseline = ["baseline", "-b", "0.0.0", "--create-table", "--allow-multiple-modules"];
    pum(&home, &baseline).expect(0);
    pum(&home, &["upgrade", "--skip-baseline-check"]).expect(0);
    assert_eq!(there(&database, "places"), ["places"]);
}

#[test]
fn python_is_needed_only_if_packages_are() {
    let (home, database) = project(&[]);
    let none = ["--python-exe", "/nonexistent/python3"];
    home.file("model/.pum.yaml", &format!("{CONFIGURATION}dependencies:\n- name: pip\n"));
    pum(&home, &[&["install"][..], &none].concat()).expect_error(&[
        "/nonexistent/python3",
        "it cannot be started",
        "nothing was run",
    ]);
    assert!(there(&database, "places").is_empty());
    home.file("model/.pum.yaml", &format!("{CONFIGURATION}dependencies: []\n"));
    pum(&home, &[&["install"][..], &none].concat()).expect(0);
    assert_eq!(there(&database, "places"), ["places"]);
}

#[test]
fn what_is_wrong_with_dependencies_is_named() {
    let (home, _database) = project(&[]);
    for (text, part) in [
        ("- {name: a, minimum_version: new}", "\"new\" is not the version of a Python package"),
        (
            "- {name: a, minimum_version: '2', maximum_version: '1'}",
            "a: minimum_version 2 is higher",
        ),
        ("- {name: '--index-url=x'}", "\"--index-url=x\" is not the name of a Python package"),
        ("- {name: a, version: '1'}", "version"),
        ("- {minimum_version: '1'}", "name"),
    ] {
        home.file("model/.pum.yaml", &format!("{CONFIGURATION}dependencies:\n{text}\n"));
        pum(&home, &["install"]).expect_error(&[".pum.yaml: ", part]);
    }
}
