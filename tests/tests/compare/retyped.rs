//! Columns that get other types, by new columns that take their places: what is written, that it leads to the
//! same, and that writers lose nothing.

use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

use pum_tests::Database;
use pum_tests::command::Home;

use super::pending::{pum, with};

const PUM: &str = env!("CARGO_BIN_EXE_pum-under-test");

/// The texts of all deltas that were written, in order.
fn written(home: &Home) -> String {
    let deltas = std::fs::read_dir(home.path().join("deltas")).unwrap();
    let mut paths: Vec<_> = deltas.map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths.iter().map(|path| std::fs::read_to_string(path).unwrap()).collect()
}

const BEFORE: &str = "
    CREATE TABLE kind (id int PRIMARY KEY);
    INSERT INTO kind VALUES (1), (2);
    CREATE TABLE t (
        id serial PRIMARY KEY,
        kind int REFERENCES kind,
        code varchar(10) NOT NULL DEFAULT 'x',
        amount int CHECK (amount > 0),
        at text,
        parent int REFERENCES t);
    CREATE TABLE child (id int PRIMARY KEY, t int NOT NULL REFERENCES t ON DELETE CASCADE);
    CREATE INDEX t_amount ON t (amount, code) WHERE amount > 5;
    CREATE UNIQUE INDEX t_code ON t (code, id);
    CREATE INDEX t_expression ON t ((amount + 1));
    COMMENT ON INDEX t_amount IS 'kept';
    COMMENT ON COLUMN t.amount IS 'how much';
    COMMENT ON CONSTRAINT t_pkey ON t IS 'the key';
    GRANT SELECT (amount) ON t TO pg_monitor;
    ALTER TABLE t ALTER amount SET STATISTICS 77;
    ALTER TABLE t CLUSTER ON t_code;
    CREATE VIEW sums AS SELECT kind, sum(amount) AS total FROM t GROUP BY kind;
    CREATE VIEW more AS SELECT total + 1 AS more FROM sums;
    COMMENT ON COLUMN sums.total IS 'all';
    GRANT SELECT ON sums TO pg_monitor;
    INSERT INTO t (kind, amount, at, parent) SELECT 1, n, '2020-01-01', 1 FROM generate_series(1, 12000) n;
    INSERT INTO child SELECT n, n FROM generate_series(1, 10) n;";

/// Another type for six columns of two tables.
fn wanted() -> String {
    let types = [
        ("id serial PRIMARY KEY", "id bigserial PRIMARY KEY"),
        ("kind int REFERENCES", "kind smallint REFERENCES"),
        ("code varchar(10)", "code varchar(5)"),
        ("amount int", "amount numeric(12,2) NOT NULL"),
        ("at text", "at date"),
        ("parent int", "parent bigint"),
        ("t int NOT NULL", "t bigint NOT NULL"),
    ];
    types.iter().fold(BEFORE.to_owned(), |sql, (from, to)| {
        assert!(sql.contains(from), "{from}");
        sql.replace(from, to)
    })
}

/// Rows as they are whatever the types of their columns.
fn rows(database: &Database) -> Vec<String> {
    database.column(
        "SELECT concat_ws(' ', t.id, kind, code, amount::int, at, parent, child.t) \
         FROM t LEFT JOIN child ON child.t = t.id ORDER BY t.id",
    )
}

#[test]
fn types_change_by_new_columns_and_all_that_needs_them_comes_with_them() {
    let (home, prod) = with(BEFORE, &wanted());
    pum(&home, "snapshot prod -t upgrades -o before.json").expect(0);
    let before = rows(&prod);
    pum(&home, "delta new x -p prod --to wanted --online always --allow-loss --down").expect(0);
    let text = written(&home);
    for at_once in ["ALTER COLUMN \"id\" TYPE", "ALTER COLUMN \"t\" TYPE", "not by a new column"] {
        assert!(!text.contains(at_once), "{at_once}: {text}");
    }
    let position = "-- left out: column public.t.at: its position: it becomes the last one\n";
    assert!(text.contains(position), "{text}");
    pum(&home, "upgrade -p prod").expect(0);
    pum(&home, "check prod wanted -t upgrades").expect(0);
    assert_eq!(rows(&prod), before);
    assert_eq!(prod.column("SELECT max(id) < nextval('t_id_seq') FROM t"), ["t"]);
    let left = "SELECT proname::text FROM pg_proc WHERE proname LIKE '%pum%' \
                UNION ALL SELECT tgname FROM pg_trigger WHERE NOT tgisinternal";
    assert_eq!(prod.column(left), [""; 0]);
    pum(&home, "downgrade -p prod --to 1.0.0 --yes").expect(0);
    pum(&home, "check before.json prod -t upgrades").expect(0);
    assert_eq!(rows(&prod), before);
}

