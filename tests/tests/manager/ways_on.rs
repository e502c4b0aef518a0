//! What is said when production cannot be restored as it is, and that it is right.

use pum_tests::database;

use super::Setting;

/// The functions find each other by the search path, which a restore does not have.
const UNRESTORABLE: &str = "
    CREATE FUNCTION inner_f(n int) RETURNS int IMMUTABLE LANGUAGE sql AS 'SELECT n';
    CREATE FUNCTION outer_f(n int) RETURNS int IMMUTABLE LANGUAGE plpgsql AS 'BEGIN RETURN inner_f(n); END';
    CREATE INDEX by_f ON orders (outer_f(id));";

#[test]
fn a_dump_that_cannot_be_restored_leaves_ways_on() {
    let setting = Setting::with_baseline();
    setting.production.execute(UNRESTORABLE);
    setting.home.file("build.sql", &format!("{}{UNRESTORABLE}", super::BUILD));
    let run = "--reference-sql build.sql --report json=run.json --yes";
    let failed = setting.untouched(|| setting.manage(run)).expect_error(&[
        "restore to test: ",
        "function inner_f(integer) does not exist",
        "production was not changed",
        "hint: -x restores the rest, and lists each error: it continues without INDEX by_f postgres",
        "hint: -N SCHEMA leaves out",
        "hint: --test-source template makes production's own server copy production",
        "hint: -pt B names a test database on a server that has what the dump needs",
    ]);
    assert!(failed.stderr.find("error:") < failed.stderr.find("hint:"), "{}", failed.stderr);
    let report = std::fs::read_to_string(setting.home.path().join("run.json")).unwrap();
    let report: serde_json::Value = serde_json::from_str(&report).unwrap();
    assert_eq!(report["ways_on"].as_array().unwrap().len(), 4);

    // What -x goes on without is left out of the comparison with its reason.
    let rule = "[[ignore]]\nobject = \"public.orders\"\nelements = [\"indexes\"]\n\
                reason = \"its functions need the search path\"\n";
    let differs = setting.untouched(|| setting.manage(&format!("{run} -x")).expect(1));
    assert!(differs.stdout.contains("index by_f: only in reference"), "{}", differs.stdout);
    assert!(differs.stderr.contains("ignored: INDEX by_f postgres"), "{}", differs.stderr);
    setting.home.file("pum.toml", rule);
    let done = setting.manage(&format!("{run} -x --until plan")).expect(0);
    assert!(!done.stderr.contains("hint:"), "{}", done.stderr);
    // Nothing is restored: nothing need be left out.
    std::fs::remove_file(setting.home.path().join("pum.toml")).unwrap();
    setting.manage(&format!("{run} --test-source template")).expect(0);
    assert_eq!(setting.versions(), ["1.0.0baseline", "1.1.0note"]);
}

#[test]
fn the_ways_on_are_those_that_are_left() {
    let setting = Setting::with_baseline();
    setting.production.execute(UNRESTORABLE);
    let test = database();
    setting.home.service("test", &test);
    let run = "--reference-sql build.sql --yes -pt test";
    let failed = setting.untouched(|| setting.manage(run)).expect_error(&["hint: without -pt the"]);
    assert!(!failed.stderr.contains("-pt B names"), "{}", failed.stderr);
    // An error that has nothing to do with a restore has no such hint.
    setting.home.file("deltas/delta_1.1.0_note.sql", "SELECT nothing");
    let failed = setting.untouched(|| setting.manage(&format!("{run} -x"))).expect(2);
    assert!(!failed.stderr.contains("hint: without"), "{}", failed.stderr);
}
