//! The delta that closes a gap between the upgraded copy and the reference: proven, written, run, converged.

use pum_tests::database;
use serde_json::Value;

use super::{DELTA, SQL, Setting};

const BUILD: &str = "
    CREATE TABLE orders (id int PRIMARY KEY, state varchar(10) NOT NULL
        CHECK (state IN ('open', 'done')), note varchar(30) CHECK (note IN ('a', 'b')));
    CREATE TABLE more (id int PRIMARY KEY, orders int REFERENCES orders);
    CREATE INDEX orders_note ON orders (note);";

/// A production whose delta forgets something that `build.sql` has.
fn setting(build: &str) -> Setting {
    let setting = Setting::with_baseline();
    setting.home.file("build.sql", build);
    setting
}

/// The delta directory, but for the delta that was there before.
fn written(setting: &Setting) -> Vec<(String, String)> {
    let entries = std::fs::read_dir(setting.home.path().join("deltas")).unwrap();
    let mut files: Vec<(String, String)> = entries
        .map(|entry| entry.unwrap().path())
        .filter(|path| !path.ends_with("delta_1.1.0_note.sql"))
        .map(|path| {
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            (name, std::fs::read_to_string(path).unwrap_or_default())
        })
        .collect();
    files.sort();
    files
}

/// Of the report of the last run.
fn closing_delta(setting: &Setting) -> Value {
    let text = std::fs::read(setting.home.path().join("run.json")).unwrap();
    let report: Value = serde_json::from_slice(&text).unwrap();
    report["closing_delta"].clone()
}

const WRITE: &str = "--yes --write-delta deltas --report json=run.json --report html=run.html";

#[test]
fn what_closes_the_gap_is_proven_with_the_rows_and_the_next_run_finds_none() {
    let setting = setting(BUILD);
    let found = setting.untouched(|| setting.manage(&format!("{SQL} {WRITE}")).expect(1));
    assert!(
        found.stdout.contains(
            "delta that would close the gap:\n  run on the copy, with all its rows, which was the \
             same as the reference then\n"
        ),
        "{}",
        found.stdout
    );
    assert!(found.stderr.contains("wrote deltas/delta_1.1.1_to_reference.sql"), "{}", found.stderr);
    let [(name, text)] = &written(&setting)[..] else { panic!("{:?}", written(&setting)) };
    assert_eq!(name, "delta_1.1.1_to_reference.sql");
    for part in [
        "-- from: prod at 1.0.0, fingerprint ",
        "-- after: delta_1.1.0_note.sql, fingerprint ",
        "-- to: build.sql, fingerprint ",
        "-- proof: run by pum on the copy on which the deltas before it were rehearsed, with all its \
         rows, on PostgreSQL ",
        "ALTER COLUMN \"state\" SET NOT NULL;",
        "CREATE INDEX orders_note",
    ] {
        assert!(text.contains(part), "no {part:?} in {text}");
    }
    let told = closing_delta(&setting);
    assert_eq!(told["parts"], Value::from(vec![text.clone()]));
    assert_eq!([&told["proof"], &told["problem"]], [&"copy with all rows".into(), &Value::Null]);
    setting.page_has(&["The delta that would close the gap", "CREATE INDEX orders_note"]);
    let done = setting.manage(&format!("{SQL} {WRITE}")).expect(0);
    assert!(done.stdout.contains("no differences"), "{}", done.stdout);
    assert_eq!(setting.versions(), ["1.0.0baseline", "1.1.0note", "1.1.1to_reference"]);
    assert_eq!(setting.production.column("SELECT id || state FROM orders"), ["1open"]);
    assert_eq!(closing_delta(&setting), Value::Null);
}

/// A test database that somebody named stays as the deltas made it.
#[test]
fn a_named_test_database_is_left_as_it_was_rehearsed() {
    let setting = setting(BUILD);
    let test = database();
    setting.home.service("test", &test);
    setting.manage(&format!("{SQL} -pt test {WRITE}")).expect(1);
    let told = closing_delta(&setting);
    assert_eq!(told["proof"], "copy with all rows", "{told}");
    assert_eq!(test.column("SELECT to_regclass('more'), to_regclass('orders_note')"), ["(null)"]);
    assert_eq!(test.column("SELECT max(version) FROM upgrades"), ["1.1.0"]);
    // What must be committed in parts is run without rows.
    let setting = self::setting(&format!("{BUILD} CREATE TYPE mood AS ENUM ('a', 'b');"));
    setting.production.execute("CREATE TYPE mood AS ENUM ('a')");
    let test = database();
    setting.home.service("test", &test);
    setting.manage(&format!("{SQL} -pt test {WRITE}")).expect(1);
    let told = closing_delta(&setting);
    assert_eq!(told["proof"], "schema", "{told}");
    assert!(told["reason"].as_str().unwrap().contains("committed in parts"), "{told}");
    assert_eq!(written(&setting).len(), 2);
    setting.manage(&format!("{SQL} -pt test {WRITE}")).expect(0);
}

