//! Deltas applied to real databases.

use std::path::Path;
use std::sync::mpsc;

use pum_core::catalog::{self, Scope};
use pum_core::delta::{DeltaSet, VariableValue, Variables, Version};
use pum_core::diff::{Filters, diff};
use pum_core::progress::{Event, Observer};
use pum_core::upgrade::{
    Applied, BaselineSource, DeltaState, History, HistoryRules, PlanOptions, Status, TableName,
    Upgrade, UpgradeError, UpgradePlan, set_baseline,
};
use pum_core::{Context, Interrupt};
use pum_tests::text::stable;
use pum_tests::{Database, database, deltas, psql, repository};

fn table() -> TableName {
    "public.pum_info".parse().unwrap()
}

/// An empty database at version 1.0.0.
fn at_1_0_0() -> Database {
    let database = database();
    set_baseline(&mut database.session(), &table(), &Version::new(1, 0, 0)).unwrap();
    database
}

fn upgrade_with(
    database: &Database,
    directory: &Path,
    options: &PlanOptions,
    context: &mut Context<'_>,
) -> Result<Vec<Applied>, UpgradeError> {
    let mut session = pum_core::connect::Session::open(&database.settings, context.interrupt())?;
    let deltas = DeltaSet::read(&[directory])?;
    let plan = UpgradePlan::read(&mut session, &table(), &deltas, options)?;
    Upgrade::new(&plan).run(&mut session, context).map(|report| report.applied)
}

fn upgrade(database: &Database, directory: &Path) -> Result<Vec<Applied>, UpgradeError> {
    upgrade_with(database, directory, &PlanOptions::default(), &mut Context::default())
}

fn names(applied: &[Applied]) -> Vec<String> {
    applied.iter().map(|done| done.path.file_name().unwrap().to_str().unwrap().to_owned()).collect()
}

fn recorded(database: &Database) -> Vec<String> {
    database.column(
        "SELECT version || ' ' || description || ' ' || type FROM public.pum_info ORDER BY id",
    )
}

fn sample_options() -> PlanOptions {
    let mut variables = Variables::default();
    variables.set("default_zone", VariableValue::Integer(1));
    let mut options = PlanOptions::default();
    options.variables = variables;
    options
}

#[test]
fn the_sample_comes_out_as_it_is_built() {
    let old = database();
    old.execute_file("fixtures/sample/production-1.0.0.sql");
    old.execute_file("fixtures/sample/data.sql");
    set_baseline(&mut old.session(), &table(), &Version::new(1, 0, 0)).unwrap();
    let run = || {
        let directory = repository().join("deltas");
        upgrade_with(&old, &directory, &sample_options(), &mut Context::default()).unwrap()
    };
    assert_eq!(run().len(), 18);

    let new = database();
    new.execute_file("fixtures/sample/build.sql");
    let mut upgraded = catalog::read(&mut old.session(), &Scope::default()).unwrap();
    upgraded.remove_table("public", "pum_info");
    let built = catalog::read(&mut new.session(), &Scope::default()).unwrap();
    assert!(built.objects().len() > 500, "{}", built.objects().len());
    assert_eq!(diff(&upgraded, &built, &Filters::default()), []);
    assert_eq!(run(), [], "nothing is pending any more");
}

