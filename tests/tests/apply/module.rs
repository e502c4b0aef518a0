//! The module of a project of PUM 1: `pum install`, `pum uninstall`, `pum app`.

use pum_tests::command::{Home, Outcome};
use pum_tests::{Database, database, new_name};

use super::{PUM, there};

/// A project with an application, demo data and scripts that remove it, and an empty database.
struct Module {
    home: Home,
    database: Database,
    role: String,
}

impl Module {
    fn new() -> Self {
        let (home, database) = (Home::new(), database());
        let role = new_name("viewer");
        home.service("shop", &database);
        let configuration = format!(
            "pum: {{module: shop, migration_table_schema: sys}}\n\
             parameters:\n- {{name: srid, type: integer, default: 2056}}\n\
             application:\n  drop:\n  - code: DROP SCHEMA IF EXISTS app CASCADE\n  \
               create:\n  - file: app.sql\n\
             demo_data:\n- {{name: small, file: demo.sql}}\n\
             - {{name: large, files: [demo.sql, more.sql]}}\n\
             - {{name: wrong, files: [demo.sql, wrong.sql]}}\n\
             - {{name: gone, file: gone.sql}}\n\
             uninstall:\n- code: DROP SCHEMA IF EXISTS app CASCADE\n- file: remove.sql\n\
             roles:\n- {{name: {role}, permissions: [{{type: read, schemas: [shop, app]}}]}}\n"
        );
        for (name, text) in [
            (".pum.yaml", &*configuration),
            (
                "changelogs/1.0.0/t.sql",
                "CREATE SCHEMA shop; CREATE TABLE shop.t (id int PRIMARY KEY);",
            ),
            ("changelogs/1.1.0/u.sql", "CREATE TABLE shop.u (t int REFERENCES shop.t, srid int);"),
            (
                "app.sql",
                "CREATE SCHEMA app; CREATE VIEW app.v AS SELECT id, {srid} AS srid FROM shop.t;",
            ),
            ("demo.sql", "INSERT INTO shop.t VALUES (1), (2);"),
            ("more.sql", "INSERT INTO shop.u VALUES (1, {srid});"),
            ("wrong.sql", "INSERT INTO shop.u VALUES (3, 0);"),
            ("remove.sql", "DROP SCHEMA shop CASCADE; DROP TABLE sys.pum_migrations;"),
        ] {
            home.file(&format!("model/{name}"), text);
        }
        Self { home, database, role }
    }

    fn pum(&self, arguments: &[&str]) -> Outcome {
        self.home.run(PUM, &[arguments, &["-p", "shop", "-d", "model"]].concat())
    }

    fn may_read_view(&self) -> bool {
        let role = &self.role;
        let query = format!("SELECT has_table_privilege('{role}', 'app.v', 'SELECT')");
        self.database.column(&query) == ["t"]
    }

    fn ids(&self) -> Vec<String> {
        self.database.column("SELECT id FROM app.v ORDER BY id")
    }
}

impl Drop for Module {
    fn drop(&mut self) {
        // Roles are of the whole server.
        let role = &self.role;
        self.database.execute(&format!(
            "DO $$ BEGIN IF to_regrole('{role}') IS NOT NULL THEN \
             DROP OWNED BY {role}; DROP ROLE {role}; END IF; END $$"
        ));
    }
}

#[test]
fn a_module_is_installed_with_its_demo_data_and_removed() {
    let module = Module::new();
    let done = module.pum(&["install", "--demo-data", "large"]).expect(0);
    assert!(done.stderr.contains("from 0.0.0 to 1.1.0"), "{done:?}");
    assert!(done.stdout.contains("shop: the demo data \"large\" was inserted"), "{done:?}");
    assert_eq!(module.ids(), ["1", "2"]);
    assert_eq!(module.database.column("SELECT srid FROM shop.u"), ["2056"]);
    assert!(module.may_read_view());
    let again = module.pum(&["install"]);
    again.expect_error(&["shop has the module already, at version 1.1.0: use pum upgrade"]);

    let shown = module.pum(&["uninstall", "--dry-run"]).expect(0);
    let told = "shop would lose:\n  table shop.t with 2 rows\n  table shop.u with 1 row\n  \
                table sys.pum_migrations with 3 rows\n  1 view\n";
    assert!(shown.stderr.contains(told), "{shown:?}");
    assert_eq!(module.ids(), ["1", "2"]);
    module.pum(&["uninstall"]).expect_error(&["Remove the module from shop?", "--yes"]);
    assert_eq!(module.ids(), ["1", "2"]);
    let done = module.pum(&["uninstall", "--yes"]).expect(0);
    assert_eq!(done.stdout, "shop: the module was removed (2 scripts)\n");
    assert!(!done.stderr.contains("still there"), "{done:?}");
    let left = "SELECT nspname FROM pg_namespace WHERE nspname IN ('shop', 'app')";
    assert!(module.database.column(left).is_empty());
    module.pum(&["uninstall", "--yes"]).expect_error(&["has no upgrades table sys.pum_migrations"]);
    module.pum(&["install", "--skip-create-app", "-u", "1.0.0"]).expect(0);
    assert!(there(&module.database, "app.v").is_empty());
    assert!(there(&module.database, "shop.u").is_empty());
}

