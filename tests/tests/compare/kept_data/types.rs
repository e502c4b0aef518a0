//! Columns whose types change, and their values.

use pum_core::diff::{Filters, all_differences};
use pum_core::plan::{MigrationOptions, plan};
use pum_tests::{database, open};

use super::{converted, kept, migrated, planned, side};

#[test]
fn values_of_replaced_types_stay() {
    let database = kept(
        "CREATE TYPE m AS ENUM ('a', 'b', 'c');
         CREATE DOMAIN d AS m CHECK (VALUE <> 'c');
         CREATE TYPE c AS (p m, q int);
         CREATE TABLE t (id int, x d DEFAULT 'a', y m[], z c, zs c[]);
         CREATE INDEX i ON t (x);
         CREATE VIEW v AS SELECT x, y, (z).p FROM t;
         INSERT INTO t VALUES (1, 'b', '{a,b}', ROW('a', 7), ARRAY[ROW('b', 8)::c])",
        "CREATE TYPE m AS ENUM ('b', 'a');
         CREATE DOMAIN d AS m CHECK (VALUE <> 'a');
         CREATE TYPE c AS (p m, q int);
         CREATE TABLE t (id int, x d DEFAULT 'b', y m[], z c, zs c[]);
         CREATE INDEX i ON t (x);
         CREATE VIEW v AS SELECT x, y, (z).p FROM t",
    );
    assert_eq!(
        database.column("SELECT t::text FROM t"),
        [r#"(1,b,"{a,b}","(a,7)","{""(b,8)""}")"#]
    );
}

#[test]
fn attributes_are_converted_by_their_names() {
    let (database, plan) = migrated(
        "CREATE TYPE c AS (a int, b text, d date);
         CREATE TABLE t (id int, x c);
         INSERT INTO t VALUES (1, ROW(5, 'five', '2020-01-02')), (2, NULL)",
        "CREATE TYPE c AS (n text, b text, a bigint);
         CREATE TABLE t (id int, x c)",
    );
    assert_eq!(
        database.column("SELECT coalesce(x::text, '-') FROM t ORDER BY id"),
        ["(,five,5)", "-"]
    );
    let losses: Vec<&str> = plan.losses().filter_map(|step| step.loss).collect();
    assert_eq!(losses, ["the values of attributes that the type loses"]);
}

#[test]
fn a_domain_that_gets_shorter_cuts_nothing() {
    let [before, after] = [
        "CREATE DOMAIN d AS varchar(10); CREATE TABLE t (x d); INSERT INTO t VALUES ('sixsix')",
        "CREATE DOMAIN d AS varchar(5); CREATE TABLE t (x d)",
    ]
    .map(|sql| {
        let database = database();
        database.execute(sql);
        database
    });
    let sql = planned(&side(&before), &side(&after), &before, &[]).to_sql();
    let error = open(&before.settings).client().batch_execute(&sql).unwrap_err();
    assert!(error.as_db_error().unwrap().message().contains("too long"), "{error:?}");
    assert_eq!(before.column("SELECT x::text FROM t"), ["sixsix"]);
}

#[test]
fn values_are_converted_as_it_is_asked_for() {
    let (database, plan) = converted(
        "CREATE TYPE m AS ENUM ('sad', 'ok');
         CREATE TABLE t (id int PRIMARY KEY, at bigint DEFAULT 5, n numeric, x m, xs m[]);
         CREATE VIEW v AS SELECT at, n FROM t;
         INSERT INTO t VALUES (1, 86400, 1.7, 'sad', '{sad,ok}')",
        "CREATE TYPE m AS ENUM ('ok');
         CREATE TABLE t (id int PRIMARY KEY, at timestamp DEFAULT '2020-01-01', n int, x m, xs m[]);
         CREATE VIEW v AS SELECT at, n FROM t",
        &[
            "column public.t.at=pg_catalog.timezone('UTC', pg_catalog.to_timestamp(at))",
            "column public.T.n = trunc(n)",
            "column public.t.x='ok'::public.m",
            "column public.t.xs=pg_catalog.array_remove(xs::text[], 'sad')::public.m[]",
        ],
    );
    assert_eq!(
        database.column("SELECT t::text FROM t"),
        [r#"(1,"1970-01-02 00:00:00",1,ok,{ok})"#]
    );
    assert_eq!(plan.losses().count(), 0, "{}", plan.to_sql());
    assert_eq!(plan.conversions.len(), 4);
}

#[test]
fn a_conversion_of_what_has_none_says_why() {
    let sql = "CREATE TYPE c AS (a int, b text);
        CREATE TABLE p (a int, same int, g int GENERATED ALWAYS AS (a) STORED);
        CREATE TABLE child () INHERITS (p); CREATE VIEW v AS SELECT 1::int AS a;";
    let [before, after] =
        [sql.to_owned(), sql.replace("a int", "a bigint").replace("g int", "g bigint")].map(
            |sql| {
                let database = database();
                database.execute(&sql);
                database
            },
        );
    let (from, to) = (side(&before), side(&after));
    let differences = all_differences(&from.model, &to.model, &Filters::default());
    for (text, problem) in [
        ("column public.p.sam=1", "no column of that name stays; did you mean \"public.p.same\""),
        ("column public.p.same=1", "its type does not change: it is integer"),
        ("column public.p.g=1", "the values of a generated column are computed"),
        ("column public.child.a=1", "with column public.p.a, which it inherits from"),
        ("column public.c.a=1", "only the columns of tables"),
        ("column public.v.a=1", "only the columns of tables"),
    ] {
        let mut options = MigrationOptions::new(before.settings.user(), 15);
        options.conversions = vec![text.parse().unwrap()];
        let err = plan(&from, &to, &differences, &options).unwrap_err().to_string();
        assert!(err.contains(text) && err.contains(problem), "{text}: {err}");
    }
}

/// A range type with its multirange and its functions, and what is made of it.
#[test]
fn values_of_a_range_type_that_is_recreated_stay() {
    let around = |range: &str| {
        format!(
            "CREATE FUNCTION apart(int, int) RETURNS float8 LANGUAGE sql IMMUTABLE AS 'SELECT 1::float8';
             CREATE TYPE r AS RANGE ({range});
             CREATE DOMAIN d AS r CHECK (VALUE IS NOT NULL);
             CREATE TYPE c AS (a r, b text);
             CREATE TABLE t (id int, x r DEFAULT '[1,2)' NOT NULL, xs r[], y d, z c,
                 EXCLUDE USING gist (x WITH &&), CHECK (upper(x) > 0));
             CREATE INDEX i ON t USING gist (x);
             CREATE TABLE child () INHERITS (t);
             CREATE FUNCTION f(r) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT lower($1)::int';
             CREATE VIEW v AS SELECT x FROM t;
             ALTER TABLE t ALTER xs SET STORAGE external;"
        )
    };
    let rows = "INSERT INTO t VALUES (1, '[1,5)', '{\"[2,3)\"}', '[7,8)', ROW('[9,10)', 'b'));
        INSERT INTO child VALUES (2, '[3,5)', NULL, '[7,8)', NULL)";
    for (from, to) in [
        ("SUBTYPE = int", "SUBTYPE = int, SUBTYPE_DIFF = apart"),
        ("SUBTYPE = int, SUBTYPE_DIFF = apart", "SUBTYPE = bigint"),
    ] {
        let database = kept(&format!("{}{rows}", around(from)), &around(to));
        assert_eq!(
            database.column("SELECT t::text FROM t ORDER BY id"),
            [r#"(1,"[1,5)","{""[2,3)""}","[7,8)","(""[9,10)"",b)")"#, r#"(2,"[3,5)",,"[7,8)",)"#]
        );
    }
}

#[test]
fn values_of_a_base_type_that_is_recreated_stay() {
    let around = |more: &str| {
        format!(
            "CREATE TYPE b;
             CREATE FUNCTION b_in(cstring) RETURNS b LANGUAGE internal IMMUTABLE STRICT AS 'int4in';
             CREATE FUNCTION b_out(b) RETURNS cstring LANGUAGE internal IMMUTABLE STRICT AS 'int4out';
             CREATE TYPE b (INPUT = b_in, OUTPUT = b_out, LIKE = integer{more});
             CREATE FUNCTION b_int(b) RETURNS int LANGUAGE internal IMMUTABLE STRICT AS 'int4up';
             CREATE CAST (b AS int) WITH FUNCTION b_int(b) AS ASSIGNMENT;
             CREATE DOMAIN d AS b;
             CREATE TABLE t (id int, x b DEFAULT '4', xs b[], y d, g int GENERATED ALWAYS AS (x::int) STORED);
             CREATE VIEW v AS SELECT x::int AS n FROM t;"
        )
    };
    let rows = "INSERT INTO t VALUES (1, '7', '{1,2}', '8'), (2, DEFAULT, NULL, NULL)";
    let to = around(", CATEGORY = 'N', PREFERRED = true");
    let (database, plan) = migrated(&format!("{}{rows}", around("")), &to);
    // What the filters hide.
    let losses: Vec<&str> = plan.losses().filter_map(|step| step.loss).collect();
    assert_eq!(losses, ["all that depends on the type"]);
    let values = [r#"(1,7,"{1,2}",8,7)"#, "(2,4,,,4)"];
    assert_eq!(database.column("SELECT t::text FROM t ORDER BY id"), values);
    assert_eq!(database.column("SELECT n::text FROM v ORDER BY n DESC"), ["7", "4"]);
}

#[test]
fn a_column_keeps_its_storage_when_it_gets_another_type() {
    let of = |data_type: &str| {
        format!("CREATE TABLE t (a {data_type}); ALTER TABLE t ALTER a SET STORAGE external")
    };
    kept(&of("varchar(5)"), &of("text"));
    let of = |labels: &str| {
        format!(
            "CREATE TYPE m AS ENUM ({labels}); CREATE TABLE t (a m[]);
             ALTER TABLE t ALTER a SET STORAGE main"
        )
    };
    kept(&of("'a', 'b'"), &of("'b', 'a'"));
}
