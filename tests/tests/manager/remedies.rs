//! What is said to help does: the statements are run on test, which is then what the reference is.

use postgres::error::SqlState;
use pum_core::Interrupt;
use pum_core::connect::Session;
use pum_tests::{Database, database};
use serde_json::Value;

use super::{PUM, Setting};

/// What both have.
const BASE: &str = "
CREATE TABLE orders (id int PRIMARY KEY, state varchar(10), total numeric(8,2));
CREATE VIEW open AS SELECT id FROM orders;
CREATE TYPE mood AS ENUM ('ok', 'sad');
CREATE DOMAIN percent AS int;
CREATE SEQUENCE numbers;
CREATE FUNCTION twice(n int) RETURNS int LANGUAGE sql AS 'SELECT n * 2';
CREATE TABLE light ();
";

/// What one of them has beside it: each kind of object, with all that pum says of it.
const MORE: &str = r#"
CREATE SCHEMA app AUTHORIZATION remedy_owner;
COMMENT ON SCHEMA app IS 'it''s';
GRANT USAGE ON SCHEMA app TO remedy_reader;
CREATE TYPE colour AS ENUM ('red', 'it''s blue');
CREATE TYPE pair AS (a int, "B c" text COLLATE "C");
CREATE DOMAIN positive AS numeric(5,1) DEFAULT 1 NOT NULL CONSTRAINT above CHECK (VALUE > 0);
CREATE SEQUENCE seq AS smallint START 3 INCREMENT 2 MAXVALUE 99 CACHE 5 CYCLE;
GRANT SELECT ON seq TO remedy_reader WITH GRANT OPTION;
CREATE TABLE things (
    id serial PRIMARY KEY,
    other bigint GENERATED ALWAYS AS IDENTITY (START 10),
    twice int GENERATED ALWAYS AS (length(name) * 2) STORED,
    name varchar(20) COLLATE "C" NOT NULL DEFAULT 'it''s' CHECK (name <> ''),
    parent int REFERENCES things (id) ON DELETE CASCADE,
    colour colour,
    "Odd ""name" positive
) WITH (fillfactor = 70);
COMMENT ON TABLE things IS 'things';
COMMENT ON COLUMN things.name IS 'a name';
ALTER TABLE things ALTER name SET STATISTICS 50, ALTER name SET STORAGE external,
    ENABLE ROW LEVEL SECURITY, REPLICA IDENTITY FULL;
ALTER TABLE things ADD CONSTRAINT later CHECK (parent > 0) NOT VALID;
GRANT SELECT ON things TO remedy_reader, PUBLIC;
GRANT UPDATE (name) ON things TO remedy_reader;
CREATE INDEX things_name ON things (lower(name)) WHERE parent IS NULL;
CREATE FUNCTION noted() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = public, pg_temp SET work_mem = '8MB' AS $f$
BEGIN
    RAISE NOTICE '$$ %', new; -- a quote in it
    RETURN new;
END $f$;
REVOKE EXECUTE ON FUNCTION noted() FROM PUBLIC;
CREATE TRIGGER noting BEFORE INSERT OR UPDATE OF name ON things FOR EACH ROW
    WHEN (new.parent > 1) EXECUTE FUNCTION noted();
ALTER TABLE things DISABLE TRIGGER noting;
CREATE RULE quiet AS ON DELETE TO things WHERE old.id = 1 DO INSTEAD NOTHING;
CREATE POLICY mine ON things AS RESTRICTIVE FOR UPDATE TO remedy_reader
    USING (id > 0) WITH CHECK (name <> 'x');
CREATE STATISTICS things_stats (dependencies) ON name, parent FROM things;
CREATE TABLE parts (at date NOT NULL, n int) PARTITION BY RANGE (at);
CREATE INDEX parts_n ON parts (n);
CREATE TABLE parts_1 PARTITION OF parts FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');
CREATE VIEW thing_names WITH (security_barrier = true) AS SELECT id, name FROM things;
COMMENT ON VIEW thing_names IS 'names';
COMMENT ON COLUMN thing_names.name IS 'of the view';
GRANT SELECT ON thing_names TO remedy_reader;
CREATE MATERIALIZED VIEW thing_count AS SELECT count(*) AS n FROM things;
CREATE UNIQUE INDEX thing_count_n ON thing_count (n);
CREATE FUNCTION sums(a int, VARIADIC b int[] DEFAULT '{}', OUT c int, OUT d text) RETURNS record
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE COST 5 AS 'SELECT 1, ''x''';
CREATE FUNCTION atomic(n int) RETURNS SETOF int LANGUAGE sql STABLE ROWS 7
    BEGIN ATOMIC SELECT n; SELECT n + 1; END;
