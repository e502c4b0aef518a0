//! Several production databases of one model.

use pum_tests::report::described;
use pum_tests::{Database, database};

use super::{BUILD, SQL, Setting};

/// Three customers with the same schema, one of them with other data.
fn customers() -> (Setting, Vec<Database>) {
    let setting = Setting::new();
    let all: Vec<Database> = (1..=3)
        .map(|number| {
            let one = database();
            one.execute(
                "CREATE TABLE orders (id int PRIMARY KEY, \
                                      state varchar(10) CHECK (state IN ('open', 'done')))",
            );
            setting.home.service(&format!("customer_{number}"), &one);
            setting
                .pum(&format!(
                    "baseline -p customer_{number} -t public.upgrades -d deltas -b 1.0.0"
                ))
                .expect(0);
            one
        })
        .collect();
    (setting, all)
}

impl Setting {
    fn manage_all(&self, more: &str) -> pum_tests::command::Outcome {
        self.pum(&format!(
            "test-and-upgrade -pp customer_* -t public.upgrades -d deltas --runs runs {SQL} {more}"
        ))
    }
}

fn versions(database: &Database) -> Vec<String> {
    database.column("SELECT version FROM public.upgrades ORDER BY id")
}

#[test]
fn one_rehearsal_for_those_of_one_schema() {
    let (setting, all) = customers();
    // This one has another schema, which the reference lacks.
    all[1].execute("CREATE TABLE more ()");
    let done = setting.manage_all("--yes").expect(1);
    let lines: Vec<&str> = done.stdout.lines().collect();
    assert_eq!(lines[0], "2 of 3 databases upgraded", "{}", done.stdout);
    for (at, expected) in [
        (2, ["customer_1", "upgraded", "1.0.0", "1.1.0"]),
        (3, ["customer_2", "different", "1.0.0", "1.1.0"]),
        (4, ["customer_3", "upgraded", "1.0.0", "1.1.0"]),
    ] {
        let words: Vec<&str> = lines[at].split_whitespace().collect();
        assert_eq!(words[..4], expected, "{}", done.stdout);
    }
    assert!(done.stdout.contains("customer_2:\n  table public.more: only in test"));
    assert_eq!(done.stderr.matches(": upgrade test ").count(), 2, "{}", done.stderr);
    assert_eq!(done.stderr.matches(": dump ").count(), 3, "{}", done.stderr);
    assert_eq!(
        [versions(&all[0]).len(), versions(&all[1]).len(), versions(&all[2]).len()],
        [2, 1, 2]
    );
    // Each has its dump.
    let runs = std::fs::read_dir(setting.home.path().join("runs")).unwrap();
    // Beside it is a .gitignore.
    let run = runs.map(Result::unwrap).find(|entry| entry.path().is_dir()).unwrap();
    for number in 1..=3 {
        assert!(run.path().join(format!("customer_{number}/production.dump")).exists());
    }
    let again = setting.manage_all("--yes --format json --exclude-object public.more").expect(0);
    let value = described("fleet", &again.stdout);
    let outcomes: Vec<_> =
        value["productions"].as_array().unwrap().iter().map(|one| &one["outcome"]).collect();
    assert_eq!(outcomes, ["nothing pending", "upgraded", "nothing pending"]);
}

/// `backup_file` is one file, and each has its dump: in its directory.
#[test]
fn a_backup_file_is_for_one_database() {
    let (setting, _all) = customers();
    setting.home.file("pum.toml", "backup_file = \"prod.dump\"\n");
    let done = setting.manage_all("--yes").expect(0);
    assert!(done.stderr.contains("note: backup_file is for one database"), "{}", done.stderr);
    assert!(!setting.home.path().join("prod.dump").exists());
    let runs = std::fs::read_dir(setting.home.path().join("runs")).unwrap();
    let run = runs.map(Result::unwrap).find(|entry| entry.path().is_dir()).unwrap();
    for number in 1..=3 {
        assert!(run.path().join(format!("customer_{number}/production.dump")).exists());
    }
}

/// What fails in one database, by its data, leaves that one as it was and the others upgraded.
#[test]
fn a_failure_is_of_one_only() {
    let (setting, all) = customers();
    setting.home.file("deltas/delta_1.2.0.sql", "ALTER TABLE orders ADD CHECK (id < 100);");
    setting.home.file("build.sql", &BUILD.replace("PRIMARY KEY", "PRIMARY KEY CHECK (id < 100)"));
    all[1].execute("INSERT INTO orders VALUES (500, 'open')");
    let before = all[1].dump_schema();
    let done = setting.manage_all("--yes --parallel 2").expect(2);
    assert!(done.stdout.starts_with("2 of 3 databases upgraded, 1 failed\n"), "{}", done.stdout);
    // Progress over all of them, whichever ends when.
    let progress: Vec<&str> =
        done.stderr.lines().filter(|line| line.contains(" databases done")).collect();
    assert_eq!(progress.len(), 3, "{}", done.stderr);
    for (at, line) in progress.iter().enumerate() {
        assert!(line.contains(&format!("; {} of 3 databases done", at + 1)), "{progress:?}");
    }
    assert!(progress[2].ends_with("3 of 3 databases done, 1 of them without success"));
    assert!(progress.iter().any(|line| line.starts_with("customer_2: failed after ")));
    let again = described("fleet", &setting.manage_all("--yes --format json").expect(2).stdout);
    assert_eq!(again["productions"][1]["outcome"], "failed", "{again:#}");
    assert!(again["productions"][1]["error"].is_string(), "{again:#}");
    assert!(
        done.stdout.contains("is violated by some row")
            && done.stdout.contains("production was not changed; its dump is "),
        "{}",
        done.stdout
    );
    assert_eq!(
        [versions(&all[0]).len(), versions(&all[1]).len(), versions(&all[2]).len()],
        [3, 1, 3]
    );
    assert!(all[1].dump_schema() == before);
}

#[test]
fn a_failure_may_stop_all() {
    let (setting, all) = customers();
    setting.home.file("build.sql", "CREATE TABLE orders (id int PRIMARY KEY);");
    let done = setting.manage_all("--yes --stop-on-failure").expect(2);
    let outcomes: Vec<&str> = done
        .stdout
        .lines()
        .skip(2)
        .take(3)
        .filter_map(|line| line.split_whitespace().nth(1))
        .collect();
    assert_eq!(outcomes, ["different", "not", "not"], "{}", done.stdout);
    assert!(all.iter().all(|one| versions(one).len() == 1));
}

#[test]
fn what_is_for_one_is_refused() {
    let (setting, _all) = customers();
    for (more, part) in [
        ("-f one.dump", "-f names one dump"),
        ("--resume x", "--resume works on one production database"),
        ("--parallel 2", "--parallel cannot ask questions: use it with --yes"),
        ("--parallel 2 --yes -pt prod", "--parallel cannot share one test database"),
    ] {
        setting.manage_all(more).expect_error(&[part]);
    }
    let nobody =
        setting.pum(&format!("test-and-upgrade -pp client_* -t public.upgrades -d deltas {SQL}"));
    insta::assert_snapshot!(nobody.error(), @r#"error: no service matches "client_*"; known: prod, customer_1, customer_2, customer_3"#);
}
