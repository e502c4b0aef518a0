//! `pum diff --rename`: objects get other names and keep what they hold.

use std::process::Command;

use pum_tests::command::{Home, Outcome};
use pum_tests::{Database, database};

const PUM: &str = env!("CARGO_BIN_EXE_pum-under-test");

struct World {
    home: Home,
    prod: Database,
}

impl World {
    fn new(prod: &str, wanted: &str) -> Self {
        let home = Home::new();
        let [prod, wanted] = [prod, wanted].map(|sql| {
            let database = database();
            database.execute(sql);
            database
        });
        home.service("prod", &prod);
        home.service("wanted", &wanted);
        Self { home, prod }
    }

    fn diff(&self, renames: &[&str], more: &[&str]) -> Outcome {
        let renames = renames.iter().flat_map(|rename| ["--rename", *rename]);
        let arguments: Vec<&str> = ["diff", "prod", "wanted"]
            .into_iter()
            .chain(more.iter().copied())
            .chain(renames)
            .collect();
        self.home.run(PUM, &arguments)
    }

    /// Applies the script of these renames, which destroys nothing and leaves nothing. Gives it.
    fn migrate(&self, renames: &[&str]) -> String {
        let _ = self.diff(renames, &["-o", "up.sql"]).expect(1);
        let script = self.home.path().join("up.sql");
        let output = Command::new("psql")
            .args(["-X", "-q", "-v", "ON_ERROR_STOP=1", "-d", &self.prod.conninfo(), "-f"])
            .arg(&script)
            .output()
            .unwrap();
        let text = std::fs::read_to_string(script).unwrap();
        assert!(output.status.success(), "{}\n{text}", String::from_utf8_lossy(&output.stderr));
        self.home.run(PUM, &["check", "prod", "wanted"]).expect(0);
        assert!(text.contains("nothing more to do") && !text.contains("-- lost"), "{text}");
        text
    }
}

const PROD: &str = "
    CREATE SCHEMA app;
    CREATE TYPE app.mood AS ENUM ('sad', 'ok', 'glad');
    CREATE TABLE app.person (id serial PRIMARY KEY, nick text UNIQUE, feels app.mood DEFAULT 'sad');
    CREATE INDEX by_feeling ON app.person (feels);
    CREATE VIEW app.sad AS SELECT nick FROM app.person WHERE feels = 'sad';
    CREATE FUNCTION app.f(a int) RETURNS int LANGUAGE sql BEGIN ATOMIC
        SELECT id FROM app.person WHERE id = a; END;
    CREATE POLICY own ON app.person USING (nick = CURRENT_USER);
    GRANT SELECT (nick) ON app.person TO PUBLIC;
    INSERT INTO app.person (nick) VALUES ('ann')";

/// What depends on them follows.
#[test]
fn objects_keep_what_they_hold_under_another_name() {
    let world = World::new(
        PROD,
        "CREATE SCHEMA app;
         CREATE TYPE app.feeling AS ENUM ('unhappy', 'ok', 'glad', 'more');
         CREATE TABLE app.people (id serial PRIMARY KEY, name text UNIQUE, feels app.feeling
             DEFAULT 'unhappy', extra int);
         CREATE INDEX by_mood ON app.people (feels);
         CREATE VIEW app.unhappy AS SELECT name AS nick FROM app.people WHERE feels = 'unhappy';
         CREATE FUNCTION app.g(a int) RETURNS int LANGUAGE sql BEGIN ATOMIC
             SELECT id FROM app.people WHERE id = a; END;
         CREATE POLICY mine ON app.people USING (name = CURRENT_USER);
         GRANT SELECT (name) ON app.people TO PUBLIC",
    );
    let mut renames = vec![
        "table app.person=people",
        "column app.person.nick=name",
        "type app.mood=feeling",
        "value app.mood.'sad'='unhappy'",
        "view app.sad=unhappy",
        "function app.f(int)=g",
        "policy app.person.own=mine",
        "index app.by_feeling=by_mood",
    ];
    // The names that the server made of others are suggested in the words of the left side.
    let told = world.diff(&renames, &["--allow-loss"]).expect(1).stdout;
    let more: Vec<String> = told
        .lines()
        .filter_map(|line| {
            Some(line.split_once(": --rename '")?.1.trim_end_matches('\'').to_owned())
        })
        .collect();
    assert_eq!(
        more,
        [
            "constraint app.person.person_nick_key=people_name_key",
            "constraint app.person.person_pkey=people_pkey",
            "sequence app.person_id_seq=people_id_seq",
        ],
        "{told}"
    );
    renames.extend(more.iter().map(|more| &**more));
    let script = world.migrate(&renames);
    // A value is added before the transaction, to what has its name by then.
    let (at, begin) = (script.find(" ADD VALUE ").unwrap(), script.rfind("BEGIN;").unwrap());
    let renamed = script.find("ALTER TYPE \"app\".\"mood\" RENAME TO \"feeling\"").unwrap();
    assert!(renamed < at && at < begin, "{script}");
    assert!(!script.contains("DROP"), "{script}");
    assert_eq!(world.prod.column("SELECT name || feels FROM app.people"), ["annunhappy"]);
    world.prod.execute("INSERT INTO app.people (name) VALUES ('bob')");
}

