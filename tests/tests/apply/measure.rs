//! What scripts do to a database is measured.

use std::path::Path;

use pum_core::Context;
use pum_core::connect::Session;
use pum_core::delta::{DeltaSet, VariableValue};
use pum_core::upgrade::{
    DdlWatch, LockMode, MeasureOptions, Measurements, PlanOptions, Readings, ScriptMeasurement,
    TableChange, TableUse, UpgradePlan,
};
use pum_tests::{Database, deltas, repository};

use super::{Options, at_1_0_0, options, table, upgrade_of};

/// Runs deltas and gives what was measured.
fn measured(database: &Database, files: &[(&str, &str)], options: &Options) -> Measurements {
    measured_with(database, deltas(files).path(), options, Readings::default())
}

fn measured_with(
    database: &Database,
    directory: &Path,
    options: &Options,
    readings: Readings,
) -> Measurements {
    let interrupt = pum_core::Interrupt::new();
    let session = Session::open(&database.settings, &interrupt).unwrap();
    let mut measure = MeasureOptions::default();
    (measure.analyzed, measure.readings) = (true, readings);
    measured_in(session, directory, options, measure)
}

fn measured_in(
    mut session: Session,
    directory: &Path,
    options: &Options,
    measure: MeasureOptions<'_>,
) -> Measurements {
    let interrupt = pum_core::Interrupt::new();
    let set = DeltaSet::read(&[directory]).unwrap();
    let mut with_variables = PlanOptions::default();
    with_variables.variables.set("default_zone", VariableValue::Integer(1));
    let plan = UpgradePlan::read(&mut session, &table(), &set, &with_variables).unwrap();
    let mut upgrade = upgrade_of(&plan, options).measure(measure);
    let report = upgrade.run(&mut session, &mut Context::silent(&interrupt)).unwrap();
    let measured = report.measured.unwrap();
    assert_eq!(report.applied.len(), measured.scripts.len());
    measured
}

/// Three tables with 1,000 rows each, as a restore with its ANALYZE leaves them.
fn with_tables() -> Database {
    let database = at_1_0_0();
    for name in ["a", "b", "c"] {
        database.execute(&format!(
            "CREATE TABLE {name} (id int PRIMARY KEY, text text, empty int); \
             INSERT INTO {name} SELECT n, 'text ' || n FROM generate_series(1, 1000) n"
        ));
    }
    database.execute("ANALYZE");
    database
}

fn of<'a>(measured: &'a Measurements, script: usize, table: &str) -> &'a TableUse {
    let uses = &measured.scripts[script].tables;
    uses.iter().find(|one| one.table == table).unwrap_or_else(|| panic!("{table}: {uses:?}"))
}

