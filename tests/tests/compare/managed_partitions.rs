//! Partitions that come and go: which there are is no difference, but what deviates from the table is.

use pum_core::Context;
use pum_core::compare::{CompareOptions, Comparison, compare_sessions};
use pum_core::diff::PartitionManager;
use pum_tests::{Database, database, new_name, open};

use super::lines;

fn compared(left: &Database, right: &Database, change: &dyn Fn(&mut CompareOptions)) -> Comparison {
    let mut options = CompareOptions::default();
    change(&mut options);
    let (mut left, mut right) = (open(&left.settings), open(&right.settings));
    compare_sessions(&mut left, &mut right, &options, None, &mut Context::default()).unwrap()
}

fn managed(left: &Database, right: &Database) -> Comparison {
    compared(left, right, &|options| {
        options.filters.manage_partitions("app.meas*").unwrap();
    })
}

const PARENT: &str = "
    CREATE SCHEMA app;
    CREATE TABLE app.sensor (id int PRIMARY KEY);
    CREATE FUNCTION app.stamp() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
    CREATE TABLE app.measurements (
        id bigint GENERATED ALWAYS AS IDENTITY, day date NOT NULL, value numeric DEFAULT 0,
        sensor int REFERENCES app.sensor, quality varchar(10) CHECK (quality IN ('good', 'bad')),
        PRIMARY KEY (id, day)
    ) PARTITION BY RANGE (day);
    CREATE INDEX ON app.measurements (sensor, day);
    CREATE INDEX measured ON app.measurements (day) WHERE value > 0;
    CREATE TRIGGER stamp BEFORE INSERT ON app.measurements FOR EACH ROW EXECUTE FUNCTION app.stamp();
    ALTER TABLE app.measurements ENABLE ROW LEVEL SECURITY;
    CREATE POLICY own ON app.measurements USING (sensor > 0);
    COMMENT ON TABLE app.measurements IS 'all';
    GRANT SELECT ON app.measurements TO PUBLIC;";

fn partition(name: &str, month: u32) -> String {
    let next = month + 1;
    format!(
        "CREATE TABLE app.{name} PARTITION OF app.measurements
             FOR VALUES FROM ('2026-{month:02}-01') TO ('2026-{next:02}-01');"
    )
}

/// Production with four partitions, one of them attached, and a reference with one other.
fn pair() -> (Database, Database) {
    let (left, right) = (database(), database());
    left.execute(PARENT);
    for month in 1..=3 {
        left.execute(&partition(&format!("measurements_{month}"), month));
    }
    left.execute(
        "CREATE TABLE app.attached (LIKE app.measurements INCLUDING DEFAULTS INCLUDING CONSTRAINTS);
         ALTER TABLE app.measurements ATTACH PARTITION app.attached
             FOR VALUES FROM ('2026-04-01') TO ('2026-05-01');",
    );
    right.execute(PARENT);
    right.execute(&partition("measurements_9", 9));
    (left, right)
}

#[test]
fn partitions_that_come_and_go_are_no_differences() {
    let (left, right) = pair();
    assert!(!compared(&left, &right, &|_| ()).differences.is_empty());
    let comparison = managed(&left, &right);
    assert_eq!(lines(&comparison.differences), Vec::<String>::new());
    let [only] = &*comparison.managed_partitions else { panic!("{comparison:?}") };
    assert_eq!(only.parent.to_string(), "app.measurements");
    assert_eq!((only.left.len(), only.right.len(), only.manager), (4, 1, None));
    assert_eq!(lines(&managed(&right, &left).differences), Vec::<String>::new());
    // Also if the reference has none of them.
    right.execute("DROP TABLE app.measurements_9");
    assert_eq!(lines(&managed(&left, &right).differences), Vec::<String>::new());
    // Another pattern is about other tables.
    let other = compared(&left, &right, &|options| {
        options.filters.manage_partitions("app.others").unwrap();
    });
    assert!(lines(&other.differences).contains(&"- table app.measurements_2".to_owned()));
}

