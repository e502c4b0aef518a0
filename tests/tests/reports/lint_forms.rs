//! `pum lint` in the forms of CI systems.

use pum_tests::command::Home;
use quick_xml::events::Event;
use serde_json::Value;

use crate::pum;

fn home() -> Home {
    let home = Home::new();
    home.file("deltas/delta_1.1.0_drop.sql", "SELECT 1;\n\nDROP TABLE \"a|b\";\n");
    home.file("deltas/delta_1.2.0_fine.sql", "SELECT 1;\n");
    home
}

#[test]
fn annotations_stand_at_the_line() {
    let found = pum(&home(), "lint -d deltas --format github --lock-timeout 5s", &[]).expect(1);
    assert!(
        found.stdout.starts_with("::error title=pum lint::1 finding in 2 scripts\n"),
        "{found:?}"
    );
    let place = "::warning file=deltas/delta_1.1.0_drop.sql,line=3,title=drop-table::";
    assert!(found.stdout.contains(place), "{}", found.stdout);
}

#[test]
fn markdown_is_a_table() {
    let found = pum(&home(), "lint -d deltas --format markdown --lock-timeout 5s", &[]).expect(1);
    assert!(found.stdout.starts_with("### pum lint: 1 finding in 2 scripts\n"), "{found:?}");
    let row = found.stdout.lines().find(|line| line.contains("drop-table")).unwrap();
    assert!(row.starts_with("| deltas/delta_1.1.0_drop.sql:3 | [drop-table]("), "{row}");
    assert!(row.contains("a\\|b"), "a cell stays one: {row}");
}

#[test]
fn sarif_has_rules_results_and_fingerprints_that_do_not_move_with_lines() {
    let home = home();
    let sarif = |code| -> Value {
        let line = "lint -d deltas --format sarif --lock-timeout 5s";
        serde_json::from_str(&pum(&home, line, &[]).expect(code).stdout).unwrap()
    };
    let before = sarif(1);
    let result = &before["runs"][0]["results"][0];
    assert_eq!(result["ruleId"], "drop-table");
    let place = &result["locations"][0]["physicalLocation"];
    assert_eq!(place["artifactLocation"]["uri"], "deltas/delta_1.1.0_drop.sql");
    assert_eq!(place["region"]["startLine"], 3);
    let rules = before["runs"][0]["tool"]["driver"]["rules"].as_array().unwrap();
    assert!(rules.iter().any(|rule| rule["id"] == "drop-table"));
    home.file("deltas/delta_1.1.0_drop.sql", "DROP TABLE \"a|b\";\n");
    let after = sarif(1);
    let moved = &after["runs"][0]["results"][0];
    assert_eq!(moved["locations"][0]["physicalLocation"]["region"]["startLine"], 1);
    assert_eq!(moved["partialFingerprints"], result["partialFingerprints"]);

    // A script that cannot be read is a result, and the exit code is that of an error.
    home.file("deltas/delta_1.3.0_open.sql", "SELECT 'not closed;\n");
    let failed = sarif(2);
    let results = failed["runs"][0]["results"].as_array().unwrap();
    assert!(results.iter().any(|one| one["level"] == "error"), "{failed:#}");
    assert_eq!(failed["runs"][0]["invocations"][0]["executionSuccessful"], false);
}

#[test]
fn junit_has_a_test_for_each_script() {
    let home = home();
    let counts = |code| {
        let line = "lint -d deltas --format junit --lock-timeout 5s";
        let text = pum(&home, line, &[]).expect(code).stdout;
        let mut reader = quick_xml::Reader::from_str(&text);
        let (mut cases, mut failures, mut errors) = (0, 0, 0);
        loop {
            match reader.read_event().unwrap() {
                Event::Start(tag) | Event::Empty(tag) => match tag.name().as_ref() {
                    b"testcase" => cases += 1,
                    b"failure" => failures += 1,
                    b"error" => errors += 1,
                    _ => {}
                },
                Event::Eof => break (cases, failures, errors),
                _ => {}
            }
        }
    };
    assert_eq!(counts(1), (2, 1, 0));
    home.file("deltas/delta_1.3.0_open.sql", "SELECT 'not closed;\n");
    assert_eq!(counts(2), (4, 1, 1));
}