/// They are asked for, never assumed.
#[test]
fn what_looks_renamed_is_told_beside_the_loss() {
    let world = World::new(
        "CREATE TABLE t (id int, \"No te\" text); CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1'",
        "CREATE TABLE t (id int, remark text); CREATE FUNCTION g() RETURNS int LANGUAGE sql AS 'SELECT 1'",
    );
    let refused = world.diff(&[], &[]).expect(2);
    let (lost, column) = (
        "-- lost: the values of the column (column public.t.\"No te\")\n",
        "-- renamed? column public.t.remark looks like column public.t.\"No te\": \
         --rename 'column public.t.\"No te\"=remark'\n",
    );
    for part in [lost, column, "--rename 'function public.f()=g'\n"] {
        assert!(refused.stdout.contains(part), "{part}: {}", refused.stdout);
    }
    assert!(refused.stderr.contains("--rename"), "{}", refused.stderr);
    let script = world.migrate(&["column public.t.\"No te\"=remark", "function public.f()=g"]);
    assert!(!script.contains("renamed?"), "{script}");
}

#[test]
fn names_are_exchanged_and_passed_on() {
    let world = World::new(
        "CREATE TABLE t (a int, b text, c date, d bool);
         CREATE TABLE one (x int); CREATE TABLE two (y text); CREATE VIEW three AS SELECT x FROM one;
         CREATE TYPE e AS ENUM ('p', 'q'); CREATE TABLE old (i int PRIMARY KEY);
         INSERT INTO t VALUES (1, 'b', '2000-01-01', true); INSERT INTO one VALUES (7)",
        "CREATE TABLE t (b int, a text, d date, e bool);
         CREATE TABLE two (x int); CREATE TABLE three (y text); CREATE VIEW one AS SELECT x FROM two;
         CREATE TYPE e AS ENUM ('q', 'p'); CREATE TABLE old_pkey (i int CONSTRAINT old PRIMARY KEY)",
    );
    let script = world.migrate(&[
        "column public.t.a=b",
        "column public.t.b=a",
        "column public.t.c=d",
        "column public.t.d=e",
        "table public.one=two",
        "table public.two=three",
        "view public.three=one",
        "value public.e.'p'='q'",
        "value public.e.'q'='p'",
        "table public.old=old_pkey",
        "constraint public.old.old_pkey=old",
    ]);
    assert_eq!(world.prod.column("SELECT concat(b, a, d, e) FROM t"), ["1b2000-01-01t"]);
    assert_eq!(world.prod.column("SELECT x FROM one"), ["7"]);
    assert!(script.contains("RENAME COLUMN \"a\" TO \"pum_rename_1\""), "{script}");
}

