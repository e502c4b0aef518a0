//! The way back: scripts that undo deltas, written or by hand.

use pum_core::delta::DeltaSet;
use pum_tests::command::Home;

use super::pending::{pum, with};

const PUM: &str = env!("CARGO_BIN_EXE_pum-under-test");

const PROD: &str = "
    CREATE TABLE customer (id int PRIMARY KEY, name text, fax text);
    CREATE VIEW names AS SELECT name FROM customer;
    INSERT INTO customer VALUES (1, 'ann', '1'), (2, 'bob', NULL)";

const WANTED: &str = "
    CREATE TYPE mood AS ENUM ('sad', 'glad');
    CREATE TABLE customer (id int PRIMARY KEY, name varchar(40) NOT NULL, feeling mood);
    CREATE VIEW names AS SELECT name FROM customer;
    CREATE TABLE orders (id int PRIMARY KEY, customer int REFERENCES customer)";

fn read(home: &Home, file: &str) -> String {
    std::fs::read_to_string(home.path().join("deltas").join(file)).unwrap()
}

#[test]
fn what_was_written_is_undone_and_what_is_lost_is_counted() {
    let (home, prod) = with(PROD, WANTED);
    home.file("deltas/delta_1.0.1_type.sql", "CREATE TYPE mood AS ENUM ('sad', 'glad');\n");
    home.file("deltas/delta_1.0.1_type.down.sql", "DROP TYPE mood;\n");
    pum(&home, "snapshot prod -t upgrades -o before.json").expect(0);
    pum(&home, "delta new feelings -p prod --to wanted --minor --down --allow-loss").expect(0);
    let down = read(&home, "delta_1.1.0_feelings.down.sql");
    for line in [
        "-- back to: prod at 1.0.1\n",
        "-- lost: the values of the column (column public.customer.feeling)\n",
        "-- lost: the rows of the table (table public.orders)\n",
        "-- not restored: the values of the column (column public.customer.fax)\n",
        "ADD COLUMN \"fax\" text;",
    ] {
        assert!(down.contains(line), "{line}: {down}");
    }
    let pending = pum(&home, "info -p prod").expect(0).stdout;
    assert!(pending.contains("2 pending") && !pending.contains("down.sql"), "{pending}");
    pum(&home, "upgrade -p prod").expect(0);
    prod.execute("INSERT INTO orders VALUES (1, 1), (2, 1); UPDATE customer SET feeling = 'glad' WHERE id = 1");
    let shown = pum(&home, "downgrade -p prod --to 1.0.0 --dry-run").expect(0).stdout;
    for line in [
        "prod would go back from 1.1.0 to 1.0.0:\n  deltas/delta_1.1.0_feelings.down.sql\n  deltas/delta_1.0.1_type.down.sql\n",
        "  lost: table \"public\".\"orders\" with 2 rows\n",
        "  lost: column \"public\".\"customer\".\"feeling\" with 1 value\n",
    ] {
        assert!(shown.contains(line), "{line}: {shown}");
    }
    pum(&home, "downgrade -p prod --to 1.0.0").expect_error(&["needs an answer", "--yes"]);
    assert_eq!(prod.column("SELECT count(*) FROM orders"), ["2"]);
    let done = pum(&home, "downgrade -p prod --to 1.0.0 --yes").expect(0).stdout;
    assert_eq!(done, "prod went back from 1.1.0 to 1.0.0 (2 scripts)\n");
    assert_eq!(prod.column("SELECT version FROM upgrades"), ["1.0.0"]);
    pum(&home, "check before.json prod -t upgrades").expect(0);
    assert_eq!(prod.column("SELECT name FROM customer ORDER BY id"), ["ann", "bob"]);
    // And forth again.
    pum(&home, "upgrade -p prod").expect(0);
    pum(&home, "check prod wanted -t upgrades").expect(0);
}

/// The parts are undone in the other order, those of a busy table without blocking others.
#[test]
fn each_part_has_what_undoes_it() {
    let (home, prod) = with(
        "CREATE TYPE mood AS ENUM ('sad'); CREATE TABLE t (a int, m mood); INSERT INTO t VALUES (1)",
        "CREATE TYPE mood AS ENUM ('sad', 'ok');
         CREATE TABLE t (a int PRIMARY KEY, m mood DEFAULT 'ok')",
    );
    pum(&home, "snapshot prod -t upgrades -o before.json").expect(0);
    pum(&home, "delta new x -p prod --to wanted --down --online always").expect(0);
    let set = DeltaSet::read(&[home.path().join("deltas")]).unwrap();
    assert!(set.deltas.len() > 3);
    assert!(set.deltas[1..].iter().all(|delta| delta.down.is_some()));
    pum(&home, "upgrade -p prod").expect(0);
    pum(&home, "check prod wanted -t upgrades").expect(0);
    pum(&home, "downgrade -p prod --to 1.0.0 --yes").expect(0);
    pum(&home, "check before.json prod -t upgrades").expect(0);
    assert_eq!(prod.column("SELECT a FROM t"), ["1"]);
}

