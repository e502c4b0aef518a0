//! What the roles of a project may do in the rehearsed copy.

use pum_tests::command::{Home, Outcome};
use pum_tests::{Database, database, new_name};
use serde_json::Value;

use super::PUM;

/// Production at version 1.0 of a project whose role reads the schema `app`.
struct Project {
    home: Home,
    production: Database,
    viewer: String,
}

impl Project {
    fn new() -> Self {
        let (home, production) = (Home::new(), database());
        let viewer = new_name("viewer");
        home.service("prod", &production);
        home.file(
            "project/.pum.yaml",
            &format!(
                "pum: {{module: shop, migration_table_schema: sys}}\n\
                 roles: [{{name: {viewer}, permissions: [{{type: read, schemas: [app]}}]}}]\n"
            ),
        );
        home.file("project/changelogs/1.0/a.sql", "CREATE SCHEMA app; CREATE TABLE app.t (a int);");
        home.run(PUM, &["install", "-p", "prod", "-d", "project"]).expect(0);
        Self { home, production, viewer }
    }

    /// The next version takes SELECT from the role, whoever grants it.
    fn with_policy(self) -> Self {
        let viewer = &self.viewer;
        self.home.file(
            "project/changelogs/1.1/a.sql",
            &format!(
                "CREATE TABLE app.u (b int);
                 CREATE FUNCTION app.policy() RETURNS event_trigger LANGUAGE plpgsql AS
                   $$ BEGIN REVOKE SELECT ON app.u FROM {viewer}; END $$;
                 CREATE EVENT TRIGGER policy ON ddl_command_end WHEN TAG IN ('GRANT')
                   EXECUTE FUNCTION app.policy();"
            ),
        );
        self
    }

    fn rehearse(&self, more: &[&str]) -> Outcome {
        let run = ["test-and-upgrade", "-pp", "prod", "-d", "project", "--until", "compare"];
        self.home.run(PUM, &[&run[..], &["-f", "x.dump"], more].concat())
    }
}

impl Drop for Project {
    fn drop(&mut self) {
        // Roles are of the whole server.
        let viewer = &self.viewer;
        self.production.execute(&format!("DROP OWNED BY {viewer}; DROP ROLE {viewer}"));
    }
}

/// The reference is made by the same changelogs, and so has the same gap.
#[test]
fn permissions_that_roles_lack_in_the_copy_end_the_run() {
    let project = Project::new().with_policy();
    let viewer = &project.viewer;
    let page = project.home.path().join("run.html");
    let report = format!("html={}", page.display());
    let found = project.rehearse(&["--report", &report]).expect(1);
    for part in [
        "the project's roles lack permissions in the upgraded copy\n",
        "objects, 1 role with 1 missing permission\n",
        &format!(
            "role {viewer} lacks SELECT on table app.u\n  GRANT SELECT ON TABLE app.u TO \"{viewer}\";\n"
        ),
        "correct the deltas or the roles of the project",
    ] {
        assert!(found.stdout.contains(part), "no {part:?} in:\n{}", found.stdout);
    }
    let page = std::fs::read_to_string(page).unwrap();
    assert!(page.contains(&format!("GRANT SELECT ON TABLE app.u TO &quot;{viewer}&quot;;")));
    let json = project.rehearse(&["--format", "json"]).expect(1);
    let json: Value = serde_json::from_str(&json.stdout).unwrap();
    assert_eq!(json["outcome"], "different");
    assert_eq!(json["roles"]["differences"][0]["kind"], "missing-privileges");
    assert_eq!(json["comparison"]["same"], true);
    // Without a reference as well.
    let none = project.rehearse(&["--reference", "none"]).expect(1);
    assert!(none.stdout.contains("lacks SELECT on table app.u"), "{}", none.stdout);
    // They are not looked at where privileges are not, or are not granted; both are told.
    let ignored = project.rehearse(&["-i", "privileges"]).expect(0);
    assert!(ignored.stdout.contains("not compared: privileges"), "{}", ignored.stdout);
    let skipped = ["--skip-grant", "--reference", "none", "--format", "json"];
    let skipped = project.rehearse(&skipped).expect(0);
    let part = "whether the project's roles have their permissions: they are not granted";
    assert!(skipped.stdout.contains(part), "{}", skipped.stdout);
}