/// Each by itself, on production or on the reference.
#[test]
fn a_partition_that_deviates_from_its_table_is_a_difference_that_names_it() {
    let role = new_name("partition_owner");
    database().execute(&format!("CREATE ROLE {role}"));
    let owner = format!("ALTER TABLE app.measurements_2 OWNER TO {role}");
    let grant = format!("GRANT UPDATE ON app.measurements_2 TO {role}");
    for (sql, expected) in [
        (
            "ALTER TABLE app.measurements_2 ALTER value SET DEFAULT 7",
            "column app.measurements_2.value.default",
        ),
        (
            "ALTER TABLE app.measurements_2 ALTER value SET NOT NULL",
            "column app.measurements_2.value.not_null",
        ),
        (
            "ALTER TABLE app.measurements_2 ALTER value SET STORAGE EXTERNAL",
            "column app.measurements_2.value.storage",
        ),
        (
            "ALTER TABLE app.measurements_2 ADD CONSTRAINT positive CHECK (value > 0)",
            "- constraint app.measurements_2.positive",
        ),
        (
            "ALTER TABLE app.measurements_2 ADD FOREIGN KEY (id) REFERENCES app.sensor NOT VALID",
            "- constraint app.measurements_2.measurements_2_id_fkey",
        ),
        ("CREATE INDEX extra ON app.measurements_2 (value)", "- index app.measurements_2.extra"),
        (
            "CREATE UNIQUE INDEX extra ON app.measurements_2 (sensor, day)",
            "- index app.measurements_2.extra",
        ),
        (
            "CREATE TRIGGER more BEFORE UPDATE ON app.measurements_2 FOR EACH ROW
                 EXECUTE FUNCTION app.stamp()",
            "- trigger app.measurements_2.more",
        ),
        (
            "ALTER TABLE app.measurements_2 DISABLE TRIGGER stamp",
            "- trigger app.measurements_2.stamp",
        ),
        (
            "ALTER TABLE app.measurements_2 SET (fillfactor = 70)",
            "table app.measurements_2.storage_parameters",
        ),
        ("ALTER TABLE app.measurements_2 SET UNLOGGED", "table app.measurements_2.persistence"),
        (
            "ALTER TABLE app.measurements_2 REPLICA IDENTITY FULL",
            "table app.measurements_2.replica_identity",
        ),
        (
            "ALTER TABLE app.measurements_2 ENABLE ROW LEVEL SECURITY",
            "table app.measurements_2.row_security",
        ),
        ("COMMENT ON TABLE app.measurements_2 IS 'February'", "table app.measurements_2.comment"),
        (&*owner, "table app.measurements_2.owner"),
        (&*grant, "table app.measurements_2.privileges"),
        (
            "CREATE STATISTICS app.more ON value, sensor FROM app.measurements_2",
            "- statistics app.more",
        ),
    ] {
        let (left, right) = pair();
        left.execute(sql);
        assert_eq!(lines(&managed(&left, &right).differences), [expected], "{sql}");
        let mirrored = expected.replacen("- ", "+ ", 1);
        assert_eq!(
            lines(&managed(&right, &left).differences),
            [mirrored],
            "{sql}, the other way round"
        );
    }
}

/// The server gives a partition no privileges of its own, but pg_partman may.
#[test]
fn privileges_of_partitions_are_those_of_the_reference() {
    let (left, right) = pair();
    right.execute("GRANT SELECT ON app.measurements_9 TO PUBLIC");
    for table in ["attached", "measurements_1", "measurements_3"] {
        left.execute(&format!("GRANT SELECT ON app.{table} TO PUBLIC"));
    }
    let expected = ["table app.measurements_2.privileges"];
    assert_eq!(lines(&managed(&left, &right).differences), expected);
    assert_eq!(lines(&managed(&right, &left).differences), expected);
    right.execute("DROP TABLE app.measurements_9");
    assert_eq!(lines(&managed(&left, &right).differences), expected);
}

/// An index of a partition is detached or lost only where the parent's is not valid.
#[test]
fn a_partition_without_an_index_of_its_table_is_a_difference() {
    let (left, right) = pair();
    for database in [&left, &right] {
        database.execute("CREATE INDEX late ON ONLY app.measurements (value)");
    }
    right.execute(
        "CREATE INDEX late_9 ON app.measurements_9 (value);
         ALTER INDEX app.late ATTACH PARTITION app.late_9",
    );
    let found = managed(&left, &right);
    let all = lines(&found.differences);
    for table in ["attached", "measurements_1", "measurements_2", "measurements_3"] {
        assert!(all.contains(&format!("+ index app.{table}.late")), "{all:?}");
    }
    // That of the parent is valid where all partitions have it.
    assert_eq!(all.len(), 5, "{all:?}");
    assert!(all.contains(&"index app.measurements.late.valid".to_owned()), "{all:?}");
}

