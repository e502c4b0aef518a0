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
    for more in ["--allow-loss", "-i comments", "--name x"] {
        let refused = setting.pum(&format!("upgrade -p prod -t upgrades -d some {more}")).expect(2);
        assert!(refused.stderr.contains("--to"), "{more}: {}", refused.stderr);
    }
    let both = setting.pum(&format!("{TO} --dry-run")).expect(2);
    assert!(both.stderr.contains("cannot be used with"), "{}", both.stderr);
}

/// What a pipeline does: it rehearses, somebody approves, and it upgrades with what was rehearsed.
#[test]
fn a_run_that_stops_before_the_decision_is_approved_by_a_later_one() {
    let setting = Setting::new(PROD, WANTED);
    setting.home.file("deltas/delta_0.9.0.sql", "SELECT 1;");
    let line = format!("{TO} -d deltas -f prod.dump");
    let before = setting.prod.dump_schema();
    let stopped = setting.pum(&format!("{line} --until approve")).expect(0);
    let run = std::fs::read_dir(setting.home.path().join("pum-runs")).unwrap();
    let mut runs = run.map(|run| run.unwrap().file_name().into_string().unwrap());
    let id = runs.find(|name| name != ".gitignore").unwrap();
    let next = format!("run the same command again with --resume {id} --approve");
    assert!(stopped.stdout.contains(&next), "{}", stopped.stdout);
    let [kept] = &setting.kept()[..] else { panic!("{:?}", setting.kept()) };
    let text = std::fs::read_to_string(kept).unwrap();
    let own = setting.home.path().join("deltas/delta_1.0.1_to_reference.sql");
    assert!(!own.exists(), "it was not approved");
    assert_eq!((setting.prod.dump_schema(), setting.versions().len()), (before, 1));
    let done = setting.pum(&format!("{line} --resume {id} --approve")).expect(0);
    assert!(done.stdout.contains("rehearsed "), "{}", done.stdout);
    assert!(!done.stderr.contains("planned: "), "{}", done.stderr);
    assert_eq!(std::fs::read_to_string(&own).unwrap(), text);
    assert_eq!(setting.versions(), ["1.0.0 baseline", "1.0.1 to_reference"]);
    assert_eq!(setting.prod.column("SELECT name || note FROM customer"), ["annx"]);
    let again = setting.pum(&format!("{line} --resume last --approve")).expect(0);
    assert_eq!(again.stdout, "prod is at version 1.0.1: nothing pending\n");
    assert_eq!(setting.versions().len(), 2);
}

#[test]
fn what_has_changed_since_the_rehearsal_is_not_upgraded() {
    let setting = Setting::new(PROD, WANTED);
    setting.home.file("deltas/delta_0.9.0.sql", "SELECT 1;");
    let line = format!("{TO} -d deltas");
    setting.pum(&format!("{line} --until approve")).expect(0);
    let delta = setting.kept().remove(0);
    let text = std::fs::read_to_string(&delta).unwrap();
    let more = format!("{line} --resume last --approve");
    let refused = |what: &str| {
        let refused = setting.pum(&more).expect(2);
        assert!(refused.stderr.contains(what), "{}", refused.stderr);
        assert_eq!(setting.versions(), ["1.0.0 baseline"]);
        assert_eq!(setting.prod.column("SELECT to_regclass('visit')"), ["(null)"]);
        assert_eq!(std::fs::read_dir(setting.home.path().join("deltas")).unwrap().count(), 1);
    };
    setting.prod.execute("ALTER TABLE customer ADD more int");
    refused("production's schema");
    setting.prod.execute("ALTER TABLE customer DROP more");
    std::fs::write(&delta, format!("{text}SELECT 1;\n")).unwrap();
    refused("the deltas");
    std::fs::write(&delta, &text).unwrap();
    setting.home.file("wanted.sql", &format!("{WANTED}; SELECT 1"));
    refused("the reference");
    setting.home.file("wanted.sql", WANTED);
    setting.pum(&more).expect(0);
    assert_eq!(setting.versions().len(), 2);
}

#[test]
fn nothing_is_approved_that_was_not_rehearsed() {
    let setting = Setting::new(PROD, WANTED);
    setting.pum(&format!("{TO} --until dump")).expect(0);
    let early = setting.pum(&format!("{TO} --resume last --approve")).expect(2);
    assert!(early.stderr.contains("has no finished rehearsal"), "{}", early.stderr);
    assert_eq!(setting.versions().len(), 1);
    // Without it the run goes on from its dump.
    setting.pum(&format!("{TO} --resume last --yes")).expect(0);
    assert_eq!(setting.versions().len(), 2);
    for (line, told) in [
        (format!("{TO} --resume nothing"), "no run nothing"),
        (format!("{TO} --resume ../deltas"), "no run ../deltas"),
        (format!("{TO} --approve"), "--resume"),
        ("upgrade -p prod -t upgrades -d some --until approve".to_owned(), "--to"),
        ("upgrade -p prod -t upgrades -d some --resume last".to_owned(), "again or done"),
    ] {
        let refused = setting.pum(&line).expect(2);
        assert!(refused.stderr.contains(told), "{line}: {}", refused.stderr);
    }
}