/// What somebody else has built on the module is lost with it.
#[test]
fn what_depends_on_a_module_is_named_before_it_is_removed() {
    let module = Module::new();
    module.pum(&["install"]).expect(0);
    module.database.execute(
        "CREATE SCHEMA other; CREATE MATERIALIZED VIEW other.m AS SELECT 1 FROM shop.t;
         CREATE TABLE other.kept (t int REFERENCES shop.t)",
    );
    let shown = module.pum(&["uninstall", "--dry-run"]).expect(0);
    assert!(
        shown.stderr.contains("  table other.m with 0 rows\n  table shop.t with 0 rows\n"),
        "{shown:?}"
    );
    assert!(!shown.stderr.contains("other.kept"), "{shown:?}");
    module.home.file("model/remove.sql", "DROP TABLE shop.u; DROP TABLE shop.t;");
    let refused = module.pum(&["uninstall", "--yes"]);
    refused.expect_error(&[
        "remove.sql:1",
        "cannot drop table shop.t because other objects depend on it",
    ]);
    assert!(module.may_read_view(), "all of it is one transaction");
}

#[test]
fn an_application_is_recreated_with_its_permissions() {
    let module = Module::new();
    module.pum(&["install"]).expect(0);
    module.home.file("model/app.sql", "CREATE SCHEMA app; CREATE VIEW app.v AS SELECT 1 AS id;");
    let done = module.pum(&["app", "recreate"]).expect(0);
    assert_eq!(done.stdout, "shop: the application was re-created (3 scripts)\n");
    assert_eq!(module.ids(), ["1"]);
    assert!(module.may_read_view());
    module.pum(&["app", "drop"]).expect(0);
    assert!(there(&module.database, "app.v").is_empty());
    module.pum(&["app", "create", "--skip-grant"]).expect(0);
    assert!(!module.may_read_view());
    let before = module.database.column("SELECT count(*) FROM sys.pum_migrations");
    // A failure leaves the application as it was.
    module.home.file("model/app.sql", "CREATE SCHEMA app; SELECT 1/0;");
    module.pum(&["app", "recreate"]).expect_error(&["app.sql:1", "division by zero"]);
    assert_eq!(module.ids(), ["1"]);
    assert_eq!(module.database.column("SELECT count(*) FROM sys.pum_migrations"), before);
}

#[test]
fn what_a_project_does_not_have_is_refused() {
    let module = Module::new();
    let unknown = module.pum(&["install", "--demo-data", "none"]);
    unknown
        .expect_error(&["the project has no demo data \"none\"; it has small, large, wrong, gone"]);
    assert!(there(&module.database, "sys.pum_migrations").is_empty(), "nothing was installed");
    module.pum(&["app", "recreate"]).expect_error(&["has no upgrades table"]);
    // Demo data that the constraints refuse are not there in part.
    let broken = module.pum(&["install", "--demo-data", "wrong"]);
    broken.expect_error(&["wrong.sql:1", "violates foreign key constraint"]);
    assert_eq!(module.ids(), Vec::<String>::new());
    assert!(module.may_read_view());

    let (home, database) = (Home::new(), database());
    home.service("shop", &database);
    home.file("deltas/delta_1.0.0_x.sql", "SELECT 1");
    let none = home.run(PUM, &["install", "-p", "shop", "-d", "deltas", "-t", "public.upgrades"]);
    none.expect_error(&["the directory is no project of PUM 1", "pum upgrade --create"]);
    home.run(PUM, &["baseline", "-b", "1.0.0", "-p", "shop", "-t", "public.upgrades"]).expect(0);
    let none =
        home.run(PUM, &["app", "drop", "-p", "shop", "-d", "deltas", "-t", "public.upgrades"]);
    none.expect_error(&["the directory is no project of PUM 1, which alone has such scripts"]);
    home.file("model/changelogs/1.0.0/a.sql", "SELECT 1");
    home.file("model/.pum.yaml", "pum: {module: other, migration_table_schema: o}");
    let second = ["install", "-p", "shop", "-d", "model"];
    home.run(PUM, &second).expect_error(&["another module, whose table is public.upgrades"]);
    home.run(PUM, &[&second[..], &["--allow-multiple-modules"]].concat()).expect(0);
    let info = home.run(PUM, &["info", "-p", "shop", "-d", "model"]).expect(0).stdout;
    assert!(info.ends_with("\n  public.upgrades: at version 1.0.0\n"), "{info}");
    let classic = ["info", "-p", "shop", "-d", "deltas", "-t", "public.upgrades"];
    let info = home.run(PUM, &classic).expect(0).stdout;
    assert!(info.ends_with("  o.pum_migrations: module other at version 1.0.0\n"), "{info}");
    let none = home.run(PUM, &["uninstall", "-p", "shop", "-d", "model"]);
    none.expect_error(&["the project has no scripts that remove it"]);
}
