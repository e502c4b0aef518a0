//! Limits of time, and who is blocking.

use std::time::Duration;

use pum_core::upgrade::{RunOptions, Timeouts, UpgradeError};
use pum_core::{Context, Interrupt};
use pum_tests::deltas;
use pum_tests::text::stable;

use super::{Options, Told, at_1_0_0, options, recorded, there, upgrade, upgrade_with};

pub(super) fn limited(milliseconds: u64, retries: u32) -> Options {
    let timeouts = Timeouts::new(Some(Duration::from_millis(milliseconds)), None);
    let mut run = RunOptions::default();
    run.timeouts = timeouts;
    run.lock_retries = Some(retries);
    Options { run, ..options() }
}

#[test]
fn a_lock_that_is_not_had_in_time_undoes_the_delta_and_it_is_tried_again() {
    let database = at_1_0_0();
    database.execute("CREATE TABLE t (); CREATE SEQUENCE tries");
    let directory = deltas(&[(
        "delta_1.1.0.sql",
        "SELECT nextval('tries');\nCREATE TABLE one ();\nALTER TABLE t ADD a int;",
    )]);
    let mut holder = database.session();
    holder.client().batch_execute("SET application_name = 'holder'; BEGIN; LOCK TABLE t").unwrap();
    let mut told = Told::default();
    let interrupt = Interrupt::new();
    let err = upgrade_with(
        &database,
        directory.path(),
        &limited(100, 1),
        &mut Context::new(&mut told, &interrupt),
    )
    .unwrap_err();
    let text = err.to_string();
    for part in [
        "delta_1.1.0.sql:3: canceling statement due to lock timeout (SQLSTATE 55P03)",
        "tried 2 times, last blocked by process ",
        "of postgres (holder), idle in transaction, in its transaction since ",
        "nothing of delta_1.1.0.sql was kept",
    ] {
        assert!(text.contains(part), "{part}: {text}");
    }
    let waited = told.0.join("\n");
    assert!(
        waited.contains("could not acquire a lock within 100ms, blocked by process "),
        "{waited}"
    );
    assert!(waited.contains("rolled back, attempt 2 of 2 in 100ms"), "{waited}");
    assert_eq!(database.column("SELECT last_value FROM tries"), ["2"]);
    assert!(there(&database, "one").is_empty());

    // It goes once the other one is done; the table is held until the second try.
    let mut told = Told::default();
    std::thread::scope(|scope| {
        let run = scope.spawn(|| {
            upgrade_with(
                &database,
                directory.path(),
                &limited(100, 100),
                &mut Context::new(&mut told, &interrupt),
            )
        });
        database.wait_for("SELECT 1 FROM tries WHERE last_value >= 4");
        holder.client().batch_execute("COMMIT").unwrap();
        run.join().unwrap().unwrap();
    });
    assert_eq!(recorded(&database), ["1.0.0", "1.1.0"]);
}

/// Only who is asked to does, only after all tries, and only to whom is in the way.
#[test]
fn who_is_in_the_way_is_ended_if_that_was_asked_for() {
    for no_transaction in ["", "-- pum: no-transaction\n"] {
        let database = at_1_0_0();
        database.execute("CREATE TABLE t (); CREATE TABLE other (); CREATE SEQUENCE tries");
        let directory = deltas(&[
            (
                "delta_1.1.0.sql",
                &format!("{no_transaction}SELECT nextval('tries');\nALTER TABLE t ADD a int;"),
            ),
            ("delta_1.2.0.sql", "ALTER TABLE other ADD a int"),
        ]);
        let [mut holder, mut bystander] = [database.session(), database.session()];
        let hold = "SET application_name = 'holder'; BEGIN; LOCK TABLE t";
        holder.client().batch_execute(hold).unwrap();
        bystander.client().batch_execute("BEGIN; SELECT FROM tries").unwrap();
        let mut told = Told::default();
        let mut asked = limited(300, 1);
        asked.run.terminate_blockers = true;
        let interrupt = Interrupt::new();
        upgrade_with(&database, directory.path(), &asked, &mut Context::new(&mut told, &interrupt))
            .unwrap();
        let told = told.0.join("\n");
        for part in [
            "could not acquire a lock within 300ms in 2 attempts, blocked by process ",
            "On the next attempt, blocking sessions are terminated",
            "of postgres (holder) was blocking: its session was terminated",
        ] {
            assert_eq!(told.matches(part).count(), 1, "{part}: {told}");
        }
        assert!(holder.client().batch_execute("SELECT 1").is_err());
        bystander.client().batch_execute("COMMIT").unwrap();
        assert_eq!(recorded(&database), ["1.0.0", "1.1.0", "1.2.0"]);
        if no_transaction.is_empty() {
            assert_eq!(database.column("SELECT last_value FROM tries"), ["3"]);
        }
    }
}

