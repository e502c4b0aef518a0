//! Odd names, odd tables, roles that may not, locks, and somebody who wants to stop.

use std::time::{Duration, Instant};

use pum_core::connect::Settings;
use pum_core::verify::{Check, Level, Verdict, VerifyError, VerifyReport, verify};
use pum_core::{Context, Interrupt};
use pum_tests::pooler::Pooler;
use pum_tests::{Database, Host, start_server};

use super::{SOUND, database, findings, lines, look, look_with, options, rows, server, skips};

/// Waits for something that another thread is about to do.
fn eventually(what: &str, done: impl Fn() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(20);
    while !done() {
        assert!(Instant::now() < deadline, "{what} did not happen");
        std::thread::sleep(Duration::from_millis(10));
    }
}

#[test]
fn odd_names_and_odd_tables() {
    let database = server().create("we\"ird =\n'db' \\");
    database.execute(
        "CREATE SCHEMA \"s.\"\"x\n\";
         CREATE TABLE \"s.\"\"x\n\".\"t = '1' x\" (\"x\" int PRIMARY KEY, \"x.*\" text, \"a\"\"b\n\" text);
         INSERT INTO \"s.\"\"x\n\".\"t = '1' x\" VALUES (1, 'a', NULL);
         CREATE TABLE x (x text); INSERT INTO x VALUES ('x'), (NULL);
         CREATE TABLE nothing (); INSERT INTO nothing DEFAULT VALUES;
         CREATE TABLE dropped (a int, b text, c int); ALTER TABLE dropped DROP b;
         INSERT INTO dropped VALUES (1, 2);
         CREATE TABLE generated (a int, b int GENERATED ALWAYS AS (a * 2) STORED);
         INSERT INTO generated VALUES (1);
         CREATE TYPE mood AS ENUM ('fine', 'so'); CREATE TYPE pair AS (a int, b mood);
         CREATE DOMAIN moods AS mood[] CHECK (array_length(VALUE, 1) > 0);
         CREATE TABLE types (a mood, b mood[], c pair, d pair[], e moods, f int4range, g xml, h json,
             i jsonb, j money, k inet, l bit varying, m point, n tsvector, o name, p \"char\", q oid,
             r regclass, s bytea, t int4multirange, u char(5), v varchar, w interval, x numeric,
             y timestamptz, z bigint[], aa date, bb pg_lsn, cc uuid, dd tid, ee oidvector);
         INSERT INTO types (a, b, c, d, e, f, g, h, i, r)
             VALUES ('so', '{so}', '(1,so)', '{\"(1,so)\"}', '{fine}', '[1,2)', '<a/>', '1', '1', 'x');
         CREATE TABLE parts (a int, b text) PARTITION BY LIST (a);
         CREATE TABLE part_1 PARTITION OF parts FOR VALUES IN (1);
         INSERT INTO parts VALUES (1, 'one'), (1, 'two');
         CREATE TABLE parent (a int); CREATE TABLE child () INHERITS (parent);
         INSERT INTO parent VALUES (1); INSERT INTO child VALUES (2), (3);
         CREATE UNLOGGED TABLE unlogged (a int);
         CREATE INDEX ON types USING gin (n); CREATE INDEX ON types USING hash (x);
         CREATE FOREIGN DATA WRAPPER w; CREATE SERVER s FOREIGN DATA WRAPPER w;
         CREATE FOREIGN TABLE elsewhere (a int) SERVER s;
         SELECT lo_from_bytea(0, 'a large object');",
    );
    let mut other = database.session();
    other
        .client()
        .batch_execute("CREATE TEMPORARY TABLE own (a serial PRIMARY KEY, b text)")
        .unwrap();
    for level in [Level::Quick, Level::Standard, Level::Deep] {
        let report = look(&database.settings, level);
        assert_eq!(lines(&report), [""; 0], "{level}");
    }
    let report = look(&database.settings, Level::Standard);
    for (table, expected) in [
        ("\"s.\"\"x\n\".\"t = '1' x\"", 1),
        ("public.x", 2),
        ("public.nothing", 1),
        ("public.dropped", 1),
        ("public.types", 1),
        ("public.part_1", 2),
        ("public.parent", 1),
        ("public.child", 2),
        ("public.unlogged", 0),
        ("pg_catalog.pg_largeobject", 1),
    ] {
        assert_eq!(rows(&report, table), Some(expected), "{table}");
    }
    assert_eq!(rows(&report, "public.parts"), None, "it has no rows of its own");
    let skipped = skips(&report, Check::Tables);
    assert_eq!(skipped.len(), 2, "{skipped:?}");
    assert_eq!(
        skipped[0],
        "foreign table public.elsewhere: a foreign table's data is stored elsewhere"
    );
    assert!(
        skipped[1].ends_with(".own: a temporary table is visible to its session only"),
        "{skipped:?}"
    );
    let skipped = skips(&report, Check::Btree).join("\n");
    assert!(skipped.contains("types_n_idx of table public.types: amcheck has no check for gin"));
    assert!(skipped.contains("amcheck has no check for hash indexes"), "{skipped}");
}

