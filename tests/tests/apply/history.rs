//! A directory of deltas held against what the upgrades table says.

use pum_tests::command::{Home, Outcome};
use pum_tests::{Database, psql};

use super::{PUM, at_1_0_0};

/// A database at 1.0.0 under the name `db`, and the deltas of its home.
fn home(deltas: &[(&str, &str)]) -> (Home, Database) {
    let (home, database) = (Home::new(), at_1_0_0());
    home.service("db", &database);
    home.file("pum.toml", "upgrades_table = \"public.upgrades\"\ndelta_dirs = \"deltas\"\n");
    for (name, sql) in deltas {
        home.file(&format!("deltas/{name}"), sql);
    }
    (home, database)
}

fn pum(home: &Home, line: &str) -> Outcome {
    home.run(PUM, &line.split_whitespace().collect::<Vec<_>>())
}

const TWO: &[(&str, &str)] =
    &[("delta_1.1.0_one.sql", "CREATE TABLE one ();\n"), ("delta_1.2.0_two.sql", "SELECT 2;\n")];

/// LF, CRLF and CR are the same: in what is run, where it fails, and whether a file was changed.
#[test]
fn line_ends_do_not_matter() {
    let text = "-- Why, and how.\n-- pum: no-transaction\n\\set what 'one two'\nVACUUM;\n\
                CREATE TABLE a (t text DEFAULT 'x'); -- a comment\nINSERT INTO a VALUES (:'what');\n";
    let failing = "SELECT 1;\n\nSELECT 2,\n  nothing;\n";
    let ends = ["\n", "\r\n", "\r"];
    for applied_with in ends {
        let first = text.replace('\n', applied_with);
        let (home, database) = home(&[("delta_1.1.0.sql", &first)]);
        pum(&home, "upgrade -p db").expect(0);
        assert_eq!(database.column("SELECT t FROM a"), ["one two"]);
        for now in ends {
            home.file("deltas/delta_1.1.0.sql", &text.replace('\n', now));
            let info = pum(&home, "info -p db").expect(0);
            let said = format!("{}{}", info.stdout, info.stderr);
            assert!(!said.contains("was changed"), "{applied_with:?} {now:?}: {said}");
            home.file("deltas/delta_1.2.0.sql", &failing.replace('\n', now));
            pum(&home, "upgrade -p db").expect_error(&[
                "delta_1.2.0.sql:4: column \"nothing\" does not exist",
                "\n  4 |   nothing;\n    |   ^\n",
            ]);
            std::fs::remove_file(home.path().join("deltas/delta_1.2.0.sql")).unwrap();
        }
    }
}

/// What is sent as UTF-8 must not be taken for another encoding, or it is stored as other characters.
#[test]
fn another_encoding_is_refused_before_anything_runs() {
    let mixed = "CREATE TABLE a (t text);\nSET client_encoding = 'LATIN1';\nINSERT INTO a VALUES ('\u{e4}');\n";
    let data = "CREATE TABLE a (t text);\nSET NAMES 'LATIN1';\nCOPY a FROM stdin;\n\u{e4}\n\\.\n";
    for (text, line) in [(mixed, 2), (data, 2)] {
        let (home, database) = home(&[("delta_1.1.0.sql", text)]);
        pum(&home, "upgrade -p db").expect_error(&[
            &format!("delta_1.1.0.sql:{line}: client_encoding is set to 'LATIN1'"),
            "the file is sent as UTF-8",
        ]);
        assert_eq!(database.column("SELECT to_regclass('a')"), ["(null)"]);
        let ascii = text.replace('\u{e4}', "a");
        for allowed in [&ascii, &text.replace("'LATIN1'", "'utf8'")] {
            home.file("deltas/delta_1.1.0.sql", allowed);
            pum(&home, "upgrade -p db --rehearse").expect(0);
        }
        // The row in the upgrades table is written in the same session.
        std::fs::remove_file(home.path().join("deltas/delta_1.1.0.sql")).unwrap();
        home.file("deltas/delta_1.1.0_\u{e4}.sql", &ascii);
        pum(&home, "upgrade -p db").expect_error(&["client_encoding is set to 'LATIN1'"]);
    }
}

