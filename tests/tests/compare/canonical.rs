//! Definitions that are built again with what they need, to tell another spelling from another
//! meaning.

use std::path::Path;

use pum_core::Context;
use pum_core::compare::{CompareOptions, Comparison, compare_sessions, compare_sources};
use pum_core::snapshot::Snapshot;
use pum_core::source::{Opened, SnapshotOptions};
use pum_tests::{Database, database};

use super::lines;
use super::restored::{restored, toolchain};

/// A varchar in a list is printed in other words after a restore, wherever it stands. Each definition
/// needs something else to be built.
const EVERYWHERE: &str = "
    CREATE SCHEMA s;
    CREATE TYPE s.colour AS ENUM ('red', 'blue');
    CREATE TYPE s.pair AS (a varchar(5), b s.colour);
    CREATE DOMAIN s.word AS varchar(5) DEFAULT CASE WHEN 'a'::varchar IN ('a', 'b') THEN 'a' END
        CONSTRAINT few CHECK (VALUE IN ('a', 'b'));
    CREATE SEQUENCE s.numbers;
    CREATE FUNCTION s.shade(s.colour, plain boolean DEFAULT 'a'::varchar IN ('a', 'b')) RETURNS varchar
        IMMUTABLE LANGUAGE sql AS $$ SELECT CASE $1 WHEN 'red' THEN 'light' ELSE 'dark' END $$;
    CREATE FUNCTION s.to_text(s.colour) RETURNS text
        IMMUTABLE LANGUAGE plpgsql AS $$ BEGIN RETURN 'x'; END $$;
    CREATE CAST (s.colour AS text) WITH FUNCTION s.to_text(s.colour) AS IMPLICIT;
    CREATE TABLE s.t (
        id int PRIMARY KEY DEFAULT CASE WHEN 'a'::varchar IN ('a', 'b') THEN nextval('s.numbers') END,
        v varchar(5) CHECK (v IN ('a', 'b')),
        c s.colour CHECK (s.shade(c) IN ('light', 'dark')),
        p s.pair CHECK ((p).a IN ('a', 'b')),
        w s.word,
        gone int,
        g boolean GENERATED ALWAYS AS (v IN ('a', 'b')) STORED,
        CONSTRAINT cast_alone CHECK (upper(c) <> '' AND v IN ('a', 'b')),
        CONSTRAINT whole CHECK (t IS NOT NULL AND v IN ('a', 'b')) NO INHERIT,
        EXCLUDE USING btree (v WITH =) WHERE (v IN ('a', 'b'))
    );
    ALTER TABLE s.t DROP COLUMN gone;
    CREATE INDEX t_shade ON s.t (s.shade(c)) WHERE s.shade('red') IN ('light', 'dark');
    CREATE TABLE s.child (CHECK (v IN ('a', 'b', 'c'))) INHERITS (s.t);
    CREATE VIEW s.grouped AS SELECT id, v, g FROM s.t WHERE v IN ('a', 'b') GROUP BY id;
    CREATE VIEW s.over AS SELECT g.id, z.e FROM s.grouped g (id, word), s.t y (b, c, d, x)
        CROSS JOIN LATERAL (SELECT (y.x).b) z (e) WHERE g.word IN ('a', 'b');
    ALTER VIEW s.grouped ALTER COLUMN v SET DEFAULT CASE WHEN 'a'::varchar IN ('a', 'b') THEN 'a' END;
    CREATE MATERIALIZED VIEW s.kept AS SELECT v, s.shade(c) AS shade FROM s.t WHERE v IN ('a', 'b');
    CREATE INDEX kept_some ON s.kept (shade) WHERE v IN ('a', 'b');
    CREATE RULE r AS ON DELETE TO s.grouped DO INSTEAD
        UPDATE s.t SET w = 'a' WHERE t.id = old.id AND old.v IN ('a', 'b');
    CREATE FUNCTION s.atomic(s.t) RETURNS SETOF varchar LANGUAGE sql
        BEGIN ATOMIC SELECT v FROM s.over JOIN s.t USING (id) WHERE v IN ('a', 'b'); END;
    CREATE VIEW s.of_function AS SELECT s.atomic(t) IN ('a', 'b') AS x FROM s.t;
    CREATE FUNCTION s.act() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN new; END $$;
    CREATE TRIGGER act BEFORE UPDATE ON s.t FOR EACH ROW WHEN (new.v IN ('a', 'b') AND s.shade(old.c) IN ('x', 'y'))
        EXECUTE FUNCTION s.act();
    CREATE POLICY p ON s.t USING (v IN ('a', 'b')) WITH CHECK (EXISTS (SELECT FROM s.over o WHERE o.id = t.id AND v IN ('a', 'b')));
    CREATE STATISTICS s.some ON (v IN ('a', 'b')), id FROM s.t;
    CREATE TABLE s.parts (v varchar(5), c s.colour) PARTITION BY LIST ((v IN ('a', 'b')));
    CREATE TABLE s.part PARTITION OF s.parts FOR VALUES IN (true);
    CREATE INDEX parts_some ON s.parts (v) WHERE v IN ('a', 'b');
