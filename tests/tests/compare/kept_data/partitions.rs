//! Partitions, and their rows.

use pum_tests::{database, open};

use super::{converted, kept, kept_both_ways, migrated, planned, side};

#[test]
fn the_rows_of_partitions_that_go_with_their_table_are_a_loss() {
    let partitioned = "CREATE TABLE t (id int) PARTITION BY RANGE (id)";
    let partition = "CREATE TABLE t1 PARTITION OF t FOR VALUES FROM (0) TO (10)";
    let (_, plan) = migrated(&format!("{partitioned}; {partition}; INSERT INTO t VALUES (1)"), "");
    let losses: Vec<&str> = plan.losses().filter_map(|step| step.loss).collect();
    assert_eq!(losses, ["the rows of the partitions"]);
    let (_, plan) = migrated(partitioned, "");
    assert_eq!(plan.losses().count(), 0);
}

/// Its partition has a default of its own.
#[test]
fn a_column_that_comes_to_a_partition_gets_what_differs_there() {
    let columns = "CREATE TABLE whole (k int, v int NOT NULL DEFAULT 1) PARTITION BY LIST (k);
        CREATE TABLE part PARTITION OF whole FOR VALUES IN (1);
        CREATE TABLE parent (k int, v int DEFAULT 1);
        CREATE TABLE child (own int) INHERITS (parent)";
    let differs = "ALTER TABLE part ALTER v SET DEFAULT 2;
        ALTER TABLE part ALTER v SET STORAGE plain;
        COMMENT ON COLUMN part.v IS 'own';
        GRANT SELECT (v) ON part TO PUBLIC;
        ALTER TABLE child ALTER v DROP DEFAULT, ALTER v SET STATISTICS 7";
    let bare = columns.replace(", v int NOT NULL DEFAULT 1", "").replace(", v int DEFAULT 1", "");
    let rows = "INSERT INTO whole VALUES (1); INSERT INTO child VALUES (1, 2)";
    let database = kept(&format!("{bare}; {rows}"), &format!("{columns}; {differs}"));
    assert_eq!(database.column("SELECT v FROM whole"), ["1"]);
    database.execute("INSERT INTO part VALUES (1)");
    assert_eq!(database.column("SELECT v FROM part ORDER BY v"), ["1", "2"]);
}

/// With all that belongs to it and depends on it.
#[test]
fn a_table_becomes_partitioned_and_plain_again_with_its_rows() {
    let around = |table: &str| {
        format!(
            "CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS
                 $$ BEGIN RAISE 'the trigger fires'; END $$;
             CREATE TABLE other (id int PRIMARY KEY);
             {table}
             CREATE INDEX t_o ON t (o);
             CREATE TRIGGER tr BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION f();
             ALTER TABLE t ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
             CREATE POLICY nothing ON t USING (false);
             CREATE TABLE refers (t int, d date, FOREIGN KEY (t, d) REFERENCES t);
             CREATE VIEW v AS SELECT id, x FROM t;
             CREATE MATERIALIZED VIEW m AS SELECT count(*) AS n FROM v;
             COMMENT ON COLUMN t.x IS 'X'; GRANT SELECT (x) ON t TO PUBLIC;"
        )
    };
    let columns = "(id int GENERATED ALWAYS AS IDENTITY, d date, n serial, x text DEFAULT 'x',
        o int REFERENCES other, g int GENERATED ALWAYS AS (o + 1) STORED, PRIMARY KEY (id, d),
        CHECK (x <> ''))";
    let plain = around(&format!("CREATE TABLE t {columns};"));
    let partitioned = around(&format!(
        "CREATE TABLE t {columns} PARTITION BY RANGE (d);
         CREATE TABLE t_old PARTITION OF t FOR VALUES FROM (MINVALUE) TO ('2024-01-01');
         CREATE TABLE t_new PARTITION OF t FOR VALUES FROM ('2024-01-01') TO (MAXVALUE);"
    ));
    let by_list = around(&format!(
        "CREATE TABLE t {columns} PARTITION BY LIST (d);
         CREATE TABLE t_old PARTITION OF t FOR VALUES IN ('2023-01-01');
         CREATE TABLE t_new PARTITION OF t DEFAULT PARTITION BY HASH (id);
         CREATE TABLE t_new_0 PARTITION OF t_new FOR VALUES WITH (MODULUS 1, REMAINDER 0);"
    ));
    let rows = "INSERT INTO other VALUES (7);
        ALTER TABLE t DISABLE TRIGGER tr;
        INSERT INTO t (d, x, o) VALUES ('2023-01-01', 'a', 7), ('2025-01-01', 'b', NULL);
        ALTER TABLE t ENABLE TRIGGER tr;
        INSERT INTO refers VALUES (2, '2025-01-01')";
    for (from, to) in [
        (&plain, &partitioned),
        (&partitioned, &plain),
        (&partitioned, &by_list),
        (&by_list, &partitioned),
        (&by_list, &plain),
    ] {
        let database = kept(&format!("{from}; {rows}"), to);
        assert_eq!(
            database.column("SELECT t::text FROM t ORDER BY id"),
            ["(1,2023-01-01,1,a,7,8)", "(2,2025-01-01,2,b,,)"],
            "{from} to {to}"
        );
        assert_eq!(database.column("SELECT n::text FROM m"), ["2"]);
        assert_eq!(database.column("SELECT t::text FROM refers"), ["2"]);
        database.execute("ALTER TABLE t DISABLE TRIGGER tr");
        let next = "INSERT INTO t (d) VALUES ('2024-01-01') RETURNING id || ' ' || n";
        assert_eq!(database.column(next), ["3 3"]);
        let left = "SELECT relname::text FROM pg_class WHERE relname LIKE 'pum%'";
        assert_eq!(database.column(left), [""; 0]);
    }
}

