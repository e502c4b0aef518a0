//! A report names the line of the file that made or changed what differs.

use pum_tests::command::Home;
use pum_tests::database;
use serde_json::Value;

use super::pum;

/// A production that is not what its migrations say.
fn drifted(directory: &str, files: &[(&str, &str)]) -> (Home, pum_tests::Database) {
    let (home, production) = (Home::new(), database());
    home.service("prod", &production);
    for (name, text) in files {
        home.file(&format!("{directory}/{name}"), text);
    }
    production.execute(
        "CREATE TABLE orders (id int, note text, amount numeric(10,2));
         CREATE INDEX by_note ON orders (note, id); CREATE TABLE extra ()",
    );
    (home, production)
}

const FIRST: &str = "CREATE TABLE orders (\n  id int,\n  note text\n);\n\
                     CREATE INDEX by_note ON orders (note);\n";
const SECOND: &str = "-- more\n\nALTER TABLE orders\n  ADD COLUMN amount numeric(12,2);\n\
                      INSERT INTO orders (id, amount) VALUES (1, 2);\n";

/// Each result of a SARIF report: the object, and its place.
fn places(sarif: &str) -> Vec<String> {
    let report: Value = serde_json::from_str(sarif).unwrap();
    let results = report["runs"][0]["results"].as_array().unwrap().iter();
    let place = |result: &Value| {
        let location = &result["locations"][0];
        let name = location["logicalLocations"][0]["fullyQualifiedName"].as_str().unwrap();
        match location.get("physicalLocation") {
            None => format!("{name}: nowhere"),
            Some(place) => format!(
                "{name}: {}:{}",
                place["artifactLocation"]["uri"].as_str().unwrap(),
                place["region"]["startLine"]
            ),
        }
    };
    results.map(place).collect()
}

#[test]
fn migrations_are_pointed_at() {
    let files = [("1_orders.sql", FIRST), ("2_amount.sql", SECOND)];
    let (home, _production) = drifted("my migrations", &files);
    let found =
        pum(&home, "check prod --report sarif=a.sarif --format github", &["./my migrations/"]);
    let found = found.expect(1);
    assert_eq!(
        places(&std::fs::read_to_string(home.path().join("a.sarif")).unwrap()),
        [
            "public.extra: nowhere",
            "public.orders.amount: my%20migrations/2_amount.sql:3",
            "public.orders.by_note: my%20migrations/1_orders.sql:5",
        ]
    );
    let lines: Vec<&str> = found.stdout.lines().collect();
    let start =
        "::error file=my migrations/2_amount.sql,line=3,title=column public.orders.amount::";
    assert!(lines[2].starts_with(start), "{}", found.stdout);
    assert!(lines[1].starts_with("::error title=table public.extra::"), "{}", found.stdout);
    // The other way round, and with a path from the root on.
    let path = home.path().join("my migrations").display().to_string();
    let turned = pum(&home, "check --format sarif", &[&path, "prod"]).expect(1);
    assert_eq!(places(&turned.stdout)[1], "public.orders.amount: my%20migrations/2_amount.sql:3");
}

#[test]
fn deltas_and_scripts_are_pointed_at() {
    let files = [("delta_1.0.0_orders.sql", FIRST), ("delta_1.1.0.sql", "\\ir parts/amount.sql\n")];
    let (home, _production) = drifted("deltas", &files);
    home.file("deltas/parts/amount.sql", SECOND);
    let found = pum(&home, "check prod deltas/ --format sarif", &[]).expect(1);
    assert_eq!(places(&found.stdout)[1], "public.orders.amount: deltas/parts/amount.sql:3");
    home.file("build.sql", &format!("{FIRST}{SECOND}"));
    let found = pum(&home, "check prod build.sql --format sarif", &[]).expect(1);
    assert_eq!(places(&found.stdout)[1], "public.orders.amount: build.sql:8");
}

#[test]
fn snapshots_are_pointed_at() {
    let (home, production) = drifted("unused", &[]);
    pum(&home, "snapshot prod -o schema.json", &[]).expect(0);
    production.execute(
        "ALTER TABLE orders ALTER amount TYPE numeric(12,2), ADD mood text; DROP INDEX by_note; \
         CREATE TABLE more ()",
    );
    let snapshot = std::fs::read_to_string(home.path().join("schema.json")).unwrap();
    let line = |part: &str| 1 + snapshot.lines().position(|line| line.contains(part)).unwrap();
    let table = line(r#"{"kind":"table","schema":"public","name":"orders"}"#);
    let index = line(r#""parent":"orders","name":"by_note"}"#);
    let column = line(r#""parent":"orders","name":"amount"}"#);
    let found = pum(&home, "check prod schema.json --format sarif", &[]).expect(1);
    assert_eq!(
        places(&found.stdout),
        [
            "public.more: nowhere".to_owned(),
            format!("public.orders.amount: schema.json:{column}"),
            format!("public.orders.mood: schema.json:{table}"),
            format!("public.orders.by_note: schema.json:{index}"),
        ]
    );
}
