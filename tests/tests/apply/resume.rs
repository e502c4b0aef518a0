//! Deltas without a transaction that did not come to their end.

use pum_core::diff::Filters;
use pum_core::upgrade::{Resume, UpgradeError};
use pum_core::{Context, Hint};
use pum_tests::text::stable;
use pum_tests::{Database, deltas};

use super::locks::limited;
use super::{Options, Told, at_1_0_0, options, progress, recorded, there, upgrade, upgrade_with};

/// A delta whose second statement fails: the index cannot be unique.
const UNIQUE: &str = "-- pum: no-transaction\nCREATE TABLE one ();\n\
                      CREATE UNIQUE INDEX CONCURRENTLY i ON t (a);\nCREATE TABLE two ();\n";

fn with_doubles() -> Database {
    let database = at_1_0_0();
    database.execute("CREATE TABLE t (a int); INSERT INTO t VALUES (1), (1)");
    database
}

#[test]
fn a_failed_statement_is_where_the_next_run_goes_on() {
    let database = with_doubles();
    let directory = deltas(&[("delta_1.1.0.sql", UNIQUE)]);
    let text = upgrade(&database, directory.path(), &options()).unwrap_err().to_string();
    for part in [
        "delta_1.1.0.sql:3: could not create unique index",
        "ended at statement 2 of 3 (line 3), statement 1 before it, which is kept",
        "it left the invalid index public.i, which the next run drops",
        "the database is at version 1.0.0",
        "correct that statement, not the ones before it",
    ] {
        assert!(text.contains(part), "{part}: {text}");
    }
    assert_eq!(progress(&database), ["1.1.0 1 failed"]);
    assert_eq!(recorded(&database), ["1.0.0"]);
    let failed = "SELECT version || ' ' || description FROM upgrades WHERE NOT success";
    assert_eq!(database.column(failed), ["1.1.0 "]);

    database.execute("DELETE FROM t WHERE ctid = (SELECT min(ctid) FROM t)");
    let mut told = Told::default();
    let interrupt = pum_core::Interrupt::new();
    // Line endings of another checkout are no change.
    std::fs::write(directory.path().join("delta_1.1.0.sql"), UNIQUE.replace('\n', "\r\n")).unwrap();
    upgrade_with(&database, directory.path(), &options(), &mut Context::new(&mut told, &interrupt))
        .unwrap();
    let told = told.0.join("\n");
    assert!(told.contains("dropped the invalid index public.i, which line 3 had left"), "{told}");
    assert!(told.contains("continues at statement 2 of 3 (line 3)"), "{told}");
    assert_eq!(there(&database, "i,one,two,upgrades_progress"), ["i", "one", "two"]);
    assert_eq!(
        database.column("SELECT indisvalid FROM pg_index WHERE indrelid = 't'::regclass"),
        ["t"]
    );
    assert_eq!(recorded(&database), ["1.0.0", "1.1.0"]);
    assert_eq!(database.column(failed), [""; 0]);
}

