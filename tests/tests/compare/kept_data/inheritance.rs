//! Tables that inherit, and their rows.

use super::{kept, kept_both_ways, migrated};

#[test]
fn a_child_keeps_its_own_column_when_the_parent_loses_it() {
    let (database, _) = migrated(
        "CREATE TABLE p (a int, e int); CREATE TABLE kept (e int) INHERITS (p);
         CREATE TABLE other () INHERITS (p);
         INSERT INTO kept VALUES (1, 2)",
        "CREATE TABLE p (a int); CREATE TABLE kept (e int) INHERITS (p);
         CREATE TABLE other () INHERITS (p)",
    );
    assert_eq!(database.column("SELECT e::text FROM kept"), ["2"]);
}

#[test]
fn what_is_a_tables_own_becomes_inherited_and_the_reverse() {
    let parents = "CREATE TABLE p (a int CHECK (a > 0), b text DEFAULT 'p');
        CREATE TABLE refers (a int);";
    let tables = |child: &str| {
        format!(
            "{parents} {child}; CREATE INDEX i ON c (a); CREATE VIEW v AS SELECT a, x FROM c;
             COMMENT ON COLUMN c.b IS 'B'"
        )
    };
    let inherited = tables("CREATE TABLE c (x serial) INHERITS (p)");
    let own = tables(
        "CREATE TABLE c (a int, b text DEFAULT 'p', x serial, CONSTRAINT p_a_check CHECK (a > 0)) \
         INHERITS (p)",
    );
    let own_column = tables("CREATE TABLE c (a int, x serial) INHERITS (p)");
    let own_constraint =
        tables("CREATE TABLE c (x serial, CONSTRAINT p_a_check CHECK (a > 0)) INHERITS (p)");
    let rows = "INSERT INTO c (a) VALUES (7), (8)";
    let query = "SELECT p::text FROM p ORDER BY a";
    let all = [&inherited, &own, &own_column, &own_constraint];
    for (number, one) in all.iter().enumerate() {
        for other in &all[number + 1..] {
            kept_both_ways(one, rows, other, query);
        }
    }
    let database = kept(&format!("{own}; {rows}"), &inherited);
    assert_eq!(database.column("INSERT INTO c (a) VALUES (9) RETURNING x::text"), ["3"]);
}

#[test]
fn a_new_column_that_is_inherited_gets_what_it_has_beside_that() {
    let database = kept(
        "CREATE TABLE t (a int) PARTITION BY LIST (a); CREATE TABLE t_1 PARTITION OF t DEFAULT;
         CREATE TABLE p (a int); CREATE TABLE c () INHERITS (p)",
        "CREATE TABLE t (a int, b int DEFAULT 1) PARTITION BY LIST (a);
         CREATE TABLE t_1 PARTITION OF t DEFAULT;
         ALTER TABLE t_1 ALTER b SET DEFAULT 2, ALTER b SET NOT NULL; COMMENT ON COLUMN t_1.b IS 'B';
         CREATE TABLE p (a int, b text); CREATE TABLE c () INHERITS (p);
         ALTER TABLE c ALTER b SET DEFAULT 'c', ALTER b SET STORAGE external",
    );
    assert_eq!(database.column("INSERT INTO c DEFAULT VALUES RETURNING b"), ["c"]);
}

#[test]
fn what_comes_to_inherit_finds_the_new_columns_of_its_parents() {
    let before = "CREATE TABLE t (a int, b int) PARTITION BY RANGE (a);
        CREATE TABLE stays PARTITION OF t FOR VALUES FROM (0) TO (10);
        CREATE TABLE leaves PARTITION OF t FOR VALUES FROM (10) TO (20);
        CREATE TABLE comes (a int, b bigint, c text);
        CREATE TABLE parent (x int, y int); CREATE TABLE child (own int) INHERITS (parent)";
    let after = "CREATE TABLE t (a int, b bigint, c text) PARTITION BY RANGE (a);
        CREATE TABLE stays PARTITION OF t FOR VALUES FROM (0) TO (10);
        CREATE TABLE leaves (a int, b int);
        CREATE TABLE comes PARTITION OF t FOR VALUES FROM (20) TO (30);
        CREATE TABLE is_new PARTITION OF t FOR VALUES FROM (30) TO (40);
        CREATE TABLE parent (x int, y bigint, z text); CREATE TABLE child (own int) INHERITS (parent);
        CREATE TABLE grandchild () INHERITS (child)";
    let rows = "INSERT INTO t VALUES (1, 2), (11, 12); INSERT INTO child VALUES (1, 2, 3);
        INSERT INTO comes VALUES (21, 22, 'y')";
    let database = kept(&format!("{before}; {rows}"), after);
    let found = database.column("SELECT tableoid::regclass || t::text FROM t ORDER BY a");
    assert_eq!(found, ["stays(1,2,)", "comes(21,22,y)"]);
    assert_eq!(database.column("SELECT leaves::text FROM leaves"), ["(11,12)"]);
    assert_eq!(database.column("SELECT child::text FROM child"), ["(1,2,3,)"]);
}