/// What cannot be done exactly is done at once, and says why.
#[test]
fn what_no_new_column_can_take_the_place_of_is_changed_at_once_with_the_reason() {
    let types = "CREATE TABLE p (a int); CREATE TABLE c () INHERITS (p); ";
    for (name, before, change, why) in [
        (
            "trigger",
            "CREATE TABLE t (a int); CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
             CREATE TRIGGER touch BEFORE UPDATE ON t FOR EACH ROW EXECUTE FUNCTION f();",
            ("(a int)", "(a bigint)"),
            "trigger public.t.touch fires on updates",
        ),
        (
            "generated",
            "CREATE TABLE t (a int, b int GENERATED ALWAYS AS (a * 2) STORED);",
            ("(a int,", "(a bigint,"),
            "column public.t.b",
        ),
        ("identity", "CREATE TABLE t (a int GENERATED ALWAYS AS IDENTITY);", ("a int", "a bigint"), "generated"),
        ("children", types, ("p (a int)", "p (a bigint)"), "inheritance"),
        (
            "materialized",
            "CREATE TABLE t (a int); CREATE MATERIALIZED VIEW v AS SELECT a FROM t;",
            ("t (a int)", "t (a bigint)"),
            "view public.v",
        ),
        (
            "statistics",
            "CREATE TABLE t (a int, b int); CREATE STATISTICS st ON a, b FROM t;",
            ("t (a int", "t (a bigint"),
            "public.st",
        ),
        (
            "row security",
            "CREATE TABLE t (a int); ALTER TABLE t FORCE ROW LEVEL SECURITY;",
            ("t (a int", "t (a bigint"),
            "row level security may hide rows",
        ),
        (
            "published",
            "CREATE TABLE t (a int); CREATE PUBLICATION pub FOR ALL TABLES;",
            ("t (a int", "t (a bigint"),
            "has no replica identity",
        ),
    ] {
        assert!(before.contains(change.0), "{name}");
        let (home, _) = with(before, &before.replace(change.0, change.1));
        pum(&home, "delta new x -p prod --to wanted --online always --allow-loss").expect(0);
        let text = written(&home);
        assert!(text.contains(": not by a new column: ") && text.contains(why), "{name}: {text}");
        assert!(text.contains(" TYPE bigint;") && !text.contains("pum_new_"), "{name}: {text}");
        pum(&home, "upgrade -p prod").expect(0);
        pum(&home, "check prod wanted -t upgrades").expect(0);
    }
}

/// A change of a type that writes no row is left as it is, and so is one that was not asked for in batches.
#[test]
fn a_column_is_copied_only_if_it_must_be() {
    let (home, _) = with("CREATE TABLE t (a varchar(5), b int)", "CREATE TABLE t (a text, b int)");
    pum(&home, "delta new x -p prod --to wanted --online always").expect(0);
    let text = written(&home);
    assert!(text.contains("ALTER COLUMN \"a\" TYPE text;") && !text.contains("pum_"), "{text}");
    let (home, _) = with("CREATE TABLE t (a int)", "CREATE TABLE t (a bigint)");
    pum(&home, "delta new x -p prod --to wanted").expect(0);
    let text = written(&home);
    assert!(text.contains("ALTER COLUMN \"a\" TYPE bigint;") && !text.contains("pum_"), "{text}");
}

/// Values are converted as was said, also those that are written meanwhile.
#[test]
fn a_conversion_that_was_said_is_done_by_the_trigger_and_in_batches() {
    let (home, prod) = with(
        "CREATE TABLE \"T t\" (id int PRIMARY KEY, batch text, factor int DEFAULT 1);
         INSERT INTO \"T t\" SELECT n, n || ' kg', 2 FROM generate_series(1, 100) n;
         INSERT INTO \"T t\" VALUES (101, NULL, 3), (102, '', 3)",
        "CREATE TABLE \"T t\" (id int PRIMARY KEY, batch int, factor int DEFAULT 1)",
    );
    let arguments = [
        "delta",
        "new",
        "x",
        "-p",
        "prod",
        "--to",
        "wanted",
        "--online",
        "always",
        "--using",
        "column public.\"T t\".batch=nullif(split_part(batch, ' ', 1), '')::int * factor",
    ];
    home.run(PUM, &arguments).expect(0);
    assert!(written(&home).contains("\"pum_new_batch\""), "{}", written(&home));
    pum(&home, "upgrade -p prod").expect(0);
    pum(&home, "check prod wanted -t upgrades").expect(0);
    let sum = "SELECT sum(batch), count(batch) FROM \"T t\"";
    assert_eq!(prod.column(sum), ["10100"]);
    assert_eq!(prod.column("SELECT count(batch) FROM \"T t\""), ["100"]);
}

