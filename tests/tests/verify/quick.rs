//! What the catalogs say. Each finding names the object and the way out, and the way out helps.

use pum_core::verify::{Check, Level, Severity, Verdict};
use pum_tests::{Database, Host, start_server};

use super::{database, findings, lines, look, skips};

/// Breaks something, and expects one finding with this object and way out, which mends it.
fn mends(sql: &[&str], check: Check, object: &str, remedy: &str) -> Database {
    let database = database();
    for sql in sql {
        // What leaves an index invalid fails.
        let _ = database.session().client().batch_execute(sql);
    }
    let report = look(&database.settings, Level::Quick);
    assert_eq!(lines(&report).len(), 1, "{:?}", lines(&report));
    let found = findings(&report, check);
    assert_eq!(found.len(), 1, "{check}: {:?}", lines(&report));
    assert_eq!((found[0].object.as_str(), found[0].remedy.as_deref()), (object, Some(remedy)));
    assert_eq!(report.check(check).unwrap().verdict(), Verdict::Finding);
    database.execute(remedy);
    let again = look(&database.settings, Level::Quick);
    assert_eq!(lines(&again), [""; 0], "after {remedy}");
    database
}

#[test]
fn a_sound_database_has_no_findings() {
    let database = database();
    database.execute_file("fixtures/sample/build.sql");
    for level in [Level::Quick, Level::Standard, Level::Deep] {
        let report = look(&database.settings, level);
        assert_eq!(lines(&report), [""; 0], "{level}");
        let expected: Vec<Check> =
            Check::ALL.iter().copied().filter(|check| check.level() <= level).collect();
        let checks: Vec<Check> = report.checks.iter().map(|report| report.check).collect();
        assert_eq!(checks, expected);
        assert_eq!(report.tables.is_empty(), level == Level::Quick);
        assert!(report.tables.iter().all(|table| table.hash.is_some() == (level == Level::Deep)));
    }
}

#[test]
fn an_index_that_is_not_valid() {
    mends(
        &[
            "CREATE SCHEMA \"a b\"; CREATE TABLE \"a b\".t AS SELECT 1 AS id FROM generate_series(1, 2)",
            "CREATE UNIQUE INDEX CONCURRENTLY \"i=1\" ON \"a b\".t (id)",
            "DELETE FROM \"a b\".t WHERE ctid = '(0,1)'",
        ],
        Check::Indexes,
        "index \"a b\".\"i=1\" of table \"a b\".t",
        "REINDEX INDEX CONCURRENTLY \"a b\".\"i=1\";",
    );
}

#[test]
fn a_replica_identity_whose_index_is_gone() {
    mends(
        &[
            "CREATE TABLE t (id int NOT NULL UNIQUE); ALTER TABLE t REPLICA IDENTITY USING INDEX t_id_key",
            "CREATE PUBLICATION p FOR TABLE t",
            "ALTER TABLE t DROP CONSTRAINT t_id_key",
        ],
        Check::Indexes,
        "table public.t",
        "ALTER TABLE public.t REPLICA IDENTITY DEFAULT;",
    );
}

#[test]
fn a_constraint_that_is_not_validated() {
    mends(
        &[
            "CREATE TABLE t (id int); ALTER TABLE t ADD CONSTRAINT \"more than 0\" CHECK (id > 0) NOT VALID",
        ],
        Check::Constraints,
        "constraint \"more than 0\" of table public.t",
        "ALTER TABLE public.t VALIDATE CONSTRAINT \"more than 0\";",
    );
    mends(
        &["CREATE DOMAIN d AS int; ALTER DOMAIN d ADD CONSTRAINT c CHECK (VALUE > 0) NOT VALID"],
        Check::Constraints,
        "constraint c of domain public.d",
        "ALTER DOMAIN public.d VALIDATE CONSTRAINT c;",
    );
}