#[test]
fn a_changed_delta_stops_an_upgrade_until_it_is_repaired() {
    let (home, database) = home(TWO);
    pum(&home, "upgrade -p db").expect(0);
    let (one, two) = ("CREATE TABLE one ();\r\n", "SELECT 22;\n");
    home.file("deltas/delta_1.1.0_one.sql", one);
    home.file("deltas/delta_1.2.0_two.sql", two);
    home.file("deltas/delta_1.3.0.sql", "SELECT 3;\n");

    let info = pum(&home, "info -p db").expect(0).stdout;
    assert!(info.contains("warning: delta_1.2.0_two.sql was changed after"), "{info}");
    assert!(!info.contains("one.sql was changed"), "line endings are no change: {info}");
    let parts = ["delta_1.2.0_two.sql was changed", "nothing was run", "pum repair"];
    let refused = pum(&home, "upgrade -p db").expect_error(&parts);
    assert!(!refused.stderr.contains("one.sql"), "{}", refused.stderr);
    let rows = || psql(&database, &["-At", "-c", "SELECT checksum FROM upgrades ORDER BY id"]);
    let before = rows();

    insta::assert_snapshot!(pum(&home, "repair -p db").error(), @r#"
     Version  Delta                Recorded                          Now
     1.2.0    delta_1.2.0_two.sql  <checksum>  <checksum>
    Record the files' current checksums in public.upgrades of db? [y/N]
    error: "Record the files' current checksums in public.upgrades of db?" needs an answer, but there is no terminal to ask on: use --yes to answer yes to all questions
    "#);
    assert_eq!(rows(), before, "without an answer nothing is written");
    let repaired = pum(&home, "repair -p db --yes").expect(0);
    assert_eq!(repaired.stdout, "1 of 1 recorded\n");
    let md5 = psql(&database, &["-At", "-c", "SELECT md5(E'SELECT 22;\\n')"]);
    assert_eq!(rows().lines().nth(2), Some(md5.trim()));
    assert_eq!(rows().lines().nth(1), before.lines().nth(1), "the other row stays");
    let again = pum(&home, "repair -p db").expect(0).stdout;
    assert_eq!(again, "db: all applied deltas match public.upgrades\n");
    let done = pum(&home, "upgrade -p db").expect(0).stdout;
    assert_eq!(done, "db was upgraded from 1.2.0 to 1.3.0 (1 script)\n");
}

#[test]
fn a_changed_delta_can_be_allowed_and_the_old_spelling_only_warns() {
    for line in ["upgrade -p db --allow-changed", "upgrader -p db -t public.upgrades -d deltas"] {
        let (home, _database) = home(TWO);
        pum(&home, "upgrade -p db").expect(0);
        home.file("deltas/delta_1.2.0_two.sql", "SELECT 22;\n");
        home.file("deltas/delta_1.3.0.sql", "SELECT 3;\n");
        let done = pum(&home, line).expect(0);
        assert!(
            done.stderr.contains("warning: delta_1.2.0_two.sql was changed"),
            "{}",
            done.stderr
        );
        assert!(done.stdout.contains("from 1.2.0 to 1.3.0"), "{}", done.stdout);
    }
}

#[test]
fn a_missing_delta_is_told() {
    let (home, _database) = home(TWO);
    pum(&home, "upgrade -p db").expect(0);
    std::fs::remove_file(home.path().join("deltas/delta_1.1.0_one.sql")).unwrap();
    let warning = "warning: delta_1.1.0_one.sql was applied on";
    let info = pum(&home, "info -p db").expect(0).stdout;
    assert!(info.contains(warning) && info.contains("no longer in the directory"), "{info}");
    let json = pum(&home, "info -p db --format json").expect(0).stdout;
    assert!(json.contains("\"concern\": \"missing\""), "{json}");
    let done = pum(&home, "upgrade -p db").expect(0);
    assert!(done.stderr.contains(warning), "{}", done.stderr);
}

#[test]
fn a_delta_out_of_order_is_told_or_refused() {
    let (home, database) = home(TWO);
    pum(&home, "upgrade -p db").expect(0);
    home.file("deltas/delta_1.2.0_also.sql", "CREATE TABLE also ();\n");
    let warning = "delta_1.2.0_also.sql is pending but sorts before delta_1.2.0_two.sql";
    insta::assert_snapshot!(pum(&home, "upgrade -p db --strict-order").error(), @"
    error: delta_1.2.0_also.sql is pending but sorts before delta_1.2.0_two.sql, which was applied
    nothing was run: give them higher versions
    hint: or leave out --strict-order
    ");
    let tables = "SELECT count(*) FROM pg_class WHERE relname = 'also'";
    assert_eq!(database.column(tables), ["0"]);
    let done = pum(&home, "upgrade -p db").expect(0);
    assert!(done.stderr.contains(warning), "{}", done.stderr);
    assert_eq!(database.column(tables), ["1"]);
    assert!(!pum(&home, "info -p db").expect(0).stdout.contains("warning"));
}

#[test]
fn a_baseline_has_the_deltas_of_its_version_or_not() {
    let (home, _database) = home(&[("delta_1.0.0_at.sql", "SELECT 1;\n")]);
    let info = pum(&home, "info -p db --check").expect(1).stdout;
    assert!(info.contains("delta_1.0.0_at.sql has the baseline's version, 1.0.0"), "{info}");
    let config = std::fs::read_to_string(home.path().join("pum.toml")).unwrap();
    home.file("pum.toml", &format!("{config}baseline_includes_version = true\n"));
    let info = pum(&home, "info -p db --check").expect(0).stdout;
    assert!(info.contains("in the baseline") && !info.contains("warning"), "{info}");
    let done = pum(&home, "upgrade -p db").expect(0).stdout;
    assert_eq!(done, "db is at version 1.0.0: nothing pending\n");
    home.file("deltas/delta_1.0.1.sql", "SELECT 1;\n");
    let done = pum(&home, "upgrade -p db").expect(0).stdout;
    assert_eq!(done, "db was upgraded from 1.0.0 to 1.0.1 (1 script)\n");
}
