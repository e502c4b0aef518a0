//! A production without what every new database has.

use pum_tests::database;

use super::{PUM, Setting};
use pum_tests::command::Home;

/// Production in a schema of its own, after this was done with it.
fn setting(change: &str) -> Setting {
    let production = database();
    production.execute(&format!(
        "CREATE SCHEMA app; CREATE TABLE app.orders (id int); INSERT INTO app.orders VALUES (1); \
         {change}"
    ));
    let home = Home::new();
    home.service("prod", &production);
    home.file("deltas/delta_1.1.0_note.sql", "ALTER TABLE app.orders ADD note text;");
    let build = format!("CREATE SCHEMA app; CREATE TABLE app.orders (id int, note text); {change}");
    home.file("build.sql", &build);
    Setting { home, production }
}

const RUN: &str = "test-and-upgrade -pp prod -t app.upgrades -d deltas -f prod.dump -b 1.0.0 \
                   --reference-sql build.sql --yes";

#[test]
fn production_without_the_schema_public_is_rehearsed_and_upgraded() {
    for change in [
        "DROP SCHEMA public",
        "ALTER SCHEMA public RENAME TO main",
        "DROP EXTENSION plpgsql; DROP SCHEMA public",
    ] {
        let setting = setting(change);
        let done = setting.pum(RUN).expect(0);
        assert!(!done.stdout.contains("public"), "{change}: {}", done.stdout);
        assert!(!done.stderr.contains("not restored as"), "{change}: {}", done.stderr);
        let versions = "SELECT version FROM app.upgrades ORDER BY id";
        assert_eq!(setting.production.column(versions), ["1.0.0", "1.1.0"], "{change}");
    }
}

/// What is said to help when the reference has it can be run.
#[test]
fn the_schema_public_can_be_made_as_every_new_database_has_it() {
    let setting = setting("DROP SCHEMA public");
    for (build, count) in [
        ("", 1),
        ("GRANT CREATE ON SCHEMA public TO pg_monitor; COMMENT ON SCHEMA public IS 'ours';", 1),
    ] {
        let model = "CREATE SCHEMA app; CREATE TABLE app.orders (id int, note text);";
        setting.home.file("build.sql", &format!("{model} {build}"));
        let found = setting.pum(&format!("{RUN} --format json")).expect(1);
        let report: serde_json::Value = serde_json::from_str(&found.stdout).unwrap();
        let hints = report["hints"].as_array().unwrap();
        assert_eq!(hints.len(), count, "{}", found.stdout);
        let sql: String =
            hints.iter().map(|hint| hint["remedy"].as_str().unwrap().to_owned()).collect();
        let (fresh, made) = (database(), database());
        fresh.execute(build);
        made.execute(&format!("DROP SCHEMA public; {sql}"));
        setting.home.service("fresh", &fresh);
        setting.home.service("made", &made);
        setting.home.run(PUM, &["check", "--preset", "strict", "fresh", "made"]).expect(0);
    }
}