#[test]
fn locks_rewrites_and_rows() {
    let database = with_tables();
    let script = "SELECT count(*) FROM b;\n\
                  ALTER TABLE a ADD COLUMN more int;\n\
                  SELECT pg_sleep(0.3);\n\
                  ALTER TABLE a ALTER id TYPE bigint;\n\
                  CREATE INDEX ON b (text);\n\
                  CREATE TABLE new (id int); INSERT INTO new VALUES (1);\n";
    let next = "UPDATE c SET text = 'x' WHERE id <= 10;\n\
                DELETE FROM c WHERE id > 990; INSERT INTO c VALUES (5000, 'y');\n";
    let files = [("delta_1.1.0.sql", script), ("delta_1.2.0.sql", next)];
    let measured = measured(&database, &files, &options());

    let a = of(&measured, 0, "public.a");
    assert_eq!((a.lock, a.line), (LockMode::AccessExclusive, 2));
    assert!(a.held.as_millis() >= 300, "until the commit: {:?}", a.held);
    assert!(a.rewritten.is_some_and(|bytes| bytes > 8192), "{a:?}");
    assert_eq!((a.rows_scanned, a.rows_updated), (2000, 0), "rewritten, and read for its key");
    let b = of(&measured, 0, "public.b");
    assert_eq!((b.lock, b.line, b.rewritten), (LockMode::Share, 5, None));
    assert!(b.held < a.held, "{b:?}");
    assert_eq!(b.rows_scanned, 2000, "counted, and read for the index");
    // Nobody else can see the table that the script makes.
    let tables = |script: usize| measured.scripts[script].tables.iter().map(|one| &one.table);
    assert_eq!(tables(0).collect::<Vec<_>>(), ["public.b", "public.a"]);

    let c = of(&measured, 1, "public.c");
    assert_eq!((c.lock, c.line, c.rewritten), (LockMode::RowExclusive, 1, None));
    assert_eq!((c.rows_inserted, c.rows_updated, c.rows_deleted), (1, 10, 10));
    assert_eq!(tables(1).count(), 1);

    let rows = |line: usize| {
        let mut all = measured.scripts[0].statements.iter();
        let effects = &all.find(|one| one.line == line).unwrap().effects;
        effects
            .iter()
            .map(|one| (&*one.table, one.rewritten.is_some(), one.rows_scanned))
            .collect::<Vec<_>>()
    };
    assert_eq!(rows(1), [("public.b", false, 1000)], "the one that counted");
    assert_eq!(rows(2), [], "the one that took the lock");
    assert_eq!(rows(4), [("public.a", true, 2000)], "the one that rewrote");
    assert_eq!(rows(5), [("public.b", false, 1000)], "the one that made the index");

    let statements = &measured.scripts[0].statements;
    let lines: Vec<usize> = statements.iter().map(|one| one.line).collect();
    assert_eq!(lines, [1, 2, 3, 4, 5, 6, 6]);
    assert!(statements[2].duration.as_millis() >= 300);
    assert!(statements[3].wal_bytes > 8192, "{statements:?}");
    assert_eq!(statements[4].sql, "CREATE INDEX ON b (text)");
    let changes: Vec<_> = measured
        .tables
        .iter()
        .map(|one| (one.table.as_str(), one.rows_before, one.rows_after, one.dropped))
        .collect();
    assert_eq!(
        changes,
        [
            ("public.a", Some(1000), Some(1000), false),
            ("public.b", Some(1000), Some(1000), false),
            ("public.c", Some(1000), Some(991), false),
        ]
    );
    assert_eq!(measured.lost_columns().count(), 0);
}

#[test]
fn what_is_dropped_with_data() {
    let database = with_tables();
    database.execute("CREATE TABLE nothing (id int); ANALYZE nothing");
    let script = "ALTER TABLE a DROP COLUMN text; ALTER TABLE a DROP COLUMN empty;\n\
                  DROP TABLE b; DROP TABLE nothing; TRUNCATE c;\n";
    let measured = measured(&database, &[("delta_1.1.0.sql", script)], &options());
    let lost: Vec<_> = measured
        .lost_columns()
        .map(|(table, column)| format!("{}.{} {:?}", table.table, column.name, column.held_data))
        .collect();
    assert_eq!(
        lost,
        ["public.a.text Some(true)", "public.b.id Some(true)", "public.b.text Some(true)"]
    );
    let rows: Vec<_> = measured.tables.iter().map(|one| (one.rows_after, one.dropped)).collect();
    assert_eq!(rows, [(Some(1000), false), (None, true), (Some(0), false), (None, true)]);
}

/// A lock that another script holds is not taken by what runs under it.
#[test]
fn each_script_has_the_locks_that_it_took() {
    let database = with_tables();
    let files = [
        ("delta_1.1.0.sql", "ALTER TABLE a ADD COLUMN more int;\nSELECT pg_sleep(0.3);\n"),
        ("delta_1.2.0.sql", "SELECT 1;\nINSERT INTO a VALUES (0);\n"),
        ("delta_1.3.0.sql", "SELECT 1;\nSELECT 2;\nALTER TABLE a ALTER id TYPE bigint;\n"),
    ];
    let mut options = options();
    options.run.single_transaction = true;
    let measured = measured(&database, &files, &options);
    let found: Vec<_> = (0..3).map(|script| of(&measured, script, "public.a")).collect();
    let locks: Vec<_> = found.iter().map(|one| (one.lock, one.line)).collect();
    assert_eq!(
        locks,
        [
            (LockMode::AccessExclusive, 1),
            (LockMode::RowExclusive, 2),
            (LockMode::AccessExclusive, 3)
        ]
    );
    assert!(found[0].held.as_millis() >= 300 && found[1].held.as_millis() < 300, "{found:?}");
    assert_eq!(
        found.iter().map(|one| one.rewritten.is_some()).collect::<Vec<_>>(),
        [false, false, true]
    );
}