/// What is there until a new column takes the place of the old one is dropped as anything else.
#[test]
fn a_delta_that_is_given_up_leaves_nothing_that_cannot_be_dropped() {
    let (home, prod) = with(
        "CREATE TABLE t (id int PRIMARY KEY, a int); INSERT INTO t VALUES (1, 2)",
        "CREATE TABLE t (id int PRIMARY KEY, a numeric(5,1) NOT NULL)",
    );
    pum(&home, "snapshot prod -t upgrades -o before.json").expect(0);
    pum(&home, "delta new x -p prod --to wanted --online always").expect(0);
    // Up to the CHECK of the new column.
    for number in 4..=5 {
        std::fs::remove_file(home.path().join(format!("deltas/delta_1.0.1_x_{number}.sql")))
            .unwrap();
    }
    pum(&home, "upgrade -p prod").expect(0);
    assert_eq!(prod.column("SELECT pum_new_a FROM t"), ["2.0"]);
    let line = "diff prod before.json -t upgrades --allow-loss -o back.sql";
    pum(&home, line).expect(1);
    prod.execute(&std::fs::read_to_string(home.path().join("back.sql")).unwrap());
    pum(&home, "check before.json prod -t upgrades").expect(0);
    assert_eq!(prod.column("SELECT a FROM t"), ["2"]);
}

/// Writers that work while the delta is applied find all that they have written, converted.
#[test]
fn writers_lose_nothing_meanwhile() {
    let tables = "CREATE TABLE t (id int PRIMARY KEY, v int NOT NULL DEFAULT 5, w text);
                  CREATE TABLE mirror (id int PRIMARY KEY, v int);";
    let (home, prod) = with(
        &format!(
            "{tables} INSERT INTO t SELECT n, n FROM generate_series(1, 30000) n;
             INSERT INTO mirror SELECT id, v FROM t"
        ),
        &tables.replace("v int NOT NULL DEFAULT 5", "v bigint NOT NULL DEFAULT 5"),
    );
    pum(&home, "delta new x -p prod --to wanted --online always").expect(0);
    let stop = AtomicBool::new(false);
    let written = AtomicU32::new(0);
    std::thread::scope(|scope| {
        for writer in 0..3 {
            let (stop, written, prod) = (&stop, &written, &prod);
            scope.spawn(move || {
                let mut session = prod.session();
                let mut number = 1;
                while !stop.load(Ordering::SeqCst) {
                    // Each has rows of its own, some of which are not there.
                    let id = (number * 7919 % 13_000) * 3 + writer;
                    session.client().batch_execute(&write(id, number)).unwrap();
                    number += 1;
                    written.fetch_add(1, Ordering::SeqCst);
                }
            });
        }
        while written.load(Ordering::SeqCst) < 100 {
            std::thread::yield_now();
        }
        let outcome = pum(&home, "upgrade -p prod");
        stop.store(true, Ordering::SeqCst);
        outcome.expect(0);
    });
    pum(&home, "check prod wanted -t upgrades").expect(0);
    let differing =
        "SELECT count(*) FROM t FULL JOIN mirror USING (id) WHERE t.v IS DISTINCT FROM mirror.v";
    assert_eq!(prod.column(differing), ["0"]);
    assert!(written.load(Ordering::SeqCst) > 100);
}

/// A row is inserted, changed, moved or deleted, and the same is noted beside it.
fn write(id: i32, number: i32) -> String {
    let both = |t: String| format!("BEGIN; {t}; {}; COMMIT", t.replace(" t ", " mirror "));
    match number % 5 {
        0 => both(format!("DELETE FROM t WHERE id = {id}")),
        1 | 2 => both(format!("UPDATE t SET v = {number} WHERE id = {id}")),
        3 => both(format!(
            "INSERT INTO t (id, v) VALUES ({id}, {number}) ON CONFLICT (id) DO UPDATE SET v = {number}"
        )),
        // By default, and without the column.
        _ => format!(
            "BEGIN; INSERT INTO t (id) VALUES ({id}) ON CONFLICT (id) DO UPDATE SET w = 'x'; \
             INSERT INTO mirror VALUES ({id}, 5) ON CONFLICT DO NOTHING; COMMIT"
        ),
    }
}