/// The oracle: psql applies the same files, each in one transaction.
#[test]
fn pum_and_psql_give_the_same_dump() {
    let directory = deltas(&[
        ("delta_1.0.0_a.pre.sql", "CREATE TABLE t (a int, b text); -- ;\n"),
        ("delta_1.0.0_b.sql", "BEGIN;\r\nALTER TABLE t ADD c int DEFAULT 1;\r\nCOMMIT;\r\n"),
        (
            "delta_1.2.0_c.sql",
            "\u{feff}CREATE FUNCTION f(a int) RETURNS int BEGIN ATOMIC; \
             SELECT CASE WHEN a > 1 THEN 1 ELSE 2 END; END;\n\
             CREATE RULE r AS ON DELETE TO t DO ALSO (SELECT 1; SELECT 2);\n\
             CREATE FUNCTION g() RETURNS text LANGUAGE plpgsql AS $x$ BEGIN RETURN '$$;'; END $x$;\n\
             COMMENT ON TABLE t IS E'it\\'s; \"here\"';",
        ),
        (
            "delta_1.10.0_copy.sql",
            "COPY t (a, b) FROM STDIN;\n1\ta;b\n2\t'\n\\.\nCREATE VIEW v AS SELECT * FROM t\n",
        ),
    ]);
    let by_pum = at_1_0_0();
    let applied = upgrade(&by_pum, directory.path()).unwrap();
    let by_psql = at_1_0_0();
    for name in names(&applied) {
        psql(&by_psql, &["-1", "-f", directory.path().join(name).to_str().unwrap()]);
    }
    assert_eq!(by_pum.dump_schema(), by_psql.dump_schema());
    let rows = "SELECT t::text FROM t ORDER BY a";
    assert_eq!(by_pum.column(rows), by_psql.column(rows));
    assert_eq!(by_pum.column(rows).len(), 2);
}

#[test]
fn a_failing_delta_leaves_nothing_and_says_where() {
    let database = at_1_0_0();
    let directory = deltas(&[
        ("delta_1.1.0_good.sql", "CREATE TABLE good ();"),
        (
            "delta_1.2.0_bad.sql",
            "-- twelve lines before the error\nCREATE TABLE half ();\n\n\n\n\n\n\n\n\n\n\n\nSELECT nonsense\nFROM half;\n",
        ),
        ("delta_1.3.0_never.sql", "CREATE TABLE never ();"),
    ]);
    let err = upgrade(&database, directory.path()).unwrap_err();
    let text = err.to_string();
    let expected = format!(
        "{}:14: column \"nonsense\" does not exist (SQLSTATE 42703)\n  \
         14 | SELECT nonsense\n     |        ^\n\
         nothing of delta_1.2.0_bad.sql was kept: its transaction was rolled back\n\
         committed before and kept: delta_1.1.0_good.sql\n\
         the database is at version 1.1.0; correct the cause and run the same command again",
        directory.path().join("delta_1.2.0_bad.sql").display()
    );
    assert_eq!(text, expected);
    let tables =
        database.column("SELECT relname FROM pg_class WHERE relname IN ('good', 'half', 'never')");
    assert_eq!(tables, ["good"]);
    assert_eq!(recorded(&database), ["1.0.0 baseline 0", "1.1.0 good 8"]);

    std::fs::write(directory.path().join("delta_1.2.0_bad.sql"), "CREATE TABLE half ();").unwrap();
    let rest = upgrade(&database, directory.path()).unwrap();
    assert_eq!(names(&rest), ["delta_1.2.0_bad.sql", "delta_1.3.0_never.sql"]);
}

