//! Two databases side by side: rows, hashes and sequences.

use pum_core::verify::{Against, Check, Level, VerifyOptions, VerifyReport};
use pum_tests::command::Home;
use pum_tests::{Database, Host, start_server};

use super::{SOUND, database, lines, look_with, server};

const PUM: &str = env!("CARGO_BIN_EXE_pum-under-test");

fn compare(left: &Database, right: &Database, level: Level) -> (VerifyReport, Against) {
    let against = Some(right.settings.clone());
    let mut options = VerifyOptions::default();
    options.level = level;
    options.against = against;
    let report = look_with(&left.settings, &options);
    assert_eq!(lines(&report), [""; 0]);
    let against = report.against.clone().unwrap();
    (report, against)
}

fn found(against: &Against) -> Vec<String> {
    against.findings.iter().map(|found| format!("{} {}", found.object, found.problem)).collect()
}

fn copy_of(original: &Database, name: &str) -> Database {
    let postgres = Database { settings: server().settings("postgres").unwrap() };
    let original = original.settings.database();
    postgres.execute(&format!("CREATE DATABASE {name} TEMPLATE {original}"));
    Database { settings: server().settings(name).unwrap() }
}

#[test]
fn a_copy_is_the_same_until_somebody_changes_it() {
    let original = database();
    original.execute_file("fixtures/sample/build.sql");
    original.execute(
        "CREATE TABLE public.\"t =\" (id serial, note text, amount numeric, at timestamptz DEFAULT now());
         INSERT INTO public.\"t =\" (note, amount) VALUES ('one', 1.0), (NULL, 2), ('three', NULL);
         CREATE TABLE public.twice (v text); INSERT INTO public.twice VALUES ('a'), ('a'), ('b');
         CREATE TABLE public.nulls (a text, b text); INSERT INTO public.nulls VALUES ('x', NULL);
         SELECT lo_from_bytea(4711, 'large');",
    );
    let copy = copy_of(&original, "against_copy");
    for level in [Level::Quick, Level::Deep] {
        let (report, against) = compare(&original, &copy, level);
        assert_eq!(found(&against), [""; 0]);
        assert_eq!(against.same(), against.tables.len() + against.sequences.len());
        assert!(against.tables.len() > 15 && against.sequences.len() > 5);
        assert_eq!(report.check(Check::Btree).is_some(), level == Level::Deep);
        assert_eq!(report.findings(), 0);
    }
    // The order of rows and of columns is no content.
    copy.execute(
        "UPDATE public.\"t =\" SET id = id WHERE id = 1;
         ALTER TABLE public.\"t =\" DROP COLUMN amount, ADD COLUMN amount numeric;
         UPDATE public.\"t =\" SET amount = 1.0 WHERE id = 1;
         UPDATE public.\"t =\" SET amount = 2 WHERE id = 2;",
    );
    let (_, against) = compare(&original, &copy, Level::Quick);
    assert_eq!(found(&against), [""; 0]);

    copy.execute(
        "UPDATE public.\"t =\" SET amount = 1 WHERE id = 1; -- no longer 1.0
         DELETE FROM public.twice WHERE v = 'a'; INSERT INTO public.twice VALUES ('b');
         INSERT INTO public.twice VALUES ('c');
         UPDATE public.nulls SET a = NULL, b = 'x';
         SELECT nextval('public.\"t =_id_seq\"'); CREATE SEQUENCE public.more;
         CREATE TABLE public.only_there (); SELECT lo_put(4711, 0, 'L');",
    );
    original.execute("CREATE TABLE public.only_here ()");
    let (report, against) = compare(&original, &copy, Level::Standard);
    let found = found(&against);
    let same = |table: &str| format!("{table} but their values differ");
    assert_eq!(
        found,
        [
            same("table pg_catalog.pg_largeobject has 1 row in both,"),
            same("table public.\"t =\" has 3 rows in both,"),
            same("table public.nulls has 1 row in both,"),
            "table public.only_here is not in the other database".to_owned(),
            "table public.only_there is only in the other database".to_owned(),
            same("table public.twice has 3 rows in both,"),
            "sequence public.\"t =_id_seq\" stands at 3, and at 4 in the other database".to_owned(),
            "sequence public.more is only in the other database".to_owned(),
        ]
    );
    assert_eq!(report.findings(), found.len());
    copy.execute("DELETE FROM public.twice WHERE v = 'c'");
    let (_, against) = compare(&original, &copy, Level::Quick);
    let of_twice = super::against::found(&against).join("\n");
    assert!(
        of_twice.contains("public.twice has 3 rows, and 2 in the other database"),
        "{of_twice}"
    );
}