#[test]
fn an_index_without_a_transaction_is_tried_again_from_the_start() {
    let database = at_1_0_0();
    database.execute("CREATE TABLE t (a int)");
    let directory = deltas(&[(
        "delta_1.1.0.sql",
        "-- pum: no-transaction\n-- pum: lock-timeout 100ms\nCREATE INDEX CONCURRENTLY i ON t (a);",
    )]);
    let mut holder = database.session();
    holder.client().batch_execute("BEGIN; LOCK TABLE t IN ROW EXCLUSIVE MODE").unwrap();
    let (mut told, interrupt) = (Told::default(), Interrupt::new());
    std::thread::scope(|scope| {
        let run = scope.spawn(|| {
            upgrade_with(
                &database,
                directory.path(),
                &options(),
                &mut Context::new(&mut told, &interrupt),
            )
        });
        database.wait_for("SELECT 1 FROM pg_index WHERE NOT indisvalid");
        database.wait_for("SELECT 1 FROM upgrades_progress WHERE next = 'failed'");
        holder.client().batch_execute("COMMIT").unwrap();
        run.join().unwrap().unwrap();
    });
    let told = told.0.join("\n");
    assert!(told.contains("dropped the invalid index public.i"), "{told}");
    assert_eq!(
        database.column("SELECT indisvalid FROM pg_index WHERE indrelid = 't'::regclass"),
        ["t"]
    );
}

#[test]
fn statements_have_a_limit_too_and_a_header_comes_first() {
    let database = at_1_0_0();
    let directory = deltas(&[
        ("delta_1.1.0.sql", "-- pum: statement-timeout 0\nSELECT pg_sleep(0.2);"),
        ("delta_1.2.0.sql", "SELECT pg_sleep(60);"),
    ]);
    let timeouts = Timeouts::new(None, Some(Duration::from_millis(100)));
    let mut run = RunOptions::default();
    run.timeouts = timeouts;
    let err = upgrade(&database, directory.path(), &Options { run, ..options() }).unwrap_err();
    let text = err.to_string();
    insta::assert_snapshot!(stable(&text), @"
    <home>/delta_1.2.0.sql:1: canceling statement due to statement timeout (SQLSTATE 57014)
      1 | SELECT pg_sleep(60);
        | ^
    nothing of delta_1.2.0.sql was kept: its transaction was rolled back
    committed before and kept: delta_1.1.0.sql
    the database is at version 1.1.0; correct the cause and run the same command again
    ");
    assert!(matches!(err, UpgradeError::Stopped { .. }));
}

/// Without an option nothing is set.
#[test]
fn nothing_is_limited_unless_asked_for() {
    let database = at_1_0_0();
    database.execute("CREATE TABLE seen (a text)");
    let directory = deltas(&[(
        "delta_1.1.0.sql",
        "INSERT INTO seen VALUES (current_setting('lock_timeout')), \
         (current_setting('statement_timeout'));",
    )]);
    upgrade(&database, directory.path(), &options()).unwrap();
    assert_eq!(database.column("SELECT a FROM seen"), ["0", "0"]);
    let directory = deltas(&[(
        "delta_1.2.0.sql",
        "-- pum: no-transaction\n-- pum: lock-timeout 7s\n\
         INSERT INTO seen VALUES (current_setting('lock_timeout')), \
         (current_setting('statement_timeout'));",
    )]);
    upgrade(&database, directory.path(), &limited(100, 0)).unwrap();
    assert_eq!(database.column("SELECT a FROM seen"), ["0", "0", "7s", "0"]);
}

/// A delta that gives back pum's lock, and waits until somebody else has it.
const UNLOCK: &str = "CREATE TABLE one (); SELECT pg_advisory_unlock_all();
    DO $$ BEGIN
        WHILE NOT EXISTS (SELECT FROM pg_locks l JOIN pg_database d ON d.oid = l.database
                          WHERE l.locktype = 'advisory' AND d.datname = current_database()) LOOP
            PERFORM pg_sleep(0.005);
        END LOOP;
    END $$;";

#[test]
fn a_run_whose_lock_another_one_has_stops() {
    let database = at_1_0_0();
    let directory =
        deltas(&[("delta_1.1.0.sql", UNLOCK), ("delta_1.2.0.sql", "CREATE TABLE two ();")]);
    let (mut thief, (done, is_done)) = (database.session(), std::sync::mpsc::channel());
    let text = std::thread::scope(|scope| {
        scope.spawn(move || {
            // Waits for its holder to give it back. Runs in other databases have the same keys.
            let steal = "SELECT pg_advisory_lock(classid::int, objid::int) FROM pg_locks
                         WHERE locktype = 'advisory' AND granted AND objsubid = 2
                           AND pid <> pg_backend_pid()
                           AND database = (SELECT oid FROM pg_database
                                           WHERE datname = current_database())";
            while thief.client().query(steal, &[]).unwrap().is_empty() {}
            is_done.recv().unwrap();
        });
        let result = upgrade(&database, directory.path(), &options());
        done.send(()).unwrap();
        result.unwrap_err().to_string()
    });
    insta::assert_snapshot!(stable(&text), @"
    delta_1.2.0.sql was not begun: this run has lost its lock on scratch database <database> (the server terminated it, or a pooler is in between), and another run may be active. Run pum again
    nothing of delta_1.2.0.sql was kept: its transaction was rolled back
    committed before and kept: delta_1.1.0.sql
    the database is at version 1.1.0; correct the cause and run the same command again
    ");
    assert_eq!(there(&database, "one,two"), ["one"]);
}

#[test]
fn a_lock_that_nobody_took_is_taken_again() {
    let database = at_1_0_0();
    let directory = deltas(&[
        ("delta_1.1.0.sql", "CREATE TABLE one (); SELECT pg_advisory_unlock_all();"),
        ("delta_1.2.0.sql", "CREATE TABLE two ();"),
    ]);
    upgrade(&database, directory.path(), &options()).unwrap();
    assert_eq!(there(&database, "one,two"), ["one", "two"]);
}
