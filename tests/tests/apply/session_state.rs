//! Statements that take away what pum has set up in the session.

use pum_core::upgrade::{RunOptions, Timeouts, UpgradeError};
use pum_core::{Context, Interrupt};
use pum_tests::deltas;
use pum_tests::text::stable;

use super::{Options, Told, at_1_0_0, options, progress, recorded, there, upgrade, upgrade_with};

/// Each of them by itself, and at each place: before, between and after others.
const STATEMENTS: &[&str] = &[
    "DISCARD ALL",
    "DISCARD TEMP",
    "DISCARD PLANS",
    "DISCARD SEQUENCES",
    "DEALLOCATE ALL",
    "RESET ALL",
    "RESET ROLE",
    "RESET SESSION AUTHORIZATION",
    "SELECT pg_advisory_unlock_all()",
    "DO $$ BEGIN PERFORM pg_advisory_unlock_all(); END $$",
    "CLOSE ALL",
    "UNLISTEN *",
    "SET SESSION AUTHORIZATION session_state_role",
    "SET ROLE session_state_role",
    "SET search_path = ''",
    "SET statement_timeout = '1ms'",
    "SET default_transaction_read_only = off",
    "SET default_transaction_isolation = 'serializable'",
    "SET standard_conforming_strings = off",
    "SET row_security = off",
];

#[test]
fn a_delta_without_a_transaction_is_recorded_whatever_it_resets() {
    let database = at_1_0_0();
    database.execute("CREATE ROLE session_state_role");
    for (minor, statement) in (1..).zip(STATEMENTS) {
        // No statement of the delta itself may take too long for it.
        let first = if statement.contains("timeout") { "" } else { statement };
        let directory = deltas(&[(
            &format!("delta_1.{minor}.0_x.sql"),
            &format!(
                "-- pum: no-transaction\n{first};\nSELECT 1;\nRESET ALL;\nVACUUM;\n{statement};\n"
            ),
        )]);
        let result = upgrade(&database, directory.path(), &options());
        result.unwrap_or_else(|err| panic!("{statement}: {err}"));
        assert_eq!(recorded(&database).last(), Some(&format!("1.{minor}.0")), "{statement}");
        assert_eq!(there(&database, "upgrades_progress"), [""; 0], "{statement}");
    }
    database.execute("DROP ROLE session_state_role");
}

#[test]
fn the_limits_of_time_come_back_after_a_reset() {
    let limited = |run| Options { run, ..options() };
    let mut run = RunOptions::default();
    run.timeouts = Timeouts::new(Some(std::time::Duration::from_millis(4321)), None);
    let shows = "CREATE TABLE t AS SELECT current_setting('lock_timeout') AS limit";
    for reset in ["RESET ALL", "DISCARD ALL"] {
        let database = at_1_0_0();
        let text = format!(
            "-- pum: no-transaction\nSET search_path = x;\n{reset};\n{shows};\nSELECT 1/0;\n"
        );
        let directory = deltas(&[("delta_1.1.0.sql", &text)]);
        upgrade(&database, directory.path(), &limited(run.clone())).unwrap_err();
        assert_eq!(database.column("SELECT \"limit\" FROM public.t"), ["4321ms"]);
        // The next run goes on in the same state.
        let text = text.replace("SELECT 1/0", &shows.replace("TABLE t", "TABLE again"));
        std::fs::write(directory.path().join("delta_1.1.0.sql"), text).unwrap();
        upgrade(&database, directory.path(), &limited(run.clone())).unwrap();
        assert_eq!(database.column("SELECT \"limit\" FROM public.again"), ["4321ms"]);
    }
}

#[test]
fn a_table_that_may_not_be_dropped_stays_and_the_delta_is_recorded() {
    let database = at_1_0_0();
    let forbid = "CREATE FUNCTION no_drop() RETURNS event_trigger LANGUAGE plpgsql AS $$ \
                  BEGIN RAISE 'nothing is dropped here'; END $$;\n\
                  CREATE EVENT TRIGGER no_drop ON ddl_command_start WHEN TAG IN ('DROP TABLE') \
                  EXECUTE FUNCTION no_drop();\n";
    let directory = deltas(&[("delta_1.1.0.sql", &format!("-- pum: no-transaction\n{forbid}"))]);
    let (mut told, interrupt) = (Told::default(), Interrupt::new());
    upgrade_with(&database, directory.path(), &options(), &mut Context::new(&mut told, &interrupt))
        .unwrap();
    let told = told.0.join("\n");
    let said = "public.upgrades_progress is empty but cannot be dropped: \
                nothing is dropped here";
    assert!(told.contains(said), "{told}");
    assert_eq!(recorded(&database), ["1.0.0", "1.1.0"]);
    assert_eq!(progress(&database), [""; 0]);
    // It is used again, and goes when it may.
    let more = deltas(&[
        ("delta_1.1.0.sql", &format!("-- pum: no-transaction\n{forbid}")),
        ("delta_1.2.0.sql", "-- pum: no-transaction\nDROP EVENT TRIGGER no_drop;\n"),
    ]);
    upgrade(&database, more.path(), &options()).unwrap();
    assert_eq!(there(&database, "upgrades_progress"), [""; 0]);
}

/// Another run took the lock that the script released: what was done is told, and nothing else.
#[test]
fn a_lock_that_another_run_took_is_told_as_lost() {
    let database = at_1_0_0();
    let mut other = database.session();
    let key: String = {
        // The lock of a run on this table, as it is seen from beside.
        let directory = deltas(&[(
            "delta_1.1.0.sql",
            "CREATE TABLE key AS SELECT classid::int8 || ',' || objid::int8::bit(32)::int4 AS key \
             FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid() AND objsubid = 2 \
             LIMIT 1;",
        )]);
        upgrade(&database, directory.path(), &options()).unwrap();
        database.column("SELECT key FROM key").remove(0)
    };
    database.execute("CREATE EXTENSION dblink");
    let take = format!("SELECT pg_advisory_lock({key})");
    let conninfo = database.conninfo().replace('\'', "''");
    let directory = deltas(&[(
        "delta_1.2.0.sql",
        &format!(
            "-- pum: no-transaction\nSELECT dblink_connect('other', '{conninfo}');\n\
             SELECT pg_advisory_unlock_all();\n\
             DO $$ BEGIN PERFORM pg_advisory_unlock_all(); PERFORM * FROM dblink('other', \
             '{take}') AS t(a text); END $$;\nCREATE TABLE more ();\n"
        ),
    )]);
    other.client().batch_execute("SELECT 1").unwrap();
    let err = upgrade(&database, directory.path(), &options()).unwrap_err();
    let text = err.to_string();
    let UpgradeError::Stopped { cause, .. } = &err else { panic!("{text}") };
    assert!(matches!(**cause, UpgradeError::LockLost { begun: true, .. }), "{text}");
    insta::assert_snapshot!(stable(&text), @"
    delta_1.2.0.sql was not continued: this run has lost its lock on scratch database <database> (the script released it, the server terminated it, or a pooler is in between), and another run may be active. Run pum again
    delta_1.2.0.sql runs without a transaction and ended at statement 4 of 4 (line 5), statements 1 to 3 before it, which are kept
    nothing was committed by this run
    the database is at version 1.1.0; correct that statement, not the ones before it, and run the same command again: it continues there
    ");
    assert!(!text.contains("not begun"), "{text}");
    assert_eq!(there(&database, "more"), [""; 0]);
}
