//! Several first runs at once.

use std::process::Child;

use pum_tests::command::Home;
use pum_tests::{database, deltas};

use super::{PUM, recorded};

/// How many rounds; by hand more, with `PUM_ROUNDS`.
fn rounds() -> usize {
    std::env::var("PUM_ROUNDS").map_or(3, |rounds| rounds.parse().unwrap())
}

#[test]
fn each_delta_is_applied_once_however_many_run() {
    let directory = deltas(&[
        ("pre-all.sql", "INSERT INTO log VALUES ('pre-all');"),
        ("delta_1.1.0.sql", "CREATE TABLE one (); INSERT INTO log VALUES ('1.1.0');"),
        (
            "delta_1.2.0.sql",
            "-- pum: no-transaction\nCREATE INDEX CONCURRENTLY i ON log (what);\n\
             INSERT INTO log VALUES ('1.2.0');",
        ),
        ("post-all.sql", "INSERT INTO log VALUES ('post-all'); SELECT pg_sleep(0.05);"),
        ("delta_1.3.0.sql", "CREATE TABLE two (); INSERT INTO log VALUES ('1.3.0');"),
    ]);
    for round in 0..rounds() {
        let count = 2 + round % 7;
        for wait in [60, 0] {
            let home = Home::new();
            let database = database();
            database.execute("CREATE TABLE log (what text)");
            home.service("db", &database);
            let rest = format!("-p db -t upgrades -d {}", directory.path().display());
            let run = |line: String| -> Child {
                let arguments: Vec<&str> = line.split(' ').collect();
                home.command(PUM, &arguments).spawn().unwrap()
            };
            let baseline = run(format!("baseline {rest} -b 1.0.0")).wait_with_output().unwrap();
            assert!(baseline.status.success());
            let all: Vec<Child> =
                (0..count).map(|_| run(format!("upgrade {rest} --wait {wait}"))).collect();
            for child in all {
                let output = child.wait_with_output().unwrap();
                let text = String::from_utf8_lossy(&output.stderr).into_owned();
                // Who waits has nothing to complain about.
                let busy = wait == 0 && text.contains("another pum run is upgrading db: process ");
                assert!(output.status.success() || busy, "{text}");
            }
            assert_eq!(recorded(&database), ["1.0.0", "1.1.0", "1.2.0", "1.3.0"]);
            assert_eq!(
                database.column("SELECT what FROM log ORDER BY what"),
                ["1.1.0", "1.2.0", "1.3.0", "post-all", "pre-all"]
            );
        }
    }
}
