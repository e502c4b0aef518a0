//! Repeatable scripts: what they make is dropped before the deltas and made again after them.

use std::fs;
use std::path::Path;

use pum_core::upgrade::{Applied, UpgradeError};
use pum_tests::command::Home;
use pum_tests::text::stable;
use pum_tests::{Database, deltas};

use super::{PUM, at_1_0_0, options, recorded, there, upgrade};

const TABLE: (&str, &str) =
    ("delta_1.1.0.sql", "CREATE TABLE orders (id integer, amount integer);");
const VIEWS: (&str, &str) =
    ("repeatable/10_views.sql", "CREATE VIEW large AS SELECT * FROM orders WHERE amount > 9;");
const MORE: (&str, &str) = (
    "repeatable/20_more.sql",
    "CREATE FUNCTION how_many(smallest integer DEFAULT 0) RETURNS bigint LANGUAGE sql
        AS 'SELECT count(*) FROM large WHERE amount > smallest';
     CREATE MATERIALIZED VIEW totals AS SELECT sum(amount) FROM large;",
);

/// The names of the scripts that were run.
fn names(applied: &[Applied]) -> Vec<String> {
    let name = |one: &Applied| one.path.file_name().unwrap().to_string_lossy().into_owned();
    applied.iter().map(name).collect()
}

fn run(database: &Database, directory: &Path) -> Result<Vec<String>, UpgradeError> {
    upgrade(database, directory, &options()).map(|applied| names(&applied))
}

fn oid(database: &Database, name: &str) -> Vec<String> {
    database.column(&format!("SELECT to_regclass('{name}')::oid"))
}

#[test]
fn a_view_does_not_stand_in_the_way_of_a_delta() {
    let database = at_1_0_0();
    let directory = deltas(&[TABLE, VIEWS, MORE]);
    let ran = run(&database, directory.path()).unwrap();
    // What is not recorded may be there, made by hand: it is dropped as well.
    let all = [
        "20_more.sql (drop)",
        "10_views.sql (drop)",
        "delta_1.1.0.sql",
        "10_views.sql",
        "20_more.sql",
    ];
    assert_eq!(ran, all);
    assert_eq!(run(&database, directory.path()).unwrap(), [""; 0]);

    let alter = "ALTER TABLE orders ALTER amount TYPE numeric; DROP TABLE IF EXISTS large_ones;";
    fs::write(directory.path().join("delta_1.2.0.sql"), alter).unwrap();
    assert_eq!(run(&database, directory.path()).unwrap().len(), 5);
    let of_large = "SELECT format_type(atttypid, atttypmod) FROM pg_attribute
                    WHERE attrelid = 'large'::regclass AND attname = 'amount'";
    assert_eq!(database.column(of_large), ["numeric"]);
    assert_eq!(there(&database, "large,totals"), ["large", "totals"]);
    let rows = "SELECT xmin::text FROM upgrades_repeatable
                UNION SELECT xmin::text FROM upgrades WHERE version = '1.2.0'";
    assert_eq!(database.column(rows).len(), 1, "all in one transaction");
}

#[test]
fn from_the_first_changed_script_on_all_are_run_again() {
    let database = at_1_0_0();
    let directory =
        deltas(&[TABLE, VIEWS, MORE, ("repeatable/30.sql", "CREATE VIEW c AS SELECT 1;")]);
    run(&database, directory.path()).unwrap();
    let before = [oid(&database, "large"), oid(&database, "totals"), oid(&database, "c")];

    // Other names than before: the old ones go.
    let changed =
        "CREATE FUNCTION how_many(smallest bigint) RETURNS bigint LANGUAGE sql AS 'SELECT 1';
                   CREATE MATERIALIZED VIEW sums AS SELECT 1";
    fs::write(directory.path().join(MORE.0), changed).unwrap();
    let again = ["30.sql (drop)", "20_more.sql (drop)", "20_more.sql", "30.sql"];
    assert_eq!(run(&database, directory.path()).unwrap(), again);
    assert_eq!(oid(&database, "large"), before[0]);
    assert_ne!(oid(&database, "c"), before[2]);
    assert_eq!(there(&database, "sums,totals"), ["sums"]);
    let arguments = "SELECT pg_get_function_arguments(oid) FROM pg_proc WHERE proname = 'how_many'";
    assert_eq!(database.column(arguments), ["smallest bigint"]);

    fs::remove_file(directory.path().join(MORE.0)).unwrap();
    assert_eq!(
        run(&database, directory.path()).unwrap(),
        ["30.sql (drop)", "20_more.sql (drop)", "30.sql"]
    );
    assert!(there(&database, "sums").is_empty());
    let recorded = database.column("SELECT script FROM upgrades_repeatable ORDER BY position");
    assert_eq!(recorded, ["10_views.sql", "30.sql"]);
    assert_eq!(run(&database, directory.path()).unwrap(), [""; 0]);
}

