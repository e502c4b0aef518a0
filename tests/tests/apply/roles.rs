//! `pum role`: the roles that a project of PUM 1 declares.

use pum_tests::command::{Home, Outcome};
use pum_tests::{Database, database, new_name};

use super::PUM;

/// A database with a schema, and a project that declares a reader, and a writer that inherits from it.
struct Project {
    home: Home,
    database: Database,
    reader: String,
    writer: String,
}

impl Project {
    fn new() -> Self {
        let (home, database) = (Home::new(), database());
        // Names that need quotes, and what variables of scripts look like.
        let (reader, writer) = (new_name("Reader {x}"), new_name("writer%'\"s"));
        home.service("shop", &database);
        home.file("model/changelogs/1.0.0/one.sql", "SELECT 1;");
        let quoted = serde_json::to_string(&writer).unwrap();
        home.file(
            "model/.pum.yaml",
            &format!(
                "pum: {{module: shop}}\nroles:\n\
                 - name: '{reader}'\n  description: reads\n  permissions:\n  \
                   - {{type: read, schemas: [app, \"Odd S\"]}}\n\
                 - name: {quoted}\n  inherit: '{reader}'\n  permissions:\n  \
                   - {{type: write, schemas: [app]}}\n"
            ),
        );
        database.execute(
            "CREATE SCHEMA app; CREATE SCHEMA \"Odd S\"; CREATE SCHEMA other;
             CREATE TABLE app.t (id int GENERATED ALWAYS AS IDENTITY, name text);
             CREATE VIEW app.v AS SELECT * FROM app.t; CREATE TABLE \"Odd S\".\"T\" ();
             CREATE FUNCTION app.f(a int, b text) RETURNS int LANGUAGE sql AS 'SELECT 1';
             CREATE PROCEDURE app.p(a app.t) LANGUAGE sql AS 'SELECT 1'; CREATE TABLE other.o ();",
        );
        Self { home, database, reader, writer }
    }

    fn role(&self, arguments: &[&str]) -> Outcome {
        let place = ["-p", "shop", "-d", "model"];
        self.home.run(PUM, &[&["role"], arguments, &place].concat())
    }

    fn quoted(&self, role: &str) -> String {
        self.database.column(&format!("SELECT quote_ident({})", literal(role))).remove(0)
    }

    /// All privileges in the database, and by default, as the server keeps them.
    fn privileges(&self) -> Vec<String> {
        self.database.column(
            "SELECT o || ' ' || acl FROM (
               SELECT oid::regclass::text, a::text FROM pg_class, unnest(relacl) a
               UNION ALL SELECT oid::regnamespace::text, a::text FROM pg_namespace, unnest(nspacl) a
               UNION ALL SELECT oid::regprocedure::text, a::text FROM pg_proc, unnest(proacl) a
               UNION ALL SELECT defaclobjtype::text || defaclnamespace::regnamespace::text, a::text
                         FROM pg_default_acl, unnest(defaclacl) a
             ) x(o, acl) WHERE acl ~ 'eader|writer' ORDER BY 1",
        )
    }
}

