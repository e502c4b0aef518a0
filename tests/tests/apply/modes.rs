//! One transaction for each delta, one for all, or none.

use std::path::Path;

use pum_core::upgrade::{RunOptions, UpgradeError};
use pum_core::{Context, Interrupt};
use pum_tests::command::Home;
use pum_tests::deltas;
use pum_tests::text::stable;

use super::{Options, PUM, at_1_0_0, options, progress, recorded, there, upgrade, upgrade_with};

fn single() -> Options {
    let mut run = RunOptions::default();
    run.single_transaction = true;
    Options { run, ..options() }
}

#[test]
fn a_single_transaction_is_all_or_nothing() {
    let database = at_1_0_0();
    let directory = deltas(&[
        ("pre-all.sql", "CREATE TABLE around (); SET search_path = nowhere;"),
        ("delta_1.1.0.sql", "CREATE TABLE one (); CREATE TEMP TABLE scratch ();"),
        ("delta_1.2.0.sql", "CREATE TEMP TABLE scratch (); CREATE TABLE two (); SELECT 1/0;"),
        ("post-all.sql", "CREATE TABLE after_all ();"),
    ]);
    let text = upgrade(&database, directory.path(), &single()).unwrap_err().to_string();
    insta::assert_snapshot!(stable(&text), @"
    <home>/delta_1.2.0.sql:1: division by zero (SQLSTATE 22012)
      1 | CREATE TEMP TABLE scratch (); CREATE TABLE two (); SELECT 1/0;
        |                                                    ^
    nothing was kept: the whole run was one transaction, and was rolled back
    the database is at version 1.0.0; correct the cause and run the same command again
    ");
    assert_eq!(recorded(&database), ["1.0.0"]);
    assert!(there(&database, "around,one,two").is_empty());

    std::fs::write(directory.path().join("delta_1.2.0.sql"), "CREATE TABLE two ();").unwrap();
    assert_eq!(upgrade(&database, directory.path(), &single()).unwrap().len(), 4);
    assert_eq!(recorded(&database), ["1.0.0", "1.1.0", "1.2.0"]);
    assert_eq!(there(&database, "around,one,two,after_all").len(), 4);
    assert_eq!(
        database.column("SELECT count(DISTINCT xmin::text) FROM upgrades WHERE type = 8"),
        ["1"]
    );
}

#[test]
fn a_rehearsal_leaves_nothing() {
    let database = at_1_0_0();
    let before = database.dump_schema();
    let directory = deltas(&[
        ("delta_1.1.0.sql", "CREATE TABLE one (a int);"),
        ("delta_1.2.0.sql", "INSERT INTO one VALUES (1);"),
    ]);
    let rehearsal = Options { rehearse: true, ..options() };
    assert_eq!(upgrade(&database, directory.path(), &rehearsal).unwrap().len(), 2);
    assert_eq!(database.dump_schema(), before);
    assert_eq!(recorded(&database), ["1.0.0"]);

    std::fs::write(directory.path().join("delta_1.2.0.sql"), "SELECT 1/0;").unwrap();
    let text = upgrade(&database, directory.path(), &rehearsal).unwrap_err().to_string();
    insta::assert_snapshot!(stable(&text), @"
    <home>/delta_1.2.0.sql:1: division by zero (SQLSTATE 22012)
      1 | SELECT 1/0;
        | ^
    nothing was kept: it was a rehearsal
    the database is at version 1.0.0
    ");
    assert_eq!(database.dump_schema(), before);
}

#[test]
fn without_a_transaction_nothing_runs_in_one() {
    let database = at_1_0_0();
    database.execute("CREATE TABLE t (a int); INSERT INTO t SELECT generate_series(1, 10)");
    let text = "-- Why.\n-- pum: no-transaction\n\
                SET search_path = public;\n\
                CREATE INDEX CONCURRENTLY i ON t (a);\n\
                COPY t FROM STDIN;\n11\n12\n\\.\n\
                VACUUM ANALYZE t;\n\
                DO $$ BEGIN INSERT INTO t VALUES (13); COMMIT; END $$;\n\
                ALTER INDEX i RENAME TO j\n";
    let directory = deltas(&[("delta_1.1.0.sql", text), ("delta_1.2.0.sql", "SELECT 1;")]);
    assert_eq!(upgrade(&database, directory.path(), &options()).unwrap().len(), 2);
    assert_eq!(database.column("SELECT count(*) FROM t"), ["13"]);
    assert_eq!(there(&database, "i,j,upgrades_progress"), ["j"]);
    assert_eq!(recorded(&database), ["1.0.0", "1.1.0", "1.2.0"]);

    for other in [single(), Options { rehearse: true, ..options() }] {
        let more = deltas(&[("delta_1.3.0_x.sql", text), ("delta_1.4.0.sql", "SELECT 1")]);
        let err = upgrade(&database, more.path(), &other).unwrap_err();
        assert!(
            matches!(&err, UpgradeError::NotInOneTransaction { scripts, .. }
            if scripts.as_slice() == ["delta_1.3.0_x.sql"]),
            "{err}"
        );
    }
}

#[test]
fn what_a_transaction_refuses_is_found_before_anything_runs() {
    let database = at_1_0_0();
    let before = database.dump_schema();
    for (text, parts) in [
        (
            "SELECT 1;\nCREATE INDEX CONCURRENTLY i\nON t (a);",
            ["delta_1.2.0.sql:2: CREATE INDEX", "-- pum: no-transaction"],
        ),
        ("VACUUM t;", ["delta_1.2.0.sql:1: VACUUM t", "cannot run in a transaction"]),
        ("-- pum: no-transactoin\nSELECT 1", ["delta_1.2.0.sql:1: ", "Did you mean"]),
        (
            "-- pum: no-transaction\nBEGIN;\nSELECT 1;\nCOMMIT;",
            ["delta_1.2.0.sql:2: BEGIN in a script", "remove one of the two"],
        ),
    ] {
        let directory =
            deltas(&[("delta_1.1.0.sql", "CREATE TABLE first ();"), ("delta_1.2.0.sql", text)]);
        let err = upgrade(&database, directory.path(), &options()).unwrap_err().to_string();
        assert!(parts.iter().all(|part| err.contains(part)), "{err}");
    }
    assert_eq!(database.dump_schema(), before);
}

/// Not all is to be seen in the text.
#[test]
fn what_the_transaction_around_it_hinders_has_a_way_out() {
    let database = at_1_0_0();
    database.execute(
        "CREATE PROCEDURE p() LANGUAGE plpgsql AS 'BEGIN COMMIT; END'; CREATE TYPE e AS ENUM ()",
    );
    for (sql, hint) in [
        ("CALL p();", "hint: put it into a delta of its own that begins with -- pum: no-trans"),
        ("ALTER TYPE e ADD VALUE 'x';\nSELECT 'x'::e;", "add the value in one delta and use it"),
    ] {
        let directory = deltas(&[("delta_1.1.0.sql", sql)]);
        let text = upgrade(&database, directory.path(), &options()).unwrap_err().to_string();
        assert!(text.contains(hint), "{text}");
    }
}

/// Interrupts a run once its backend sleeps.
fn interrupt_asleep(
    database: &pum_tests::Database,
    directory: &Path,
    options: &Options,
) -> UpgradeError {
    let interrupt = Interrupt::new();
    std::thread::scope(|scope| {
        let run = scope.spawn(|| {
            let told = &mut super::Told::default();
            upgrade_with(database, directory, options, &mut Context::new(told, &interrupt))
        });
        database.wait_for(
            "SELECT 1 FROM pg_stat_activity WHERE query LIKE 'SELECT pg_sleep(60)%' \
             AND state = 'active' AND datname = current_database()",
        );
        interrupt.trigger();
        run.join().unwrap().unwrap_err()
    })
}

#[test]
fn an_interrupt_undoes_a_single_transaction() {
    let database = at_1_0_0();
    let directory = deltas(&[
        ("delta_1.1.0.sql", "CREATE TABLE one ();"),
        ("delta_1.2.0.sql", "CREATE TABLE two (); SELECT pg_sleep(60);"),
    ]);
    let err = interrupt_asleep(&database, directory.path(), &single());
    let text = err.to_string();
    insta::assert_snapshot!(stable(&text), @"interrupted: the current script was rolled back; nothing was committed by this run");
    assert!(there(&database, "one,two").is_empty());
    assert_eq!(recorded(&database), ["1.0.0"]);
}

#[test]
fn an_interrupted_delta_without_a_transaction_goes_on_where_it_was() {
    let database = at_1_0_0();
    let directory = deltas(&[(
        "delta_1.1.0.sql",
        "-- pum: no-transaction\nCREATE TABLE one ();\nSELECT pg_sleep(60);\nCREATE TABLE two ();",
    )]);
    let text = interrupt_asleep(&database, directory.path(), &options()).to_string();
    insta::assert_snapshot!(stable(&text), @"
    interrupted: delta_1.1.0.sql runs without a transaction and ended at statement 2 of 3 (line 3), statement 1 before it, which is kept
    nothing was committed by this run
    run the same command again to continue there
    ");
    assert_eq!(there(&database, "one,two"), ["one"]);
    assert_eq!((recorded(&database), progress(&database).len()), (vec!["1.0.0".to_owned()], 1));
    let path = directory.path().join("delta_1.1.0.sql");
    let text = std::fs::read_to_string(&path).unwrap().replace("60", "0");
    std::fs::write(path, text).unwrap();
    upgrade(&database, directory.path(), &options()).unwrap();
    assert_eq!(there(&database, "one,two,upgrades_progress"), ["one", "two"]);
}

/// The whole way, as it is typed and shown.
#[test]
fn the_command_shows_the_plan_and_rehearses() {
    let home = Home::new();
    let database = at_1_0_0();
    home.service("db", &database);
    home.file("deltas/delta_1.1.0.sql", "CREATE TABLE one (\n  a int);\nSELECT 1;\n");
    home.file(
        "deltas/delta_1.2.0.sql",
        "-- pum: no-transaction\n-- pum: lock-timeout 500ms\nVACUUM one;\n",
    );
    home.file(
        "pum.toml",
        "upgrades_table = \"upgrades\"\ndelta_dirs = \"deltas\"\nlock_timeout = \"5s\"\n",
    );
    let plan = home.run(PUM, &["upgrade", "-p", "db", "--dry-run"]).expect(0).stdout;
    assert_eq!(
        plan,
        "db would go from 1.0.0 to 1.2.0, script by script:\n  \
         deltas/delta_1.1.0.sql (2 statements, one transaction, lock timeout 5s)\n        \
         1  CREATE TABLE one ( …\n        \
         3  SELECT 1\n  \
         deltas/delta_1.2.0.sql (1 statement, without a transaction, lock timeout 500ms)\n        \
         3  VACUUM one\n"
    );
    insta::assert_snapshot!(home.run(PUM, &["upgrade", "-p", "db", "--rehearse"]).error(), @"
    error: a rehearsal runs everything in one transaction, and these run without one: delta_1.2.0.sql. Nothing was run
    hint: --dry-run shows what would run, or leave out --rehearse
    ");
    home.run(PUM, &["upgrade", "-p", "db", "--rehearse", "-u", "1.1.0"]).expect(0);
    assert_eq!(recorded(&database), ["1.0.0"]);
    let error = home.run(PUM, &["upgrade", "-p", "db", "--lock-timeout", "5 years"]).error();
    insta::assert_snapshot!(error, @r#"
    error: invalid value '5 years' for '--lock-timeout <TIME>': "5 years" is not a duration: write 500ms, 5s, 2min, 1h or 1d, or a number of seconds

    For more information, try '--help'.
    "#);
    let error = home.run(PUM, &["upgrade", "-p", "db", "--resume", "done"]).error();
    insta::assert_snapshot!(error, @"error: no earlier run left a delta half done, so there is nothing to resume");
    home.run(PUM, &["upgrade", "-p", "db"]).expect(0);
    assert_eq!(recorded(&database), ["1.0.0", "1.1.0", "1.2.0"]);
}

/// What makes the views again must not be forgotten because all deltas are recorded.
#[test]
fn scripts_after_the_deltas_are_owed_until_they_ran() {
    let home = Home::new();
    let database = at_1_0_0();
    home.service("db", &database);
    home.file("a/delta_1.1.0.sql", "CREATE TABLE one (a int);");
    home.file("a/post-all.sql", "CREATE TABLE first_after ();");
    home.file(
        "b/delta_1.2.0.sql",
        "-- pum: no-transaction\nCREATE INDEX CONCURRENTLY i ON one (a)",
    );
    home.file("b/post-all.sql", "CREATE VIEW v AS SELECT 1/0;\nSELECT * FROM v;\n");
    let upgrade = ["upgrade", "-p", "db", "-t", "upgrades", "-d", "a", "b"];
    for _ in 0..2 {
        home.run(PUM, &upgrade).expect_error(&[
            "post-all.sql:2: division by zero",
            "the database is at version 1.2.0, with all its deltas",
            "run the same command again: it runs post-all.sql",
        ]);
        assert_eq!(recorded(&database), ["1.0.0", "1.1.0", "1.2.0"]);
        assert_eq!(progress(&database), [" 1 waiting"], "the first of the two is done");
    }
    home.file("b/post-all.sql", "CREATE VIEW v AS SELECT 1;");
    let plan = home.run(PUM, &[upgrade.as_slice(), &["--dry-run"]].concat()).expect(0).stdout;
    assert!(plan.starts_with("db is at version 1.2.0; an earlier run left"), "{plan}");
    home.run(PUM, &upgrade).expect(0);
    assert_eq!(there(&database, "first_after,v,upgrades_progress"), ["first_after", "v"]);
    let done = home.run(PUM, &upgrade).expect(0).stdout;
    assert_eq!(done, "db is at version 1.2.0: nothing pending\n");
}

/// A role that may write the upgrades table and not make tables beside it does as before.
#[test]
fn a_role_that_may_not_make_tables_beside_it_can_upgrade() {
    let database = pum_tests::database();
    database.execute(
        "CREATE ROLE modes_role LOGIN; CREATE SCHEMA own AUTHORIZATION modes_role; \
         REVOKE CREATE ON SCHEMA public FROM PUBLIC",
    );
    let version = pum_core::delta::Version::new(1, 0, 0);
    pum_core::upgrade::set_baseline(&mut database.session(), &super::table(), &version).unwrap();
    database.execute(
        "GRANT ALL ON upgrades TO modes_role; GRANT ALL ON SEQUENCE upgrades_id_seq TO modes_role",
    );
    let directory = deltas(&[
        ("delta_1.1.0.sql", "CREATE TABLE own.one ();"),
        ("post-all.sql", "CREATE TABLE own.two ();"),
    ]);
    let settings = pum_tests::server()
        .settings_as(database.settings.get("dbname").unwrap(), "modes_role")
        .unwrap();
    let role = pum_tests::Database { settings };
    upgrade(&role, directory.path(), &options()).unwrap();
    assert_eq!(there(&database, "one,two"), ["one", "two"]);
    database.execute("DROP OWNED BY modes_role; DROP ROLE modes_role");
}

/// The way in which a program that embeds pum makes its plan: nothing can be left out of it.
#[test]
fn a_plan_of_the_library_has_what_an_earlier_run_did_not_get_to() {
    let database = at_1_0_0();
    let directory = deltas(&[
        ("delta_1.1.0.sql", "CREATE TABLE one ();"),
        ("post-all.sql", "CREATE VIEW v AS SELECT 1/0 AS a;\nSELECT * FROM v;"),
    ]);
    upgrade(&database, directory.path(), &options()).unwrap_err();
    assert_eq!(there(&database, "one,v"), ["one"]);
    let post_all = directory.path().join("post-all.sql");
    std::fs::write(&post_all, "CREATE VIEW v AS SELECT 1 AS a;").unwrap();
    let applied = upgrade(&database, directory.path(), &options()).unwrap();
    assert_eq!(applied.iter().map(|one| &one.path).collect::<Vec<_>>(), [&post_all]);
    assert_eq!(there(&database, "one,v,upgrades_progress"), ["one", "v"]);
    assert!(upgrade(&database, directory.path(), &options()).unwrap().is_empty());
}