#[test]
fn a_trigger_or_rule_that_is_disabled() {
    let function =
        "CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
                    CREATE TABLE \"t\nt\" (id int PRIMARY KEY, parent int REFERENCES \"t\nt\");
                    CREATE TRIGGER g BEFORE INSERT ON \"t\nt\" FOR EACH ROW EXECUTE FUNCTION f();";
    mends(
        &[function, "ALTER TABLE \"t\nt\" DISABLE TRIGGER g"],
        Check::Triggers,
        "trigger g of table public.\"t\nt\"",
        "ALTER TABLE public.\"t\nt\" ENABLE TRIGGER g;",
    );
    // Those of a foreign key have no name that anybody would know.
    mends(
        &[function, "DROP TRIGGER g ON \"t\nt\"", "ALTER TABLE \"t\nt\" DISABLE TRIGGER ALL"],
        Check::Triggers,
        "constraint \"t\nt_parent_fkey\" of table public.\"t\nt\"",
        "ALTER TABLE public.\"t\nt\" ENABLE TRIGGER ALL;",
    );
    mends(
        &[
            "CREATE TABLE r (id int); CREATE RULE r AS ON DELETE TO r DO INSTEAD NOTHING",
            "ALTER TABLE r DISABLE RULE r",
        ],
        Check::Triggers,
        "rule r of table public.r",
        "ALTER TABLE public.r ENABLE RULE r;",
    );
    mends(
        &["CREATE FUNCTION e() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN END';
           CREATE EVENT TRIGGER e ON sql_drop EXECUTE FUNCTION e();
           ALTER EVENT TRIGGER e DISABLE"],
        Check::Triggers,
        "event trigger e",
        "ALTER EVENT TRIGGER e ENABLE;",
    );
}

#[test]
fn a_materialized_view_without_data() {
    mends(
        &["CREATE MATERIALIZED VIEW \"m=\" AS SELECT 1 AS one WITH NO DATA"],
        Check::MaterializedViews,
        "materialized view public.\"m=\"",
        "REFRESH MATERIALIZED VIEW public.\"m=\";",
    );
}

#[test]
fn a_sequence_that_is_behind() {
    mends(
        &["CREATE TABLE t (id serial PRIMARY KEY); INSERT INTO t VALUES (1), (7)"],
        Check::Sequences,
        "sequence public.t_id_seq",
        "SELECT setval('public.t_id_seq', (SELECT max(id) FROM public.t));",
    );
    let database = mends(
        &["CREATE TABLE \"T'\" (\"I D\" bigint GENERATED ALWAYS AS IDENTITY (START -1 INCREMENT -2 MINVALUE -1000 MAXVALUE -1));
           INSERT INTO \"T'\" OVERRIDING SYSTEM VALUE VALUES (-1), (-9)"],
        Check::Sequences,
        "sequence public.\"T'_I D_seq\"",
        "SELECT setval('public.\"T''_I D_seq\"', (SELECT min(\"I D\") FROM public.\"T'\"));",
    );
    database.execute("INSERT INTO \"T'\" DEFAULT VALUES");
    assert_eq!(lines(&look(&database.settings, Level::Quick)), [""; 0]);
    assert_eq!(database.column("SELECT min(\"I D\") FROM \"T'\""), ["-11"]);
}

#[test]
fn sequences_that_no_column_owns_and_that_are_used_up() {
    let database = database();
    database.execute(
        "CREATE SEQUENCE s; CREATE SEQUENCE unused;
         CREATE TABLE a (id int DEFAULT nextval('s')); INSERT INTO a VALUES (3);
         CREATE TABLE b (id int DEFAULT nextval('s')); INSERT INTO b VALUES (5);
         CREATE TABLE c (id smallint GENERATED ALWAYS AS IDENTITY);
         SELECT setval('c_id_seq', 32767);
         CREATE TABLE d (id smallserial); SELECT setval('d_id_seq', 32000);
         CREATE TABLE p (id int GENERATED BY DEFAULT AS IDENTITY, v int) PARTITION BY LIST (v);",
    );
    let report = look(&database.settings, Level::Quick);
    let found = lines(&report);
    assert_eq!(
        found,
        [
            "sequences: sequence public.c_id_seq has no value left up to 32767",
            "sequences: sequence public.s gives 1 next, and column id of table public.a has values up to 3",
            "sequences: sequence public.s gives 1 next, and column id of table public.b has values up to 5",
        ]
    );
    let sequences = report.check(Check::Sequences).unwrap();
    assert_eq!(sequences.looked_at, Some(4));
    assert!(
        skips(&report, Check::Sequences)[0].contains("column id of table public.p has no index")
    );
    let note = sequences.findings.iter().find(|found| found.severity == Severity::Note).unwrap();
    assert_eq!(
        (note.object.as_str(), note.problem.as_str()),
        ("sequence public.d_id_seq", "has used 97 % of its values")
    );
}

#[test]
fn a_large_table_without_an_index_is_not_for_the_quick_level() {
    let database = database();
    database.execute(
        "CREATE TABLE t (id serial, filler text);
         ALTER TABLE t ALTER filler SET STORAGE PLAIN;
         INSERT INTO t SELECT g, repeat('x', 3900) FROM generate_series(1, 2100) g; ANALYZE t",
    );
    let quick = look(&database.settings, Level::Quick);
    assert_eq!(lines(&quick), [""; 0]);
    let skipped = skips(&quick, Check::Sequences);
    assert_eq!(skipped.len(), 1);
    assert!(
        skipped[0].contains("t_id_seq") && skipped[0].contains("the level \"standard\" reads it"),
        "{skipped:?}"
    );
    assert_eq!(quick.check(Check::Sequences).unwrap().verdict(), Verdict::Skipped);
    assert_eq!(lines(&look(&database.settings, Level::Standard)).len(), 1);
}

#[test]
fn an_extension_that_is_behind() {
    mends(
        &["CREATE EXTENSION citext VERSION '1.4'"],
        Check::Extensions,
        "extension citext",
        "ALTER EXTENSION citext UPDATE;",
    );
}

#[test]
fn a_collation_that_changed() {
    let database = database();
    database.execute(
        "CREATE COLLATION c (provider = icu, locale = 'de'); CREATE TABLE t (t text COLLATE c);
         CREATE COLLATION unused (provider = icu, locale = 'fr');
         UPDATE pg_collation SET collversion = '1.0' WHERE collname IN ('c', 'unused');
         UPDATE pg_database SET datcollversion = '2.0' WHERE datname = current_database()",
    );
    let report = look(&database.settings, Level::Quick);
    let found = findings(&report, Check::Collations);
    let objects: Vec<&str> = found.iter().map(|found| found.object.as_str()).collect();
    // A collation that nothing uses can do no harm.
    assert_eq!(objects[0], "collation public.c");
    assert!(
        found[0].remedy.as_deref().unwrap().contains("ALTER COLLATION public.c REFRESH VERSION")
    );
    assert!(
        objects[1..].iter().all(|object| object.starts_with("database verify_")),
        "{objects:?}"
    );
}

#[test]
fn settings_that_put_data_at_risk() {
    // As scratch servers have them.
    let server = start_server(&[("zero_damaged_pages", "on")]);
    let database = server.create("risky");
    let report = look(&database.settings, Level::Quick);
    let of = |severity| -> Vec<&str> {
        let found = report.check(Check::Settings).unwrap().findings.iter();
        found.filter(|one| one.severity == severity).map(|one| one.object.as_str()).collect()
    };
    assert_eq!(
        of(Severity::Finding),
        ["setting fsync", "setting full_page_writes", "setting zero_damaged_pages"]
    );
    assert_eq!(of(Severity::Note), ["setting autovacuum", "setting synchronous_commit"]);
    let checksums = &report.check(Check::Checksums).unwrap().findings;
    assert!(checksums.iter().all(|found| found.severity == Severity::Note));
}