#[test]
fn renames_are_undone_by_renames() {
    let (home, prod) = with(
        "CREATE TYPE mood AS ENUM ('sad', 'ok');
         CREATE TABLE t (a int, b text, m mood); INSERT INTO t VALUES (1, 'x', 'sad')",
        "CREATE TYPE temper AS ENUM ('unhappy', 'ok'); CREATE TABLE u (c int, b text, m temper)",
    );
    let arguments = [
        "delta",
        "new",
        "x",
        "-p",
        "prod",
        "--to",
        "wanted",
        "--down",
        "--rename",
        "table public.t=u",
        "--rename",
        "column public.t.a=c",
        "--rename",
        "type public.mood=temper",
        "--rename",
        "value public.mood.'sad'='unhappy'",
    ];
    home.run(PUM, &arguments).expect(0);
    let down = read(&home, "delta_1.0.1_x.down.sql");
    assert!(!down.contains("DROP") && down.contains("RENAME"), "{down}");
    pum(&home, "upgrade -p prod").expect(0);
    pum(&home, "downgrade -p prod --to 1.0.0 --yes").expect(0);
    assert_eq!(prod.column("SELECT a || b || m FROM t"), ["1xsad"]);
}

#[test]
fn what_cannot_go_back_says_why_and_stays() {
    let (home, prod) = with("CREATE TABLE t (a int)", "SELECT 1");
    home.file("deltas/delta_1.1.0_a.sql", "ALTER TABLE t ADD b int;\n");
    home.file("deltas/delta_1.1.0_a.down.sql", "ALTER TABLE t DROP b;\n");
    home.file("deltas/delta_1.2.0_b.sql", "ALTER TABLE t ADD c int;\n");
    pum(&home, "upgrade -p prod").expect(0);
    for (line, part) in [
        ("downgrade -p prod --to 1.1.0 --yes", "no script that undoes delta_1.2.0_b.sql"),
        ("downgrade -p prod --to 1.1.5 --yes", "it was at 1.0.0, 1.1.0, 1.2.0"),
        ("downgrade -p prod --to 1 --yes", "is not a version"),
    ] {
        pum(&home, line).expect_error(&[part]);
    }
    home.file("deltas/delta_1.2.0_b.down.sql", "ALTER TABLE t DROP c;\nALTER TABLE t DROP d;\n");
    pum(&home, "downgrade -p prod --to 1.0.0 --yes").expect_error(&[
        "delta_1.2.0_b.down.sql:2",
        "column \"d\" of relation \"t\" does not exist",
    ]);
    assert_eq!(prod.column("SELECT max(version) FROM upgrades"), ["1.2.0"]);
    assert_eq!(prod.column("SELECT count(c) FROM t"), ["0"], "it is one transaction");
    home.file("deltas/delta_1.2.0_b.down.sql", "ALTER TABLE t DROP c;\n");
    pum(&home, "downgrade -p prod --to 1.0.0 --yes").expect(0);
    let nothing = pum(&home, "downgrade -p prod --to 1.0.0").expect(0).stdout;
    assert!(nothing.contains("nothing to undo"), "{nothing}");
    std::fs::remove_file(home.path().join("deltas/delta_1.2.0_b.sql")).unwrap();
    pum(&home, "info -p prod").expect_error(&["delta_1.2.0_b.down.sql", "no delta of that name"]);
}

/// The locks of the way back are looked at; what it loses is told when it is run.
#[test]
fn scripts_that_undo_deltas_are_linted_but_for_what_they_lose() {
    let (home, _) = with(PROD, WANTED);
    home.file("deltas/delta_1.1.0_x.sql", "CREATE TABLE x (a int);\n");
    home.file(
        "deltas/delta_1.1.0_x.down.sql",
        "ALTER TABLE customer DROP COLUMN fax;\nCREATE INDEX i ON customer (name);\n",
    );
    let found = pum(&home, "lint -d deltas --lock-timeout 5s").expect(1).stdout;
    let line = "deltas/delta_1.1.0_x.down.sql:2: create-index-without-concurrently: ";
    assert!(found.contains(line) && found.contains("1 finding in 3 scripts"), "{found}");
    pum(&home, "lint -p prod --lock-timeout 5s").expect(0);
}