#[test]
fn a_column_of_a_partition_key_gets_another_type() {
    let tables = |data_type: &str| {
        format!(
            "CREATE TABLE t (k {data_type}, x text, PRIMARY KEY (k)) PARTITION BY RANGE (k);
             CREATE TABLE t_1 PARTITION OF t FOR VALUES FROM (0) TO (10) PARTITION BY LIST (k);
             CREATE TABLE t_1_1 PARTITION OF t_1 DEFAULT;
             CREATE TABLE t_2 PARTITION OF t DEFAULT;
             CREATE VIEW v AS SELECT k FROM t_1;"
        )
    };
    let rows = "INSERT INTO t VALUES (5, 'a'), (50, 'b')";
    let database = kept(&format!("{}{rows}", tables("int")), &tables("bigint"));
    assert_eq!(database.column("SELECT x FROM t_1_1"), ["a"]);
    assert_eq!(database.column("SELECT x FROM t_2"), ["b"]);
    let (database, plan) = migrated(&format!("{}{rows}", tables("numeric")), &tables("int"));
    assert_eq!(database.column("SELECT x FROM t ORDER BY k"), ["a", "b"]);
    let losses: Vec<&str> = plan.losses().filter_map(|step| step.loss).collect();
    assert_eq!(losses, ["what the conversion rounds or cuts of the values of the column"]);
    let (database, _) = converted(
        &format!("{}{rows}", tables("int")),
        &tables("numeric"),
        &["column public.t.k=k + 0.5"],
    );
    assert_eq!(database.column("SELECT k::text FROM t ORDER BY k"), ["5.5", "50.5"]);
}

#[test]
fn a_type_in_a_partition_key_is_replaced() {
    let tables = |labels: &str| {
        format!(
            "CREATE TYPE m AS ENUM ({labels});
             CREATE TABLE t (k m DEFAULT 'a', ks m[]) PARTITION BY LIST (k);
             CREATE TABLE t_a PARTITION OF t FOR VALUES IN ('a');
             CREATE TABLE t_b PARTITION OF t DEFAULT;
             CREATE TABLE plain (k m);"
        )
    };
    let rows = "INSERT INTO t VALUES ('a', '{a,b}'), ('b', NULL); INSERT INTO plain VALUES ('b')";
    let database = kept(&format!("{}{rows}", tables("'c', 'a', 'b'")), &tables("'b', 'a'"));
    assert_eq!(database.column("SELECT ks::text FROM t_a"), ["{a,b}"]);
    assert_eq!(database.column("SELECT k::text FROM t_b"), ["b"]);
    assert_eq!(database.column("SELECT k::text FROM plain"), ["b"]);
}