";

fn compared(left: &Database, right: &Database, options: &CompareOptions) -> Comparison {
    let (mut left, mut right) = (left.session(), right.session());
    compare_sessions(&mut left, &mut right, options, Some(&toolchain()), &mut Context::default())
        .unwrap_or_else(|err| panic!("{err}"))
}

/// The definitions that are printed in other words.
fn respelled(left: &Database, right: &Database) -> Vec<String> {
    let (mut left, mut right) = (left.session(), right.session());
    let options = CompareOptions::default();
    let found =
        compare_sessions(&mut left, &mut right, &options, None, &mut Context::default()).unwrap();
    lines(&found.differences)
}

/// Those that mean something else if the list is another one.
fn changed(left: &Database, right: &Database) -> Vec<String> {
    let mut all = respelled(left, right);
    all.retain(|line| {
        !["child_v_check", "t_c_check", "t_shade"].iter().any(|same| line.contains(same))
    });
    all
}

fn assert_decided(found: &Comparison) {
    assert_eq!(found.undecided, []);
    assert_eq!(found.not_canonicalized, None);
}

#[test]
fn each_sort_of_definition_is_built_with_what_it_needs() {
    let original = database();
    original.execute(EVERYWHERE);
    let copy = restored(&original);
    let all = respelled(&original, &copy);
    assert_eq!(all.len(), 28, "{all:#?}");
    let options = CompareOptions::default();
    for (left, right) in [(&original, &copy), (&copy, &original)] {
        let found = compared(left, right, &options);
        assert_decided(&found);
        assert_eq!(lines(&found.differences), [""; 0]);
        // Those of partitions and children, which follow from others, too.
        assert!(found.canonicalized >= all.len(), "{}", found.canonicalized);
    }
    let other = database();
    other.execute(&EVERYWHERE.replace("'a', 'b')", "'a', 'z')"));
    let found = compared(&other, &copy, &options);
    assert_decided(&found);
    assert_eq!(lines(&found.differences), changed(&other, &copy));
}

/// As a snapshot, with what depends on what or, as an older version of pum wrote it, without.
fn snapshots_of(database: &Database) -> [Snapshot; 2] {
    let mut source = Opened::database(database.session());
    let options = SnapshotOptions::default();
    let taken = Snapshot::capture(&mut source, &options, &mut Context::default()).unwrap();
    let mut json: serde_json::Value = serde_json::from_str(&taken.to_json()).unwrap();
    assert!(json.as_object_mut().unwrap().remove("dependencies").is_some());
    let older = Snapshot::parse(Path::new("older.json"), &json.to_string()).unwrap();
    [taken, older]
}

fn compared_sources(left: &mut Opened, right: &mut Opened) -> Comparison {
    let options = CompareOptions::default();
    compare_sources(left, right, &options, Some(&toolchain()), &mut Context::default()).unwrap()
}