#[test]
fn what_would_be_lost_is_written_only_if_it_may_be() {
    let build =
        BUILD.replace("state varchar(10)", "status varchar(10)").replace("(state IN", "(status IN");
    let setting = setting(&build);
    let found = setting.untouched(|| setting.manage(&format!("{SQL} {WRITE}")).expect(1));
    assert!(found.stderr.contains("no delta was written: data would be lost"), "{}", found.stderr);
    assert!(found.stdout.contains("allowed by --allow-loss; what was renamed"), "{}", found.stdout);
    assert_eq!(written(&setting), []);
    assert_eq!(closing_delta(&setting)["losses"][0]["what"], "the values of the column");
    // It was renamed: nothing is lost.
    let home = &setting.home;
    let mut line: Vec<&str> =
        "test-and-upgrade -pp prod -t public.upgrades -d deltas -f prod.dump".split(' ').collect();
    let more = format!("{SQL} {WRITE}");
    line.extend(more.split(' '));
    let renamed = [&line[..], &["--rename", "column public.orders.state=status"]].concat();
    home.run(super::PUM, &renamed).expect(1);
    let [(_, text)] = &written(&setting)[..] else { panic!("{:?}", written(&setting)) };
    assert!(text.contains("RENAME COLUMN \"state\" TO \"status\";"), "{text}");
    home.run(super::PUM, &line).expect(0);
    assert_eq!(setting.production.column("SELECT id || status FROM orders"), ["1open"]);
    // Or it may be lost.
    let build = BUILD
        .replace("state varchar(10) NOT NULL\n        CHECK (state IN ('open', 'done')), ", "");
    let setting = self::setting(&build);
    setting.manage(&format!("{SQL} --allow-loss public.orders.* {WRITE}")).expect(1);
    assert_eq!(written(&setting).len(), 1);
    setting.manage(&format!("{SQL} {WRITE}")).expect(0);
}

#[test]
fn rows_in_the_way_are_to_be_decided_before_it_is_run() {
    let setting = setting(BUILD);
    setting.production.execute("INSERT INTO orders VALUES (2, NULL), (3, NULL)");
    let found = setting.untouched(|| setting.manage(&format!("{SQL} {WRITE}")).expect(1));
    assert!(found.stderr.contains("to be decided: 2 rows of"), "{}", found.stderr);
    let [(name, text)] = &written(&setting)[..] else { panic!("{:?}", written(&setting)) };
    assert!(
        text.contains("-- decide: 2 rows of \"public\".\"orders\" have no \"state\""),
        "{text}"
    );
    assert!(text.contains("-- proof: run by pum on a copy of the schema, without rows"), "{text}");
    let told = closing_delta(&setting);
    assert_eq!([&told["proof"], &told["decide"][0]["count"]], [&Value::from("schema"), &2.into()]);
    let open = setting.untouched(|| setting.manage(&format!("{SQL} {WRITE}")).expect(2));
    assert!(open.stderr.contains("decide"), "{}", open.stderr);
    let decided: String = text
        .lines()
        .filter(|line| !line.starts_with("-- decide:"))
        .flat_map(|line| {
            let is_last = line.contains("(write below");
            let update = "UPDATE public.orders SET state = 'open' WHERE state IS NULL;";
            [Some(line), is_last.then_some(update)]
        })
        .flatten()
        .map(|line| format!("{line}\n"))
        .collect();
    setting.home.file(&format!("deltas/{name}"), &decided);
    setting.manage(&format!("{SQL} {WRITE}")).expect(0);
    let rows = setting.production.column("SELECT id || state FROM orders ORDER BY 1");
    assert_eq!(rows, ["1open", "2open", "3open"]);
}