CREATE PROCEDURE act(a int, INOUT b int DEFAULT 2) LANGUAGE plpgsql AS 'BEGIN b := a; END';
ALTER TABLE orders ADD note text NOT NULL DEFAULT 'x', ADD number serial;
COMMENT ON COLUMN orders.note IS 'noted';
ALTER TABLE orders ADD CONSTRAINT cheap CHECK (total < 10000);
COMMENT ON CONSTRAINT cheap ON orders IS 'not dear';
CREATE INDEX orders_state ON orders (state);
COMMENT ON INDEX orders_state IS 'by state';
CREATE TRIGGER kept AFTER DELETE ON orders FOR EACH STATEMENT EXECUTE FUNCTION noted();
CREATE RULE never AS ON DELETE TO orders DO ALSO NOTHING;
CREATE POLICY all_of_them ON orders USING (true);
CREATE EXTENSION hstore SCHEMA public;
ALTER DEFAULT PRIVILEGES FOR ROLE remedy_owner GRANT SELECT ON TABLES TO remedy_reader;
ALTER DEFAULT PRIVILEGES FOR ROLE remedy_owner IN SCHEMA public
    GRANT EXECUTE ON FUNCTIONS TO remedy_reader WITH GRANT OPTION;
"#;

/// The same objects, otherwise.
const CHANGES: &str = r"
ALTER SEQUENCE numbers INCREMENT 5 MAXVALUE 1000 CYCLE OWNED BY orders.id;
ALTER TABLE orders ALTER state TYPE text, ALTER state SET DEFAULT 'open', ALTER state SET NOT NULL,
    ENABLE ROW LEVEL SECURITY;
ALTER TABLE light SET UNLOGGED, REPLICA IDENTITY NOTHING, FORCE ROW LEVEL SECURITY;
COMMENT ON TABLE orders IS 'orders';
COMMENT ON COLUMN orders.state IS 'how it is';
COMMENT ON VIEW open IS 'all';
COMMENT ON FUNCTION twice(int) IS 'two';
COMMENT ON TYPE mood IS 'moods';
COMMENT ON DOMAIN percent IS 'of a hundred';
COMMENT ON SCHEMA public IS 'another';
COMMENT ON CONSTRAINT orders_pkey ON orders IS 'key';
ALTER TABLE orders OWNER TO remedy_owner;
ALTER VIEW open OWNER TO remedy_owner;
ALTER FUNCTION twice(int) OWNER TO remedy_owner;
ALTER TYPE mood OWNER TO remedy_owner;
GRANT ALL ON orders TO remedy_reader;
GRANT SELECT (id) ON open TO PUBLIC;
REVOKE EXECUTE ON FUNCTION twice(int) FROM PUBLIC;
GRANT USAGE ON TYPE mood TO remedy_reader WITH GRANT OPTION;
CREATE OR REPLACE VIEW open AS SELECT id FROM orders WHERE total > 1;
CREATE OR REPLACE FUNCTION twice(n int) RETURNS int LANGUAGE sql STRICT AS 'SELECT n + n';
ALTER TYPE mood ADD VALUE 'fine' BEFORE 'ok';
ALTER TYPE mood ADD VALUE 'bad' AFTER 'sad';
ALTER DOMAIN percent SET DEFAULT 1;
ALTER DOMAIN percent SET NOT NULL;
";

/// A production with `BASE` and one delta, and a reference.
struct Sides {
    setting: Setting,
    test: Database,
}

fn sides(base: &str, delta: &str, reference_sql: &str) -> Sides {
    let setting = Setting::new();
    setting.production.execute("DROP TABLE orders");
    // Other tests of this binary make them too.
    setting.production.execute(
        "DO $$ BEGIN CREATE ROLE remedy_owner; CREATE ROLE remedy_reader; \
         EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$",
    );
    setting.production.execute(base);
    setting.pum("baseline -p prod -t public.upgrades -d deltas -b 1.0.0").expect(0);
    setting.home.file("deltas/delta_1.1.0_note.sql", delta);
    let (test, reference) = (database(), database());
    setting.home.service("test", &test);
    setting.home.service("ref", &reference);
    reference.execute(BASE);
    for sql in [base.strip_prefix(BASE).unwrap_or_default(), reference_sql] {
        reference.execute(sql);
    }
    Sides { setting, test }
}

impl Sides {
    /// The remedies of a run that found differences; every difference has one.
    fn remedies(&self) -> Vec<String> {
        let line = "-pt test -pc ref --yes --report json=run.json";
        self.setting.untouched(|| self.setting.manage(line).expect(1));
        let text = std::fs::read(self.setting.home.path().join("run.json")).unwrap();
        let report: Value = serde_json::from_slice(&text).unwrap();
        let hints = report["hints"].as_array().unwrap();
        let remedy_of = |identity: &Value| {
            let mut of = hints.iter().filter(|hint| hint["identity"] == *identity);
            of.any(|hint| hint["remedy"].is_string())
        };
        for difference in report["comparison"]["differences"].as_array().unwrap() {
            assert!(remedy_of(&difference["identity"]), "no remedy: {difference}");
        }
        hints.iter().filter_map(|hint| hint["remedy"].as_str()).map(str::to_owned).collect()
    }

