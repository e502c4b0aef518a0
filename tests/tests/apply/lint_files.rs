//! `pum lint` of files that are written for other programs.

use pum_tests::command::{Home, Outcome};

use super::{PUM, at_1_0_0};

fn lint(home: &Home, line: &str) -> Outcome {
    let arguments = format!("lint {line}");
    home.run(PUM, &arguments.split_whitespace().collect::<Vec<_>>())
}

/// The places and rules of a report.
fn places(outcome: &Outcome) -> Vec<String> {
    let lines = outcome.stdout.lines().filter(|line| line.contains(".sql:"));
    lines.map(|line| line.splitn(3, ": ").take(2).collect::<Vec<_>>().join(" ")).collect()
}

/// As each program reads its directory, in its order, without the scripts that undo.
#[test]
fn directories_of_migrations_are_read_as_their_programs_do() {
    for (files, expected) in [
        (
            &[
                ("V10__last.sql", "ALTER TABLE t ADD c int;\n"),
                ("V2__index.sql", "CREATE INDEX ON t (${column});\n"),
                ("V1__table.sql", "CREATE TABLE t (a int);\n"),
                ("U2__index.sql", "DROP TABLE t;\n"),
            ][..],
            &["V2__index.sql:1 create-index-without-concurrently"][..],
        ),
        (
            &[
                ("2024-01-01-000000_a/up.sql", "CREATE TABLE t (a int);\n"),
                ("2024-01-01-000000_a/down.sql", "DROP TABLE t;\n"),
                ("2024-01-02-000000_b/up.sql", "TRUNCATE t;\n"),
                ("2024-01-02-000000_b/down.sql", "DROP TABLE t;\n"),
            ],
            &["2024-01-02-000000_b/up.sql:1 truncate"],
        ),
        (
            &[
                (
                    "20240101000000_a.sql",
                    "-- +goose Up\nCREATE TABLE t (a int);\n\n-- +goose Down\nDROP TABLE t;\n",
                ),
                (
                    "20240102000000_b.sql",
                    "-- +goose NO TRANSACTION\n-- +goose Up\nCREATE INDEX CONCURRENTLY i ON t (a);\n",
                ),
                ("20240103000000_c.sql", "-- +goose Up\nDELETE FROM t;\n"),
            ],
            &["20240103000000_c.sql:2 delete-without-where"],
        ),
        (
            &[
                ("0001_a.up.sql", "CREATE TABLE t (a int);\n"),
                ("0001_a.down.sql", "DROP TABLE t;\n"),
                ("0002_b.up.sql", "DELETE FROM t;\n"),
                ("0002_b.down.sql", "SELECT 1;\n"),
            ],
            &["0002_b.up.sql:1 delete-without-where"],
        ),
    ] {
        let home = Home::new();
        for (name, sql) in files {
            home.file(&format!("migrations/{name}"), sql);
        }
        let found = lint(&home, "migrations/ --lock-timeout 5s --var str column a").expect(1);
        let expected: Vec<String> = expected.iter().map(|it| format!("migrations/{it}")).collect();
        assert_eq!(places(&found), expected, "{}", found.stdout);
    }
}

#[test]
fn files_are_looked_at_as_they_are_named() {
    let home = Home::new();
    // A transaction of their own, and what looks like a variable, are theirs.
    home.file("b.sql", "BEGIN;\nSELECT '%(x)s', ':y' AS \":z\";\nDROP TABLE t;\nCOMMIT;\n");
    home.file("a.sql", "SET lock_timeout = '1s';\nALTER TABLE t ADD UNIQUE (a);\n");
    let found = lint(&home, "b.sql ./a.sql").expect(1);
    let expected = [
        "b.sql:3 no-lock-timeout",
        "b.sql:3 drop-table",
        "./a.sql:2 constraint-without-using-index",
    ];
    let mut sorted = places(&found);
    sorted.sort();
    let mut wanted = expected.map(str::to_owned);
    wanted.sort();
    assert_eq!(sorted, wanted, "{}", found.stdout);
    assert!(found.stdout.ends_with("3 findings in 2 scripts\n"), "{}", found.stdout);

    // A directory of deltas is what --dir names.
    home.file("deltas/delta_1.0.0.sql", "TRUNCATE t;\n");
    let deltas = lint(&home, "./deltas --lock-timeout 5s").expect(1);
    assert_eq!(places(&deltas), ["./deltas/delta_1.0.0.sql:1 truncate"]);
}

/// The sizes of a database's tables decide what files cannot.
#[test]
fn a_database_tells_which_tables_of_files_are_large() {
    let (home, database) = (Home::new(), at_1_0_0());
    database.execute("CREATE TABLE small (a int); ANALYZE small");
    home.service("prod", &database);
    home.file("a.sql", "SET lock_timeout = '1s';\nCREATE INDEX ON small (a);\n");
    assert_eq!(places(&lint(&home, "a.sql").expect(1)).len(), 1);
    lint(&home, "a.sql -p prod").expect(0);
}

#[test]
fn what_is_no_sql_is_an_error() {
    let (home, database) = (Home::new(), at_1_0_0());
    home.service("prod", &database);
    home.file("a.sql", "SELECT 1;\n");
    home.file("wrong.sql", "SELECT 'open;\n");
    home.file("other/V1__a.sql", "SELECT 1;\n");
    home.file("other/0001_b.up.sql", "SELECT 1;\n");
    home.file("deltas/delta_1.0.0.sql", "SELECT 1;\n");
    home.run(PUM, &["snapshot", "prod", "-o", "prod.json"]).expect(0);
    for (line, parts) in [
        ("nowhere.sql", &["there is no file or directory nowhere.sql"][..]),
        ("wrong.sql", &["wrong.sql:1"]),
        ("prod.json", &["prod.json", "has no statements"]),
        ("a.sql prod", &["files and directories"]),
        ("prod -p prod", &["a database is named twice"]),
        ("a.sql --pending", &["--pending"]),
        ("a.sql ./deltas", &["--dir"]),
        ("-d deltas --layout flyway", &["--layout is for directories"]),
        ("./other", &["other", "flyway"]),
    ] {
        lint(&home, line).expect_error(parts);
    }
}

/// No report of a CI system is empty because nothing could be looked at.
#[test]
fn what_cannot_be_looked_at_is_a_result_in_every_form_of_ci() {
    let home = Home::new();
    for format in ["junit", "sarif", "github", "markdown"] {
        for line in ["nowhere.sql", "-d nowhere"] {
            let ended = lint(&home, &format!("{line} --format {format}"));
            assert_eq!(ended.code, Some(2), "{format} {line}");
            assert!(ended.stdout.contains("nowhere"), "{format} {line}: {}", ended.stdout);
        }
    }
    for format in ["text", "json"] {
        let ended = lint(&home, &format!("nowhere.sql --format {format}"));
        assert_eq!((ended.code, &*ended.stdout), (Some(2), ""));
    }
}