/// What comes again with every upgrade is not changed by a delta.
#[test]
fn what_repeatable_scripts_make_again_is_not_closed_by_a_delta() {
    let setting = setting(
        "CREATE TABLE orders (id int PRIMARY KEY, state varchar(10) CHECK (state IN \
         ('open', 'done')), note varchar(20) CHECK (note IN ('a', 'b')));
         CREATE VIEW open AS SELECT id, state FROM orders",
    );
    setting.home.file("deltas/repeatable/open.sql", "CREATE VIEW open AS SELECT id FROM orders;");
    let found = setting.untouched(|| setting.manage(&format!("{SQL} {WRITE}")).expect(1));
    assert!(found.stdout.contains("not proven: deltas/repeatable/open.sql:1: relation \"open\" already exists (SQLSTATE 42P07)\n"), "{}", found.stdout);
    assert!(
        found.stderr.contains("no delta was written: deltas/repeatable/open.sql:1: "),
        "{}",
        found.stderr
    );
    assert!(written(&setting).iter().all(|(name, _)| name == "repeatable"));
}

#[test]
fn a_delta_directory_that_cannot_be_written_is_told_first() {
    let setting = setting(BUILD);
    let line = format!("{SQL} --yes --write-delta nowhere");
    let missing = setting.untouched(|| setting.manage(&line).expect(2));
    assert!(missing.stderr.contains("nowhere"), "{}", missing.stderr);
    assert!(!setting.dump().exists());
}

/// A project of PUM 1 gets a changelog.
#[test]
fn it_has_the_layout_of_the_directory() {
    let setting = setting(BUILD);
    setting.home.file("project/changelogs/1.0.0/a.sql", "SELECT 1;");
    setting.home.file("project/.pum.yaml", "pum:\n  module: shop\n");
    let line = format!("{SQL} --yes --write-delta project");
    let found = setting.manage(&line).expect(1);
    assert!(
        found.stderr.contains("wrote project/changelogs/1.1.1/to_reference.sql"),
        "{}",
        found.stderr
    );
    assert_eq!(DELTA.matches("note").count(), 2);
}

/// What of the delta that closes the gap can be done in two ways is measured on databases that are made of the
/// rehearsed copy, wherever that is.
#[test]
fn the_ways_are_measured_on_the_rehearsed_copy() {
    let setting = setting(BUILD);
    setting
        .production
        .execute("INSERT INTO orders SELECT n, 'done' FROM generate_series(2, 9999) n");
    let test = database();
    setting.home.service("test", &test);
    for source in ["", "-pt test", "--test-source template"] {
        let line = format!("{SQL} {source} --online always --measure-for 5min {WRITE}");
        let found = setting.untouched(|| setting.manage(&line).expect(1));
        let told = closing_delta(&setting);
        let ways = told["ways"].as_array().unwrap();
        for name in ["state", "orders_note"] {
            let way = ways.iter().find(|way| way["object"]["name"] == name);
            let way = way.unwrap_or_else(|| panic!("no {name} in {told}"));
            assert!(way["at_once"]["milliseconds"].is_u64(), "{source}: {way}");
            assert!(way["in_steps"]["milliseconds"].is_u64(), "{source}: {way}");
        }
        let files = written(&setting);
        let text: String = files.iter().map(|(_, text)| &**text).collect();
        for one in ["column public.orders.state", "index public.orders.orders_note"] {
            let line = text
                .lines()
                .find(|line| line.contains(&format!("measured: {one}: at once others wait ")));
            let line = line.unwrap_or_else(|| panic!("{source}: no {one} in {text}"));
            assert!(found.stdout.contains(line.trim_start_matches("-- ")), "{}", found.stdout);
        }
        let left = "SELECT datname FROM pg_database WHERE datname LIKE current_database() || '_pum_measured%'";
        assert_eq!(test.column(left), [""; 0], "{source}");
        for (name, _) in files {
            std::fs::remove_file(setting.home.path().join("deltas").join(name)).unwrap();
        }
    }
    // A copy without rows.
    let line = format!("{SQL} --test-source schema --online always --measure-for 5min {WRITE}");
    let found = setting.manage(&line).expect(1);
    let told = "not measured: index public.orders.orders_note: its table has no rows on the copy; done in steps, by rule";
    assert!(found.stdout.contains(told), "{}", found.stdout);
    assert!(written(&setting)[0].1.contains(told), "{:?}", written(&setting));
    // It is kept, the steps too.
    setting.manage(&format!("{SQL} --yes")).expect(0);
    assert_eq!(setting.production.column("SELECT count(*) FROM orders"), ["9999"]);
}
