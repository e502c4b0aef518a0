//! Renames that are seen, each with its evidence, and what is not to be taken for one.

use pum_tests::command::Home;
use pum_tests::{Database, database, new_name};
use serde_json::Value;

use super::pending::{pum, with};

/// How the two sides come to be.
enum World {
    /// The scripts of the right side, of which the left one has had the first ones.
    Scripts(&'static [&'static str], usize),
    /// A template, and what is done to a copy on the left and on the right.
    Template(&'static str, &'static str, &'static str),
    /// Both sides by themselves.
    Apart(&'static str, &'static str),
}

use World::{Apart, Scripts, Template};

/// A name, how both sides come to be, and the renames that are seen with their evidence.
type Case = (&'static str, World, &'static [(&'static str, &'static str)]);

const T: &str = "CREATE TABLE t (id int PRIMARY KEY, a text, z int);";
const ROWS: &str = "INSERT INTO t SELECT n, 'v' || n, n % 7 FROM generate_series(1, 100) n;";
const RENAMED: &str = "CREATE TABLE t (id int PRIMARY KEY, b text, z int);
    INSERT INTO t SELECT n, 'v' || n, n % 7 FROM generate_series(3, 120) n;";

const CASES: &[Case] = &[
    (
        "a column that a script renames",
        Scripts(&[T, "ALTER TABLE t RENAME a TO b"], 1),
        &[("column public.t.a=b", "build")],
    ),
    (
        "a table that a script renames",
        Scripts(&[T, "ALTER TABLE t RENAME TO u"], 1),
        &[("table public.t=u", "build")],
    ),
    (
        "a chain from its first name",
        Scripts(&[T, "ALTER TABLE t RENAME a TO b", "ALTER TABLE t RENAME b TO c"], 1),
        &[("column public.t.a=c", "build")],
    ),
    (
        "a chain from its second name",
        Scripts(&[T, "ALTER TABLE t RENAME a TO b", "ALTER TABLE t RENAME b TO c"], 2),
        &[("column public.t.b=c", "build")],
    ),
    (
        "a table with a column",
        Scripts(&[T, "ALTER TABLE t RENAME TO u", "ALTER TABLE u RENAME a TO b"], 1),
        &[("table public.t=u", "build"), ("column public.t.a=b", "build")],
    ),
    (
        "a view",
        Scripts(&[T, "CREATE VIEW v AS SELECT a FROM t", "ALTER VIEW v RENAME TO w"], 2),
        &[("view public.v=w", "build")],
    ),
    (
        "a type, and one of its values",
        Scripts(
            &[
                "CREATE TABLE t (id int); CREATE TYPE mood AS ENUM ('sad', 'ok')",
                "ALTER TYPE mood RENAME VALUE 'sad' TO 'unhappy'",
                "ALTER TYPE mood RENAME TO temper",
            ],
            1,
        ),
        &[
            ("enum type public.mood=temper", "build"),
            ("value public.mood.'sad'='unhappy'", "build"),
        ],
    ),
    (
        "another schema",
        Scripts(&["CREATE SCHEMA app; CREATE TABLE t (id int)", "ALTER TABLE t SET SCHEMA app"], 1),
        &[("table public.t=app.t", "build")],
    ),
    ("a new schema", Scripts(&[T, "CREATE SCHEMA app; ALTER TABLE t SET SCHEMA app"], 1), &[]),
    (
        "a sequence",
        Scripts(&["CREATE TABLE t (id int); CREATE SEQUENCE s", "ALTER SEQUENCE s RENAME TO r"], 1),
        &[("sequence public.s=r", "build")],
    ),
    (
        "there and back",
        Scripts(
            &[
                T,
                "ALTER TABLE t RENAME a TO b",
                "ALTER TABLE t RENAME b TO a; CREATE VIEW v AS SELECT 1",
            ],
            1,
        ),
        &[],
    ),
    (
        "there, back and away",
        Scripts(
            &[
                T,
                "ALTER TABLE t RENAME a TO b",
                "ALTER TABLE t RENAME b TO a",
                "ALTER TABLE t RENAME a TO c",
            ],
            1,
        ),
        &[("column public.t.a=c", "build")],
    ),
    (
        "a column that is dropped while another one is added",
        Scripts(&[T, "ALTER TABLE t DROP a; ALTER TABLE t ADD b text"], 1),
        &[],
    ),
    (
        "a table that is dropped while another one like it is created",
        Scripts(&[T, "DROP TABLE t; CREATE TABLE u (id int PRIMARY KEY, a text, z int)"], 1),
        &[],
    ),
    (
        "a name that two objects had",
        Scripts(
            &[
                T,
                "ALTER TABLE t RENAME TO u",
                "CREATE TABLE t (id int PRIMARY KEY, other int)",
                "ALTER TABLE t RENAME TO w",
            ],
            1,
        ),
        &[],
    ),
    (
        "a name of something that was dropped before",
        Scripts(
            &[T, "DROP TABLE t", "CREATE TABLE t (id int, other int)", "ALTER TABLE t RENAME TO u"],
            1,
        ),
        &[],
    ),
    (
        "an exchange in the scripts, after which both sides have both names",
        Scripts(
            &[
                T,
                "ALTER TABLE t RENAME a TO x; ALTER TABLE t RENAME z TO a; ALTER TABLE t RENAME x TO z",
            ],
            1,
        ),
        &[],
    ),
    (
        "a name that is taken again",
        Scripts(&[T, "ALTER TABLE t RENAME a TO b", "ALTER TABLE t ADD a int"], 1),
        &[],
    ),
    (
        "what was never there under its first name",
        Scripts(&[T, "CREATE TABLE u (id int); ALTER TABLE u RENAME TO w"], 1),
        &[],
    ),
    (
        "a column of a copy of a template",
        Template(T, "", "ALTER TABLE t RENAME a TO b"),
        &[("column public.t.a=b", "identifiers")],
    ),
    (
        "a table of a copy of a template, on the left",
        Template(T, "ALTER TABLE t RENAME TO u", ""),
        &[("table public.u=t", "identifiers")],
    ),
    (
        "an exchange of two columns",
        Template(
            "CREATE TABLE t (id int, a text, b text);",
            "",
            "ALTER TABLE t RENAME a TO x; ALTER TABLE t RENAME b TO a; ALTER TABLE t RENAME x TO b",
        ),
        &[("column public.t.a=b", "identifiers"), ("column public.t.b=a", "identifiers")],
    ),
    (
        "an exchange of two tables",
        Template(
            "CREATE TABLE t (id int); CREATE TABLE u (id int, more text);",
            "",
            "ALTER TABLE t RENAME TO x; ALTER TABLE u RENAME TO t; ALTER TABLE x RENAME TO u",
        ),
        &[("table public.t=u", "identifiers"), ("table public.u=t", "identifiers")],
    ),
    (
        "three columns in a circle",
        Template(
            "CREATE TABLE t (a int, b int, c int);",
            "",
            "ALTER TABLE t RENAME a TO x; ALTER TABLE t RENAME c TO a; ALTER TABLE t RENAME b TO c;
             ALTER TABLE t RENAME x TO b",
        ),
        &[
            ("column public.t.a=b", "identifiers"),
            ("column public.t.b=c", "identifiers"),
            ("column public.t.c=a", "identifiers"),
        ],
    ),
    (
        "a value of an enumeration",
        Template(
            "CREATE TABLE t (id int); CREATE TYPE mood AS ENUM ('sad', 'ok');",
            "",
            "ALTER TYPE mood RENAME VALUE 'sad' TO 'unhappy'",
        ),
        &[("value public.mood.'sad'='unhappy'", "identifiers")],
    ),
    (
        "a column of a copy that is dropped while another one is added",
        Template(T, "", "ALTER TABLE t DROP a; ALTER TABLE t ADD b text"),
        &[],
    ),
    (
        "tables of both copies that are alike",
        Template(T, "CREATE TABLE u (id int, more text)", "CREATE TABLE w (id int, more text)"),
        &[],
    ),
    (
        "a function, an index and constraints",
        Scripts(
            &[
                "CREATE TABLE t (id int CONSTRAINT one PRIMARY KEY, a int CONSTRAINT positive CHECK (a > 0));
                 CREATE TYPE mood AS ENUM ('sad');
                 CREATE INDEX i ON t (a);
                 CREATE FUNCTION f(int, mood) RETURNS int LANGUAGE sql AS 'SELECT 1'",
                "ALTER TABLE t RENAME CONSTRAINT one TO two; ALTER INDEX i RENAME TO j;
                 ALTER TABLE t RENAME CONSTRAINT positive TO above",
                "ALTER FUNCTION f(int, mood) RENAME TO g",
            ],
            1,
        ),
        &[
            ("function public.f(integer, public.mood)=g", "build"),
            ("index public.t.i=j", "build"),
            ("constraint public.t.one=two", "build"),
            ("constraint public.t.positive=above", "build"),
        ],
    ),
    (
        "an index and a constraint of a table that is renamed",
        Template(
            "CREATE TABLE t (id int PRIMARY KEY); CREATE INDEX i ON t (id);",
            "",
            "ALTER TABLE t RENAME TO u; ALTER TABLE u RENAME CONSTRAINT t_pkey TO u_pkey;
             ALTER INDEX i RENAME TO j",
        ),
        &[
            ("table public.t=u", "identifiers"),
            ("index public.t.i=j", "identifiers"),
            ("constraint public.t.t_pkey=u_pkey", "identifiers"),
        ],
    ),
    (
        "functions that exchange their names",
        Template(
            "CREATE TABLE t (); CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1';
             CREATE FUNCTION g() RETURNS int LANGUAGE sql AS 'SELECT 2';",
            "",
            "ALTER FUNCTION f() RENAME TO h; ALTER FUNCTION g() RENAME TO f;
             ALTER FUNCTION h() RENAME TO g",
        ),
        &[("function public.f()=g", "identifiers"), ("function public.g()=f", "identifiers")],
    ),
    (
        "a schema with what is in it",
        Template(
            "CREATE SCHEMA s; CREATE TABLE s.t (id int PRIMARY KEY, a text);
             CREATE FUNCTION s.f(s.t) RETURNS int LANGUAGE sql AS 'SELECT 1';",
            "",
            "ALTER SCHEMA s RENAME TO r",
        ),
        &[("schema s=r", "identifiers")],
    ),
    (
        "a schema, and a table and a column in it",
        Scripts(
            &[
                "CREATE SCHEMA s; CREATE TABLE s.t (id int PRIMARY KEY, a text); CREATE TABLE t ()",
                "ALTER SCHEMA s RENAME TO r",
                "ALTER TABLE r.t RENAME TO u; ALTER TABLE r.u RENAME a TO b",
            ],
            1,
        ),
        &[("schema s=r", "build"), ("table s.t=u", "build"), ("column s.t.a=b", "build")],
    ),
    (
        "what is dropped while another one like it is created",
        Template(
            "CREATE SCHEMA s; CREATE TABLE t (id int CONSTRAINT one PRIMARY KEY); CREATE INDEX i ON t (id);
             CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1';",
            "",
            "DROP SCHEMA s; CREATE SCHEMA r; DROP INDEX i; CREATE INDEX j ON t (id);
             ALTER TABLE t DROP CONSTRAINT one, ADD CONSTRAINT two PRIMARY KEY (id);
             DROP FUNCTION f(); CREATE FUNCTION g() RETURNS int LANGUAGE sql AS 'SELECT 1'",
        ),
        &[],
    ),
    (
        "columns that are only alike",
        Apart(T, "CREATE TABLE t (id int PRIMARY KEY, b text, z int)"),
        &[],
    ),
    (
        "a column with the same values",
        Apart("T ROWS", RENAMED),
        &[("column public.t.a=b", "values")],
    ),
    (
        "a table with the same values",
        Apart(
            "T ROWS",
            "CREATE TABLE u (id int PRIMARY KEY, a text, z int);
             INSERT INTO u SELECT n, 'v' || n, n % 7 FROM generate_series(1, 90) n;",
        ),
        &[("table public.t=u", "values")],
    ),
    (
        "too few rows",
        Apart(
            "CREATE TABLE t (id int PRIMARY KEY, a text); INSERT INTO t SELECT n, n FROM generate_series(1, 9) n",
            "CREATE TABLE t (id int PRIMARY KEY, b text); INSERT INTO t SELECT n, n FROM generate_series(1, 9) n",
        ),
        &[],
    ),
    (
        "values that are all the same",
        Apart(
            "CREATE TABLE t (id int PRIMARY KEY, a text); INSERT INTO t SELECT n, 'x' FROM generate_series(1, 99) n",
            "CREATE TABLE t (id int PRIMARY KEY, b text); INSERT INTO t SELECT n, 'x' FROM generate_series(1, 99) n",
        ),
        &[],
    ),
    (
        "a copy of a column that stays",
        Apart(
            "CREATE TABLE t (id int PRIMARY KEY, a text, c text);
             INSERT INTO t SELECT n, n, n FROM generate_series(1, 99) n",
            "CREATE TABLE t (id int PRIMARY KEY, b text, c text);
             INSERT INTO t SELECT n, n, n FROM generate_series(1, 99) n",
        ),
        &[],
    ),
    (
        "two columns with the same values",
        Apart(
            "T ROWS",
            "CREATE TABLE t (id int PRIMARY KEY, b text, c text, z int);
             INSERT INTO t SELECT n, 'v' || n, 'v' || n, n % 7 FROM generate_series(1, 99) n",
        ),
        &[],
    ),
    (
        "one row that is not the same",
        Apart(
            "T ROWS",
            "CREATE TABLE t (id int PRIMARY KEY, b text, z int);
             INSERT INTO t SELECT n, 'v' || n % 99, n % 7 FROM generate_series(1, 100) n",
        ),
        &[],
    ),
    (
        "rows without a key",
        Apart(
            "CREATE TABLE t (id int, a text); INSERT INTO t SELECT n, n FROM generate_series(1, 99) n",
            "CREATE TABLE t (id int, b text); INSERT INTO t SELECT n, n FROM generate_series(1, 99) n",
        ),
        &[],
    ),
];