/// What all partitions of the reference have is what is expected of all.
#[test]
fn what_all_partitions_of_the_reference_have_is_expected() {
    let (left, right) = pair();
    right.execute("ALTER TABLE app.measurements_9 SET (fillfactor = 70)");
    let all = lines(&managed(&left, &right).differences);
    assert_eq!(
        all,
        ["attached", "measurements_1", "measurements_2", "measurements_3"]
            .map(|table| format!("table app.{table}.storage_parameters"))
    );
    for table in ["attached", "measurements_1", "measurements_2", "measurements_3"] {
        left.execute(&format!("ALTER TABLE app.{table} SET (fillfactor = 70)"));
    }
    assert_eq!(lines(&managed(&left, &right).differences), Vec::<String>::new());
    left.execute("ALTER TABLE app.measurements_1 SET (fillfactor = 50)");
    let found = managed(&left, &right).differences;
    assert_eq!(
        found.iter().map(ToString::to_string).collect::<Vec<_>>(),
        [
            "table app.measurements_1: storage_parameters: fillfactor=50 on the left, fillfactor=70 on the right"
        ]
    );
}

#[test]
fn a_change_of_the_table_itself_is_one_difference() {
    let (left, right) = pair();
    left.execute(
        "ALTER TABLE app.measurements ADD note text; CREATE INDEX ON app.measurements (note);
         ALTER TABLE app.measurements DROP CONSTRAINT measurements_quality_check",
    );
    assert_eq!(
        lines(&managed(&left, &right).differences),
        [
            "+ constraint app.measurements.measurements_quality_check",
            "- column app.measurements.note",
            "- index app.measurements.measurements_note_idx",
        ]
    );
}

#[test]
fn partitions_of_partitions_are_held_against_theirs() {
    let sql = |day: &str| {
        format!(
            "CREATE TABLE app.sub_{day} PARTITION OF app.measurements
                 FOR VALUES FROM ('2026-{day}-01') TO ('2026-{day}-28') PARTITION BY RANGE (id);
             CREATE TABLE app.sub_{day}_1 PARTITION OF app.sub_{day} FOR VALUES FROM (1) TO (9);"
        )
    };
    let (left, right) = pair();
    right.execute("DROP TABLE app.measurements_9");
    left.execute(
        "DROP TABLE app.measurements_1, app.measurements_2, app.measurements_3, app.attached",
    );
    left.execute(&(sql("05") + &sql("06")));
    right.execute(&sql("09"));
    assert_eq!(lines(&managed(&left, &right).differences), Vec::<String>::new());
    left.execute("CREATE INDEX deep ON app.sub_06_1 (value)");
    assert_eq!(lines(&managed(&left, &right).differences), ["- index app.sub_06_1.deep"]);
}

/// The catalog of pg_partman as its version 5 makes it, in so far as it says what is managed.
const PARTMAN: &str = "
    CREATE SCHEMA partman;
    CREATE TABLE partman.part_config (parent_table text NOT NULL PRIMARY KEY, control text NOT NULL,
        partition_interval text NOT NULL, partition_type text NOT NULL, premake int NOT NULL DEFAULT 4,
        automatic_maintenance text NOT NULL DEFAULT 'on', template_table text, retention text);
    INSERT INTO partman.part_config (parent_table, control, partition_interval, partition_type)
        VALUES ('app.measurements', 'day', '1 mon', 'range'), ('app.gone', 'x', '1', 'range');";