#[test]
fn snapshots_are_built_as_databases_are() {
    let original = database();
    original.execute(EVERYWHERE);
    let copy = restored(&original);
    let other = database();
    other.execute(&EVERYWHERE.replace("'a', 'b')", "'a', 'z')"));
    let changed = changed(&other, &copy);
    for snapshot in snapshots_of(&original) {
        let mut left = Opened::snapshot(snapshot, "snapshot");
        let found = compared_sources(&mut left, &mut Opened::database(copy.session()));
        assert_decided(&found);
        assert_eq!(lines(&found.differences), [""; 0]);
        for snapshot in snapshots_of(&copy) {
            let found = compared_sources(&mut left, &mut Opened::snapshot(snapshot, "copy"));
            assert_decided(&found);
            assert_eq!(lines(&found.differences), [""; 0]);
        }
        let found = compared_sources(&mut left, &mut Opened::database(other.session()));
        assert_decided(&found);
        assert_eq!(lines(&found.differences), changed);
    }
}

/// What has kept how it is printed after a restore needs no server.
#[test]
fn a_snapshot_can_hold_the_canonical_spelling() {
    let original = database();
    original.execute(EVERYWHERE);
    let copy = restored(&original);
    let [mut snapshot, _] = snapshots_of(&original);
    let undecided = snapshot.canonicalize(&toolchain(), &mut Context::default()).unwrap();
    assert_eq!(undecided, []);
    assert!(snapshot.canonicalized_by().is_some());
    let mut left = Opened::snapshot(snapshot, "snapshot");
    let found = compare_sources(
        &mut left,
        &mut Opened::database(copy.session()),
        &CompareOptions::default(),
        None,
        &mut Context::default(),
    );
    let found = found.unwrap();
    assert_decided(&found);
    assert_eq!(lines(&found.differences), [""; 0]);
}

/// Definitions of which some need what this machine does not have. `LISTED` is spelled in two ways.
const UNUSUAL: &str = r#"
    CREATE SCHEMA s;
    SET search_path = s;
    CREATE EXTENSION hstore SCHEMA s;
    CREATE COLLATION pg_catalog.pum_nowhere (LOCALE = 'C');
    CREATE TYPE odd;
    CREATE FUNCTION odd_in(cstring) RETURNS odd LANGUAGE internal IMMUTABLE STRICT AS 'textin';
    CREATE FUNCTION odd_out(odd) RETURNS cstring LANGUAGE internal IMMUTABLE STRICT AS 'textout';
    CREATE TYPE odd (INPUT = odd_in, OUTPUT = odd_out, LIKE = text);
    CREATE FUNCTION in_c(text) RETURNS text LANGUAGE internal IMMUTABLE STRICT AS 'upper';
    CREATE TABLE names (name text);
    CREATE FUNCTION unqualified(text) RETURNS text LANGUAGE sql IMMUTABLE
        AS 'SELECT name FROM names LIMIT 1';
    CREATE TABLE t (
        v varchar(5) CONSTRAINT plain CHECK (v LISTED),
        h hstore CONSTRAINT of_extension CHECK (h ? 'x' AND v LISTED),
        o odd CONSTRAINT of_library CHECK (o IS NOT NULL AND v LISTED),
        CONSTRAINT same CHECK (h ? 'x'),
        CONSTRAINT of_locale CHECK ((v COLLATE "pum_nowhere") > '' AND v LISTED),
        CONSTRAINT of_function CHECK (in_c(v) <> '' AND v LISTED)
    );
    CREATE INDEX of_body ON t (v) WHERE unqualified('x') <> '' AND v LISTED;
    CREATE VIEW w AS SELECT h FROM t WHERE v LISTED;
    UPDATE pg_extension SET extname = 'pum_gone' WHERE extname = 'hstore';
    UPDATE pg_proc SET prolang = (SELECT oid FROM pg_language WHERE lanname = 'c'),
        probin = '$libdir/pum_nothing' WHERE proname IN ('in_c', 'odd_in', 'odd_out');