#[test]
fn a_row_without_a_partition_fails_the_script_and_changes_nothing() {
    let [before, after] = [
        "CREATE TABLE t (a int); INSERT INTO t VALUES (1), (20)",
        "CREATE TABLE t (a int) PARTITION BY RANGE (a);
         CREATE TABLE t_1 PARTITION OF t FOR VALUES FROM (0) TO (10)",
    ]
    .map(|sql| {
        let database = database();
        database.execute(sql);
        database
    });
    let sql = planned(&side(&before), &side(&after), &before, &[]).to_sql();
    let error = open(&before.settings).client().batch_execute(&sql).unwrap_err();
    let message = error.as_db_error().unwrap().message();
    assert_eq!(message, "no partition of relation \"t\" found for row");
    assert_eq!(before.column("SELECT a::text FROM t"), ["1", "20"]);
}

/// The table that they leave goes, with its indexes, keys, and foreign keys in a circle; what is a partition of a
/// partition goes with it.
#[test]
fn partitions_move_to_another_table_with_their_rows() {
    let tables = |suffix: &str| {
        format!(
            "CREATE TABLE a{suffix} (id int, k int, b text, UNIQUE (k, id)) PARTITION BY LIST (k);
             CREATE TABLE a_1 PARTITION OF a{suffix} (PRIMARY KEY (k, b)) FOR VALUES IN (1);
             CREATE TABLE a_2 PARTITION OF a{suffix} FOR VALUES IN (2) PARTITION BY RANGE (id);
             CREATE TABLE a_2_1 PARTITION OF a_2 FOR VALUES FROM (0) TO (10);
             CREATE UNIQUE INDEX a_k ON a{suffix} (k, id, b);
             CREATE INDEX own ON a_1 (k, b);
             CREATE TABLE f{suffix} (k int, id int, b text, UNIQUE (k, id, b)) PARTITION BY LIST (k);
             CREATE TABLE f_1 PARTITION OF f{suffix} FOR VALUES IN (1);
             CREATE UNIQUE INDEX f_k ON f{suffix} (k, id);
             ALTER TABLE f{suffix} ADD CONSTRAINT to_a FOREIGN KEY (k, id) REFERENCES a{suffix} (k, id);
             ALTER TABLE a{suffix} ADD CONSTRAINT to_f FOREIGN KEY (k, id, b) REFERENCES f{suffix} (k, id, b)
                 DEFERRABLE INITIALLY DEFERRED"
        )
    };
    let rows = "INSERT INTO a VALUES (3, 1, 'x'); INSERT INTO f VALUES (1, 3, 'x')";
    // `kept` makes sure that nothing is called a loss.
    let database = kept(&format!("{}; {rows}", tables("")), &tables("_new"));
    assert_eq!(database.column("SELECT id::text FROM a_new"), ["3"]);
    assert_eq!(database.column("SELECT id::text FROM f_new"), ["3"]);
}

/// What was copied and what has another table now.
#[test]
fn partitions_go_their_ways_when_their_table_is_recreated() {
    let database = kept(
        "CREATE TABLE t (a int, b int) PARTITION BY LIST (a);
         CREATE TABLE gone PARTITION OF t FOR VALUES IN (1);
         CREATE TABLE detached PARTITION OF t FOR VALUES IN (2);
         CREATE TABLE joins (a int, b int);
         INSERT INTO t VALUES (1, 1), (2, 2); INSERT INTO joins VALUES (3, 3)",
        "CREATE TABLE t (a int, b int) PARTITION BY LIST (b);
         CREATE TABLE other PARTITION OF t FOR VALUES IN (1, 2);
         CREATE TABLE detached (a int, b int);
         CREATE TABLE joins PARTITION OF t FOR VALUES IN (3)",
    );
    assert_eq!(database.column("SELECT b::text FROM detached"), ["2"]);
    assert_eq!(database.column("SELECT b::text FROM t ORDER BY b"), ["1", "3"]);
}

