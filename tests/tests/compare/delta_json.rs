//! `pum delta --format json`: what was written, and what is proven, for programs.

use pum_tests::command::{Home, Outcome};
use pum_tests::report::described;
use serde_json::{Value, json};

use super::pending::{pum, with};
use super::seen::copy_of;

const PROD: &str = "
    CREATE TABLE t (id int PRIMARY KEY, old text, gone int);
    INSERT INTO t SELECT n, CASE WHEN n > 3 THEN 'x' END, n FROM generate_series(1, 20) n";

const WANTED: &str =
    "CREATE TABLE t (id int PRIMARY KEY, new text NOT NULL); CREATE INDEX i ON t (new)";

fn new(home: &Home, more: &[&str]) -> Outcome {
    let line = ["delta", "new", "x", "-p", "prod", "--to", "wanted", "--format", "json"];
    home.run(env!("CARGO_BIN_EXE_pum-under-test"), &[&line[..], more].concat())
}

#[test]
fn what_was_written_and_decided_and_measured_is_told() {
    let (home, prod) = with(PROD, WANTED);
    home.service("copy", &copy_of(&prod, "UPDATE t SET old = 'x' WHERE id > 2"));
    let rename = "column public.t.old=new";
    let refused = new(&home, &["--rename", rename]).expect(2);
    let report = described("delta-new", &refused.stdout);
    assert!(report["problem"].as_str().unwrap().contains("data would be lost"), "{report}");
    assert_eq!([&report["written"], &report["version"]], [&json!([]), &Value::Null]);
    let more = [
        "--rename",
        rename,
        "--allow-loss",
        "--down",
        "--online",
        "always",
        "--on",
        "copy",
        "--measure-for",
        "5min",
    ];
    let done = new(&home, &more).expect(0);
    let report = described("delta-new", &done.stdout);
    assert_eq!([&report["version"], &report["problem"]], [&json!("1.0.1"), &Value::Null]);
    let written: Vec<&str> =
        report["written"].as_array().unwrap().iter().map(|file| file.as_str().unwrap()).collect();
    for file in &written {
        assert!(home.path().join(file).is_file(), "{file}");
    }
    let plan = &report["plan"];
    let parts = usize::try_from(plan["parts"].as_u64().unwrap()).unwrap();
    let ups = written.iter().filter(|file| !file.ends_with(".down.sql")).count();
    assert_eq!((ups, plan["down"].as_bool()), (parts, Some(true)), "{written:?}");
    assert_eq!(plan["from"]["version"], "1.0.0");
    let renamed = &plan["renames"][0];
    assert_eq!([&renamed["rename"], &renamed["evidence"]], [&json!(rename), &Value::Null]);
    assert_eq!(plan["losses"][0]["object"]["name"], "gone");
    assert_eq!([&plan["proven"], &plan["decide"][0]["count"]], [&json!(true), &json!(2)]);
    let index = plan["ways"].as_array().unwrap().iter().find(|way| way["object"]["name"] == "i");
    // The rows are in the way of the statements that come before.
    let why = index.unwrap()["not_measured"].as_str().unwrap();
    assert!(why.contains("contains null values"), "{why}");
}

#[test]
fn without_anything_to_write_nothing_is_told_to_be_written() {
    let (home, _prod) = with(PROD, PROD);
    let report = described("delta-new", &new(&home, &[]).expect(0).stdout);
    assert_eq!([&report["written"], &report["problem"]], [&json!([]), &Value::Null]);
    assert_eq!(report["plan"]["parts"], 0);
    let empty = pum(&home, "delta new empty --version 2.0.0 --format json").expect(0);
    let report = described("delta-new", &empty.stdout);
    let path = "deltas/delta_2.0.0_empty.sql";
    assert_eq!(
        report,
        json!({"format_version": 1, "written": [path], "version": "2.0.0",
        "problem": null, "plan": null})
    );
}

#[test]
fn what_is_missing_is_told_until_nothing_is() {
    let (home, _prod) =
        with(PROD, "CREATE TABLE t (id int PRIMARY KEY, old text, gone int, more int)");
    home.file("deltas/delta_1.0.1_i.sql", "CREATE INDEX i ON t (old);");
    let prove = "delta prove prod --to wanted --format json";
    let report = described("delta-prove", &pum(&home, prove).expect(1).stdout);
    assert_eq!([&report["proven"], &report["version"]], [&json!(false), &json!("1.0.1")]);
    assert_eq!(report["applied"], json!(["deltas/delta_1.0.1_i.sql"]));
    let steps = report["missing"]["steps"].as_array().unwrap();
    let sql: Vec<&str> = steps.iter().map(|step| step["sql"][0].as_str().unwrap()).collect();
    assert!(sql.iter().any(|sql| sql.contains("ADD COLUMN \"more\"")), "{sql:?}");
    home.file("deltas/delta_1.0.1_i.sql", "ALTER TABLE t ADD more int;");
    let report = described("delta-prove", &pum(&home, prove).expect(0).stdout);
    assert_eq!([&report["proven"], &report["left"]], [&json!(true), &Value::Null]);
    assert_eq!(report["missing"]["steps"], json!([]));
}
