//! Statements that keep busy tables readable and writable: what is written, and that it leads to the same.

use pum_tests::command::Home;

use super::pending::{pum, with};

const PROD: &str = "
    CREATE TABLE small (id int PRIMARY KEY);
    CREATE TABLE big (id int, other int, code text, note text, kind text DEFAULT 'x');
    CREATE INDEX big_note ON big (note);
    CREATE INDEX big_kind ON big (kind);
    CREATE INDEX big_gone ON big (other);
    ALTER TABLE big ADD CONSTRAINT big_code UNIQUE (code);
    INSERT INTO small VALUES (1);
    INSERT INTO big SELECT n, 1, n, n FROM generate_series(1, 100) n;
    CREATE TABLE parts (at int, v int) PARTITION BY RANGE (at);
    CREATE TABLE parts_1 PARTITION OF parts FOR VALUES FROM (0) TO (10);
    CREATE TABLE parts_2 PARTITION OF parts FOR VALUES FROM (10) TO (20);
    CREATE TABLE parts_3 (at int, v int);
    INSERT INTO parts VALUES (5), (15);
    INSERT INTO parts_3 VALUES (25)";

const WANTED: &str = "
    CREATE TABLE small (id int PRIMARY KEY);
    CREATE TABLE big (id int NOT NULL, other int REFERENCES small CHECK (other > 0), code text,
        note text NOT NULL, kind text DEFAULT 'x', filled uuid NOT NULL DEFAULT gen_random_uuid());
    CREATE INDEX big_note ON big (note DESC);
    CREATE INDEX big_new ON big (kind) WHERE note = 'CREATE INDEX';
    COMMENT ON INDEX big_new IS 'new';
    ALTER TABLE big ADD PRIMARY KEY (id);
    ALTER TABLE big ADD CONSTRAINT big_code UNIQUE (code) DEFERRABLE;
    CREATE TABLE parts (at int, v int) PARTITION BY RANGE (at);
    CREATE TABLE parts_1 (at int, v int);
    CREATE TABLE parts_2 PARTITION OF parts FOR VALUES FROM (10) TO (20);
    CREATE TABLE parts_3 PARTITION OF parts FOR VALUES FROM (20) TO (30);
    CREATE TABLE child (big int REFERENCES big)";

/// The texts of all deltas that were written, in order.
fn written(home: &Home) -> String {
    let deltas = std::fs::read_dir(home.path().join("deltas")).unwrap();
    let mut paths: Vec<_> = deltas.map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths.iter().map(|path| std::fs::read_to_string(path).unwrap()).collect()
}

/// The parts stand in the text in this order.
#[track_caller]
fn assert_in_order(text: &str, parts: &[&str]) {
    let mut at = 0;
    for part in parts {
        let found =
            text[at..].find(part).unwrap_or_else(|| panic!("no {part:?} in {}", &text[at..]));
        at += found + part.len();
    }
}