fn literal(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

#[test]
fn roles_are_created_as_they_are_declared_and_dropped() {
    let project = Project::new();
    let missing = project.role(&["check"]).expect(1);
    assert!(
        missing.stdout.contains(&format!("role {} does not exist", project.reader)),
        "{missing:?}"
    );
    let shown = project.role(&["create", "--dry-run"]).expect(0);
    assert!(project.privileges().is_empty());
    let done = project.role(&["create"]).expect(0);
    assert!(
        done.stdout.contains("2 roles created, with their permissions: Reader {x}"),
        "{done:?}"
    );
    let checked = project.role(&["check"]).expect(0);
    assert_eq!(checked.stdout, "shop: 2 roles, as declared\n");
    let privileges = project.privileges();
    assert!(!privileges.is_empty());
    // What was shown is what was done, and it can be done again.
    project.database.execute(&shown.stdout);
    assert_eq!(project.privileges(), privileges);

    project.role(&["revoke"]).expect(0);
    assert_eq!(project.privileges(), Vec::<String>::new());
    let lacks = project.role(&["check"]).expect(1);
    assert!(
        lacks.stdout.contains(&format!("role {} is no member of", project.writer)),
        "{lacks:?}"
    );
    project.role(&["grant"]).expect(0);
    assert_eq!(project.privileges(), privileges);
    project.role(&["drop"]).expect(0);
    let left = "SELECT rolname FROM pg_roles WHERE rolname IN ({}, {})";
    let left = left.replacen("{}", &literal(&project.reader), 1);
    let left = left.replacen("{}", &literal(&project.writer), 1);
    assert!(project.database.column(&left).is_empty());
    // Nothing is there to be dropped.
    project.role(&["drop"]).expect(0);
}

/// Each statement makes a difference, which is told, and what is told to correct it corrects it.
#[test]
fn each_difference_is_told_with_what_corrects_it() {
    let project = Project::new();
    project.role(&["create"]).expect(0);
    let privileges = project.privileges();
    let (reader, writer) = (project.quoted(&project.reader), project.quoted(&project.writer));
    let cases = [
        (format!("REVOKE TRIGGER ON app.t FROM {reader}"), "lacks TRIGGER on table app.t"),
        (
            format!("REVOKE SELECT ON ALL TABLES IN SCHEMA app FROM {reader}"),
            "lacks SELECT on 2 tables in app, as app.t",
        ),
        (
            format!("REVOKE USAGE ON SCHEMA \"Odd S\" FROM {reader}"),
            "lacks USAGE on schema \"Odd S\"",
        ),
        (
            format!("REVOKE EXECUTE ON FUNCTION app.f FROM {writer}"),
            "lacks EXECUTE on routine app.f(integer, text)",
        ),
        (
            format!("REVOKE UPDATE ON SEQUENCE app.t_id_seq FROM {writer}"),
            "lacks UPDATE on sequence app.t_id_seq",
        ),
        (
            format!("GRANT INSERT ON app.t TO {reader}"),
            "has INSERT on table app.t, which is not declared",
        ),
        (
            format!("GRANT UPDATE (name) ON app.t TO {reader}"),
            "has UPDATE (name) on table app.t, which is not declared",
        ),
        (
            format!("GRANT SELECT ON other.o TO {writer}"),
            "has SELECT on table other.o, which is not declared",
        ),
        (
            format!("ALTER DEFAULT PRIVILEGES IN SCHEMA app REVOKE SELECT ON TABLES FROM {reader}"),
            "will lack SELECT on tables that are created later in app",
        ),
        (
            format!("ALTER DEFAULT PRIVILEGES IN SCHEMA app GRANT UPDATE ON SEQUENCES TO {reader}"),
            "will have UPDATE on sequences that are created later in app, which is not declared",
        ),
        (format!("ALTER ROLE {reader} CREATEDB"), "is CREATEDB"),
        (format!("ALTER ROLE {reader} NOINHERIT"), "is NOINHERIT"),
        (format!("COMMENT ON ROLE {reader} IS 'else'"), "has another comment"),
        (format!("REVOKE {reader} FROM {writer}"), "is no member of Reader {x}"),
        (format!("GRANT pg_read_all_data TO {writer}"), "is a member of pg_read_all_data"),
        ("CREATE TABLE app.later ()".to_owned(), ""),
    ];
    for (change, told) in cases {
        project.database.execute(&change);
        let found = project.role(&["check"]);
        if told.is_empty() {
            assert_eq!(found.expect(0).stdout, "shop: 2 roles, as declared\n", "{change}");
            project.database.execute("DROP TABLE app.later");
            continue;
        }
        let found = found.expect(1);
        assert!(found.stdout.contains(told), "{change}: {found:?}");
        assert!(found.stdout.ends_with("shop: 2 roles, 1 difference\n"), "{change}: {found:?}");
        let report = project.role(&["check", "--format", "json"]).expect(1);
        let report: serde_json::Value = serde_json::from_str(&report.stdout).unwrap();
        project.database.execute(report["differences"][0]["sql"].as_str().unwrap());
        project.role(&["check"]).expect(0);
        assert_eq!(project.privileges(), privileges, "{change}");
    }
    project.role(&["drop"]).expect(0);
}

#[test]
fn who_else_may_do_something_is_told() {
    let project = Project::new();
    project.role(&["create"]).expect(0);
    let other = new_name("other");
    project.database.execute(&format!("CREATE ROLE {other}; GRANT SELECT ON app.v TO {other}"));
    let found = project.role(&["check"]).expect(1);
    let told = format!("role {other} is not declared and has privileges in app\n");
    assert!(found.stdout.starts_with(&told), "{found:?}");
    let revoke = format!("  REVOKE SELECT ON TABLE app.v FROM \"{other}\";\n");
    assert!(found.stdout.contains(&revoke), "{found:?}");
    let listed = project.role(&["list"]).expect(0);
    assert!(
        listed.stdout.contains(": as declared\n") && listed.stdout.contains(&told),
        "{listed:?}"
    );
    // Superusers have privileges in every schema; tests are run by one.
    let me = project.database.column("SELECT current_user").remove(0);
    let superuser = format!("role {me} is not declared and has privileges in Odd S, app\n");
    assert!(!listed.stdout.contains(&superuser), "{listed:?}");
    let all = project.role(&["list", "--include-superusers"]).expect(0);
    assert!(all.stdout.contains(&superuser) && all.stdout.contains(&told), "{all:?}");
    project.database.execute(&format!("DROP OWNED BY {other}; DROP ROLE {other}"));
    project.role(&["drop"]).expect(0);
}

/// Each form says the same; what is hostile in names does no harm in any.
#[test]
fn a_check_is_reported_in_every_form() {
    let project = Project::new();
    project.role(&["create"]).expect(0);
    let reader = project.quoted(&project.reader);
    let other = new_name("<b>|`x\n::error::");
    let quoted = format!("\"{other}\"");
    project.database.execute(&format!(
        "REVOKE TRIGGER ON app.t FROM {reader}; CREATE ROLE {quoted}; \
         GRANT UPDATE ON SEQUENCE app.t_id_seq TO {quoted}"
    ));
    let forms = ["text", "json", "markdown", "html", "junit", "sarif", "github"];
    let files = forms.map(|form| format!("{form}=roles.{form}"));
    let reports: Vec<&str> = files.iter().flat_map(|file| ["--report", file]).collect();
    project.role(&[&["check"][..], &reports].concat()).expect(1);
    let read = |form: &str| {
        let path = project.home.path().join(format!("roles.{form}"));
        let text = std::fs::read_to_string(path).unwrap();
        let printed = project.role(&["check", "--format", form]).expect(1);
        assert_eq!(printed.stdout, text, "{form}");
        text
    };
    for form in forms {
        let text = read(form);
        for part in ["lacks TRIGGER on table app.t", "GRANT TRIGGER ON TABLE app.t TO"] {
            // The kind is a word of its own in reports for programs.
            assert!(text.contains(part), "{form}: no {part:?} in {text}");
        }
        assert!(text.contains("REVOKE UPDATE ON SEQUENCE app.t_id_seq FROM"), "{form}: {text}");
        assert_eq!(text.contains("<b>|"), !matches!(form, "markdown" | "html" | "junit"), "{form}");
    }
    let github = read("github");
    assert_eq!(github.lines().count(), 3, "{github}");
    assert!(github.lines().all(|line| line.starts_with("::error title=")), "{github}");
    assert!(!read("markdown").contains("\n::error"));
    let sarif: serde_json::Value = serde_json::from_str(&read("sarif")).unwrap();
    let rules: Vec<&serde_json::Value> =
        sarif["runs"][0]["results"].as_array().unwrap().iter().map(|it| &it["ruleId"]).collect();
    assert_eq!(rules, ["missing-privileges", "other-role"]);
    let junit = read("junit");
    assert!(junit.contains("tests=\"3\" skipped=\"0\" failures=\"2\""), "{junit}");
    // What is right is a report as well.
    project.database.execute(&format!("DROP OWNED BY {quoted}; DROP ROLE {quoted}"));
    project.role(&["grant"]).expect(0);
    assert_eq!(
        project.role(&["check", "--format", "github"]).expect(0).stdout,
        "::notice title=pum role check::shop: 2 roles, as declared\n"
    );
    project.role(&["check", "--report", "html=nowhere/x.html"]).expect_error(&["nowhere/x.html"]);
    project.role(&["drop"]).expect(0);
}

#[test]
fn users_become_members() {
    let project = Project::new();
    project.role(&["create"]).expect(0);
    let user = new_name("Ann");
    let on = |arguments: &[&str]| {
        project.home.run(PUM, &[&["role"], arguments, &["-p", "shop"]].concat())
    };
    on(&["create-login", "--name", &user]).expect(0);
    let logins = on(&["login-roles"]).expect(0);
    assert!(logins.stdout.lines().any(|line| line == user), "{logins:?}");
    project.role(&["grant", "--to", &user, "--roles", &project.reader]).expect(0);
    assert_eq!(on(&["members", &project.reader]).expect(0).stdout, format!("{user}\n"));
    assert_eq!(on(&["members", &project.writer]).expect(0).stdout, "");
    let listed = project.role(&["list"]).expect(0);
    assert!(
        listed.stdout.contains(&format!("  members: {user}, {}", project.writer)),
        "{listed:?}"
    );
    project.role(&["revoke", "--from", &user, "--roles", &project.reader]).expect(0);
    assert_eq!(on(&["members", &project.reader]).expect(0).stdout, "");
    on(&["drop-login", "--name", &user]).expect(0);
    on(&["drop-login", "--name", &user]).expect_error(&["does not exist"]);
    project.role(&["drop"]).expect(0);
}

#[test]
fn roles_of_one_of_several_databases_have_a_suffix() {
    let project = Project::new();
    project.role(&["create", "--suffix", "lausanne"]).expect(0);
    project.role(&["check", "--suffix", "lausanne"]).expect(0);
    let suffixed = format!("{}_lausanne", project.reader);
    let all = project.privileges();
    assert!(!all.is_empty() && all.iter().all(|one| one.contains("_lausanne")), "{all:?}");
    let comment = format!(
        "SELECT shobj_description(oid, 'pg_authid') FROM pg_roles WHERE rolname = {}",
        literal(&suffixed)
    );
    assert_eq!(project.database.column(&comment), ["reads (specific to lausanne)"]);
    project.role(&["drop", "--suffix", "lausanne"]).expect(0);
    assert!(project.database.column(&comment).is_empty());
    project.role(&["drop"]).expect(0);
}

#[test]
fn what_cannot_be_done_is_refused_and_nothing_is_changed() {
    let project = Project::new();
    let refused = project.role(&["create", "--roles", "nobody"]);
    refused.expect_error(&["the project declares no role nobody; it declares Reader {x}"]);
    project.role(&["grant"]).expect_error(&["does not exist"]);
    project.role(&["create"]).expect(0);
    let privileges = project.privileges();
    let reader = project.quoted(&project.reader);
    project
        .database
        .execute(&format!("CREATE TABLE other.own (); ALTER TABLE other.own OWNER TO {reader}"));
    let owns = project.role(&["drop"]);
    owns.expect_error(&[
        "cannot be dropped because some objects depend on it",
        "owner of table other.own",
    ]);
    assert_eq!(project.privileges(), privileges);
    project.role(&["drop", "--force"]).expect(0);
    assert_eq!(project.database.column("SELECT count(*) FROM other.own"), ["0"]);
    project.home.file("model/.pum.yaml", "pum: {module: shop}\n");
    project.role(&["create"]).expect_error(&["the project declares no roles"]);
}