#[test]
fn deferred_constraints_fail_inside_the_delta() {
    let database = at_1_0_0();
    database.execute(
        "CREATE TABLE p (id int PRIMARY KEY); \
         CREATE TABLE c (p int REFERENCES p DEFERRABLE INITIALLY DEFERRED)",
    );
    let directory = deltas(&[("delta_1.1.0.sql", "INSERT INTO c VALUES (1);")]);
    let text = upgrade(&database, directory.path()).unwrap_err().to_string();
    insta::assert_snapshot!(stable(&text), @r#"
    delta_1.1.0.sql, at its end: insert or update on table "c" violates foreign key constraint "c_p_fkey" (SQLSTATE 23503)
      detail: Key (p)=(1) is not present in table "p".
    nothing of delta_1.1.0.sql was kept: its transaction was rolled back
    nothing was committed by this run
    the database is at version 1.0.0; correct the cause and run the same command again
    "#);
    assert_eq!(recorded(&database), ["1.0.0 baseline 0"]);
    assert_eq!(database.column("SELECT count(*) FROM c"), ["0"]);
}

#[test]
fn what_a_delta_sets_ends_with_it() {
    let database = at_1_0_0();
    let directory = deltas(&[
        (
            "delta_1.1.0.sql",
            "CREATE ROLE upgrade_test_role; SET ROLE upgrade_test_role; \
             SELECT set_config('search_path', '', false); SET standard_conforming_strings = off;",
        ),
        ("delta_1.2.0_b\u{e9}.sql", "CREATE TABLE plain (a text DEFAULT '\\');"),
    ]);
    upgrade(&database, directory.path()).unwrap();
    assert_eq!(
        database.column(
            "SELECT tableowner || ' ' || schemaname FROM pg_tables WHERE tablename = 'plain'"
        ),
        ["postgres public"]
    );
    assert_eq!(recorded(&database).len(), 3);
    database.execute("DROP ROLE upgrade_test_role");
}

#[test]
fn order_rule_and_upper_bound() {
    let database = at_1_0_0();
    let directory = deltas(&[
        ("delta_0.9.0_old.sql", "SELECT nonsense;"),
        ("delta_1.0.0_same.sql", "CREATE TABLE t (steps text);"),
        ("delta_1.2.0_x.post.sql", "INSERT INTO t VALUES ('1.2.0 post');"),
        ("delta_1.2.0_x.sql", "INSERT INTO t VALUES ('1.2.0');"),
        ("delta_1.2.0_x.pre.sql", "INSERT INTO t VALUES ('1.2.0 pre');"),
        ("delta_1.10.0.sql", "INSERT INTO t VALUES ('1.10.0');"),
        ("delta_1.9.0.sql", "INSERT INTO t VALUES ('1.9.0');"),
        ("delta_2.0.0.sql", "SELECT nonsense;"),
        ("pre-all.sql", "CREATE SCHEMA IF NOT EXISTS pre_all;"),
        ("post-all.sql", "CREATE SCHEMA IF NOT EXISTS post_all; INSERT INTO t VALUES ('all');"),
    ]);
    let mut options = PlanOptions::default();
    options.max_version = Some(Version::new(1, 10, 0));
    let run =
        || upgrade_with(&database, directory.path(), &options, &mut Context::default()).unwrap();
    assert_eq!(run().len(), 8);
    assert_eq!(
        database.column("SELECT steps FROM t ORDER BY ctid"),
        ["1.2.0 pre", "1.2.0", "1.2.0 post", "1.9.0", "1.10.0", "all"]
    );
    assert_eq!(run(), [], "without a pending delta the scripts around do not run either");

    let history = History::read(&mut database.session(), &table()).unwrap().unwrap();
    let status = Status::new(
        &DeltaSet::read(&[directory.path()]).unwrap(),
        &history,
        HistoryRules::default(),
    );
    let states: Vec<_> = status.deltas.iter().map(|delta| delta.state).collect();
    assert_eq!(states.first(), Some(&DeltaState::PassedOver));
    assert_eq!(states.last(), Some(&DeltaState::Pending));
    assert_eq!(status.current_version, Some(Version::new(1, 10, 0)));
    assert_eq!(status.other_records.len(), 1);
}

#[test]
fn a_changed_file_is_seen_and_line_endings_are_not() {
    let database = at_1_0_0();
    let directory =
        deltas(&[("delta_1.1.0.sql", "SELECT 1;\n"), ("delta_1.2.0.sql", "SELECT 2;\n")]);
    upgrade(&database, directory.path()).unwrap();
    let changed =
        deltas(&[("delta_1.1.0.sql", "SELECT 1;\r\n"), ("delta_1.2.0.sql", "SELECT 3;\n")]);
    let history = History::read(&mut database.session(), &table()).unwrap().unwrap();
    let status =
        Status::new(&DeltaSet::read(&[changed.path()]).unwrap(), &history, HistoryRules::default());
    let states: Vec<_> = status.deltas.iter().map(|delta| delta.state).collect();
    assert_eq!(states, [DeltaState::Applied, DeltaState::Changed]);
}

#[test]
fn bad_input_is_found_before_anything_runs() {
    let database = at_1_0_0();
    let before = database.dump_schema();
    for (name, sql, expected) in [
        ("delta_1.2.0.sql", "SELECT 1;\nCOMMIT;\nSELECT 2;", "delta_1.2.0.sql:2: COMMIT"),
        ("delta_1.2.0.sql", "SELECT 1;\n\\gexec", "delta_1.2.0.sql:2: psql's command \\gexec"),
        (
            "delta_1.2.0.sql",
            "SELECT 1;\n\\i x.sql",
            "delta_1.2.0.sql:2: cannot read x.sql: No such",
        ),
        ("delta_1.2.0.sql", "SELECT 'x;", "delta_1.2.0.sql:1: this string is never closed"),
        (
            "delta_1.2.0.sql",
            "SELECT\n%(srid)s;",
            "delta_1.2.0.sql:2: the variable %(srid)s has no value",
        ),
        ("delta_1.2.sql", "SELECT 1;", "looks like a delta, but its name is not valid"),
    ] {
        let directory = deltas(&[("delta_1.1.0.sql", "CREATE TABLE first ();"), (name, sql)]);
        let text = upgrade(&database, directory.path()).unwrap_err().to_string();
        assert!(text.contains(expected), "{text}");
    }
    assert_eq!(database.dump_schema(), before);
}

/// Tells when the first script begins, and waits then.
struct Pausing {
    started: mpsc::Sender<()>,
    go_on: mpsc::Receiver<()>,
}

impl Observer for Pausing {
    fn notify(&mut self, event: Event<'_>) {
        if let Event::ScriptStarted { position: 1, .. } = event {
            self.started.send(()).unwrap();
            self.go_on.recv().unwrap();
        }
    }
}

#[test]
fn of_two_runs_one_works_and_the_other_says_who() {
    let database = at_1_0_0();
    let directory = deltas(&[("delta_1.1.0.sql", "CREATE TABLE once ();")]);
    let (started, has_started) = mpsc::channel();
    let (let_go, go_on) = mpsc::channel();
    std::thread::scope(|scope| {
        let first = scope.spawn(|| {
            let mut observer = Pausing { started, go_on };
            let options = PlanOptions::default();
            upgrade_with(
                &database,
                directory.path(),
                &options,
                &mut Context::new(&mut observer, &Interrupt::new()),
            )
        });
        has_started.recv().unwrap();
        let err = upgrade(&database, directory.path()).unwrap_err();
        let text = err.to_string();
        assert!(matches!(err, UpgradeError::Locked { .. }), "{text}");
        assert!(text.contains("process ") && text.contains("of postgres, since "), "{text}");
        let_go.send(()).unwrap();
        assert_eq!(first.join().unwrap().unwrap().len(), 1);
    });
    assert_eq!(recorded(&database), ["1.0.0 baseline 0", "1.1.0  8"]);
}

#[test]
fn many_first_runs_at_once_apply_each_delta_once() {
    let directory = deltas(&[
        ("delta_1.1.0.sql", "CREATE TABLE one ();"),
        ("delta_1.2.0.sql", "CREATE TABLE two ();"),
    ]);
    let database = at_1_0_0();
    std::thread::scope(|scope| {
        let runs: Vec<_> =
            (0..6).map(|_| scope.spawn(|| upgrade(&database, directory.path()))).collect();
        for run in runs {
            match run.join().unwrap() {
                Ok(_) | Err(UpgradeError::Locked { .. } | UpgradeError::Overtaken { .. }) => {}
                Err(other) => panic!("{other}"),
            }
        }
    });
    assert_eq!(recorded(&database), ["1.0.0 baseline 0", "1.1.0  8", "1.2.0  8"]);
}

/// Triggers the interrupt once the statement runs on the server.
#[test]
fn an_interrupt_cancels_the_statement_and_undoes_the_delta() {
    let database = at_1_0_0();
    let directory = deltas(&[
        ("delta_1.1.0.sql", "CREATE TABLE kept ();"),
        ("delta_1.2.0.sql", "CREATE TABLE gone (); SELECT pg_sleep(60);"),
    ]);
    let interrupt = Interrupt::new();
    let err = std::thread::scope(|scope| {
        let run = scope.spawn(|| {
            let options = PlanOptions::default();
            upgrade_with(&database, directory.path(), &options, &mut Context::silent(&interrupt))
        });
        let sleeping = "SELECT 1 FROM pg_stat_activity \
                        WHERE query LIKE 'SELECT pg_sleep(60)%' AND datname = current_database()";
        while database.column(sleeping).is_empty() {
            assert!(!run.is_finished());
        }
        interrupt.trigger();
        run.join().unwrap().unwrap_err()
    });
    assert!(
        matches!(&err, UpgradeError::Interrupted { applied, .. } if applied.len() == 1),
        "{err}"
    );
    assert_eq!(recorded(&database), ["1.0.0 baseline 0", "1.1.0  8"]);
    let tables = database.column("SELECT relname FROM pg_class WHERE relname IN ('kept', 'gone')");
    assert_eq!(tables, ["kept"]);
}

#[test]
fn a_killed_backend_leaves_the_table_and_the_schema_agreeing() {
    let database = at_1_0_0();
    let directory = deltas(&[
        ("delta_1.1.0.sql", "CREATE TABLE kept ();"),
        ("delta_1.2.0.sql", "CREATE TABLE gone (); SELECT pg_terminate_backend(pg_backend_pid());"),
    ]);
    let text = upgrade(&database, directory.path()).unwrap_err().to_string();
    // The driver loses the server's last words when they come together with the end.
    let told = text.contains("57P01") || text.contains("the server closed the connection");
    assert!(text.contains("delta_1.2.0.sql:1") && told, "{text}");
    assert!(text.contains("nothing of delta_1.2.0.sql was kept"), "{text}");
    assert_eq!(recorded(&database), ["1.0.0 baseline 0", "1.1.0  8"]);
    let tables = database.column("SELECT relname FROM pg_class WHERE relname IN ('kept', 'gone')");
    assert_eq!(tables, ["kept"]);
}

#[test]
fn baselines() {
    let database = database();
    let mut session = database.session();
    set_baseline(&mut session, &table(), &Version::new(1, 9, 0)).unwrap();
    set_baseline(&mut session, &table(), &Version::new(1, 10, 0)).unwrap();
    let err = set_baseline(&mut session, &table(), &Version::new(1, 10, 0)).unwrap_err();
    assert!(matches!(err, UpgradeError::BaselineTooLow { .. }), "{err}");
    assert_eq!(recorded(&database), ["1.9.0 baseline 0", "1.10.0 baseline 0"]);

    database.execute("CREATE TABLE versions AS SELECT '2.0.1'::text AS version");
    let query = |sql: &str| BaselineSource::Query(sql.to_owned()).version(&mut database.session());
    assert_eq!(query("SELECT version FROM versions;").unwrap(), Version::new(2, 0, 1));
    for (sql, expected) in [
        ("SELECT version FROM versions WHERE false", "got 0"),
        ("SELECT 'two'", "\"two\" is not a version"),
        ("SELECT version FROM nowhere", "does not exist"),
        ("DELETE FROM versions RETURNING version", "read-only transaction"),
    ] {
        let text = query(sql).unwrap_err().to_string();
        assert!(text.contains(expected) && text.contains(sql), "{text}");
    }
    assert_eq!(database.column("SELECT count(*) FROM versions"), ["1"]);

    let missing = "no_such_schema.upgrades".parse().unwrap();
    let text =
        set_baseline(&mut session, &missing, &Version::new(1, 0, 0)).unwrap_err().to_string();
    insta::assert_snapshot!(stable(&text), @r#"cannot set the baseline of scratch database <database> in no_such_schema.upgrades: schema "no_such_schema" does not exist (SQLSTATE 3F000)"#);
}

/// The table is the Python program's, column for column.
#[test]
fn the_upgrades_table_is_the_classic_one() {
    let classic = database();
    // What the Python program executes (pum 0.10.0, Upgrader.create_upgrades_table).
    classic.execute(
        "CREATE TABLE IF NOT EXISTS public.pum_info
                (
                id serial NOT NULL,
                version character varying(50) NOT NULL,
                description character varying(200) NOT NULL,
                type integer NOT NULL,
                script character varying(1000) NOT NULL,
                checksum character varying(32) NOT NULL,
                installed_by character varying(100) NOT NULL,
                installed_on timestamp without time zone NOT NULL DEFAULT now(),
                execution_time integer NOT NULL,
                success boolean NOT NULL,
                PRIMARY KEY (id),
                EXCLUDE (version WITH =) WHERE (type = 0)
                )",
    );
    assert_eq!(at_1_0_0().dump_schema(), classic.dump_schema());
}