#[test]
fn a_table_is_recreated_once_its_parents_have_their_columns() {
    // That a column becomes inherited there is no statement for where the table has another order.
    let before = "CREATE TABLE parent (x int);
        CREATE TABLE child (a int, b int) INHERITS (parent);
        ALTER TABLE child ADD COLUMN e int";
    let after =
        "CREATE TABLE parent (x int, e int); CREATE TABLE child (a int, b int) INHERITS (parent)";
    for preset in [before, &format!("{before}; ALTER TABLE child DROP COLUMN b, ADD COLUMN b int")]
    {
        let database =
            kept(&format!("{preset}; INSERT INTO child (x, a, e) VALUES (1, 2, 3)"), after);
        assert_eq!(database.column("SELECT x || ',' || a || ',' || e FROM child"), ["1,2,3"]);
    }
}

#[test]
fn what_leaves_its_parent_keeps_the_columns_that_this_loses() {
    let before = "CREATE TABLE t (a int, b int) PARTITION BY RANGE (a);
        CREATE TABLE leaves PARTITION OF t FOR VALUES FROM (10) TO (20);
        CREATE TABLE parent (x int, y int); CREATE TABLE child (own int) INHERITS (parent);
        CREATE TABLE other (x int, y int); CREATE TABLE changes (x int, y int, own int)";
    let after = "CREATE TABLE t (a int) PARTITION BY RANGE (a);
        CREATE TABLE leaves (a int, b int);
        CREATE TABLE parent (x int); CREATE TABLE child (x int, y int, own int);
        CREATE TABLE other (x int, y bigint); CREATE TABLE changes (x int, y bigint, own int, CHECK (x > 0)) INHERITS (other);
        ALTER TABLE other ADD CHECK (y > 0)";
    let rows = "INSERT INTO t VALUES (11, 12); INSERT INTO child VALUES (1, 2, 3);
        INSERT INTO changes VALUES (1, 2, 3)";
    let (database, plan) = migrated(&format!("{before}; {rows}"), after);
    let losses: Vec<String> = plan.losses().map(|step| step.identity.to_string()).collect();
    assert_eq!(losses, ["column public.parent.y", "column public.t.b"]);
    assert_eq!(database.column("SELECT leaves::text FROM leaves"), ["(11,12)"]);
    assert_eq!(database.column("SELECT child::text FROM child"), ["(1,2,3)"]);
    assert_eq!(database.column("SELECT changes::text FROM changes"), ["(1,2,3)"]);
}

#[test]
fn a_table_changes_its_parents_and_gets_what_the_others_have() {
    let before = "CREATE TABLE one (x int, y int);
        CREATE TABLE other (x int, y int, z text DEFAULT 'z' NOT NULL, CHECK (x > 0));
        CREATE TABLE changes (own int) INHERITS (one);
        CREATE TABLE comes (x int, own int, y int);
        CREATE TABLE whole (a int, b text NOT NULL, CHECK (a >= 0)) PARTITION BY RANGE (a);
        CREATE TABLE low PARTITION OF whole FOR VALUES FROM (0) TO (10);
        CREATE TABLE high PARTITION OF whole FOR VALUES FROM (10) TO (20);
        CREATE TABLE part (b text, a int)";
    let after = "CREATE TABLE one (x int);
        CREATE TABLE other (x int, y bigint, z text DEFAULT 'z' NOT NULL, CHECK (x > 0));
        CREATE TABLE changes (x int, y bigint, own int) INHERITS (other);
        CREATE TABLE comes (x int, own int, y bigint) INHERITS (other);
        CREATE TABLE whole (a int, b text NOT NULL, CHECK (a >= 0)) PARTITION BY RANGE (a);
        CREATE TABLE low PARTITION OF whole FOR VALUES FROM (-10) TO (10);
        CREATE TABLE high PARTITION OF whole FOR VALUES FROM (15) TO (20);
        CREATE TABLE part (b text NOT NULL, a int, CONSTRAINT whole_a_check CHECK (a >= 0));
        ALTER TABLE whole ATTACH PARTITION part FOR VALUES FROM (10) TO (15)";
    let rows = "INSERT INTO changes VALUES (1, 2, 3); INSERT INTO comes VALUES (1, 2, 3);
        INSERT INTO whole VALUES (1, 'a'), (16, 'b'); INSERT INTO part VALUES ('c', 11)";
    let (database, plan) = migrated(&format!("{before}; {rows}"), after);
    let losses: Vec<String> = plan.losses().map(|step| step.identity.to_string()).collect();
    assert_eq!(losses, ["column public.one.y"]);
    let found = database.column("SELECT tableoid::regclass || other::text FROM other ORDER BY 1");
    assert_eq!(found, ["changes(1,2,z)", "comes(1,3,z)"]);
    let found = database.column("SELECT tableoid::regclass || whole::text FROM whole ORDER BY a");
    assert_eq!(found, ["low(1,a)", "part(11,c)", "high(16,b)"]);
}
