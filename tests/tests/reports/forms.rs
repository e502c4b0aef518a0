//! Each form of a report, as it is written.

use std::path::Path;

use boon::{Compiler, Schemas};
use pum_tests::repository;
use serde_json::Value;

use super::{drifted, pum, without_values};

fn read(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap()
}

#[test]
fn one_run_writes_all_forms() {
    let (home, _prod, _repo) = drifted();
    let forms = ["text", "json", "markdown", "html", "junit", "sarif", "github"];
    let reports: Vec<String> =
        forms.iter().map(|form| format!("--report={form}=report.{form}")).collect();
    let reports: Vec<&str> = reports.iter().map(String::as_str).collect();
    let run = pum(&home, "check prod repo", &reports).expect(1);
    let report = |form: &str| read(&home.path().join(format!("report.{form}")));
    assert_eq!(report("text"), run.stdout);
    for (form, end) in [("text", "txt"), ("markdown", "md"), ("github", "txt")] {
        insta::assert_snapshot!(format!("{form}.{end}"), without_values(&report(form)));
    }
    let timestamp = |line: &&str| line.contains("timestamp=");
    let junit = report("junit");
    assert_eq!(junit.lines().filter(timestamp).count(), 1);
    let junit: Vec<&str> = junit.lines().filter(|line| !timestamp(line)).collect();
    insta::assert_snapshot!("junit.xml", junit.join("\n"));
    insta::assert_snapshot!("report.sarif", without_values(&report("sarif")));
    insta::assert_snapshot!("report.json", without_values(&report("json")));
    // What each format is alone it is beside others, but for the moment, which is in the page.
    let moment = regex::Regex::new(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d [A-Z+0-9:-]+").unwrap();
    assert_eq!(moment.find_iter(&report("html")).count(), 1);
    let same_each_time = |text: &str| moment.replace(text, "<moment>").into_owned();
    for form in forms.iter().filter(|form| **form != "junit") {
        let alone = pum(&home, &format!("check prod repo --format {form}"), &[]).expect(1);
        assert_eq!(same_each_time(&alone.stdout), same_each_time(&report(form)), "{form}");
        assert_eq!(alone.stderr, "");
    }
}

#[test]
fn the_published_schema_describes_json() {
    let (home, _prod, _repo) = drifted();
    let schema = repository().join("docs/schema/check.schema.json");
    let (mut schemas, mut compiler) = (Schemas::new(), Compiler::new());
    let schema = compiler.compile(schema.to_str().unwrap(), &mut schemas).unwrap();
    let check = |report: &Value| schemas.validate(report, schema).map_err(|err| err.to_string());
    let run = |line: &str, code: i32, more: &[&str]| -> Value {
        serde_json::from_str(&pum(&home, line, more).expect(code).stdout).unwrap()
    };
    home.file(
        "pum.toml",
        "[[ignore]]\nobject = \"public.customers\"\nreason = \"planned\"\n\
         [[ignore]]\nobject = \"public.nothing\"\nreason = \"old\"\n",
    );
    let mut report = run("check prod repo --format json", 1, &[]);
    check(&report).unwrap();
    assert_eq!(report["differences"].as_array().unwrap().len(), 6);
    check(&run("check prod prod --format json", 0, &[])).unwrap();
    let accepted = run("check prod repo --format json --accept", 0, &["--reason=known"]);
    check(&accepted).unwrap();
    assert_eq!(accepted["accepted"]["differences"], 6);
    // And it describes no other.
    report["differences"][0]["fingerprint"] = "abc".into();
    check(&report).unwrap_err();
}

#[test]
fn what_stands_against_a_report_is_said_before_the_work() {
    let (home, _prod, _repo) = drifted();
    let refused = |more: &str, parts: &[&str]| {
        // A service that nobody knows: nothing was connected.
        pum(&home, &format!("check nobody repo {more}"), &[]).expect_error(parts);
    };
    refused("--report html=none/x.html", &["none/x.html", "No such file or directory"]);
    refused("--report html=.", &["cannot write .:", "directory"]);
    refused("--report html=x -o x", &["two reports", "x"]);
    refused("--report htm=x", &["\"htm\" is not a format", "html, junit"]);
    refused("--report html", &["FORMAT=FILE", "html=drift.html"]);
    refused("--report html=", &["the file is missing"]);
}

#[test]
fn the_classic_output_file_is_what_it_was() {
    let (home, _prod, _repo) = drifted();
    let run = pum(&home, "check prod repo -o out.txt --report github=out.gh", &[]).expect(1);
    assert_eq!(run.stdout, "7 differences between prod and repo\n");
    assert!(read(&home.path().join("out.txt")).contains("table legacy: only in prod (perhaps"));
    assert!(read(&home.path().join("out.gh")).starts_with("::error title=pum check::7 diff"));
}

#[test]
fn colours_are_for_terminals_and_on_demand() {
    let (home, _prod, _repo) = drifted();
    let coloured = |line: &str| pum(&home, line, &[]).expect(1).stdout.contains('\u{1b}');
    assert!(!coloured("check prod repo"));
    assert!(!coloured("check prod repo --color never"));
    assert!(coloured("check prod repo --color always"));
    // Files never are.
    pum(&home, "check prod repo --color always -o out.txt", &[]).expect(1);
    assert!(!read(&home.path().join("out.txt")).contains('\u{1b}'));
}