    /// Runs them, those that need others after these, and looks that nothing differs.
    fn apply(&self, remedies: &[String]) {
        let mut session = Session::open(&self.test.settings, &Interrupt::new()).unwrap();
        let mut left: Vec<&String> = remedies.iter().collect();
        loop {
            let mut failed = Vec::new();
            for remedy in &left {
                match session.client().batch_execute(remedy) {
                    // A partition goes with its table.
                    Err(err)
                        if err.code() == Some(&SqlState::UNDEFINED_TABLE)
                            && remedy.starts_with("DROP TABLE") => {}
                    Err(err) => failed.push((*remedy, err)),
                    Ok(()) => {}
                }
            }
            if failed.is_empty() {
                break;
            }
            assert!(failed.len() < left.len(), "{failed:#?}");
            left = failed.into_iter().map(|(remedy, _)| remedy).collect();
        }
        drop(session);
        let line = ["check", "test", "ref", "-t", "public.upgrades"];
        let outcome = self.setting.home.run(PUM, &line);
        assert_eq!(outcome.code, Some(0), "{}\n{remedies:#?}", outcome.stdout);
    }
}

#[test]
fn what_only_the_reference_has_is_made() {
    let sides = sides(BASE, "SELECT 1;", MORE);
    let remedies = sides.remedies();
    for remedy in &remedies {
        assert!(!remedy.lines().any(|line| line.starts_with("-- ")), "{remedy}");
    }
    sides.apply(&remedies);
}

#[test]
fn what_only_test_has_is_dropped_where_that_is_meant() {
    let sides = sides(BASE, MORE, "");
    let remedies = sides.remedies();
    let of = |what: &str| remedies.iter().find(|one| one.contains(what)).unwrap();
    assert_eq!(
        of("DROP TABLE \"public\".\"things\""),
        "-- loses the rows of the table: only if that is meant\n\
         -- DROP TABLE \"public\".\"things\";"
    );
    assert_eq!(
        of("DROP COLUMN \"note\""),
        "-- loses the values of the column: only if that is meant\n\
         -- ALTER TABLE \"public\".\"orders\" DROP COLUMN \"note\";"
    );
    assert_eq!(of("orders_state"), "DROP INDEX \"public\".\"orders_state\";");
    let meant: Vec<String> = remedies
        .iter()
        .map(|one| one.lines().last().unwrap().trim_start_matches("-- ").to_owned())
        .collect();
    sides.apply(&meant);
}

#[test]
fn what_differs_is_changed() {
    let sides = sides(BASE, "SELECT 1;", CHANGES);
    sides.apply(&sides.remedies());
}

/// Changed back: from more to less.
#[test]
fn what_was_granted_is_taken_back() {
    let granted = "GRANT ALL ON orders TO remedy_reader WITH GRANT OPTION; \
                   GRANT UPDATE (state) ON orders TO remedy_reader; \
                   COMMENT ON VIEW open IS 'x'; \
                   ALTER DOMAIN percent SET DEFAULT 1; \
                   ALTER TABLE orders ALTER state SET DEFAULT 'x', ALTER state SET NOT NULL; \
                   CREATE INDEX i ON orders (state); \
                   ALTER TABLE orders ADD CONSTRAINT c CHECK (id > 0) NOT VALID; \
                   CREATE MATERIALIZED VIEW m AS SELECT 1 AS one; \
                   ALTER DEFAULT PRIVILEGES FOR ROLE remedy_owner GRANT SELECT ON TABLES TO PUBLIC;";
    let less = "GRANT ALL ON orders TO remedy_reader; \
                CREATE INDEX i ON orders (state, id); \
                ALTER TABLE orders ADD CONSTRAINT c CHECK (id > 0); \
                CREATE MATERIALIZED VIEW m AS SELECT 2 AS one;";
    let sides = sides(BASE, granted, less);
    sides.apply(&sides.remedies());
}

/// Somebody copies them from top to bottom into a delta.
#[test]
fn they_can_be_run_in_their_order() {
    let more = "CREATE SEQUENCE b_numbers;
                CREATE TYPE c_kind AS ENUM ('x');
                CREATE TABLE d_kinds (id int PRIMARY KEY);
                CREATE TABLE a (id int DEFAULT nextval('b_numbers'), kind c_kind,
                                d int REFERENCES d_kinds);
                CREATE FUNCTION z() RETURNS int LANGUAGE sql AS 'SELECT 1';
                CREATE VIEW e AS SELECT z() AS one;
                ALTER TABLE light ADD state int;
                ALTER TABLE orders ADD CONSTRAINT total_once UNIQUE (total);
                ALTER TABLE light ADD total numeric REFERENCES orders (total);";
    let sides = sides(BASE, "CREATE VIEW on_light AS SELECT 1 FROM light;", more);
    let remedies = sides.remedies();
    let mut session = Session::open(&sides.test.settings, &Interrupt::new()).unwrap();
    for remedy in &remedies {
        session.client().batch_execute(remedy).unwrap_or_else(|err| panic!("{remedy}: {err:?}"));
    }
    drop(session);
    sides.apply(&[]);
}