/// What is lost after these statements, in a database with these tables.
fn lost(tables: &str, script: &str) -> Vec<String> {
    let database = at_1_0_0();
    database.execute(&format!("{tables}; ANALYZE"));
    let measured = measured(&database, &[("delta_1.1.0.sql", script)], &options());
    let lost = measured.lost_columns();
    lost.map(|(table, column)| format!("{}.{}", table.table, column.name)).collect()
}

const PEOPLE: &str = "CREATE TABLE people (id int PRIMARY KEY, city text, note text, \
        size int GENERATED ALWAYS AS (length(city)) STORED); \
    INSERT INTO people SELECT n, 'city ' || n / 7, NULLIF(n, 3)::text FROM generate_series(1, 99) n";

#[test]
fn what_can_be_computed_again_is_not_lost() {
    let view = "CREATE MATERIALIZED VIEW cities AS SELECT city, count(*) FROM people GROUP BY city";
    let people = format!("{PEOPLE}; {view}");
    for script in [
        "ALTER TABLE people DROP COLUMN size; \
         ALTER TABLE people ADD size int GENERATED ALWAYS AS (length(city) + 1) STORED",
        "ALTER TABLE people DROP COLUMN size",
        "DROP MATERIALIZED VIEW cities",
        &format!("DROP MATERIALIZED VIEW cities; {view}"),
    ] {
        assert_eq!(lost(&people, script), [""; 0], "{script}");
    }
    let database = at_1_0_0();
    database.execute(&format!("{people}; ANALYZE"));
    let again = format!(
        "DROP MATERIALIZED VIEW cities; ALTER TABLE people DROP COLUMN size; \
         ALTER TABLE people ADD size int GENERATED ALWAYS AS (1) STORED; {view}"
    );
    let found = measured(&database, &[("delta_1.1.0.sql", &again)], &options());
    for table in &found.tables {
        // As they were: there is nothing to tell.
        assert_eq!((table.dropped, table.rows_before), (false, table.rows_after), "{table:?}");
        assert!(table.dropped_columns.is_empty(), "{table:?}");
    }
    // The base of a computed value is data, also where a computed value stays.
    let other = format!("{people}; CREATE VIEW other AS SELECT 1");
    assert_eq!(
        lost(&other, "DROP MATERIALIZED VIEW cities; ALTER TABLE people DROP COLUMN city CASCADE"),
        ["public.people.city"]
    );
    let foreign = "CREATE FOREIGN DATA WRAPPER w; CREATE SERVER s FOREIGN DATA WRAPPER w; \
                   CREATE FOREIGN TABLE far (a int) SERVER s; \
                   CREATE TABLE parts (a int, b int) PARTITION BY LIST (a); \
                   CREATE TABLE part_1 PARTITION OF parts FOR VALUES IN (1); \
                   INSERT INTO parts VALUES (1, 2)";
    assert_eq!(lost(foreign, "DROP FOREIGN TABLE far"), [""; 0]);
    assert_eq!(lost(foreign, "ALTER TABLE parts DROP COLUMN b"), ["public.part_1.b"]);
}