#[test]
fn what_the_other_role_may_not_read_is_not_missing() {
    let (left, name) = (database(), "against_poor");
    left.execute(
        "CREATE TABLE t (id serial); INSERT INTO t VALUES (1); SELECT nextval('t_id_seq')",
    );
    let right = copy_of(&left, name);
    right.execute("CREATE ROLE poor LOGIN");
    let right = Database { settings: server().settings_as(name, "poor").unwrap() };
    let (_, against) = compare(&left, &right, Level::Quick);
    assert_eq!(found(&against), [""; 0]);
    let skipped: Vec<String> = against
        .skipped
        .iter()
        .map(|skip| format!("{}: {}", skip.object.clone().unwrap_or_default(), skip.reason))
        .collect();
    assert_eq!(
        skipped,
        [
            "table pg_catalog.pg_largeobject: not read in the other database: role \"poor\" may not read it",
            "table public.t: not read in the other database: role \"poor\" may not read it",
            "sequence public.t_id_seq: not read in the other database: the role may not read it, or a \
             standby does not have it",
        ]
    );
    assert_eq!(against.same(), 0);
}

#[test]
fn the_command_tells_and_exits() {
    let home = Home::new();
    let left = database();
    left.execute("CREATE TABLE t (id int); INSERT INTO t VALUES (1)");
    let right = copy_of(&left, "against_command");
    home.service("left", &left);
    home.service("right", &right);
    let line = ["verify", "left", "--against", "right"];
    let same = home.run(PUM, &line).expect(0);
    assert!(same.stdout.contains("ok       against right: database against_command on PostgreSQL"));
    assert!(!same.stdout.contains("! "), "{}", same.stdout);
    right.execute("UPDATE t SET id = 2");
    let other = home.run(PUM, &line).expect(1);
    assert!(other.stdout.contains("finding: table public.t has 1 row in both"), "{}", other.stdout);
    let table = other.stdout.lines().find(|line| line.contains("!  public.t ")).unwrap();
    assert_eq!(table.matches("1 row ").count(), 2, "{table}");
    let json = home.run(PUM, &[&line[..], &["--format", "json", "--level", "quick"]].concat());
    let report: serde_json::Value = serde_json::from_str(&json.expect(1).stdout).unwrap();
    assert_eq!(report["whole"], false);
    assert_eq!(report["against"]["same"], false);
    let pair = &report["against"]["tables"][1];
    assert_eq!((&pair["left"]["table"], &pair["right"]["rows"]), (&"public.t".into(), &1.into()));
    assert_ne!(pair["left"]["hash"], pair["right"]["hash"]);
    home.run(PUM, &["verify", "left", "--against", "host=/nowhere user=u"])
        .expect_error(&["cannot connect to host=/nowhere"]);
}

#[test]
fn all_databases_of_a_server() {
    let server = start_server(&SOUND);
    let (good, bad) = (server.create("good =\n\"1\""), server.create("bad"));
    good.execute("CREATE TABLE t ()");
    bad.execute("CREATE TABLE t (id serial); INSERT INTO t VALUES (1)");
    let home = Home::new();
    let conninfo = good.conninfo();
    let line = ["verify", &conninfo, "--all", "--level", "quick"];
    let report = home.run(PUM, &line).expect(1);
    assert!(report.stdout.contains("skipped: database template0: it allows no connections"));
    assert!(report.stdout.contains("database good =\\n\"1\" on PostgreSQL"), "{}", report.stdout);
    assert!(report.stdout.ends_with("5 databases, 1 finding\n"), "{}", report.stdout);
    // A database that turns everybody away does not keep the others from being looked at.
    bad.execute("UPDATE pg_database SET datconnlimit = 0 WHERE datname = 'postgres'");
    bad.execute(
        "CREATE ROLE joe LOGIN; REVOKE CONNECT ON DATABASE postgres FROM PUBLIC;
         SELECT setval('t_id_seq', 5)",
    );
    let settings = server.settings_as("bad", "joe").unwrap();
    let conninfo = Database { settings }.conninfo();
    let line = ["verify", &conninfo, "--all", "--level", "quick", "--format", "json"];
    let report: serde_json::Value =
        serde_json::from_str(&home.run(PUM, &line).expect(2).stdout).unwrap();
    let databases = report["databases"].as_array().unwrap();
    assert_eq!(databases.len(), 5);
    let of = |name: &str| databases.iter().find(|one| one["database"] == name).unwrap();
    assert!(of("postgres")["error"].as_str().unwrap().contains("permission denied"));
    assert_eq!(of("good =\n\"1\"")["whole"], true);
    assert_eq!(report["whole"], false);
}