/// Privileges beyond those are differences from the reference, and are told as what they are.
#[test]
fn permissions_beyond_the_declared_ones_are_told() {
    let project = Project::new();
    let (viewer, other) = (&project.viewer, new_name("other"));
    project.home.file("project/changelogs/1.1/a.sql", "CREATE TABLE app.u (b int);");
    let same = project.rehearse(&[]).expect(0);
    assert!(same.stdout.contains("1 role with all permissions"), "{}", same.stdout);
    project.production.execute(&format!(
        "GRANT INSERT ON app.t TO {viewer}; CREATE ROLE {other}; GRANT SELECT ON app.t TO {other}"
    ));
    let found = project.rehearse(&[]).expect(1);
    for part in [
        "the upgraded copy differs from the reference\n".to_owned(),
        format!("role {viewer} has INSERT on table app.t, which is not declared\n"),
        format!("  REVOKE INSERT ON TABLE app.t FROM \"{viewer}\";\n"),
        format!("role {other} is not declared and has privileges in app\n"),
        format!("  REVOKE SELECT ON TABLE app.t FROM \"{other}\";\n"),
    ] {
        assert!(found.stdout.contains(&part), "no {part:?} in:\n{}", found.stdout);
    }
    // Where the difference is accepted, they are warnings.
    project.home.file(
        "pum.toml",
        "[[ignore]]\nelements = [\"tables.privileges\"]\nobject = \"app.t\"\nreason = \"by hand\"\n",
    );
    let accepted = project.rehearse(&[]).expect(0);
    let warning = format!("warning: role {viewer} has INSERT on table app.t");
    assert!(accepted.stderr.contains(&warning), "{}", accepted.stderr);
    project.production.execute(&format!("DROP OWNED BY {other}; DROP ROLE {other}"));
}

/// What a run leaves out is left out of the reference that its project makes as well, so that nothing
/// differs by it.
#[test]
fn what_is_skipped_is_skipped_in_the_reference() {
    let project = Project::new();
    project.home.file("project/changelogs/1.1/a.sql", "CREATE TABLE app.u (b int);");
    let same = |more: &[&str]| {
        let found = project.rehearse(more).expect(0).stdout;
        assert!(found.contains("no differences"), "{more:?}: {found}");
        found
    };
    // The role has its permissions, and by default on new tables, too.
    same(&["--skip-grant"]);
    project.home.run(PUM, &["role", "revoke", "-p", "prod", "-d", "project"]).expect(0);
    for skipped in [&["--skip-grant"][..], &["--skip-roles", "--skip-grant"]] {
        same(skipped);
    }
    // The role is on production's server, where nothing names it.
    let granted = same(&["--skip-roles"]);
    assert!(granted.contains("1 role with all permissions"), "{granted}");
    // Another reference is as it is.
    let other = project.home.path().join("other");
    std::os::unix::fs::symlink(project.home.path().join("project"), other).unwrap();
    let found = project.rehearse(&["--skip-grant", "--reference", "./other"]).expect(1).stdout;
    assert!(found.contains("privileges"), "{found}");
}

/// A run goes on only if the roles are what they were when it was rehearsed.
#[test]
fn roles_that_changed_since_the_rehearsal_are_told() {
    let project = Project::new();
    let (viewer, writer) = (&project.viewer, new_name("writer"));
    let declare = |description: &str| {
        project.home.file(
            "project/.pum.yaml",
            &format!(
                "pum: {{module: shop, migration_table_schema: sys}}\nroles:\n\
                 - {{name: {viewer}, permissions: [{{type: read, schemas: [app]}}]}}\n\
                 - {{name: {writer}, inherit: {viewer}, description: {description}, \
                    permissions: [{{type: write, schemas: [app]}}]}}\n"
            ),
        );
    };
    declare("writes");
    project.home.run(PUM, &["role", "create", "-p", "prod", "-d", "project"]).expect(0);
    project.home.file("project/changelogs/1.1/a.sql", "CREATE TABLE app.u (b int);");
    let run = |more: &[&str]| {
        let run = ["test-and-upgrade", "-pp", "prod", "-d", "project"];
        project.home.run(PUM, &[&run[..], more].concat())
    };
    run(&["--until", "plan"]).expect(0);
    let resume = ["--resume", "last", "--yes"];
    let changed = |what: &str| {
        let told = format!("because this has changed: {what}. Start a new run");
        run(&resume).expect_error(&[&told, "production was not changed"]);
    };
    let roles = "the project's roles in production";
    for (change, back, what) in [
        (format!("REVOKE {viewer} FROM {writer}"), format!("GRANT {viewer} TO {writer}"), roles),
        (
            format!("ALTER ROLE {writer} CREATEROLE"),
            format!("ALTER ROLE {writer} NOCREATEROLE"),
            roles,
        ),
        (
            format!("REVOKE SELECT ON app.t FROM {viewer}"),
            format!("GRANT SELECT ON app.t TO {viewer}"),
            "production's schema",
        ),
    ] {
        project.production.execute(&change);
        changed(what);
        // A new run tells what it will leave as it is.
        let told = run(&["--until", "preflight", "--runs", "other"]).expect(0).stderr;
        let is_told = told.contains("not as declared, and the upgrade leaves it so");
        assert_eq!(is_told, what == roles, "{told}");
        project.production.execute(&back);
    }
    declare("also reads");
    changed("the deltas, the reference, the project's roles in production");
    declare("writes");
    let done = run(&resume).expect(0);
    assert!(done.stderr.contains("rehearsed"), "{}", done.stderr);
    project.home.run(PUM, &["role", "check", "-p", "prod", "-d", "project"]).expect(0);
    project.production.execute(&format!("DROP OWNED BY {writer}; DROP ROLE {writer}"));
}
