//! `pum upgrade --to`: the delta is written, rehearsed, approved and applied in one.

use std::path::PathBuf;

use pum_tests::command::{Home, Outcome};
use pum_tests::{Database, database};

use super::PUM;

const PROD: &str = "
    CREATE TABLE customer (id int PRIMARY KEY, name text, note text);
    INSERT INTO customer VALUES (1, 'ann', 'x')";

const WANTED: &str = "
    CREATE TABLE customer (id int PRIMARY KEY, name varchar(40) NOT NULL, note text);
    CREATE TABLE visit (at date, customer int REFERENCES customer)";

struct Setting {
    home: Home,
    prod: Database,
}

impl Setting {
    fn new(prod: &str, wanted: &str) -> Self {
        let home = Home::new();
        let database = database();
        database.execute(prod);
        home.service("prod", &database);
        home.file("wanted.sql", wanted);
        let setting = Self { home, prod: database };
        setting.home.file("some/delta_1.0.0.sql", "SELECT 1;");
        setting.pum("baseline -p prod -t upgrades -d some -b 1.0.0").expect(0);
        setting
    }

    fn pum(&self, line: &str) -> Outcome {
        self.home.run(PUM, &line.split_whitespace().collect::<Vec<_>>())
    }

    fn versions(&self) -> Vec<String> {
        self.prod.column("SELECT version || ' ' || description FROM upgrades ORDER BY id")
    }

    /// The deltas that runs keep.
    fn kept(&self) -> Vec<PathBuf> {
        let runs = std::fs::read_dir(self.home.path().join("pum-runs")).into_iter().flatten();
        let deltas = runs.flat_map(|run| std::fs::read_dir(run.unwrap().path().join("deltas")));
        deltas.flatten().map(|entry| entry.unwrap().path()).collect()
    }
}

const TO: &str = "upgrade -p prod -t upgrades --to wanted.sql";

#[test]
fn a_reference_is_all_that_there_is() {
    let setting = Setting::new(PROD, WANTED);
    let nobody = setting.pum(TO).expect(2);
    assert!(nobody.stderr.contains("needs an answer"), "{}", nobody.stderr);
    assert_eq!(setting.versions(), ["1.0.0 baseline"]);
    assert_eq!(setting.prod.column("SELECT to_regclass('visit')"), ["(null)"]);
    let done = setting.pum(&format!("{TO} --yes")).expect(0);
    assert!(done.stdout.starts_with("prod was upgraded from 1.0.0 to 1.0.1\n"), "{}", done.stdout);
    for step in ["dump ", "restore to test", "upgrade test", "no differences"] {
        assert!(done.stdout.contains(step), "no {step:?} in {}", done.stdout);
    }
    assert_eq!(setting.versions(), ["1.0.0 baseline", "1.0.1 to_reference"]);
    assert_eq!(setting.prod.column("SELECT name || note FROM customer"), ["annx"]);
    let kept = setting.kept();
    assert_eq!(kept.len(), 2, "{kept:?}");
    let text = std::fs::read_to_string(&kept[1]).unwrap();
    assert!(text.starts_with("-- from: prod at 1.0.0, fingerprint "), "{text}");
    let again = setting.pum(&format!("{TO} --yes")).expect(0);
    assert!(again.stderr.contains("prod is the same as wanted.sql"), "{}", again.stderr);
    // Of what was applied before no file is missed.
    setting.home.file("wanted.sql", &format!("{WANTED}; CREATE TABLE third (id int)"));
    let third = setting.pum(&format!("{TO} --yes --minor --name third")).expect(0);
    assert!(!third.stderr.contains("warning"), "{}", third.stderr);
    assert_eq!(setting.versions()[2..], ["1.1.0 third"]);
}

#[test]
fn a_delta_directory_gets_the_delta_once_it_is_approved() {
    let setting = Setting::new(PROD, WANTED);
    setting.home.file("deltas/delta_0.9.0.sql", "SELECT 1;");
    setting.home.file("deltas/delta_1.1.0_visit.sql", "CREATE TABLE visit (at date);");
    let line = format!("{TO} -d deltas");
    setting.pum(&line).expect(2);
    let own = setting.home.path().join("deltas/delta_1.1.1_to_reference.sql");
    assert!(!own.exists(), "it was not approved");
    let done = setting.pum(&format!("{line} --yes")).expect(0);
    assert!(done.stderr.contains("wrote deltas/delta_1.1.1_to_reference.sql"), "{}", done.stderr);
    let text = std::fs::read_to_string(&own).unwrap();
    assert!(text.contains("-- after: delta_1.1.0_visit.sql, fingerprint "), "{text}");
    assert_eq!(setting.versions(), ["1.0.0 baseline", "1.1.0 visit", "1.1.1 to_reference"]);
    let info = setting.pum("info -p prod -t upgrades -d deltas --check").expect(0);
    assert!(!info.stdout.contains("changed"), "{}", info.stdout);
}

/// A rehearsal that fails on the rows ends before production.
#[test]
fn what_the_rows_do_not_allow_is_found_in_the_rehearsal() {
    let setting = Setting::new(
        &format!("{PROD}, (2, NULL, NULL)"),
        "CREATE TABLE customer (id int PRIMARY KEY, name text NOT NULL, note text)",
    );
    let before = setting.prod.dump_schema();
    let failed = setting.pum(&format!("{TO} --yes")).expect(2);
    assert!(failed.stderr.contains("upgrade test: "), "{}", failed.stderr);
    assert!(failed.stderr.contains("contains null values"), "{}", failed.stderr);
    assert!(!failed.stderr.contains("--resume"), "{}", failed.stderr);
    assert_eq!((setting.prod.dump_schema(), setting.versions().len()), (before, 1));
}

#[test]
fn what_would_be_lost_must_be_allowed() {
    let setting = Setting::new(PROD, "CREATE TABLE customer (id int PRIMARY KEY, name text)");
    let lost = setting.pum(&format!("{TO} --yes")).expect(2);
    assert!(lost.stderr.contains("data would be lost"), "{}", lost.stderr);
    assert_eq!(setting.kept(), Vec::<PathBuf>::new());
    setting.pum(&format!("{TO} --yes --allow-loss public.customer.note")).expect(0);
    assert_eq!(setting.versions().len(), 2);
}

#[test]
fn options_that_are_for_it_alone_are_refused_without_it() {
    let setting = Setting::new(PROD, WANTED);
    for more in ["--yes", "--allow-loss", "-i comments", "--name x"] {
        let refused = setting.pum(&format!("upgrade -p prod -t upgrades -d some {more}")).expect(2);
        assert!(refused.stderr.contains("--to"), "{more}: {}", refused.stderr);
    }
    let both = setting.pum(&format!("{TO} --dry-run")).expect(2);
    assert!(both.stderr.contains("cannot be used with"), "{}", both.stderr);
}