"#;

fn unusual() -> [Database; 2] {
    let listed = [
        "IN ('a', 'b')",
        "::text = ANY (ARRAY[('a'::character varying)::text, ('b'::character varying)::text])",
    ];
    listed.map(|listed| {
        let database = database();
        database.execute(&UNUSUAL.replace("LISTED", listed));
        database
    })
}

/// Only those, with the reason; what is the same on both sides does not count.
#[test]
fn what_this_machine_cannot_build_is_undecided_and_all_else_is_decided() {
    let [left, right] = unusual();
    let found = compared(&left, &right, &CompareOptions::default());
    assert_eq!(found.not_canonicalized, None);
    let expected = [
        ("of_extension", "it needs extension pum_gone, which cannot be created here: "),
        (
            "of_library",
            "it needs base type s.odd, which cannot be created here: could not access file",
        ),
        ("of_locale", "collation \"pum_nowhere\" for encoding \"UTF8\" does not exist"),
        ("w", "it needs extension pum_gone, which cannot be created here: "),
    ];
    let told: Vec<(&str, &str)> =
        found.undecided.iter().map(|it| (&*it.identity.name, &*it.reason)).collect();
    assert_eq!(told.len(), expected.len(), "{told:#?}");
    for (name, reason) in expected {
        let is_told = told.iter().any(|(other, text)| *other == name && text.starts_with(reason));
        assert!(is_told, "{name}: {reason} in {told:#?}");
    }
    let names: Vec<&str> =
        found.differences.iter().map(|difference| &*difference.identity.name).collect();
    assert_eq!(names, ["of_extension", "of_library", "of_locale", "w"]);
    assert_eq!(found.canonicalized, 3);
}

/// The catalogs are all that is read.
#[test]
fn a_role_that_may_read_no_table_compares_as_well() {
    let original = database();
    original.execute(
        "DO $$ BEGIN CREATE ROLE compare_plain LOGIN; EXCEPTION WHEN duplicate_object THEN END $$",
    );
    original.execute(EVERYWHERE);
    let copy = restored(&original);
    let as_plain = |database: &Database| Database {
        settings: database.settings.with("user", "compare_plain").unwrap(),
    };
    let (left, right) = (as_plain(&original), as_plain(&copy));
    let found = compared(&left, &right, &CompareOptions::default());
    assert_decided(&found);
    assert_eq!(lines(&found.differences), [""; 0]);
    assert_ne!(found.canonicalized, 0);
}

/// What is left out of the comparison is built where something else needs it.
#[test]
fn what_is_left_out_may_be_needed() {
    let original = database();
    original.execute(EVERYWHERE);
    original.execute(
        "CREATE TABLE upgrades (v varchar(5));
         CREATE VIEW public.out AS SELECT x.v FROM s.over o, upgrades x
             WHERE x.v IN ('a', 'b') AND s.shade('red') IN ('a', 'b')",
    );
    let copy = restored(&original);
    let mut options = CompareOptions::default();
    options.filters.exclude_schema("s").unwrap();
    options.filters.ignore("functions").unwrap();
    options.upgrades_table = Some("public.upgrades".parse().unwrap());
    let found = compared(&original, &copy, &options);
    assert_decided(&found);
    assert_eq!(lines(&found.differences), [""; 0]);
    assert_eq!(found.canonicalized, 1);
}

#[test]
fn views_that_need_each_other_are_built() {
    let original = database();
    original.execute(
        "CREATE VIEW a AS SELECT 'x'::varchar(5) AS v, 1 AS n;
         CREATE VIEW b AS SELECT v, n FROM a WHERE v IN ('a', 'b');
         CREATE OR REPLACE VIEW a AS SELECT v, n FROM b WHERE v IN ('c', 'd')",
    );
    let copy = restored(&original);
    let found = compared(&original, &copy, &CompareOptions::default());
    assert_decided(&found);
    assert_eq!((lines(&found.differences), found.canonicalized), (Vec::new(), 2));
}
