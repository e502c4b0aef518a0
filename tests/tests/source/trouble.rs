//! What is wrong with migrations is said with its file, before or after a server was needed.

use pum_tests::deltas;

use super::{check, expected};

/// What is said of a directory with these files.
fn said(files: &[(&str, &str)], more: &[&str], parts: &[&str]) {
    let directory = deltas(files);
    std::fs::create_dir_all(directory.path()).unwrap();
    let path = directory.path().display().to_string();
    let _ = check(&expected().conninfo(), &path, more).expect_error(parts);
}

#[test]
fn broken_sql_is_shown_in_its_file() {
    let good = "CREATE TABLE t (a int);\n";
    let bad = "\n-- more\nCREATE INDEX ON t (c);\n";
    said(
        &[("1_a.sql", good), ("2_b.sql", bad)],
        &[],
        &["2_b.sql:3: column \"c\" does not exist", "3 | CREATE INDEX ON t (c);", "^"],
    );
    let marked = "-- +goose Up\nCREATE TABLE t (a int);\nSELECT 1 FORM t;\n-- +goose Down\n";
    said(&[("1_a.sql", marked)], &[], &["1_a.sql:3: syntax error", "3 | SELECT 1 FORM t;", "^"]);
    said(&[("1/up.sql", "SELECT"), ("2/up.sql", "SELECT 'a")], &[], &["2/up.sql:1: "]);
    said(&[("delta_1.0.0.sql", "SELECT 1;\nSELECT x;\n")], &[], &["delta_1.0.0.sql:2: ", "^"]);
}

#[test]
fn a_directory_without_migrations_says_what_is_expected() {
    let expected = ["there are no migrations in", "goose: ", "diesel: VERSION_name/up.sql"];
    said(&[], &[], &expected);
    said(&[("README.md", "x"), ("notes.txt", "x")], &[], &expected);
    said(&[("README.md", "x")], &["--layout", "goose"], &["no migrations", "+goose Up"]);
    said(&[("1_a.sql", "-- nothing\n")], &[], &["creates nothing: the database is empty"]);
    said(&[("1_a.sql", "")], &["--layout", "nonsense"], &["the layouts are pum, diesel"]);
}

#[test]
fn what_creates_no_table_is_no_empty_source() {
    for sql in [
        "CREATE EXTENSION pg_trgm",
        "CREATE SCHEMA app",
        "CREATE TYPE mood AS ENUM ('glad')",
        "CREATE CAST (bigint AS date) WITH INOUT",
        "ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO PUBLIC",
    ] {
        let directory = deltas(&[("1_a.sql", sql)]);
        let path = directory.path().display().to_string();
        let found = check(&expected().conninfo(), &path, &[]);
        assert!(found.code == Some(1), "{sql}: {} {}", found.stdout, found.stderr);
    }
}

#[test]
fn a_directory_of_several_layouts_must_be_told() {
    said(
        &[("V1__a.sql", "CREATE TABLE a ()"), ("1_a.sql", "CREATE TABLE a ()")],
        &[],
        &["flyway (", "V1__a.sql", "numbered (", "1_a.sql", "name it with --layout"],
    );
    said(
        &[("1_a/up.sql", ""), ("2_b.sql", "-- migrate:up\n")],
        &[],
        &["diesel (", "dbmate (", "name it with --layout"],
    );
    said(&[("R__a.sql", ""), ("V1__a.rs", "")], &[], &["refinery (", "flyway ("]);
    // To undo what is not there is nothing; to be late is something.
    said(&[("R__a.sql", ""), ("U1__a.sql", "")], &[], &["refinery (", "flyway ("]);
}

#[test]
fn a_file_that_does_not_fit_is_no_silent_gap() {
    let good = "CREATE TABLE t (a int);";
    for (files, parts) in [
        (
            &[("V1__a.sql", good), ("V2_b.sql", good), ("R__c.sql", good)][..],
            ["V2_b.sql", "flyway"],
        ),
        (&[("V1__a.sql", good), ("V1.0__b.sql", good)], ["V1.0__b.sql", "has the same version"]),
        (&[("V1__a.sql", good), ("V2__B.java", good)], ["V2__B.java", "it is a program"]),
        (&[("V1__a.rs", good), ("V2__b.sql", good)], ["V1__a.rs", "it is a program"]),
        (&[("V1__a.sql", "CREATE TABLE ${name} ()")], ["V1__a.sql", "-v TYPE name VALUE"]),
        (&[("1_a.sql", good), ("b.sql", good)], ["b.sql", "does not begin with a number"]),
        (&[("1_a.up.sql", good), ("01_b.up.sql", good)], ["1_a.up.sql", "has the same version"]),
        (&[("1_a.sql", "-- +goose Up\n"), ("2_b.sql", good)], ["2_b.sql", "SQL before the first"]),
        (&[("1_a.sql", "-- +goose Up\n"), ("2_b.go", "")], ["2_b.go", "it is a program"]),
        (
            &[("1_a.sql", "-- +goose ENVSUB ON\n-- +goose Up\nCREATE TABLE $NAME ();\n")],
            ["1_a.sql", "line 3: goose takes the value of NAME from the environment"],
        ),
        (
            &[("1_a.sql", "-- migrate:up\n\\echo a\n")],
            ["1_a.sql", "line 2: that is a psql command"],
        ),
        (&[("1_a.sql", "-- migrate:up\n"), ("b.sql", good)], ["b.sql", "not a migration name"]),
        (&[("1_a/up.sql", good), ("2_b/down.sql", good)], ["2_b", "there is no up.sql in it"]),
        (&[("1_a/up.sql", good), ("1-_b/up.sql", good)], ["1", "has the same version"]),
        (&[("delta_1.0.0.sql", good), ("delta_1.sql", good)], ["delta_1.sql", "three numbers"]),
    ] {
        said(files, &[], &parts);
    }
}

#[test]
fn a_file_that_is_no_text_is_told() {
    let directory = deltas(&[("1_a.sql", "")]);
    std::fs::write(directory.path().join("1_a.sql"), b"SELECT 1;\nSELECT '\xff';\n").unwrap();
    let path = directory.path().display().to_string();
    let _ = check(&expected().conninfo(), &path, &[])
        .expect_error(&["1_a.sql:2: the file is not UTF-8"]);
}

/// An option that does nothing here was meant for something else.
#[test]
fn an_option_without_use_is_refused() {
    let database = expected().conninfo();
    for (option, value) in [("--layout", "goose"), ("--base", "x.sql"), ("--role", "ann")] {
        let _ = check(&database, &database, &[option, value]).expect_error(&[
            &format!("the option \"{}\"", &option[2..]),
            "and no source here is one",
        ]);
    }
}