#[test]
fn pg_partman_says_which_partitions_come_and_go() {
    let (left, right) = pair();
    left.execute(PARTMAN);
    right.execute(PARTMAN);
    left.execute(
        "ALTER TABLE app.measurements_1
             ADD CONSTRAINT partmanconstr_measurements_1_id CHECK (id >= 1 AND id <= 500)",
    );
    let comparison = compared(&left, &right, &|_| ());
    assert_eq!(lines(&comparison.differences), Vec::<String>::new());
    let [only] = &*comparison.managed_partitions else { panic!("{comparison:?}") };
    assert_eq!(only.manager, Some(PartitionManager::PgPartman));
    // One of both knows it.
    right.execute("DELETE FROM partman.part_config");
    assert_eq!(lines(&compared(&left, &right, &|_| ()).differences), Vec::<String>::new());
    let off = compared(&left, &right, &|options| {
        options.filters.recognize_partition_managers(false);
    });
    assert!(lines(&off.differences).contains(&"+ table app.measurements_9".to_owned()));
    assert!(off.managed_partitions.is_empty());
}

#[test]
fn what_cannot_be_read_of_pg_partman_is_said() {
    let (left, right) = pair();
    left.execute("CREATE SCHEMA partman; CREATE TABLE partman.part_config (other text)");
    let comparison = compared(&left, &right, &|_| ());
    assert!(lines(&comparison.differences).contains(&"- table app.measurements_2".to_owned()));
    let [reason] = &*comparison.unread_managers else { panic!("{comparison:?}") };
    assert!(
        reason.starts_with("pg_partman in partman: column p.parent_table does not exist"),
        "{reason}"
    );
}

/// Hypertables and chunks as TimescaleDB makes them: chunks inherit, have constraints for their rows, and
/// indexes that are called after the chunk and the index.
const TIMESCALE: &str = "
    CREATE SCHEMA _timescaledb_catalog; CREATE SCHEMA _timescaledb_internal; CREATE SCHEMA app;
    CREATE TABLE _timescaledb_catalog.hypertable (id serial PRIMARY KEY, schema_name name NOT NULL,
        table_name name NOT NULL, associated_schema_name name NOT NULL,
        associated_table_prefix name NOT NULL, num_dimensions smallint NOT NULL);
    INSERT INTO _timescaledb_catalog.hypertable
        VALUES (1, 'app', 'weather', '_timescaledb_internal', '_hyper_1', 1);
    CREATE TABLE app.weather (at timestamptz NOT NULL, place int, degrees float8, PRIMARY KEY (at, place));
    CREATE INDEX weather_at_idx ON app.weather (at DESC);";

fn chunk(number: u32) -> String {
    let name = format!("_hyper_1_{number}_chunk");
    format!(
        "CREATE TABLE _timescaledb_internal.{name} (
             CONSTRAINT constraint_{number} CHECK (at >= '2026-01-{number:02}' AND at < '2026-02-{number:02}'),
             CONSTRAINT \"{number}_{number}_weather_pkey\" PRIMARY KEY (at, place)
         ) INHERITS (app.weather);
         CREATE INDEX {name}_weather_at_idx ON _timescaledb_internal.{name} (at DESC);"
    )
}

#[test]
fn chunks_of_timescaledb_come_and_go() {
    let (left, right) = (database(), database());
    for (database, chunks) in [(&left, 1..6), (&right, 8..10)] {
        database.execute(TIMESCALE);
        for number in chunks {
            database.execute(&chunk(number));
        }
    }
    let comparison = compared(&left, &right, &|_| ());
    assert_eq!(lines(&comparison.differences), Vec::<String>::new());
    let [only] = &*comparison.managed_partitions else { panic!("{comparison:?}") };
    assert_eq!((only.manager, only.left.len()), (Some(PartitionManager::TimescaleDb), 5));
    left.execute("DROP INDEX _timescaledb_internal._hyper_1_3_chunk_weather_at_idx");
    let found = lines(&compared(&left, &right, &|_| ()).differences);
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(found[0].starts_with("+ index _timescaledb_internal._hyper_1_3_chunk."), "{found:?}");
    // The reference need not have chunks.
    right.execute(
        "DROP TABLE _timescaledb_internal._hyper_1_8_chunk, _timescaledb_internal._hyper_1_9_chunk",
    );
    let found = lines(&compared(&left, &right, &|_| ()).differences);
    assert_eq!(found, ["+ index _timescaledb_internal._hyper_1_3_chunk.weather_at_idx"]);
}