/// To a greater precision takes no time, back to a smaller one is done by a new column, in parts.
#[test]
fn a_delta_that_is_undone_in_more_parts_than_it_has_gets_as_many() {
    let table = |kind: &str| format!("CREATE TABLE t (id int PRIMARY KEY, amount {kind} NOT NULL)");
    let prod = format!("{}; INSERT INTO t VALUES (1, 2.5)", table("numeric(12,2)"));
    let (home, prod) = with(&prod, &table("numeric(14,2)"));
    pum(&home, "snapshot prod -t upgrades -o before.json").expect(0);
    pum(&home, "delta new wider -p prod --to wanted --down --online always").expect(0);
    let first = read(&home, "delta_1.0.1_wider_1.sql");
    assert!(first.contains("TYPE numeric(14,2)"), "{first}");
    let second = read(&home, "delta_1.0.1_wider_2.sql");
    assert!(second.contains("-- nothing: the delta is undone in more parts"), "{second}");
    pum(&home, "upgrade -p prod").expect(0);
    pum(&home, "check prod wanted -t upgrades").expect(0);
    pum(&home, "downgrade -p prod --to 1.0.0 --yes").expect(0);
    pum(&home, "check before.json prod -t upgrades").expect(0);
    assert_eq!(prod.column("SELECT amount::text FROM t"), ["2.50"]);
}

/// A script without a transaction that ends on the way is continued, and nothing else goes on before.
#[test]
fn a_way_back_without_a_transaction_is_continued_where_it_ended() {
    let (home, prod) = with("CREATE TABLE t (a int)", "SELECT 1");
    home.file("deltas/delta_1.1.0_a.sql", "ALTER TABLE t ADD b int;\n");
    home.file("deltas/delta_1.1.0_a.down.sql", "ALTER TABLE t DROP b;\n");
    home.file("deltas/delta_1.2.0_b.sql", "CREATE TABLE u (a int); CREATE TABLE v (a int);\n");
    let down = "-- pum: no-transaction\nDROP TABLE u;\nDROP TABLE v, w;\n";
    home.file("deltas/delta_1.2.0_b.down.sql", down);
    pum(&home, "upgrade -p prod").expect(0);
    pum(&home, "downgrade -p prod --to 1.0.0 --yes").expect_error(&[
        "delta_1.2.0_b.down.sql:3",
        "table \"w\" does not exist",
        "ended at statement 2 of 2 (line 3), statement 1 before it, which is kept",
        "the database is at version 1.2.0",
        "run the same command again: it continues there",
    ]);
    let rows = "SELECT version || ' ' || success FROM upgrades ORDER BY version";
    assert_eq!(prod.column(rows), ["1.0.0 true", "1.1.0 true", "1.2.0 false"]);
    let info = pum(&home, "info -p prod").expect(0);
    assert!(info.stdout.contains("half done"), "{}", info.stdout);
    for (line, parts) in [
        ("upgrade -p prod", ["delta 1.2.0 \"b\" is half undone", "pum downgrade"]),
        ("downgrade -p prod --to 1.2.0 --yes", ["half undone", "below 1.2.0"]),
        ("downgrade -p prod --to 1.1.7 --yes", ["it was at 1.0.0, 1.1.0, 1.2.0", "1.1.7"]),
    ] {
        pum(&home, line).expect_error(&parts);
    }
    home.file("deltas/delta_1.2.0_b.down.sql", &down.replace("TABLE u", "TABLE  u"));
    pum(&home, "downgrade -p prod --to 1.0.0 --yes").expect_error(&["have changed since"]);
    home.file("deltas/delta_1.2.0_b.down.sql", &down.replace("v, w", "v"));
    let shown = pum(&home, "downgrade -p prod --to 1.0.0 --dry-run").expect(0).stdout;
    let begun = "  deltas/delta_1.2.0_b.down.sql (half done: it is continued)\n";
    assert!(shown.starts_with("prod would go back from 1.2.0 to 1.0.0:\n"), "{shown}");
    assert!(shown.contains(begun), "{shown}");
    let done = pum(&home, "downgrade -p prod --to 1.0.0 --yes").expect(0);
    let where_ = "was half done: it continues at statement 2 of 2 (line 3)";
    assert!(done.stderr.contains(where_), "{}", done.stderr);
    assert_eq!(prod.column(rows), ["1.0.0 true"]);
    let tables = "SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace ORDER BY 1";
    assert_eq!(prod.column(tables), ["t", "upgrades"]);
    pum(&home, "upgrade -p prod").expect(0);
    pum(&home, "downgrade -p prod --to 1.1.0 --yes --resume done")
        .expect_error(&["nothing to resume"]);
}
