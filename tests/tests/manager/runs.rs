//! The runs that are kept: `pum runs`, `--resume last`.

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
    assert_eq!(kept.stdout, "nothing to remove: there are 1 run\n");
    let unanswered = setting.pum("runs prune --keep 0 --runs runs").expect(2);
    assert!(unanswered.stderr.contains("Remove these 1 run with their dumps"), "{unanswered:?}");
    assert!(setting.home.path().join("runs").join(&first).exists());
    setting.pum("runs prune --keep 0 --yes --runs runs").expect(0);
    assert!(!setting.home.path().join("runs").join(&first).exists());
    assert!(setting.home.path().join("runs/mine").exists(), "what is no run is not pum's");
}

#[test]
fn the_last_run_goes_on() {
    let setting = Setting::with_baseline();
    setting.run(&format!("{SQL} --resume last --yes")).expect_error(&["there is no run in runs"]);
    setting.run(&format!("{SQL} --until plan")).expect(0);
    let done = setting.run(&format!("{SQL} --resume last --yes")).expect(0);
    assert!(done.stderr.contains("the rehearsal was 20"), "{}", done.stderr);
    assert_eq!(setting.versions(), ["1.0.0baseline", "1.1.0note"]);
}