#[test]
fn what_was_done_must_not_change() {
    let database = with_doubles();
    let directory = deltas(&[("delta_1.1.0.sql", UNIQUE)]);
    upgrade(&database, directory.path(), &options()).unwrap_err();
    let rewrite = |text: &str| {
        std::fs::write(directory.path().join("delta_1.1.0.sql"), text).unwrap();
        upgrade(&database, directory.path(), &options())
    };
    let err = rewrite(&UNIQUE.replace("one", "other")).unwrap_err();
    let text = err.to_string();
    insta::assert_snapshot!(stable(&text), @"
    <home>/delta_1.1.0.sql: an earlier run did the first 1 of its statements, and these (or their variables' values) have changed since: restore them and change only what follows. Its progress is recorded in public.upgrades_progress
    delta_1.1.0.sql runs without a transaction and ended at statement 1 of 3 (line 2), nothing before it
    nothing was committed by this run
    the database is at version 1.0.0; correct that statement, not the ones before it, and run the same command again: it continues there
    ");
    let err = rewrite(&UNIQUE.replace("-- pum: no-transaction", "--").replace("CONCURRENTLY", ""))
        .unwrap_err();
    assert!(matches!(err, UpgradeError::HalfDoneBefore { .. }), "{err}");
    // What comes after may.
    rewrite(&UNIQUE.replace("UNIQUE ", "")).unwrap();
    assert_eq!(there(&database, "i,one,two,other"), ["i", "one", "two"]);
}

/// What a killed run leaves: the statement is begun, and nobody told what became of it.
fn cut_at(database: &Database, directory: &tempfile::TempDir) {
    upgrade(database, directory.path(), &options()).unwrap_err();
    database.execute("UPDATE upgrades_progress SET next = 'begun'");
}

#[test]
fn of_a_cut_index_the_database_tells() {
    // It was built after all.
    let database = with_doubles();
    let directory = deltas(&[("delta_1.1.0.sql", UNIQUE)]);
    cut_at(&database, &directory);
    database.execute(
        "DROP INDEX i; DELETE FROM t WHERE ctid = (SELECT min(ctid) FROM t); \
         CREATE UNIQUE INDEX i ON t (a); COMMENT ON INDEX i IS 'the same'",
    );
    let (mut told, interrupt) = (Told::default(), pum_core::Interrupt::new());
    upgrade_with(&database, directory.path(), &options(), &mut Context::new(&mut told, &interrupt))
        .unwrap();
    assert!(told.0.join("\n").contains("the index public.i is there and valid"), "{:?}", told.0);
    assert_eq!(database.column("SELECT obj_description('i'::regclass)"), ["the same"]);
    assert_eq!(there(&database, "one,two,upgrades_progress"), ["one", "two"]);

    // It is there, but invalid.
    let database = with_doubles();
    cut_at(&database, &directory);
    database.execute("DELETE FROM t WHERE ctid = (SELECT min(ctid) FROM t)");
    let mut told = Told::default();
    upgrade_with(&database, directory.path(), &options(), &mut Context::new(&mut told, &interrupt))
        .unwrap();
    assert!(told.0.join("\n").contains("dropped the invalid index public.i"), "{:?}", told.0);

    // It is not there at all.
    let database = with_doubles();
    cut_at(&database, &directory);
    database.execute("DROP INDEX i; DELETE FROM t WHERE ctid = (SELECT min(ctid) FROM t)");
    upgrade(&database, directory.path(), &options()).unwrap();
    assert_eq!(there(&database, "i,one,two"), ["i", "one", "two"]);
}

#[test]
fn of_other_cut_statements_the_operator_tells() {
    let script = "-- pum: no-transaction\nSET search_path = s;\nCREATE TABLE one (a int);\n\
                  CALL public.p();\nINSERT INTO one VALUES (3);\n";
    for (resume, expected) in [(Resume::Done, vec!["3"]), (Resume::Again, vec!["2", "3"])] {
        let database = at_1_0_0();
        database.execute(
            "CREATE SCHEMA s; CREATE PROCEDURE p() LANGUAGE plpgsql AS 'BEGIN RAISE ''no''; END'",
        );
        let directory = deltas(&[("delta_1.1.0.sql", script)]);
        cut_at(&database, &directory);
        let err = upgrade(&database, directory.path(), &options()).unwrap_err();
        let text = err.to_string();
        assert!(text.contains("delta_1.1.0.sql:4: CALL public.p()"), "{text}");
        assert!(text.contains("Check, then run again and say whether it did"), "{text}");
        assert!(matches!(err.hint(), Some(Hint::DecideStatement)), "{text}");
        database.execute(
            "CREATE OR REPLACE PROCEDURE p() LANGUAGE plpgsql AS \
             'BEGIN INSERT INTO s.one VALUES (2); COMMIT; END'",
        );
        let options = Options { resume: Some(resume), ..options() };
        upgrade(&database, directory.path(), &options).unwrap();
        assert_eq!(database.column("SELECT a FROM s.one ORDER BY a"), expected);
        assert_eq!(there(&database, "upgrades_progress").len(), 0);
    }
}

/// A role of the script's does not get in the way of pum's own statements.
#[test]
fn a_role_set_for_the_session_stays_for_the_script_only() {
    let database = at_1_0_0();
    database.execute("CREATE ROLE resume_role; GRANT CREATE ON SCHEMA public TO resume_role");
    let directory = deltas(&[(
        "delta_1.1.0.sql",
        "-- pum: no-transaction\nSET ROLE resume_role;\nCREATE TABLE one (a int);\n\
         CREATE INDEX CONCURRENTLY i ON one (a);\nSELECT 1/0;\n",
    )]);
    upgrade(&database, directory.path(), &options()).unwrap_err();
    assert_eq!(progress(&database), ["1.1.0 3 waiting"]);
    let path = directory.path().join("delta_1.1.0.sql");
    let text = std::fs::read_to_string(&path).unwrap().replace("SELECT 1/0", "CREATE TABLE two ()");
    std::fs::write(path, text).unwrap();
    upgrade(&database, directory.path(), &options()).unwrap();
    assert_eq!(
        database.column("SELECT tableowner FROM pg_tables WHERE tablename IN ('one', 'two')"),
        ["resume_role", "resume_role"]
    );
    database.execute("DROP OWNED BY resume_role; DROP ROLE resume_role");
}

/// What pum keeps beside the upgrades table is no difference.
#[test]
fn the_progress_is_never_a_difference() {
    let (database, other) = (with_doubles(), at_1_0_0());
    let directory = deltas(&[("delta_1.1.0.sql", UNIQUE)]);
    upgrade(&database, directory.path(), &options()).unwrap_err();
    database.execute("DROP TABLE t; DROP TABLE one");
    assert_eq!(progress(&database).len(), 1);
    let mut options = pum_core::compare::CompareOptions::default();
    options.upgrades_table = Some(super::table());
    options.filters = Filters::default();
    let (mut left, mut right) = (database.session(), other.session());
    let interrupt = pum_core::Interrupt::new();
    let found = pum_core::compare::compare_sessions(
        &mut left,
        &mut right,
        &options,
        None,
        &mut Context::silent(&interrupt),
    )
    .unwrap();
    assert_eq!(found.differences, []);
}

/// A statement that the server does in two halves, and who reads the table keeps it from the second.
#[test]
fn a_detached_partition_is_finished() {
    let script = "-- pum: no-transaction\nALTER TABLE t DETACH PARTITION p CONCURRENTLY;\n\
                  CREATE TABLE after ();\n";
    let directory = deltas(&[("delta_1.1.0.sql", script)]);
    let pending = "SELECT inhrelid::regclass FROM pg_inherits WHERE inhdetachpending";
    let half_done = |milliseconds, retries| {
        let database = at_1_0_0();
        database.execute(
            "CREATE TABLE t (a int) PARTITION BY LIST (a); \
             CREATE TABLE p PARTITION OF t FOR VALUES IN (1)",
        );
        let mut reader = database.session();
        reader.client().batch_execute("BEGIN; SELECT FROM t").unwrap();
        let err = upgrade(&database, directory.path(), &limited(milliseconds, retries));
        let text = err.unwrap_err().to_string();
        assert!(text.contains("lock timeout"), "{text}");
        assert_eq!(database.column(pending), ["p"]);
        assert_eq!(progress(&database), ["1.1.0 0 failed"]);
        (database, reader)
    };

    // The next run finishes it; so does a later try of the same run.
    let (database, mut reader) = half_done(100, 1);
    reader.client().batch_execute("COMMIT").unwrap();
    let (mut told, interrupt) = (Told::default(), pum_core::Interrupt::new());
    upgrade_with(&database, directory.path(), &options(), &mut Context::new(&mut told, &interrupt))
        .unwrap();
    let told = told.0.join("\n");
    let expected = "statement 1 (line 2) is taken as done: its second half was done by \
                    ALTER TABLE t DETACH PARTITION p FINALIZE";
    assert!(told.contains(expected), "{told}");
    assert_eq!(database.column("SELECT inhrelid FROM pg_inherits"), [""; 0]);
    assert_eq!(there(&database, "p,after,upgrades_progress"), ["after", "p"]);

    // A run that was killed after it, before it could record so.
    let (database, mut reader) = half_done(100, 0);
    reader.client().batch_execute("COMMIT").unwrap();
    database.execute("ALTER TABLE t DETACH PARTITION p FINALIZE");
    database.execute("UPDATE upgrades_progress SET next = 'begun'");
    let mut told = Told::default();
    upgrade_with(&database, directory.path(), &options(), &mut Context::new(&mut told, &interrupt))
        .unwrap();
    assert!(told.0.join("\n").contains("taken as done: p is not a partition of t"), "{:?}", told.0);
    assert_eq!(there(&database, "p,after,upgrades_progress"), ["after", "p"]);

    // Within one run: the reader goes while it waits to try again.
    let database = at_1_0_0();
    database.execute(
        "CREATE TABLE t (a int) PARTITION BY LIST (a); \
         CREATE TABLE p PARTITION OF t FOR VALUES IN (1)",
    );
    let mut reader = database.session();
    reader.client().batch_execute("BEGIN; SELECT FROM t").unwrap();
    let mut told = Told::default();
    let options = limited(200, 100);
    std::thread::scope(|scope| {
        let run = scope.spawn(|| {
            upgrade_with(
                &database,
                directory.path(),
                &options,
                &mut Context::new(&mut told, &interrupt),
            )
        });
        database.wait_for("SELECT 1 FROM pg_stat_activity WHERE query ~ 'PARTITION p FINALIZE$'");
        reader.client().batch_execute("COMMIT").unwrap();
        run.join().unwrap().unwrap();
    });
    assert!(told.0.join("\n").contains("line 2: its second half was done by"), "{:?}", told.0);
    assert_eq!(there(&database, "p,after,upgrades_progress"), ["after", "p"]);
}
