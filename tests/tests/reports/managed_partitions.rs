//! Partitions that come and go: `--managed-partitions`, and what makes them.

use pum_tests::command::Home;
use pum_tests::{Database, database};
use serde_json::Value;

use super::pum;

const TABLE: &str = "
    CREATE SCHEMA app;
    CREATE TABLE app.measurements (day date NOT NULL, value int) PARTITION BY RANGE (day);";

fn partitioned() -> (Home, Database, Database) {
    let home = Home::new();
    let (prod, dev) = (database(), database());
    for (database, months) in [(&prod, 1..5), (&dev, 8..9)] {
        database.execute(TABLE);
        for month in months {
            let next = month + 1;
            database.execute(&format!(
                "CREATE TABLE app.m{month} PARTITION OF app.measurements
                     FOR VALUES FROM ('2026-{month:02}-01') TO ('2026-{next:02}-01')"
            ));
        }
    }
    home.service("prod", &prod);
    home.service("dev", &dev);
    (home, prod, dev)
}

#[test]
fn which_partitions_there_are_is_not_compared_and_said_so() {
    let (home, prod, _) = partitioned();
    pum(&home, "check prod dev", &[]).expect(1);
    let line = "check prod dev --managed-partitions app.meas*";
    let text = pum(&home, line, &[]).expect(0).stdout;
    let told = "not compared: which partitions app.measurements has, 4 in prod and 1 in dev";
    assert!(text.replace('\n', " ").contains(told), "{text}");
    prod.execute("ALTER TABLE app.m2 SET (fillfactor = 70)");
    let text = pum(&home, line, &[]).expect(1).stdout;
    assert!(
        text.contains("\napp.m2\n  table m2: storage_parameters: fillfactor=70 in prod"),
        "{text}"
    );
    let json: Value =
        serde_json::from_str(&pum(&home, line, &["--format", "json"]).expect(1).stdout).unwrap();
    let managed = &json["managed_partitions"][0];
    assert_eq!((&managed["parent"], &managed["left"]), (&"app.measurements".into(), &4.into()));
    assert_eq!(managed["manager"], Value::Null);

    home.file("pum.toml", "[[managed_partitions]]\nparent = \"app.measurements\"\n");
    pum(&home, "check prod dev", &["--fail-on", "tables.owner"]).expect(0);
    let none = pum(&home, "check prod dev --managed-partitions app.other", &[]).expect(1).stdout;
    let none = none.replace('\n', " ");
    assert!(
        none.contains("no table with partitions matches \"app.other\" of managed_partitions"),
        "{none}"
    );
    home.file("pum.toml", "[[managed_partitions]]\nparents = \"app.measurements\"\n");
    pum(&home, "check prod dev", &[]).expect_error(&["`parents`", "parent"]);
}

#[test]
fn what_makes_partitions_is_said_and_can_be_ignored() {
    let (home, prod, _) = partitioned();
    prod.execute(
        "CREATE SCHEMA partman; CREATE TABLE partman.part_config (parent_table text PRIMARY KEY);
         INSERT INTO partman.part_config VALUES ('app.measurements')",
    );
    let text = pum(&home, "check prod dev -N partman", &[]).expect(1).stdout;
    assert!(!text.contains("pg_partman"), "a schema that is left out says nothing: {text}");
    let text = pum(&home, "check prod dev --exclude-object partman*", &[]).expect(0).stdout;
    assert!(text.replace('\n', " ").contains("(pg_partman makes them)"), "{text}");
    for off in ["--no-partition-managers", ""] {
        if off.is_empty() {
            home.file("pum.toml", "partition_managers = false\n");
        }
        let text = pum(&home, &format!("check prod dev --exclude-object partman* {off}"), &[]);
        assert!(text.expect(1).stdout.contains("table m2: only in prod"));
    }
}

/// The plan of a diff leaves them to what makes them.
#[test]
fn a_plan_makes_and_drops_no_managed_partitions() {
    let (home, prod, _) = partitioned();
    prod.execute("ALTER TABLE app.measurements ADD note text");
    let line = "diff prod dev --managed-partitions app.measurements --allow-loss";
    let script = pum(&home, line, &[]).expect(1).stdout;
    assert!(script.contains("DROP COLUMN \"note\""), "{script}");
    assert!(!script.contains("app.m2") && !script.contains("\"m8\""), "{script}");
}