/// Whatever is looked at, the database is the same afterwards, and so are its catalogs.
#[test]
fn nothing_is_written() {
    let database = database();
    database.execute_file("fixtures/sample/build.sql");
    database.execute(
        "CREATE TABLE public.seen (tag text);
         CREATE FUNCTION public.seen() RETURNS event_trigger LANGUAGE plpgsql AS
             'BEGIN RAISE EXCEPTION ''somebody runs %'', tg_tag; END';
         CREATE EVENT TRIGGER seen ON ddl_command_end EXECUTE FUNCTION public.seen();",
    );
    let state = || {
        database.column(
            "SELECT (SELECT count(*) FROM pg_proc) || ' ' || (SELECT count(*) FROM pg_namespace) || ' '
                 || (SELECT count(*) FROM pg_extension) || ' ' || (SELECT count(*) FROM pg_depend)",
        )
    };
    let (schema, before) = (database.dump_schema(), state());
    let report = look(&database.settings, Level::Deep);
    assert_eq!(lines(&report), [""; 0]);
    assert_eq!(report.check(Check::Heap).unwrap().verdict(), Verdict::Ok);
    assert!(report.check(Check::Btree).unwrap().looked_at.unwrap() > 100);
    assert_eq!((database.dump_schema(), state()), (schema, before));
}

/// What a dump would stumble over is found: a value that the server cannot print.
#[test]
fn values_that_cannot_be_printed() {
    let database = database();
    database.execute(
        "CREATE TYPE mood AS ENUM ('fine', 'so'); CREATE DOMAIN moods AS mood[];
         CREATE TABLE plain (id int, m mood); INSERT INTO plain VALUES (1, 'so');
         CREATE TABLE inside (id int, m moods); INSERT INTO inside VALUES (1, '{fine,so}');
         CREATE TABLE fine (id int, m mood); INSERT INTO fine VALUES (1, 'fine');
         DELETE FROM pg_enum WHERE enumlabel = 'so'",
    );
    for level in [Level::Standard, Level::Deep] {
        let report = look(&database.settings, level);
        let found = findings(&report, Check::Tables);
        let objects: Vec<&str> = found.iter().map(|found| found.object.as_str()).collect();
        assert_eq!(objects, ["table public.inside", "table public.plain"], "{level}");
        assert!(found[0].problem.contains("cannot be read: invalid internal value for enum"));
        assert_eq!(rows(&report, "public.fine"), Some(1));
        assert_eq!(lines(&report).len(), 2);
    }
}

fn role(name: &str, options: &str) {
    let postgres = Database { settings: server().settings("postgres").unwrap() };
    postgres.execute(&format!("CREATE ROLE {name} LOGIN {options}"));
}

