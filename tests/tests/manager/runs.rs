//! The runs that are kept: `pum runs`, `--resume last`.

use std::collections::BTreeSet;
use std::fs::File;
use std::time::{Duration, SystemTime};

use super::resume::id;
use super::{SQL, Setting};

#[test]
fn runs_are_listed_opened_and_removed() {
    let setting = Setting::with_baseline();
    insta::assert_snapshot!(setting.pum("runs --runs runs").expect(0).stdout, @"no runs in runs");
    setting.run(&format!("{SQL} --until plan")).expect(0);
    let first = id(&setting);
    // Git has nothing to do with dumps.
    let ignored = setting.home.path().join("runs/.gitignore");
    assert_eq!(std::fs::read_to_string(ignored).unwrap(), "*\n");
    std::fs::create_dir(setting.home.path().join("runs/mine")).unwrap();

    let listed = setting.pum("runs --runs runs").expect(0).stdout;
    let row = listed.lines().nth(1).unwrap();
    assert!(row.starts_with(&format!(" {first}  20")), "{listed}");
    assert!(row.contains(" UTC  stopped after the step plan, as requested  "), "{listed}");
    assert!(row.ends_with(" kB"), "{listed}");

    let opened = setting.pum("runs open last --runs runs").expect(0);
    assert_eq!(opened.stdout, format!("runs/{first}/report.html\n"));
    setting.pum("runs open 20200101-000000-1 --runs runs").expect_error(&[
        "there is no run 20200101-000000-1 in runs; pum runs lists those that are there",
    ]);

    let kept = setting.pum("runs prune --keep 1 --runs runs").expect(0);
    assert_eq!(kept.stdout, "nothing to remove: 1 run in all\n");
    let unanswered = setting.pum("runs prune --keep 0 --runs runs").expect(2);
    assert!(unanswered.stderr.contains("Remove 1 run with the dumps in them"), "{unanswered:?}");
    assert!(setting.home.path().join("runs").join(&first).exists());
    setting.pum("runs prune --keep 0 --yes --runs runs").expect(0);
    assert!(!setting.home.path().join("runs").join(&first).exists());
    assert!(setting.home.path().join("runs/mine").exists(), "what is no run is not pum's");
}

/// Only old runs go by themselves, and only those that ended: a run without a report may be at work.
#[test]
fn old_runs_beyond_the_newest_are_removed() {
    let setting = Setting::with_baseline();
    let runs = setting.home.path().join("runs");
    let names = || -> BTreeSet<String> {
        let all = std::fs::read_dir(&runs).into_iter().flatten();
        all.map(|one| one.unwrap().file_name().into_string().unwrap()).collect()
    };
    let stopped = || {
        let before = names();
        setting.run(&format!("{SQL} --until plan")).expect(0);
        names().into_iter().find(|name| name.starts_with("20") && !before.contains(name)).unwrap()
    };
    let [first, second] = [stopped(), stopped()];
    setting.home.file("pum.toml", "keep_runs = 2\n");
    let age = |run: &str| {
        let long_ago = SystemTime::now() - Duration::from_secs(31 * 24 * 60 * 60);
        File::open(runs.join(run)).unwrap().set_modified(long_ago).unwrap();
    };
    let third = stopped();
    let there = || [&first, &second, &third].map(|run| runs.join(run).exists());
    assert_eq!(there(), [true; 3], "none is old");
    age(&first);
    age(&second);
    std::fs::rename(runs.join(&second).join("report.json"), runs.join("aside")).unwrap();
    let done = setting.run(&format!("{SQL} --until plan")).expect(0);
    let said = "removed 1 old run from runs: the newest 2 are kept (keep_runs)";
    assert!(done.stderr.contains(said), "{}", done.stderr);
    assert_eq!(there(), [false, true, true]);
    std::fs::rename(runs.join("aside"), runs.join(&second).join("report.json")).unwrap();
    age(&second);
    setting.home.file("pum.toml", "keep_runs = 0\n");
    setting.run(&format!("{SQL} --until plan")).expect(0);
    assert_eq!(there(), [false, true, true], "all are kept");
}

#[test]
fn the_last_run_goes_on() {
    let setting = Setting::with_baseline();
    setting.run(&format!("{SQL} --resume last --yes")).expect_error(&["there is no run in runs"]);
    setting.run(&format!("{SQL} --until plan")).expect(0);
    // A later look that ended before a rehearsal is none that can go on.
    setting.run(&format!("{SQL} --until preflight")).expect(0);
    let done = setting.run(&format!("{SQL} --resume last --yes")).expect(0);
    assert!(done.stderr.contains("the rehearsal was 20"), "{}", done.stderr);
    assert_eq!(setting.versions(), ["1.0.0baseline", "1.1.0note"]);
}