/// A delta that was approved and not applied is in the delta directory already.
#[test]
fn a_run_goes_on_after_its_delta_was_put_into_the_directory() {
    let setting = Setting::new(PROD, WANTED);
    setting.home.file("deltas/delta_0.9.0.sql", "SELECT 1;");
    let line = format!("{TO} -d deltas");
    setting.pum(&format!("{line} --until approve")).expect(0);
    let delta = setting.kept().remove(0);
    let own = setting.home.path().join("deltas").join(delta.file_name().unwrap());
    std::fs::copy(&delta, &own).unwrap();
    setting.pum(&format!("{line} --resume last --approve")).expect(0);
    assert_eq!(setting.versions(), ["1.0.0 baseline", "1.0.1 to_reference"]);
    assert_eq!(std::fs::read_to_string(own).unwrap(), std::fs::read_to_string(delta).unwrap());
}

#[test]
fn the_ways_are_measured_on_a_copy_with_rows() {
    let prod = "
        CREATE TABLE t (a int, b text);
        INSERT INTO t SELECT n, repeat('x', 50) || n FROM generate_series(1, 20000) n;
        CREATE TABLE small (a int)";
    let wanted = "
        CREATE TABLE t (a int NOT NULL, b text, c int);
        CREATE INDEX i ON t (b, a);
        CREATE TABLE small (a int NOT NULL)";
    let setting = Setting::new(prod, wanted);
    // What is pending comes first, also on the copies on which it is measured.
    setting.home.file("some/delta_1.0.1_c.sql", "ALTER TABLE t ADD c int;");
    let to = "upgrade -p prod -t upgrades -d some --to wanted.sql --online always --yes";
    let none = setting.pum("upgrade -p prod -t upgrades -d some --measure-for 5min").expect(2);
    assert!(none.stderr.contains("--to"), "{}", none.stderr);
    let done = setting.pum(&format!("{to} --measure-for 5min")).expect(0);
    let kept = setting.home.path().join("some");
    let mut deltas: Vec<_> =
        std::fs::read_dir(kept).unwrap().map(|entry| entry.unwrap().path()).collect();
    deltas.retain(|path| path.to_string_lossy().contains("to_reference"));
    deltas.sort();
    let text: String = deltas.iter().map(|path| std::fs::read_to_string(path).unwrap()).collect();
    for (object, in_steps) in [
        ("index public.t.i", "CREATE INDEX CONCURRENTLY i"),
        ("column public.t.a", "ALTER TABLE \"public\".\"t\" ADD CONSTRAINT \"pum_not_null"),
    ] {
        let line = format!("measured: {object}: at once others wait ");
        let told = text.lines().find(|one| one.contains(&line));
        let told = told.unwrap_or_else(|| panic!("no {line} in {text}"));
        assert!(done.stderr.contains(told.trim_start_matches("-- ")), "{}", done.stderr);
        assert_eq!(text.contains(in_steps), told.ends_with("done in steps"), "{told}: {text}");
    }
    let small = "not measured: column public.small.a: its table has no rows on the copy; done in \
                 steps, by rule";
    assert!(text.contains(small), "{text}");
    let versions = setting.versions();
    assert!(versions.contains(&"1.0.1 c".to_owned()), "{versions:?}");
    assert!(versions.last().unwrap().starts_with("1.0.2 to_reference"), "{versions:?}");
    assert!(done.stdout.contains("no differences"), "{}", done.stdout);
    // Its dump is not kept.
    let runs = setting.home.path().join("pum-runs");
    let run = std::fs::read_dir(runs).unwrap().map(|one| one.unwrap().path());
    let run = run.filter(|path| path.is_dir()).last().unwrap();
    let files: Vec<_> =
        std::fs::read_dir(run).unwrap().map(|one| one.unwrap().file_name()).collect();
    assert!(!files.is_empty());
    assert!(!files.iter().any(|name| name.to_string_lossy().starts_with("measured-")), "{files:?}");
    // There is nothing to measure, and no copy is made for it.
    let again = setting.pum(&format!("{to} --measure-for 5min")).expect(0);
    assert!(!again.stderr.contains("measuring"), "{}", again.stderr);
}

#[test]
fn rows_in_the_way_are_told_where_it_was_measured_and_production_stays() {
    let prod = "CREATE TABLE t (a int); INSERT INTO t SELECT NULL FROM generate_series(1, 3)";
    let setting = Setting::new(prod, "CREATE TABLE t (a int NOT NULL)");
    let line = format!("{TO} --online always --yes --measure-for 5min");
    let failed = setting.pum(&line).expect(2);
    let told =
        "not measured: column public.t.a: column \"a\" of relation \"t\" contains null values";
    assert!(failed.stderr.contains(told), "{}", failed.stderr);
    assert_eq!(setting.versions(), ["1.0.0 baseline"]);
}