#[test]
fn what_a_role_may_not_see_is_said() {
    role("\"an=n\"", "");
    let database = database();
    database.execute(
        "CREATE TABLE open (id serial); GRANT SELECT ON open TO \"an=n\";
         CREATE TABLE closed (id serial); INSERT INTO closed VALUES (5);
         CREATE TABLE rows (id int); GRANT SELECT ON rows TO \"an=n\";
         ALTER TABLE rows ENABLE ROW LEVEL SECURITY;
         CREATE SCHEMA hidden; CREATE TABLE hidden.t (id int); GRANT SELECT ON hidden.t TO \"an=n\";",
    );
    let settings = server().settings_as(database.settings.database(), "an=n").unwrap();
    let report = look(&settings, Level::Deep);
    assert_eq!(lines(&report), [""; 0]);
    assert_eq!(rows(&report, "public.open"), Some(0));
    let skipped = skips(&report, Check::Tables);
    assert_eq!(
        skipped,
        [
            "table hidden.t: role \"an=n\" may not: permission denied for schema hidden",
            "table pg_catalog.pg_largeobject: role \"an=n\" may not read it",
            "table public.closed: role \"an=n\" may not read it",
            "table public.rows: role \"an=n\" may not: query would be affected by row-level security \
             policy for table \"rows\"",
        ]
    );
    let sequences = skips(&report, Check::Sequences);
    assert_eq!(sequences.len(), 2, "{sequences:?}");
    for check in [Check::Heap, Check::Btree] {
        assert_eq!(report.check(check).unwrap().verdict(), Verdict::Skipped);
        let skipped = skips(&report, check);
        assert_eq!(skipped.len(), 1);
        assert!(skipped[0].contains("amcheck is not installed") && skipped[0].contains("\"an=n\""));
    }

    // Installed, it can be called by whom it was granted to.
    database.execute(
        "CREATE SCHEMA \"am check\"; CREATE EXTENSION amcheck SCHEMA \"am check\";
         GRANT USAGE ON SCHEMA \"am check\" TO \"an=n\";
         GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA \"am check\" TO \"an=n\";
         REVOKE EXECUTE ON FUNCTION \"am check\".verify_heapam FROM \"an=n\"",
    );
    let report = look(&settings, Level::Standard);
    assert_eq!(report.check(Check::Btree).unwrap().verdict(), Verdict::Ok);
    assert!(report.check(Check::Btree).unwrap().looked_at.unwrap() > 100);
    assert_eq!(
        skips(&report, Check::Heap),
        ["role \"an=n\" may not call verify_heapam of amcheck: GRANT EXECUTE on it"]
    );
}

#[test]
fn a_role_that_only_reads_has_nothing_made_for_it() {
    role("reader", "SUPERUSER");
    let database = database();
    database.execute("ALTER ROLE reader SET default_transaction_read_only = on; CREATE TABLE t ()");
    let settings = server().settings_as(database.settings.database(), "reader").unwrap();
    let report = look(&settings, Level::Standard);
    assert_eq!(lines(&report), [""; 0]);
    assert_eq!(rows(&report, "public.t"), Some(0));
    let skipped = skips(&report, Check::Heap);
    assert!(skipped[0].contains("read-only"), "{skipped:?}");
    database.execute("CREATE EXTENSION amcheck");
    let report = look(&settings, Level::Deep);
    for check in [Check::Heap, Check::Btree] {
        assert_eq!(
            report.check(check).unwrap().verdict(),
            Verdict::Ok,
            "{:?}",
            skips(&report, check)
        );
    }
}

#[test]
fn an_old_amcheck_lacks_what_it_lacks() {
    let database = database();
    database.execute("CREATE EXTENSION amcheck VERSION '1.2'");
    let report = look(&database.settings, Level::Standard);
    assert_eq!(findings(&report, Check::Extensions).len(), 1);
    assert_eq!(
        skips(&report, Check::Heap),
        ["amcheck 1.2 has no verify_heapam: ALTER EXTENSION amcheck UPDATE"]
    );
    assert_eq!(report.check(Check::Btree).unwrap().verdict(), Verdict::Ok);
}

#[test]
fn a_lock_of_somebody_is_not_waited_for_forever() {
    let database = database();
    database.execute("CREATE TABLE locked (id serial PRIMARY KEY); CREATE TABLE other (id int)");
    let mut holder = database.session();
    holder.client().batch_execute("BEGIN; LOCK TABLE locked").unwrap();
    let mut options = options(Level::Standard);
    options.lock_timeout = Duration::from_millis(100);
    let report = look_with(&database.settings, &options);
    assert_eq!(lines(&report), [""; 0]);
    let why = "it is locked, for longer than the lock timeout";
    assert_eq!(skips(&report, Check::Tables), [format!("table public.locked: {why}")]);
    assert_eq!(skips(&report, Check::Heap), [format!("table public.locked: {why}")]);
    assert_eq!(
        skips(&report, Check::Btree),
        [format!("index public.locked_pkey of table public.locked: {why}")]
    );
    assert_eq!(rows(&report, "public.other"), Some(0));
}