#[test]
fn what_is_in_another_column_in_the_end_is_moved() {
    for script in [
        // Another column, another table with the key, a table that is referred to.
        "ALTER TABLE people ADD town varchar(99); UPDATE people SET town = city; \
         ALTER TABLE people DROP COLUMN city CASCADE",
        "CREATE TABLE homes (person int PRIMARY KEY, floor int, city text); \
         INSERT INTO homes SELECT id, 1, city FROM people; \
         ALTER TABLE people DROP city CASCADE",
        "CREATE TABLE cities (id serial PRIMARY KEY, name text); \
         INSERT INTO cities (name) SELECT DISTINCT city FROM people; \
         ALTER TABLE people ADD lives_in int REFERENCES cities; \
         UPDATE people SET lives_in = c.id FROM cities c WHERE c.name = city; \
         ALTER TABLE people DROP COLUMN city CASCADE",
        "CREATE TABLE kinds (id int PRIMARY KEY, name text); \
         INSERT INTO kinds SELECT n, 'city ' || n FROM generate_series(0, 30) n; \
         ALTER TABLE people ADD kind int REFERENCES kinds; \
         UPDATE people SET kind = k.id FROM kinds k WHERE k.name = city; \
         ALTER TABLE people DROP COLUMN city CASCADE",
        // Made anew, in another order, or under another name.
        "CREATE TABLE new (note text, city text, id int); \
         INSERT INTO new SELECT note, city, id FROM people ORDER BY id DESC; \
         DROP TABLE people; ALTER TABLE new RENAME TO people",
        "ALTER TABLE people RENAME TO old; \
         CREATE TABLE people (id int, city text, note text) PARTITION BY RANGE (id); \
         CREATE TABLE part PARTITION OF people DEFAULT; \
         INSERT INTO people SELECT id, city, note FROM old; DROP TABLE old",
        "CREATE SCHEMA away; CREATE TABLE away.humans AS SELECT * FROM people; DROP TABLE people",
        "ALTER TABLE people RENAME COLUMN city TO town; CREATE SCHEMA x; \
         ALTER TABLE people SET SCHEMA x",
    ] {
        assert_eq!(lost(PEOPLE, script), [""; 0], "{script}");
    }
    let database = at_1_0_0();
    database.execute(&format!("{PEOPLE}; ANALYZE"));
    let script = "ALTER TABLE people ADD \"the town\" text; UPDATE people SET \"the town\" = city; \
                  ALTER TABLE people DROP COLUMN city CASCADE";
    let found = measured(&database, &[("delta_1.1.0.sql", script)], &options());
    // The values were read before: that is no statement's scan.
    let add = &found.scripts[0].statements[0];
    assert!(add.effects.is_empty(), "{add:?}");
    let city = found.tables[0].dropped_columns.iter().find(|one| one.name == "city").unwrap();
    assert_eq!(city.moved_to.as_deref(), Some("public.people.\"the town\""));
}

#[test]
fn values_that_are_not_all_there_or_with_other_rows_are_lost() {
    for script in [
        "ALTER TABLE people ADD town text; UPDATE people SET town = city WHERE id > 1; \
         ALTER TABLE people DROP COLUMN city CASCADE",
        "ALTER TABLE people ADD town text; UPDATE people p SET town = \
             (SELECT city FROM people WHERE id = 100 - p.id); \
         ALTER TABLE people DROP COLUMN city CASCADE",
        "CREATE TABLE cities AS SELECT city FROM people; \
         ALTER TABLE people DROP COLUMN city CASCADE",
        "ALTER TABLE people DROP COLUMN city CASCADE; ALTER TABLE people ADD city text",
        "ALTER TABLE people ADD town text; UPDATE people SET town = upper(city); \
         ALTER TABLE people DROP COLUMN city CASCADE",
    ] {
        assert_eq!(lost(PEOPLE, script), ["public.people.city"], "{script}");
    }
    let anew = "DROP TABLE people; CREATE TABLE people (id int PRIMARY KEY, city text, note text)";
    assert_eq!(
        lost(PEOPLE, anew),
        ["public.people.id", "public.people.city", "public.people.note"]
    );
    // What no word of the scripts names is not read before: it is not known to be anywhere.
    let hidden = "CREATE TABLE other AS SELECT * FROM people; \
                  DO $$ BEGIN EXECUTE 'DR' || 'OP TABLE people'; END $$";
    assert_eq!(lost(PEOPLE, hidden).len(), 3);
}

#[test]
fn one_transaction_holds_all_locks_to_its_end() {
    let database = with_tables();
    let files = [
        ("delta_1.1.0.sql", "LOCK TABLE a IN SHARE MODE;\n"),
        ("delta_1.2.0.sql", "SELECT pg_sleep(0.3); INSERT INTO a VALUES (0);\n"),
    ];
    let mut options = options();
    options.run.single_transaction = true;
    let measured = measured(&database, &files, &options);
    let first = of(&measured, 0, "public.a");
    assert_eq!(first.lock, LockMode::Share);
    assert!(first.held.as_millis() >= 300, "{first:?}");
    assert_eq!(of(&measured, 1, "public.a").rows_inserted, 1);
}