/// With their parts, whose names are told as they are before.
#[test]
fn schemas_are_renamed_and_objects_moved() {
    let world = World::new(
        "CREATE SCHEMA a; CREATE SCHEMA b; CREATE TABLE a.t (i int); CREATE TABLE a.u (k int);
         CREATE DOMAIN a.d AS int CONSTRAINT old CHECK (VALUE > 0);
         CREATE TYPE a.c AS (x int); CREATE VIEW a.v AS SELECT i FROM a.t;
         CREATE AGGREGATE a.agg(int) (SFUNC = int4pl, STYPE = int);
         CREATE PROCEDURE a.p() LANGUAGE sql AS ''; INSERT INTO a.t VALUES (3)",
        "CREATE SCHEMA n; CREATE SCHEMA b; CREATE TABLE n.t (j int); CREATE TABLE b.w (k int);
         CREATE DOMAIN n.d AS int CONSTRAINT new CHECK (VALUE > 0);
         CREATE TYPE n.c AS (y int); CREATE VIEW n.v AS SELECT j FROM n.t;
         CREATE AGGREGATE n.agg2(int) (SFUNC = int4pl, STYPE = int);
         CREATE PROCEDURE n.q() LANGUAGE sql AS ''",
    );
    world.migrate(&[
        "schema a=n",
        "column a.t.i=j",
        "column a.v.i=j",
        "table a.u=b.w",
        "constraint a.d.old=new",
        "attribute a.c.x=y",
        "aggregate a.agg(int)=agg2",
        "procedure a.p=q",
    ]);
    assert_eq!(world.prod.column("SELECT j FROM n.t"), ["3"]);
}

#[test]
fn what_cannot_be_renamed_says_why() {
    let world = World::new(
        "CREATE TABLE customers (id int, name text); CREATE TABLE other (id int);
         CREATE TYPE e AS ENUM ('good'); CREATE EXTENSION pg_trgm;
         CREATE FUNCTION f(int) RETURNS int LANGUAGE sql AS 'SELECT 1';
         CREATE FUNCTION f(text) RETURNS int LANGUAGE sql AS 'SELECT 1'",
        "CREATE TABLE customers (id int, title text); CREATE TYPE e AS ENUM ('better')",
    );
    for (rename, message) in [
        (
            "table public.custmers=x",
            "there is no such table in prod; did you mean \"public.customers\"?",
        ),
        (
            "table public.other=customers",
            "table public.customers is there already, and is not renamed",
        ),
        (
            "column public.customers.name=titel",
            "there is no column public.customers.titel in wanted",
        ),
        ("column public.customers.name=id", "column public.customers.id is there already"),
        ("value public.e.'god'='better'", "has no such value in prod; did you mean 'good'?"),
        ("value public.e.'good'='best'", "has no value 'best' in wanted"),
        (
            "function public.f=g",
            "it may be each of function public.f(integer), function public.f(text)",
        ),
        ("table public.other=other", "that is its name already"),
        ("extension pg_trgm=trgm", "PostgreSQL has no statement"),
        ("columns public.customers.name=title", "is not a rename, such as"),
    ] {
        world.diff(&[rename], &["--no-proof"]).expect_error(&[message]);
    }
    let twice = ["column public.customers.name=title", "column public.customers.name=x"];
    world.diff(&twice, &[]).expect_error(&["so is \"column public.customers.name=title\""]);
}

/// What a snapshot holds can be renamed, too; what is planned from there is not proven if that is not
/// wanted.
#[test]
fn a_snapshot_can_have_other_names() {
    let world = World::new(
        "CREATE TABLE t (id serial PRIMARY KEY, a text)",
        "CREATE TABLE t (id serial PRIMARY KEY, b varchar(3))",
    );
    world.home.run(PUM, &["snapshot", "prod", "-o", "prod.json"]).expect(0);
    for from in ["prod", "prod.json"] {
        let arguments = ["diff", from, "wanted", "--no-proof", "--rename", "column public.t.a=b"];
        let written = world.home.run(PUM, &arguments).expect(1).stdout;
        let statements = "\nALTER TABLE \"public\".\"t\" RENAME COLUMN \"a\" TO \"b\";\n\
             ALTER TABLE \"public\".\"t\" ALTER COLUMN \"b\" TYPE character varying(3);\n\nCOMMIT;\n";
        assert!(written.ends_with(statements), "{written}");
        assert!(written.contains("-- not proven"), "{written}");
    }
}
