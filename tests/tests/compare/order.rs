//! The order of columns: layout in a table, meaning in a type, a view and what a function gives.

use pum_core::diff::{Filters, Preset, diff};
use pum_tests::{Database, database};

use super::base_server::model;
use super::lines;

fn database_with(sql: &str) -> Database {
    let database = database();
    database.execute(sql);
    database
}

fn differences(left: &str, right: &str, filters: &Filters) -> Vec<String> {
    let (left, right) = (database_with(left), database_with(right));
    lines(&diff(&model(&left), &model(&right), filters))
}

/// What the server prints in the order of the columns of `t`, and what has a meaning of its own.
const SAME: &str = r#"
    CREATE STATISTICS stats ON a, "B b" FROM t;
    CREATE STATISTICS expressions ON (a + c), c, a FROM t;
    CREATE TABLE u (id int, c int, a int, z int);
    CREATE VIEW natural_join AS SELECT t.id, u.z FROM t NATURAL JOIN u;
    CREATE VIEW joined AS SELECT t.id, u.z FROM t JOIN u USING (id, a);
    CREATE FUNCTION give() RETURNS SETOF t LANGUAGE sql AS 'SELECT * FROM t';
    CREATE VIEW joined_again AS SELECT j.b, j.c, k.f
        FROM (t JOIN u USING (id, c)) j (b, c), (t JOIN u ON t.id = u.id) k (f);
    CREATE VIEW joined_thrice AS SELECT j.n, j.z
        FROM ((t t1 LEFT JOIN t t2 USING (id, "B b")) JOIN u USING (id)) j (n);
    CREATE VIEW of_function AS SELECT r.a, r."B b" FROM give() r;
"#;

#[test]
fn what_the_server_prints_in_the_order_of_a_tables_columns_is_the_same() {
    let left = r#"CREATE TABLE t (id int, a int, "B b" int, c int);"#;
    let right = r#"CREATE TABLE t (id int, c int, "B b" int, a int);"#;
    // Each names the columns in the order that they have.
    let left = [left, SAME, "CREATE VIEW named AS SELECT x.k FROM t x (i, k, l, m);"].concat();
    let right = [right, SAME, "CREATE VIEW named AS SELECT x.k FROM t x (i, m, l, k);"].concat();
    assert_eq!(differences(&left, &right, &Filters::default()), [""; 0]);
    // Who asks for the order of columns is told all of it.
    let strict = differences(&left, &right, &Filters::new(Preset::Strict));
    for line in ["column public.t.a.position", "statistics public.stats.definition"] {
        assert!(strict.iter().any(|found| found == line), "{strict:?}");
    }
}

#[test]
fn another_column_is_a_difference_wherever_it_is_named() {
    let left = r#"CREATE TABLE t (id int, a int, "B b" int, c int); CREATE TABLE u (LIKE t);"#;
    let right = r#"CREATE TABLE t (id int, c int, "B b" int, a int); CREATE TABLE u (LIKE t);"#;
    for (one, other, expected) in [
        (
            "CREATE STATISTICS s ON id, a FROM t",
            "CREATE STATISTICS s ON id, c FROM t",
            "statistics public.s.definition",
        ),
        (
            "CREATE VIEW v AS SELECT t.id FROM t JOIN u USING (id, a)",
            "CREATE VIEW v AS SELECT t.id FROM t JOIN u USING (id, c)",
            "view public.v.definition",
        ),
        // The second column is another one.
        (
            "CREATE VIEW v AS SELECT x.k FROM t x (i, k)",
            "CREATE VIEW v AS SELECT x.k FROM t x (i, k)",
            "view public.v.definition",
        ),
        (
            "CREATE RULE r AS ON DELETE TO u DO ALSO INSERT INTO t VALUES (1, 2, 3, 4)",
            "CREATE RULE r AS ON DELETE TO u DO ALSO INSERT INTO t VALUES (1, 2, 3, 4)",
            "rule public.u.r.definition",
        ),
        // So is that of the join.
        (
            "CREATE VIEW v AS SELECT j.k FROM (t JOIN u USING (id)) j (i, k)",
            "CREATE VIEW v AS SELECT j.k FROM (t JOIN u USING (id)) j (i, k)",
            "view public.v.definition",
        ),
        (
            "CREATE VIEW v AS SELECT * FROM t",
            "CREATE VIEW v AS SELECT * FROM t",
            "view public.v.definition",
        ),
    ] {
        let (left, right) = ([left, one].concat(), [right, other].concat());
        assert_eq!(differences(&left, &right, &Filters::default()), [expected], "{one}");
    }
    // The order of a list of names counts where no table's columns explain it.
    let same = "CREATE TABLE t (id int, a int); CREATE TABLE u (LIKE t);";
    let view =
        |names: &str| format!("{same} CREATE VIEW v AS SELECT u.a FROM t JOIN u USING ({names})");
    assert_eq!(
        differences(&view("id, a"), &view("a, id"), &Filters::default()),
        ["view public.v.definition"]
    );
}

#[test]
fn the_order_of_attributes_of_a_type_is_meaning() {
    let told = |left, right| differences(left, right, &Filters::default());
    assert_eq!(
        told("CREATE TYPE c AS (x int, y int)", "CREATE TYPE c AS (y int, x int)"),
        ["column public.c.x.position", "column public.c.y.position"]
    );
    // One more says all there is to say.
    assert_eq!(
        told("CREATE TYPE c AS (x int, y int)", "CREATE TYPE c AS (x int, z int, y int)"),
        ["+ column public.c.z"]
    );
    assert_eq!(told("CREATE TABLE c (x int, y int)", "CREATE TABLE c (y int, x int)"), [""; 0]);
    assert_eq!(
        told("CREATE VIEW c AS SELECT 1 AS x, 2 AS y", "CREATE VIEW c AS SELECT 2 AS y, 1 AS x"),
        ["view public.c.definition"]
    );
    let function = |out: &str| format!("CREATE FUNCTION f({out}) LANGUAGE sql AS 'SELECT 1, 2'");
    assert_eq!(
        told(&function("OUT a int, OUT b int"), &function("OUT b int, OUT a int")),
        ["function public.f().signature"]
    );
    let mut filters = Filters::default();
    filters.ignore("columns.position").unwrap();
    assert_eq!(
        differences("CREATE TYPE c AS (x int, y int)", "CREATE TYPE c AS (y int, x int)", &filters),
        [""; 0]
    );
}