#[test]
fn locks_outside_of_a_transaction_are_seen_from_beside() {
    let database = with_tables();
    database.execute(
        "CREATE FUNCTION slow(int) RETURNS int IMMUTABLE LANGUAGE plpgsql AS \
                      'BEGIN IF $1 % 10 = 0 THEN PERFORM pg_sleep(0.005); END IF; RETURN $1; END'",
    );
    let script = "-- pum: no-transaction\nCREATE INDEX CONCURRENTLY ON a (slow(id));\n\
                  UPDATE b SET text = 'x';\n";
    let measured = measured(&database, &[("delta_1.1.0.sql", script)], &options());
    let a = of(&measured, 0, "public.a");
    assert_eq!((a.lock, a.line), (LockMode::ShareUpdateExclusive, 2));
    assert!(a.held.as_millis() >= 400 && a.held <= measured.duration(), "{a:?}");
    let b = of(&measured, 0, "public.b");
    assert_eq!((b.lock, b.line, b.rows_updated), (LockMode::RowExclusive, 3, 1000));
}

/// What is told of the tables, without times and sizes: a line each. How many rows a scan returns
/// depends on whether dead ones were removed meanwhile.
/// The event triggers run with the rights of who made them, find no function or operator of the
/// scripts, and fail no statement.
#[test]
fn what_looks_on_is_in_nobody_s_way() {
    let database = at_1_0_0();
    database.execute(
        "CREATE SCHEMA hostile; \
         CREATE FUNCTION hostile.fail(text, text) RETURNS boolean LANGUAGE plpgsql \
           AS $$ BEGIN RAISE 'hostile'; END $$; \
         CREATE OPERATOR hostile.= (LEFTARG = text, RIGHTARG = text, FUNCTION = hostile.fail); \
         REVOKE EXECUTE ON FUNCTION pg_identify_object_as_address, to_json FROM PUBLIC; \
         CREATE ROLE measure_weak; CREATE SCHEMA own AUTHORIZATION measure_weak",
    );
    let interrupt = pum_core::Interrupt::new();
    let watch = DdlWatch::begin(&database.settings, &interrupt).unwrap();
    let session =
        Session::open_with_notices(&database.settings, &interrupt, watch.notices()).unwrap();
    let files = deltas(&[(
        "delta_1.1.0.sql",
        "SET search_path = hostile, own, pg_catalog;\n\
         SET ROLE measure_weak;\n\
         CREATE TABLE own.\"näme\" (a int);\n\
         ALTER TABLE own.\"näme\" RENAME a TO b;\n\
         DROP TABLE own.\"näme\";\n",
    )]);
    let mut measure = MeasureOptions::default();
    measure.watch = Some(&watch);
    let measured = measured_in(session, files.path(), &Options::default(), measure);
    let changed: Vec<_> =
        measured.scripts[0].statements.iter().map(|one| one.changed.clone()).collect();
    let table = vec!["own".to_owned(), "näme".to_owned()];
    let column = vec!["own".to_owned(), "näme".to_owned(), "b".to_owned()];
    assert_eq!(changed[..4], [vec![], vec![], vec![table.clone()], vec![column]]);
    assert!(changed[4].contains(&table), "{changed:?}");
    watch.end().unwrap();
    database.execute("DROP OWNED BY measure_weak; DROP ROLE measure_weak");
}

fn uses(measured: &Measurements) -> Vec<String> {
    let name = |path: &Path| path.file_name().unwrap().to_string_lossy().into_owned();
    let line = |one: &TableUse| {
        let rewritten = if one.rewritten.is_some() { ", rewritten" } else { "" };
        let scanned = u64::from(one.rows_scanned > 0);
        let rows = [scanned, one.rows_inserted, one.rows_updated, one.rows_deleted];
        let place = format!("{}:{}", name(&one.path), one.line);
        format!("{} {} {place}{rewritten} {rows:?}", one.table, one.lock)
    };
    let script = |script: &ScriptMeasurement| {
        let mut lines: Vec<String> = script.tables.iter().map(line).collect();
        lines.sort();
        lines
    };
    measured.scripts.iter().flat_map(script).collect()
}