fn of(sql: &str) -> Database {
    let database = database();
    // What many cases begin with.
    let sql = if sql == "T ROWS" { format!("{T} {ROWS}") } else { sql.to_owned() };
    database.execute(&sql);
    database
}

/// A copy of a database that its server makes.
pub(super) fn copy_of(template: &Database, sql: &str) -> Database {
    let name = new_name("copy");
    let from = template.column("SELECT current_database()").remove(0);
    let server = pum_tests::server();
    let maintenance = server.settings("postgres").unwrap();
    let mut session = pum_tests::open(&maintenance);
    let copy = pum_tests::database_named(&name);
    session.client().batch_execute(&format!("DROP DATABASE \"{name}\"")).unwrap();
    let make = format!("CREATE DATABASE \"{name}\" TEMPLATE \"{from}\"");
    session.client().batch_execute(&make).unwrap();
    copy.execute(sql);
    copy
}

#[test]
fn renames_are_seen_with_their_evidence_and_what_is_only_alike_is_none() {
    assert!(CASES.len() >= 20);
    let mut wrong = Vec::new();
    for (name, world, expected) in CASES {
        let home = Home::new();
        let right = match world {
            Scripts(scripts, had) => {
                for (at, script) in scripts.iter().enumerate() {
                    home.file(&format!("migrations/{:03}_x.sql", at + 1), &format!("{script};"));
                }
                home.service("prod", &of(&scripts[..*had].join(";")));
                "./migrations"
            }
            Template(sql, left, right) => {
                let template = of(sql);
                home.service("prod", &copy_of(&template, left));
                home.service("wanted", &copy_of(&template, right));
                "wanted"
            }
            Apart(left, right) => {
                home.service("prod", &of(left));
                home.service("wanted", &of(right));
                "wanted"
            }
        };
        // Columns that are no renames go and come: nothing that only this plan would prove.
        let proof = if expected.is_empty() { " --no-proof" } else { "" };
        let outcome = pum(&home, &format!("diff prod {right} --format json --allow-loss{proof}"));
        let report: Value = match serde_json::from_str(&outcome.stdout) {
            Ok(report) => report,
            Err(_) if outcome.code == Some(0) => serde_json::json!({"renames": []}),
            Err(err) => panic!("{name}: {err}: {outcome:?}"),
        };
        let found: Vec<(String, String)> = report["renames"]
            .as_array()
            .unwrap()
            .iter()
            .map(|one| (one["rename"].as_str().unwrap(), one["evidence"]["kind"].as_str().unwrap()))
            .map(|(rename, kind)| (rename.to_owned(), kind.to_owned()))
            .collect();
        let mut sorted = found.clone();
        sorted.sort();
        let mut wanted: Vec<(String, String)> =
            expected.iter().map(|(one, kind)| ((*one).to_owned(), (*kind).to_owned())).collect();
        wanted.sort();
        let is_proven = outcome.code == Some(0)
            || expected.is_empty()
            || report["proof"]["outcome"] == "proven";
        if sorted != wanted || !is_proven {
            wrong.push(format!("{name}: {found:?}, {}", report["problem"]));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn what_is_seen_can_be_left_out_and_what_is_asked_for_comes_first() {
    let (home, prod) = with(&format!("{T} {ROWS}"), RENAMED);
    let never = pum(&home, "diff prod wanted -t upgrades --no-seen-renames").expect(2);
    assert!(never.stderr.contains("data would be lost"), "{}", never.stderr);
    let asked: Vec<&str> =
        vec!["diff", "prod", "wanted", "-t", "upgrades", "--rename", "column public.t.a=b"];
    let asked = home.run(env!("CARGO_BIN_EXE_pum-under-test"), &asked).expect(1);
    assert!(!asked.stdout.contains("(seen:"), "{}", asked.stdout);
    pum(&home, "delta new x -p prod --to wanted --down").expect(0);
    let text = std::fs::read_to_string(home.path().join("deltas/delta_1.0.1_x.sql")).unwrap();
    let line = "-- renamed: column public.t.a=b (seen: 98 rows with the same keys have the same 98 values)\n";
    assert!(text.contains(line), "{text}");
    pum(&home, "upgrade -p prod").expect(0);
    assert_eq!(prod.column("SELECT count(DISTINCT b) FROM t"), ["100"]);
    pum(&home, "downgrade -p prod --to 1.0.0 --yes").expect(0);
    assert_eq!(prod.column("SELECT count(DISTINCT a) FROM t"), ["100"]);
}

/// The deltas of pum are scripts too, and some may be pending.
#[test]
fn a_directory_of_deltas_tells_what_it_renames() {
    let (home, prod) = with(&format!("{T} {ROWS}"), "SELECT 1");
    home.file("release/delta_1.0.0.sql", &T.replace("a text", "a text, kept int"));
    home.file("release/delta_1.1.0.sql", "ALTER TABLE t RENAME a TO b;");
    home.file("release/delta_1.2.0.sql", "ALTER TABLE t RENAME TO u;");
    home.file("deltas/delta_1.0.1_kept.sql", "ALTER TABLE t ADD kept int;");
    pum(&home, "delta new x -p prod --to ./release").expect(0);
    let text = std::fs::read_to_string(home.path().join("deltas/delta_1.0.2_x.sql")).unwrap();
    for line in [
        "-- renamed: table public.t=u (seen: delta_1.2.0.sql renames it)\n",
        "-- renamed: column public.t.a=b (seen: delta_1.1.0.sql renames it)\n",
    ] {
        assert!(text.contains(line), "no {line:?} in {text}");
    }
    pum(&home, "upgrade -p prod").expect(0);
    assert_eq!(prod.column("SELECT count(DISTINCT b) FROM u"), ["100"]);
}