#[test]
fn keys_of_partitions_change_together_with_those_of_the_whole() {
    let tables = |more: &str| {
        format!(
            "CREATE TABLE t (a int NOT NULL, b text) PARTITION BY RANGE (a);
             CREATE TABLE p PARTITION OF t FOR VALUES FROM (0) TO (10);
             CREATE TABLE q PARTITION OF t DEFAULT; {more}"
        )
    };
    let rows = "INSERT INTO t VALUES (1, 'x'), (20, 'y')";
    let query = "SELECT t::text FROM t ORDER BY a";
    let of_index = "CREATE UNIQUE INDEX u ON ONLY t (a);
        ALTER TABLE p ADD CONSTRAINT pu UNIQUE (a); CREATE UNIQUE INDEX qu ON q (a);
        ALTER INDEX u ATTACH PARTITION pu; ALTER INDEX u ATTACH PARTITION qu";
    let of_indexes = "CREATE UNIQUE INDEX u ON ONLY t (a);
        CREATE UNIQUE INDEX pu ON p (a); CREATE UNIQUE INDEX qu ON q (a);
        ALTER INDEX u ATTACH PARTITION pu; ALTER INDEX u ATTACH PARTITION qu";
    let of_constraint = "ALTER TABLE ONLY t ADD CONSTRAINT u UNIQUE (a);
        ALTER TABLE p ADD CONSTRAINT pu UNIQUE (a); ALTER TABLE q ADD CONSTRAINT qu UNIQUE (a);
        ALTER INDEX u ATTACH PARTITION pu; ALTER INDEX u ATTACH PARTITION qu";
    let partly = "ALTER TABLE ONLY t ADD CONSTRAINT u UNIQUE (a);
        ALTER TABLE p ADD CONSTRAINT pu UNIQUE (a); ALTER TABLE q ADD CONSTRAINT qu UNIQUE (a);
        ALTER INDEX u ATTACH PARTITION pu";
    let alone =
        "ALTER TABLE p ADD CONSTRAINT pu UNIQUE (a); ALTER TABLE q ADD CONSTRAINT qu UNIQUE (a)";
    let all = [of_index, of_indexes, of_constraint, partly, alone];
    for (number, one) in all.iter().enumerate() {
        for other in &all[number + 1..] {
            kept_both_ways(&tables(one), rows, &tables(other), query);
        }
    }
    let crossed = |one: &str, other: &str| {
        tables(&format!(
            "CREATE INDEX i ON ONLY t (a); CREATE INDEX j ON ONLY t (a);
             CREATE INDEX pi ON p (a); CREATE INDEX pj ON p (a);
             ALTER INDEX {one} ATTACH PARTITION pi; ALTER INDEX {other} ATTACH PARTITION pj"
        ))
    };
    kept_both_ways(&crossed("i", "j"), rows, &crossed("j", "i"), query);
}

#[test]
fn what_becomes_a_partition_of_a_table_recreated_gets_its_keys_attached() {
    let before = "CREATE TABLE t (a int, b text, UNIQUE (a, b), CONSTRAINT c CHECK (a > 0));
        CREATE TABLE p (a int, b text, UNIQUE (a, b));
        CREATE TABLE refers (a int, b text)";
    let after = "CREATE TABLE t (a int, b text, UNIQUE (a, b)) PARTITION BY LIST (b);
        ALTER TABLE t ADD CONSTRAINT c CHECK (a > 0) NOT VALID;
        CREATE TABLE p PARTITION OF t FOR VALUES IN ('x');
        CREATE TABLE refers (a int, b text, FOREIGN KEY (a, b) REFERENCES t (a, b))";
    let rows = "INSERT INTO t VALUES (1, 'x'); INSERT INTO p VALUES (2, 'x'); INSERT INTO refers VALUES (2, 'x')";
    let database = kept(&format!("{before}; {rows}"), after);
    assert_eq!(database.column("SELECT a::text FROM t ORDER BY a"), ["1", "2"]);
}

#[test]
fn a_check_is_valid_in_the_partitions_only() {
    let table = |check: &str| {
        format!(
            "CREATE TABLE t (a int, b text) PARTITION BY LIST (b); {check};
             CREATE TABLE p PARTITION OF t FOR VALUES IN ('x')"
        )
    };
    let without = table("SELECT 1");
    let with = table("ALTER TABLE t ADD CONSTRAINT c CHECK (a > 0) NOT VALID");
    kept_both_ways(&without, "INSERT INTO t VALUES (1, 'x')", &with, "SELECT a::text FROM t");
}

/// The server attaches the first index that is like that of the partitioned table.
#[test]
fn an_index_that_a_table_has_beside_that_of_its_whole_stays_its_own() {
    let tables = "CREATE TABLE t (a int, b text) PARTITION BY LIST (b);
        CREATE INDEX of_t ON t (a, b); CREATE TABLE p (a int, b text)";
    let own = "CREATE INDEX \"its own\" ON p (a, b); COMMENT ON INDEX \"its own\" IS 'x'";
    let alone = format!("{tables}; {own}");
    let attached = format!("{tables}; ALTER TABLE t ATTACH PARTITION p FOR VALUES IN ('x'); {own}");
    kept_both_ways(&alone, "INSERT INTO p VALUES (1, 'x')", &attached, "SELECT a::text FROM p");
}
