//! `pum init`.

use pum_tests::command::Home;
use pum_tests::{database, repository};

use super::{has, pum};

fn written(home: &Home) -> String {
    std::fs::read_to_string(home.path().join("pum.toml")).unwrap()
}

/// The sample data model, as somebody has it who begins with pum.
#[test]
fn what_is_written_is_what_the_other_commands_read() {
    let home = Home::new();
    let production = database();
    production.execute_file("fixtures/sample/production-1.0.0.sql");
    home.service("water-prod", &production);
    home.service("water-test", &production);
    let deltas = std::fs::read_dir(repository().join("deltas")).unwrap().map(Result::unwrap);
    let number = deltas
        .map(|file| {
            let name = file.file_name().into_string().unwrap();
            home.file(&format!("db/{name}"), &std::fs::read_to_string(file.path()).unwrap());
            name
        })
        .filter(|name| name.starts_with("delta_"))
        .count();
    home.file(".hidden/delta_1.0.0.sql", "");
    let line = "baseline -p water-prod -t water_sys.upgrades -d db -b 1.0.0";
    pum(&home, line).expect(0);

    let done = pum(&home, "init -p water-prod").expect(0);
    assert_eq!(done.stdout, "");
    has(&done.stderr, &["wrote pum.toml"]);
    has(
        &written(&home),
        &[
            "\n# services: water-prod, water-test\nproduction = \"water-prod\"\n",
            "\n# test = \"water-test\"\n",
            "\n# found: water_sys.upgrades, at version 1.0.0\nupgrades_table = \"water_sys.upgrades\"\n",
            &format!("\n# db: {number} found\ndelta_dirs = [\"db\"]\n"),
            "\nlock_timeout = \"5s\"\n",
        ],
    );
    let info = pum(&home, "info -p water-prod").expect(0);
    has(&info.stdout, &[&format!("is at version 1.0.0, {number} pending (water_sys.upgrades)")]);
    pum(&home, "doctor").expect(0);

    // Never again.
    home.file("pum.toml", "# mine\n");
    pum(&home, "init").expect_error(&["pum.toml already exists", "--stdout"]);
    assert_eq!(written(&home), "# mine\n");
    let shown = pum(&home, "init --stdout").expect(0);
    has(&shown.stdout, &["# production = \"water-prod\"", "# upgrades_table = "]);
}

#[test]
fn where_nothing_is_there_all_is_a_comment() {
    let home = Home::new();
    pum(&home, "init").expect(0);
    let keys = written(&home);
    let keys: Vec<&str> =
        keys.lines().filter(|line| !line.starts_with('#') && !line.is_empty()).collect();
    assert_eq!(keys, ["lock_timeout = \"5s\"", "[reference]", "[limits]"]);
    pum(&home, "doctor").expect(0);
}

#[test]
fn the_old_yaml_is_taken_over() {
    let home = Home::new();
    home.file("delta/delta_1.1.0.sql", "SELECT 1;");
    home.file(
        "db_manager_config.yaml",
        "upgrades_table: qwat_sys.upgrades\ndelta_dir: ./delta/\nbackup_file: /tmp/backup\n\
         ignore_elements:\n  - columns\n  - constraints\npg_dump_exe: pg_dump\n\
         pg_restore_exe: pg_restore\n",
    );
    let done = pum(&home, "init").expect(0);
    has(&done.stderr, &["db_manager_config.yaml was imported"]);
    has(
        &written(&home),
        &[
            "\nupgrades_table = \"qwat_sys.upgrades\"\n",
            "\ndelta_dirs = [\"delta\"]\n",
            "\n# Taken over from db_manager_config.yaml:\n\
             ignore_elements = [\"columns\", \"constraints\"]\npg_dump_exe = \"pg_dump\"\n\
             pg_restore_exe = \"pg_restore\"\n",
            "\nbackup_file = \"/tmp/backup\"\n",
        ],
    );
    std::fs::remove_file(home.path().join("db_manager_config.yaml")).unwrap();
    has(&pum(&home, "doctor").expect(0).stdout, &["deltas         1\n"]);
}

#[test]
fn what_cannot_be_looked_at_leaves_no_file() {
    let home = Home::new();
    let secret = "postgresql://ann:geheim@127.0.0.1:1/d";
    let refused =
        pum(&home, &format!("init -p {secret}")).expect_error(&["a password", "pum.toml"]);
    assert!(!refused.stderr.contains("geheim"));
    pum(&home, "init -p nobody").expect_error(&["unknown service \"nobody\""]);
    pum(&home, "init -t a.b.c").expect_error(&["a.b.c"]);
    assert!(!home.path().join("pum.toml").exists());
    // What only looks like a delta is told, and is none.
    home.file("deltas/delta_1.sql", "");
    pum(&home, "init").expect(0);
    has(&written(&home), &["\n# not deltas: ", "delta_1.sql looks like a delta", "# delta_dirs ="]);
}