/// What became of the tables, without sizes, which depend on when the server vacuums.
fn changes(measured: &Measurements) -> Vec<TableChange> {
    let mut changes = measured.tables.clone();
    for one in &mut changes {
        (one.bytes_before, one.bytes_after) = (0, 0);
    }
    changes
}

/// The same deltas on the same database, measured after each statement and in the other way.
fn both_ways(
    make: impl Fn() -> Database,
    directory: &Path,
    single_transaction: bool,
    readings: Readings,
) -> [Measurements; 2] {
    let mut options = options();
    options.run.single_transaction = single_transaction;
    [Readings::EachStatement, readings]
        .map(|readings| measured_with(&make(), directory, &options, readings))
}

#[test]
fn few_readings_tell_of_the_sample_model_what_one_after_each_statement_tells() {
    let make = || {
        let database = at_1_0_0();
        database.execute_file("fixtures/sample/production-1.0.0.sql");
        database.execute_file("fixtures/sample/data.sql");
        database.execute("ANALYZE");
        database
    };
    let directory = repository().join("deltas");
    for (single_transaction, readings) in [
        (true, Readings::Affordable),
        (false, Readings::EachTransaction),
        (true, Readings::EachTransaction),
    ] {
        let [exact, few] = both_ways(make, &directory, single_transaction, readings);
        assert_eq!(changes(&few), changes(&exact));
        let (few, exact) = (uses(&few), uses(&exact));
        let only = |these: &[String], others: &[String]| {
            these.iter().filter(|one| !others.contains(one)).cloned().collect::<Vec<_>>()
        };
        let differ = (only(&exact, &few), only(&few, &exact));
        assert_eq!(differ, (vec![], vec![]), "{readings:?}, {single_transaction}");
    }
}

/// For pictures: when each statement ran and each lock was held, on one clock.
#[test]
fn when_statements_ran_and_locks_were_held() {
    let database = with_tables();
    let first =
        "SELECT pg_sleep(0.2);\nALTER TABLE a ADD COLUMN more int;\nSELECT pg_sleep(0.1);\n";
    let second = "ALTER TABLE b ADD COLUMN more int;\n";
    let files = [("delta_1.1.0.sql", first), ("delta_1.2.0.sql", second)];
    let measured = measured(&database, &files, &options());
    let statements: Vec<_> =
        measured.scripts.iter().flat_map(|script| &script.statements).collect();
    for pair in statements.windows(2) {
        assert!(pair[0].began + pair[0].duration <= pair[1].began, "{pair:?}");
    }
    let (a, b) = (of(&measured, 0, "public.a"), of(&measured, 1, "public.b"));
    assert!(a.began.as_millis() >= 200, "not before it was asked for: {:?}", a.began);
    assert_eq!(a.began, statements[1].began);
    // Each delta is a transaction, at whose end its locks end.
    assert!(a.held.as_millis() >= 100 && a.began + a.held <= b.began, "{a:?} {b:?}");
}

#[test]
fn the_database_and_new_tables_have_their_sizes() {
    let database = with_tables();
    let size = || {
        let found = database.column("SELECT pg_database_size(current_database())");
        found[0].parse::<u64>().unwrap()
    };
    let before = size();
    let script = "CREATE TABLE new_one AS SELECT repeat('x', 1000) t FROM generate_series(1, 2000);\n\
                  ALTER TABLE a RENAME TO renamed;\n\
                  CREATE TABLE gone (id int); DROP TABLE gone;\n\
                  DROP TABLE b; CREATE TABLE b (id int);\n";
    let measured = measured(&database, &[("delta_1.1.0.sql", script)], &options());
    let new: Vec<_> = measured.new_tables.iter().map(|one| (&*one.table, one.bytes)).collect();
    let bytes = database.column("SELECT pg_total_relation_size('new_one')")[0].parse().unwrap();
    // Renamed or made again is not new; nor is a table of pum.
    assert_eq!(new, [("public.new_one", bytes)]);
    let [from, to] =
        [measured.database_bytes_before, measured.database_bytes_after].map(Option::unwrap);
    assert_eq!(from, before);
    assert!(to > before + 2_000_000 && to <= size(), "{from} {to}");
}