/// How many sessions of a database wait for a lock.
fn waiting(database: &Database) -> usize {
    let name = database.settings.database();
    let query = format!(
        "SELECT pid FROM pg_stat_activity WHERE datname = '{name}' AND wait_event_type = 'Lock'"
    );
    let postgres = Database { settings: server().settings("postgres").unwrap() };
    postgres.column(&query).len()
}

/// Looks at a database of which the largest tables are locked, and does something once each of the
/// workers waits for one of them.
fn look_while(
    database: &Database,
    jobs: usize,
    meanwhile: impl FnOnce(),
) -> Result<VerifyReport, VerifyError> {
    for table in 0..jobs {
        database.execute(&format!(
            "CREATE TABLE large_{table} AS SELECT g AS id FROM generate_series(1, 10000) g;
             ANALYZE large_{table}"
        ));
    }
    let mut holder = database.session();
    let tables: Vec<String> = (0..jobs).map(|table| format!("large_{table}")).collect();
    holder.client().batch_execute(&format!("BEGIN; LOCK TABLE {}", tables.join(", "))).unwrap();
    let lock_timeout = Duration::from_secs(600);
    let mut options = options(Level::Standard);
    options.lock_timeout = lock_timeout;
    options.jobs = jobs;
    std::thread::scope(|scope| {
        let run = scope.spawn(|| verify(&database.settings, &options, &mut Context::default()));
        eventually("the wait for the locks", || waiting(database) == jobs);
        meanwhile();
        holder.client().batch_execute("ROLLBACK").unwrap();
        run.join().unwrap()
    })
}

#[test]
fn tables_that_are_dropped_meanwhile() {
    let database = database();
    database.execute("CREATE TABLE gone (id int PRIMARY KEY); CREATE TABLE other (id int)");
    let report = look_while(&database, 1, || database.execute("DROP TABLE gone")).unwrap();
    assert_eq!(lines(&report), [""; 0]);
    let why = "it was dropped meanwhile";
    assert_eq!(skips(&report, Check::Tables), [format!("table public.gone: {why}")]);
    assert_eq!(skips(&report, Check::Heap), [format!("table public.gone: {why}")]);
    assert_eq!(
        skips(&report, Check::Btree),
        [format!("index public.gone_pkey of table public.gone: {why}")]
    );
    assert_eq!(rows(&report, "public.other"), Some(0));
}

/// Each table that is read stays locked until its transaction ends, and the server's table of locks
/// is small.
#[test]
fn many_tables_do_not_use_up_the_locks() {
    let few = [("max_connections", "20"), ("max_locks_per_transaction", "16")];
    let server = start_server(&[&SOUND[..], &few].concat());
    let database = server.create("many");
    for part in 0..12 {
        let tables = (0..50).map(|n| format!("CREATE TABLE t{part}_{n} (id int PRIMARY KEY);"));
        database.execute(&tables.collect::<String>());
    }
    let report = look(&database.settings, Level::Standard);
    assert_eq!(lines(&report), [""; 0]);
    assert_eq!(skips(&report, Check::Tables), [""; 0]);
    assert_eq!(report.check(Check::Tables).unwrap().looked_at, Some(601));
}

/// What is committed while the tables are read is in none of them.
#[test]
fn all_tables_are_read_in_one_snapshot() {
    let database = database();
    database.execute("CREATE TABLE late (id int)");
    let report = look_while(&database, 2, || {
        // By then each worker begins another transaction for the next table.
        std::thread::sleep(Duration::from_millis(1100));
        database.execute("INSERT INTO late VALUES (1)");
    })
    .unwrap();
    assert_eq!(lines(&report), [""; 0]);
    assert_eq!(rows(&report, "public.late"), Some(0));
    assert_eq!(rows(&report, "public.large_0"), Some(10000));
}

#[test]
fn a_snapshot_that_is_lost_is_no_damage() {
    let database = database();
    database.execute("CREATE TABLE late (id int)");
    let err = look_while(&database, 2, || {
        std::thread::sleep(Duration::from_millis(1100));
        let end = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
                   WHERE datname = current_database() AND state = 'idle in transaction'
                     AND query LIKE '%pg_export_snapshot%'";
        assert_eq!(database.column(end), ["t"]);
        // It has to be gone, not only asked to go.
        let left = format!("SELECT 1 FROM ({end}) x");
        eventually("the end of the session", || database.column(&left).is_empty());
    });
    let err = err.unwrap_err().to_string();
    assert!(err.contains("cannot go on in the shared snapshot"), "{err}");
}

