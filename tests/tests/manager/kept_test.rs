//! The rehearsed copy, kept for a look.

use std::path::Path;

use pum_tests::command::Outcome;
use pum_tests::{database, program};

use super::{BUILD, SQL, Setting};

/// The two commands that a run told: how to connect and how to remove.
#[track_caller]
fn told(outcome: &Outcome) -> [String; 2] {
    let line = |begin: &str| {
        let found = outcome.stderr.lines().find_map(|line| line.strip_prefix(begin));
        found.unwrap_or_else(|| panic!("no {begin:?} in:\n{}", outcome.stderr)).to_owned()
    };
    [line("kept the rehearsed copy: "), line("  to remove it: ")]
}

/// Runs a command that was told, with the programs of PostgreSQL in the path.
fn shell(setting: &Setting, command: &str) -> Outcome {
    let programs = program("psql").parent().unwrap().to_owned();
    let line = format!("PATH={}:$PATH; {command}", programs.display());
    setting.home.run("/bin/sh", &["-c", &line])
}

fn versions(setting: &Setting, connect: &str) -> String {
    let query = "SELECT version FROM public.upgrades ORDER BY id DESC LIMIT 1";
    shell(setting, &format!("{connect} -XAtc '{query}'")).expect(0).stdout
}

fn wait_until_gone(directory: &Path) {
    let begun = std::time::Instant::now();
    while directory.exists() {
        assert!(begun.elapsed().as_secs() < 30, "{} is still there", directory.display());
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
}

#[test]
fn a_scratch_server_runs_on_until_it_is_ended() {
    let setting = Setting::with_baseline();
    let done =
        setting.untouched(|| setting.run(&format!("{SQL} --until plan --keep-test")).expect(0));
    let [connect, remove] = told(&done);
    assert_eq!(versions(&setting, &connect), "1.1.0\n");
    let page = std::fs::read_to_string(
        setting.home.path().join("runs").join(super::resume::id(&setting)).join("report.html"),
    )
    .unwrap();
    assert!(page.contains("The rehearsed copy") && page.contains(&remove), "{page}");
    // Another scratch server does not take it for what a killed run has left.
    let other = Setting::with_baseline();
    other.run(&format!("{SQL} --until plan")).expect(0);
    assert_eq!(versions(&setting, &connect), "1.1.0\n");

    let host = connect.split("host=").nth(1).and_then(|rest| rest.split(' ').next()).unwrap();
    assert!(remove.starts_with("kill -INT "), "{remove}");
    shell(&setting, &remove).expect(0);
    wait_until_gone(Path::new(host));
}

/// That is when somebody wants to look.
#[test]
fn a_copy_that_differs_is_kept_too() {
    let setting = Setting::with_baseline();
    setting.home.file("build.sql", &BUILD.replace("varchar(20)", "varchar(30)"));
    let found = setting.untouched(|| setting.run(&format!("{SQL} --yes --keep-test")).expect(1));
    let [connect, remove] = told(&found);
    assert_eq!(versions(&setting, &connect), "1.1.0\n");
    shell(&setting, &remove).expect(0);
}

#[test]
fn a_database_of_a_server_is_dropped_by_its_name() {
    let setting = Setting::with_baseline();
    let test = database();
    setting.home.service("copy", &test);
    let line = format!("{SQL} --until plan --keep-test --pg_service_test copy --yes");
    let done = setting.untouched(|| setting.run(&line).expect(0));
    let [connect, remove] = told(&done);
    assert_eq!(versions(&setting, &connect), "1.1.0\n");
    shell(&setting, &remove).expect(0);
    let name = test.settings.database();
    let query = format!("SELECT count(*) FROM pg_database WHERE datname = '{name}'");
    assert_eq!(setting.production.column(&query), ["0"]);
}

#[test]
fn of_several_databases_no_copy_is_kept() {
    let setting = Setting::with_baseline();
    let other = database();
    setting.home.service("other", &other);
    setting
        .pum(&format!(
            "test-and-upgrade -pp prod -pp other -t public.upgrades -d deltas {SQL} --yes --keep-test"
        ))
        .expect_error(&["--keep-test keeps one copy", "name one"]);
}