#[test]
fn a_failure_leaves_all_as_it_was() {
    let database = at_1_0_0();
    let directory = deltas(&[TABLE, VIEWS]);
    run(&database, directory.path()).unwrap();
    let before = database.dump_schema();

    let alter = "ALTER TABLE orders DROP COLUMN amount;";
    fs::write(directory.path().join("delta_1.2.0.sql"), alter).unwrap();
    let text = run(&database, directory.path()).unwrap_err().to_string();
    insta::assert_snapshot!(stable(&text), @r#"
    <home>/repeatable/10_views.sql:1: column "amount" does not exist (SQLSTATE 42703)
      1 | CREATE VIEW large AS SELECT * FROM orders WHERE amount > 9;
        |                                                 ^
    nothing was kept: the whole run was one transaction, and was rolled back
    the database is at version 1.1.0; correct the cause and run the same command again
    "#);
    assert_eq!(database.dump_schema(), before);
    assert_eq!(recorded(&database), ["1.0.0", "1.1.0"]);

    // Somebody's own view is not dropped with pum's.
    fs::write(directory.path().join("delta_1.2.0.sql"), "SELECT 1;").unwrap();
    database.execute("CREATE VIEW own AS SELECT * FROM large");
    let text = run(&database, directory.path()).unwrap_err().to_string();
    insta::assert_snapshot!(stable(&text), @"
    <home>/repeatable/10_views.sql (drop):1: cannot drop view large because other objects depend on it (SQLSTATE 2BP01)
      1 | DROP VIEW IF EXISTS large
        | ^
      detail: view own depends on view large
      hint: Use DROP ... CASCADE to drop the dependent objects too.
    nothing was kept: the whole run was one transaction, and was rolled back
    the database is at version 1.1.0; correct the cause and run the same command again
    ");
    assert_eq!(there(&database, "large,own"), ["large", "own"]);
}

#[test]
fn views_that_a_broken_run_has_dropped_come_back() {
    let database = at_1_0_0();
    let directory = deltas(&[TABLE, VIEWS]);
    run(&database, directory.path()).unwrap();
    let write = |text: &str| fs::write(directory.path().join("delta_1.2.0.sql"), text).unwrap();
    write("-- pum: no-transaction\nCREATE INDEX CONCURRENTLY i ON orders (nothing);");
    let text = run(&database, directory.path()).unwrap_err().to_string();
    insta::assert_snapshot!(stable(&text), @r#"
    <home>/delta_1.2.0.sql:2: column "nothing" does not exist (SQLSTATE 42703)
      2 | CREATE INDEX CONCURRENTLY i ON orders (nothing);
        | ^
    delta_1.2.0.sql runs without a transaction and ended at statement 1 of 1 (line 2), nothing before it
    committed before and kept: 10_views.sql (drop)
    the database is at version 1.1.0; correct that statement, not the ones before it, and run the same command again: it continues there
    "#);
    assert!(there(&database, "large").is_empty());

    write("-- pum: no-transaction\nCREATE INDEX CONCURRENTLY i ON orders (id);");
    let ran = run(&database, directory.path()).unwrap();
    assert_eq!(ran, ["10_views.sql (drop)", "delta_1.2.0.sql", "10_views.sql"]);
    assert_eq!(there(&database, "large,i"), ["i", "large"]);
}

#[test]
fn a_function_that_a_table_needs_is_replaced() {
    let database = at_1_0_0();
    let function = |what: &str| {
        format!(
            "CREATE OR REPLACE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql
                AS 'BEGIN new.amount = {what}; RETURN new; END';"
        )
    };
    let directory = deltas(&[TABLE, VIEWS, ("repeatable/05.sql", &function("1"))]);
    run(&database, directory.path()).unwrap();
    let trigger =
        "CREATE TRIGGER touch BEFORE INSERT ON orders FOR EACH ROW EXECUTE FUNCTION touch();
                   ALTER TABLE orders ALTER amount TYPE bigint;";
    fs::write(directory.path().join("delta_1.2.0.sql"), trigger).unwrap();
    let text = run(&database, directory.path()).unwrap_err().to_string();
    insta::assert_snapshot!(stable(&text), @"
    <home>/delta_1.2.0.sql:1: function touch() does not exist (SQLSTATE 42883)
      1 | CREATE TRIGGER touch BEFORE INSERT ON orders FOR EACH ROW EXECUTE FUNCTION touch();
        | ^
    nothing was kept: the whole run was one transaction, and was rolled back
    the database is at version 1.1.0; correct the cause and run the same command again
    ");
    database.execute(&function("1"));
    database.execute(
        "CREATE TRIGGER touch BEFORE INSERT ON orders FOR EACH ROW EXECUTE FUNCTION touch()",
    );
    fs::remove_file(directory.path().join("delta_1.2.0.sql")).unwrap();
    fs::write(directory.path().join("repeatable/05.sql"), function("2")).unwrap();
    run(&database, directory.path()).unwrap();
    database.execute("INSERT INTO orders VALUES (1, 0)");
    assert_eq!(database.column("SELECT amount FROM orders"), ["2"]);
}

#[test]
fn what_a_delta_has_made_is_taken_over() {
    let database = at_1_0_0();
    let view = ("delta_1.1.1.sql", "CREATE VIEW large AS SELECT * FROM orders;");
    let directory = deltas(&[TABLE, view]);
    run(&database, directory.path()).unwrap();
    let alter = "ALTER TABLE orders ALTER amount TYPE bigint;";
    fs::write(directory.path().join("delta_1.2.0.sql"), alter).unwrap();
    fs::create_dir(directory.path().join("repeatable")).unwrap();
    fs::write(directory.path().join(VIEWS.0), VIEWS.1).unwrap();
    run(&database, directory.path()).unwrap();
    let text = database.column("SELECT pg_get_viewdef('large'::regclass)");
    assert!(text[0].contains("amount > 9"), "{text:?}");
}

#[test]
fn the_command_tells_what_it_would_run() {
    let database = at_1_0_0();
    let own = ("repeatable/t.sql", "CREATE TYPE mood AS ENUM ('ok');");
    let directory = deltas(&[TABLE, VIEWS, own]);
    let home = Home::new();
    home.service("shop", &database);
    let path = directory.path().to_str().unwrap();
    let target = ["-p", "shop", "-t", "upgrades", "-d", path];
    let pum = |command: &[&str]| {
        let mut arguments = command.to_vec();
        arguments.extend(target);
        home.run(PUM, &arguments)
    };
    let refused = pum(&["upgrade"]).expect(2);
    assert!(
        refused
            .stderr
            .contains("t.sql:1: pum does not know how to drop what CREATE TYPE mood creates"),
        "{refused:?}"
    );
    assert!(refused.stderr.contains("unless t.drop.sql next to it"), "{refused:?}");
    fs::write(directory.path().join("repeatable/t.drop.sql"), "DROP TYPE IF EXISTS mood").unwrap();
    let shown = pum(&["upgrade", "--dry-run"]);
    assert!(shown.stdout.contains("from 1.0.0 to 1.1.0, in one transaction"), "{shown:?}");
    assert!(shown.stdout.contains("10_views.sql (drop) (1 statement)"), "{shown:?}");
    pum(&["upgrade"]).expect(0);
    pum(&["info", "--check"]).expect(0);
    fs::write(directory.path().join(VIEWS.0), "CREATE VIEW large AS SELECT 1").unwrap();
    let info = pum(&["info", "--check"]).expect(1);
    assert!(info.stdout.contains("repeatable: 10_views.sql (changed)"), "{info:?}");
    let done = pum(&["upgrade"]);
    assert!(
        done.stdout.contains("shop is at version 1.1.0; repeatable scripts were run"),
        "{done:?}"
    );
    // Its tables are no difference.
    let other = at_1_0_0();
    let same = {
        home.service("other", &other);
        home.run(PUM, &["check", "shop", "other", "-t", "upgrades"])
    };
    assert!(!same.stdout.contains("upgrades_repeatable"), "{same:?}");
}
