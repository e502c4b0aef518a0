//! What scripts do to a database is measured.

use pum_core::connect::Session;
use pum_core::delta::DeltaSet;
use pum_core::progress::Silent;
use pum_core::upgrade::{
    ApplyOptions, LockMode, MeasuredCopy, Measurements, PlanOptions, TableUse, UpgradePlan,
    apply_measured,
};
use pum_tests::{Database, deltas};

use super::{at_1_0_0, options};

/// Runs deltas and gives what was measured.
fn measured(database: &Database, files: &[(&str, &str)], options: &ApplyOptions) -> Measurements {
    let directory = deltas(files);
    let interrupt = pum_core::Interrupt::new();
    let mut session = Session::open(&database.settings, &interrupt).unwrap();
    let set = DeltaSet::read(&[directory.path()]).unwrap();
    let plan =
        UpgradePlan::read(&mut session, &options.table, &set, &PlanOptions::default()).unwrap();
    let copy = MeasuredCopy { analyzed: true, watch: None };
    let (applied, measured) =
        apply_measured(&mut session, &plan, options, copy, &mut Silent, &interrupt).unwrap();
    assert_eq!(applied.len(), measured.scripts.len());
    measured
}

/// Three tables with 1,000 rows each, as a restore with its ANALYZE leaves them.
fn with_tables() -> Database {
    let database = at_1_0_0();
    for name in ["a", "b", "c"] {
        database.execute(&format!(
            "CREATE TABLE {name} (id int PRIMARY KEY, text text, empty int); \
             INSERT INTO {name} SELECT n, 'text ' || n FROM generate_series(1, 1000) n"
        ));
    }
    database.execute("ANALYZE");
    database
}

fn of<'a>(measured: &'a Measurements, script: usize, table: &str) -> &'a TableUse {
    let uses = &measured.scripts[script].tables;
    uses.iter().find(|one| one.table == table).unwrap_or_else(|| panic!("{table}: {uses:?}"))
}

#[test]
fn locks_rewrites_and_rows() {
    let database = with_tables();
    let script = "SELECT count(*) FROM b;\n\
                  ALTER TABLE a ADD COLUMN more int;\n\
                  SELECT pg_sleep(0.3);\n\
                  ALTER TABLE a ALTER id TYPE bigint;\n\
                  CREATE INDEX ON b (text);\n\
                  CREATE TABLE new (id int); INSERT INTO new VALUES (1);\n";
    let next = "UPDATE c SET text = 'x' WHERE id <= 10;\n\
                DELETE FROM c WHERE id > 990; INSERT INTO c VALUES (5000, 'y');\n";
    let files = [("delta_1.1.0.sql", script), ("delta_1.2.0.sql", next)];
    let measured = measured(&database, &files, &options());

    let a = of(&measured, 0, "public.a");
    assert_eq!((a.lock, a.line), (LockMode::AccessExclusive, 2));
    assert!(a.held.as_millis() >= 300, "until the commit: {:?}", a.held);
    assert!(a.rewritten.is_some_and(|bytes| bytes > 8192), "{a:?}");
    assert_eq!((a.rows_scanned, a.rows_updated), (2000, 0), "rewritten, and read for its key");
    let b = of(&measured, 0, "public.b");
    assert_eq!((b.lock, b.line, b.rewritten), (LockMode::Share, 5, None));
    assert!(b.held < a.held, "{b:?}");
    assert_eq!(b.rows_scanned, 2000, "counted, and read for the index");
    // Nobody else can see the table that the script makes.
    let tables = |script: usize| measured.scripts[script].tables.iter().map(|one| &one.table);
    assert_eq!(tables(0).collect::<Vec<_>>(), ["public.b", "public.a"]);

    let c = of(&measured, 1, "public.c");
    assert_eq!((c.lock, c.line, c.rewritten), (LockMode::RowExclusive, 1, None));
    assert_eq!((c.rows_inserted, c.rows_updated, c.rows_deleted), (1, 10, 10));
    assert_eq!(tables(1).count(), 1);

    let statements = &measured.scripts[0].statements;
    let lines: Vec<usize> = statements.iter().map(|one| one.line).collect();
    assert_eq!(lines, [1, 2, 3, 4, 5, 6, 6]);
    assert!(statements[2].duration.as_millis() >= 300);
    assert!(statements[3].wal_bytes > 8192, "{statements:?}");
    assert_eq!(statements[4].sql, "CREATE INDEX ON b (text)");
    let changes: Vec<_> = measured
        .tables
        .iter()
        .map(|one| (one.table.as_str(), one.rows_before, one.rows_after, one.dropped))
        .collect();
    assert_eq!(
        changes,
        [
            ("public.a", Some(1000), Some(1000), false),
            ("public.b", Some(1000), Some(1000), false),
            ("public.c", Some(1000), Some(991), false),
        ]
    );
    assert_eq!(measured.lost_columns().count(), 0);
}

#[test]
fn what_is_dropped_with_data() {
    let database = with_tables();
    database.execute("CREATE TABLE nothing (id int); ANALYZE nothing");
    let script = "ALTER TABLE a DROP COLUMN text; ALTER TABLE a DROP COLUMN empty;\n\
                  DROP TABLE b; DROP TABLE nothing; TRUNCATE c;\n";
    let measured = measured(&database, &[("delta_1.1.0.sql", script)], &options());
    let lost: Vec<_> = measured
        .lost_columns()
        .map(|(table, column)| format!("{}.{} {:?}", table.table, column.name, column.held_data))
        .collect();
    assert_eq!(
        lost,
        ["public.a.text Some(true)", "public.b.id Some(true)", "public.b.text Some(true)"]
    );
    let rows: Vec<_> = measured.tables.iter().map(|one| (one.rows_after, one.dropped)).collect();
    assert_eq!(rows, [(Some(1000), false), (None, true), (Some(0), false), (None, true)]);
}

#[test]
fn one_transaction_holds_all_locks_to_its_end() {
    let database = with_tables();
    let files = [
        ("delta_1.1.0.sql", "LOCK TABLE a IN SHARE MODE;\n"),
        ("delta_1.2.0.sql", "SELECT pg_sleep(0.3); INSERT INTO a VALUES (0);\n"),
    ];
    let mut options = options();
    options.run.single_transaction = true;
    let measured = measured(&database, &files, &options);
    let first = of(&measured, 0, "public.a");
    assert_eq!(first.lock, LockMode::Share);
    assert!(first.held.as_millis() >= 300, "{first:?}");
    assert_eq!(of(&measured, 1, "public.a").rows_inserted, 1);
}

#[test]
fn locks_outside_of_a_transaction_are_seen_from_beside() {
    let database = with_tables();
    database.execute(
        "CREATE FUNCTION slow(int) RETURNS int IMMUTABLE LANGUAGE plpgsql AS \
                      'BEGIN IF $1 % 10 = 0 THEN PERFORM pg_sleep(0.005); END IF; RETURN $1; END'",
    );
    let script = "-- pum: no-transaction\nCREATE INDEX CONCURRENTLY ON a (slow(id));\n\
                  UPDATE b SET text = 'x';\n";
    let measured = measured(&database, &[("delta_1.1.0.sql", script)], &options());
    let a = of(&measured, 0, "public.a");
    assert_eq!((a.lock, a.line), (LockMode::ShareUpdateExclusive, 2));
    assert!(a.held.as_millis() >= 400 && a.held <= measured.duration(), "{a:?}");
    let b = of(&measured, 0, "public.b");
    assert_eq!((b.lock, b.line, b.rows_updated), (LockMode::RowExclusive, 3, 1000));
}