#[test]
fn somebody_wants_to_stop() {
    let database = database();
    database.execute("CREATE TABLE locked (id int)");
    let mut holder = database.session();
    holder.client().batch_execute("BEGIN; LOCK TABLE locked").unwrap();
    let interrupt = Interrupt::new();
    let mut options = options(Level::Standard);
    options.lock_timeout = Duration::from_secs(600);
    std::thread::scope(|scope| {
        let run =
            scope.spawn(|| verify(&database.settings, &options, &mut Context::silent(&interrupt)));
        eventually("a wait for the lock", || waiting(&database) > 0);
        interrupt.trigger();
        let err = run.join().unwrap().unwrap_err();
        assert!(matches!(err, VerifyError::Interrupted(_)), "{err}");
    });
    let name = database.settings.database();
    let postgres = Database { settings: server().settings("postgres").unwrap() };
    let sessions = format!("SELECT pid FROM pg_stat_activity WHERE datname = '{name}'");
    eventually("the end of all sessions", || postgres.column(&sessions).len() == 1);
}

#[test]
fn a_connection_that_ends_in_the_middle() {
    let database = database();
    database.execute("CREATE TABLE locked (id int)");
    let mut holder = database.session();
    holder.client().batch_execute("BEGIN; LOCK TABLE locked").unwrap();
    let mut options = options(Level::Standard);
    options.lock_timeout = Duration::from_secs(600);
    let name = database.settings.database().to_owned();
    std::thread::scope(|scope| {
        let run = scope.spawn(|| verify(&database.settings, &options, &mut Context::default()));
        let postgres = Database { settings: server().settings("postgres").unwrap() };
        let end = format!(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
             WHERE datname = '{name}' AND wait_event_type = 'Lock'"
        );
        eventually("a wait for the lock", || !postgres.column(&end).is_empty());
        let err = run.join().unwrap().unwrap_err().to_string();
        assert!(err.contains("during the check of table public.locked"), "{err}");
    });
}

/// A pooler gives each transaction another connection, and each connection to somebody else next.
#[test]
fn behind_a_pooler_nothing_stays_on_its_connections() {
    let database = database();
    database.execute("CREATE TABLE t (id serial PRIMARY KEY); INSERT INTO t DEFAULT VALUES");
    let Some(pooler) = Pooler::start(server().directory(), "transaction", 4) else { return };
    let socket = pooler.socket().to_str().unwrap();
    let pairs = [
        ("host", socket),
        ("port", "5432"),
        ("user", "postgres"),
        ("dbname", database.settings.database()),
    ];
    let settings = Settings::from_pairs("pooled", pairs).unwrap();
    let all = "SELECT string_agg(concat(name, '=', setting), ' ' ORDER BY name) FROM pg_settings
               WHERE name NOT IN ('in_hot_standby', 'application_name')";
    let pooled = Database { settings: settings.clone() };
    let before = pooled.column(all);
    for level in [Level::Standard, Level::Deep] {
        let report = look(&settings, level);
        assert_eq!(lines(&report), [""; 0]);
        assert_eq!(rows(&report, "public.t"), Some(1));
        assert!(report.check(Check::Btree).unwrap().looked_at.unwrap() > 100);
    }
    let mut others: Vec<_> = (0..3).map(|_| pooled.session()).collect();
    for session in &mut others {
        session.client().batch_execute("BEGIN").unwrap();
        let row = session.client().query_one(all, &[]).unwrap();
        assert_eq!(row.get::<_, String>(0), before[0]);
    }
}

/// Data that cannot be read for want of an extension's library are not damaged.
#[test]
fn a_missing_library_is_told_apart_from_damage() {
    let database = database();
    database.execute(
        "CREATE EXTENSION hstore; CREATE TABLE t (h hstore); INSERT INTO t VALUES ('a=>1');
         UPDATE pg_proc SET probin = '$libdir/nowhere' WHERE proname = 'hstore_out'",
    );
    let report = look(&database.settings, Level::Standard);
    let finding = report
        .checks
        .iter()
        .flat_map(|check| &check.findings)
        .find(|finding| finding.problem.contains("nowhere"))
        .unwrap_or_else(|| panic!("{report:?}"));
    let remedy = finding.remedy.as_deref().unwrap();
    assert!(remedy.contains("install the package of the extension on the server"), "{remedy}");
}