#[test]
fn each_change_of_a_busy_table_is_made_in_its_way() {
    let (home, prod) = with(PROD, WANTED);
    pum(&home, "delta new busy -p prod --to wanted --online always --allow-loss").expect(0);
    let text = written(&home);
    for parts in [
        &[
            "CHECK (\"id\" IS NOT NULL) NOT VALID;",
            "VALIDATE CONSTRAINT \"pum_not_null_id\";",
            "ALTER COLUMN \"id\" SET NOT NULL;",
            "DROP CONSTRAINT \"pum_not_null_id\";",
        ][..],
        &[
            "ADD CONSTRAINT \"big_other_check\" CHECK ((other > 0)) NOT VALID;",
            "VALIDATE CONSTRAINT \"big_other_check\";",
        ],
        &["REFERENCES public.small(id) NOT VALID;", "VALIDATE CONSTRAINT \"big_other_fkey\";"],
        &[
            "CREATE UNIQUE INDEX CONCURRENTLY \"big_pkey\" ON \"public\".\"big\" (id);",
            "ADD CONSTRAINT \"big_pkey\" PRIMARY KEY USING INDEX \"big_pkey\";",
            "ADD CONSTRAINT \"child_big_fkey\"",
        ],
        &[
            "CREATE UNIQUE INDEX CONCURRENTLY \"pum_new_big_code\"",
            "DROP CONSTRAINT \"big_code\";",
            "ADD CONSTRAINT \"big_code\" UNIQUE USING INDEX \"pum_new_big_code\" DEFERRABLE;",
        ],
        &[
            "CREATE INDEX CONCURRENTLY \"pum_new_big_note\"",
            "RENAME TO \"pum_old_big_note\";",
            "RENAME TO \"big_note\";",
            "DROP INDEX CONCURRENTLY \"public\".\"pum_old_big_note\";",
        ],
        &["CREATE INDEX CONCURRENTLY big_new", "COMMENT ON INDEX \"public\".\"big_new\""],
        &["DROP INDEX CONCURRENTLY \"public\".\"big_gone\";"],
        &[
            "ADD COLUMN \"filled\" uuid;",
            "SET DEFAULT gen_random_uuid();",
            "UPDATE \"public\".\"big\" SET \"filled\" = DEFAULT",
            "CHECK (\"filled\" IS NOT NULL) NOT VALID;",
            "ALTER COLUMN \"filled\" SET NOT NULL;",
        ],
        &[
            "ADD CONSTRAINT \"pum_bound_parts_1\" CHECK (\"at\" IS NOT NULL AND \"at\" >= 0 AND \"at\" < 10) NOT VALID;",
            "DETACH PARTITION \"public\".\"parts_1\" CONCURRENTLY;",
            "DROP CONSTRAINT \"pum_bound_parts_1\";",
        ],
        &[
            "VALIDATE CONSTRAINT \"pum_bound_parts_3\";",
            "ATTACH PARTITION \"public\".\"parts_3\"",
            "DROP CONSTRAINT \"pum_bound_parts_3\";",
        ],
    ] {
        assert_in_order(&text, parts);
    }
    assert_in_order(&text, &["-- pum: no-transaction\n-- pum: lock-timeout 0\n\nSET search_path"]);
    pum(&home, "upgrade -p prod").expect(0);
    pum(&home, "check prod wanted -t upgrades").expect(0);
    assert_eq!(prod.column("SELECT count(DISTINCT filled) FROM big"), ["100"]);
    assert_eq!(prod.column("SELECT count(*) FROM parts"), ["2"]);
}

/// psql runs what `pum diff` writes.
#[test]
fn a_script_of_several_transactions_leads_to_the_same() {
    let (home, prod) = with(PROD, WANTED);
    let line = "diff prod wanted --online always --allow-loss -o up.sql -t upgrades";
    pum(&home, line).expect(1);
    let output = std::process::Command::new("psql")
        .args(["-X", "-q", "-v", "ON_ERROR_STOP=1", "-d", &prod.conninfo(), "-f"])
        .arg(home.path().join("up.sql"))
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    pum(&home, "check prod wanted -t upgrades").expect(0);
    assert_eq!(prod.column("SELECT count(*) FROM big"), ["100"]);
}

/// Small tables are changed in one transaction.
#[test]
fn the_size_of_a_table_decides_unless_it_is_said() {
    let (home, prod) = with(PROD, WANTED);
    for line in ["diff prod wanted --allow-loss", "diff prod wanted --allow-loss --online never"] {
        let plain = pum(&home, &format!("{line} -t upgrades")).expect(1).stdout;
        assert!(!plain.contains("CONCURRENTLY") && !plain.contains("NOT VALID"), "{plain}");
        assert_eq!(plain.matches("BEGIN;").count(), 1, "{plain}");
    }
    prod.execute(
        "INSERT INTO big SELECT n, 1, n, repeat('x', 200) || n FROM generate_series(101, 50000) n",
    );
    let large = pum(&home, "diff prod wanted --allow-loss -t upgrades").expect(1).stdout;
    assert!(large.contains("CREATE UNIQUE INDEX CONCURRENTLY \"big_pkey\""), "{large}");
    assert!(
        large.contains("ADD COLUMN \"filled\" uuid DEFAULT gen_random_uuid() NOT NULL;"),
        "{large}"
    );
    assert!(!large.contains("pum_bound_"), "the partitions are small: {large}");
}

/// What stands between the old index and the new one decides whether both can be there.
#[test]
fn an_index_on_a_column_that_is_retyped_is_built_after_it() {
    let (home, _) = with(
        "CREATE TABLE t (a int, b int); CREATE INDEX i ON t (a); INSERT INTO t VALUES (1, 1);
         ALTER TABLE t ADD CONSTRAINT u UNIQUE (a, b)",
        "CREATE TABLE t (a bigint, b int); CREATE INDEX i ON t (a DESC);
         ALTER TABLE t ADD CONSTRAINT u UNIQUE (b, a)",
    );
    pum(&home, "delta new x -p prod --to wanted --online always").expect(0);
    pum(&home, "upgrade -p prod").expect(0);
    pum(&home, "check prod wanted -t upgrades").expect(0);
}

/// A build that failed leaves an index that is not valid: it goes first.
#[test]
fn an_invalid_index_is_dropped_before_it_is_built_again() {
    let (home, prod) = with(
        "CREATE TABLE t (a int); INSERT INTO t VALUES (1), (1)",
        "CREATE TABLE t (a int); CREATE UNIQUE INDEX i ON t (a)",
    );
    pum(&home, "delta new x -p prod --to wanted --online always").expect(0);
    let failed = pum(&home, "upgrade -p prod").expect(2);
    assert!(failed.stderr.contains("could not create unique index"), "{}", failed.stderr);
    assert_eq!(
        prod.column("SELECT indisvalid::text FROM pg_index WHERE indexrelid = 'i'::regclass"),
        ["false"]
    );
    prod.execute("DELETE FROM t WHERE ctid = '(0,1)'");
    let again = pum(&home, "diff prod wanted --online always -t upgrades").expect(1).stdout;
    assert_in_order(
        &again,
        &[
            "DROP INDEX CONCURRENTLY IF EXISTS \"public\".\"i\";",
            "CREATE UNIQUE INDEX CONCURRENTLY i",
        ],
    );
    pum(&home, "upgrade -p prod").expect(0);
    pum(&home, "check prod wanted -t upgrades").expect(0);
}

/// Killed in the middle of it: what was filled stays, and the next run fills the rest unasked.
#[test]
fn a_backfill_that_was_killed_is_finished_by_the_next_run() {
    // The default waits, when eleven batches are committed.
    let both = "CREATE SEQUENCE number; CREATE FUNCTION next() RETURNS uuid LANGUAGE plpgsql AS $f$
        BEGIN
            IF nextval('public.number') > 11000 THEN PERFORM pg_advisory_xact_lock(77); END IF;
            RETURN gen_random_uuid();
        END $f$;";
    let (home, prod) = with(
        &format!(
            "{both} CREATE TABLE t (id int); INSERT INTO t SELECT n FROM generate_series(1, 12000) n"
        ),
        &format!("{both} CREATE TABLE t (id int, filled uuid NOT NULL DEFAULT next())"),
    );
    pum(&home, "delta new x -p prod --to wanted --online always").expect(0);
    assert!(written(&home).contains("-- pum: no-transaction\n-- pum: resume again\n"));
    let mut holder = prod.session();
    holder.client().batch_execute("SELECT pg_advisory_lock(77)").unwrap();
    let program = env!("CARGO_BIN_EXE_pum-under-test");
    let mut child = home.command(program, &["upgrade", "-p", "prod"]).spawn().unwrap();
    let waits = "SELECT pid FROM pg_stat_activity WHERE wait_event_type = 'Lock' \
                 AND datname = current_database() AND query LIKE 'DO $pum%'";
    let pid = prod.wait_for(waits);
    child.kill().unwrap();
    child.wait().unwrap();
    prod.column(&format!("SELECT pg_terminate_backend({pid})"));
    prod.wait_for(&format!(
        "SELECT 1 WHERE NOT EXISTS (SELECT FROM pg_stat_activity WHERE pid = {pid})"
    ));
    let before = prod.column("SELECT count(filled) FROM t");
    assert_eq!(before, ["11000"], "eleven batches were committed");
    prod.execute("CREATE TABLE kept AS SELECT id, filled FROM t WHERE filled IS NOT NULL");
    drop(holder);
    let again = pum(&home, "upgrade -p prod").expect(0);
    assert!(again.stderr.contains("was half done: it continues at statement"), "{}", again.stderr);
    assert_eq!(prod.column("SELECT count(DISTINCT filled) FROM t"), ["12000"]);
    let same = "SELECT count(*) FROM t JOIN kept USING (id, filled)";
    assert_eq!(prod.column(same), ["11000"], "none is filled twice");
    prod.execute("DROP TABLE kept");
    pum(&home, "check prod wanted -t upgrades").expect(0);
}
