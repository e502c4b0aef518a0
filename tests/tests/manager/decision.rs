//! The question before production is upgraded.

use pum_tests::database;
use pum_tests::terminal::Terminal;
use serde_json::Value;

use super::resume::id;
use super::{DELTA, PUM, SQL, Setting};

/// A table that is rewritten, one that is dropped with its rows, a column that held data.
fn with_losses() -> Setting {
    let setting = Setting::with_baseline();
    setting.production.execute(
        "ALTER TABLE orders ADD city text; UPDATE orders SET city = 'Bern'; \
         INSERT INTO orders SELECT i, 'open', 'Bern' FROM generate_series(2, 3000) i; \
         CREATE TABLE old AS SELECT i FROM generate_series(1, 1234) i",
    );
    setting.home.file(
        "deltas/delta_1.1.0_note.sql",
        "ALTER TABLE orders ALTER id TYPE bigint;\nALTER TABLE orders DROP city;\nDROP TABLE old;\n\
         CREATE ROLE pum_test_secret PASSWORD 'hush';\nDROP ROLE pum_test_secret;\n",
    );
    setting.home.file(
        "build.sql",
        "CREATE TABLE orders (id bigint PRIMARY KEY, state varchar(10) CHECK (state IN ('open', \
         'done')));",
    );
    setting
}

/// Also where the dump is written elsewhere, as by the configuration of the Python PUM.
#[test]
fn the_report_is_there_at_the_question_wherever_the_dump_is() {
    let (test, reference) = (database(), database());
    let run = |line: &str, configuration: &str| {
        let setting = Setting::with_baseline();
        setting.home.service("test", &test);
        setting.home.service("ref", &reference);
        setting.home.file("db_manager_config.yaml", configuration);
        let mut terminal = Terminal::start(&setting.home, PUM, line, 100);
        let mut seen = 0;
        let mut screen = terminal.wait_for("[N] stop", &mut seen);
        if screen.contains("not empty") {
            terminal.type_in("y\n");
            screen = terminal.wait_for("[N] stop", &mut seen);
        }
        let said = screen.lines().find_map(|line| line.strip_prefix("report ")).map(str::trim);
        let said = said.unwrap_or_else(|| panic!("no report in:\n{screen}"));
        let text = std::fs::read_to_string(setting.home.path().join(said)).unwrap();
        assert!(text.contains("waits for approval"), "{text}");
        assert!(setting.home.path().join("x.dump").exists());
        terminal.type_in("n\n");
        assert_eq!(terminal.end().0, Some(1));
    };
    reference.execute(super::BUILD);
    let yaml = "upgrades_table: public.upgrades\ndelta_dir: deltas\n";
    run("manager -pp prod -pt test -pc ref", &format!("{yaml}backup_file: x.dump\n"));
    run(&format!("test-and-upgrade -pp prod -f x.dump {SQL}"), yaml);
}

/// A file is in the place of the directory: a run with its dump elsewhere does without, and says so.
#[test]
fn a_run_without_a_place_for_its_report_says_so() {
    let setting = Setting::with_baseline();
    setting.home.file("pum-runs", "");
    let done = setting.manage(&format!("{SQL} --yes")).expect(0);
    assert!(done.stderr.contains("pum-runs cannot be written here"), "{}", done.stderr);
    assert!(!done.stderr.contains("report: "), "{}", done.stderr);
}

#[test]
fn all_that_decides_is_on_one_screen_before_the_question() {
    let setting = with_losses();
    let page = setting.home.path().join("opened");
    let browser = setting
        .home
        .file("browser.sh", "#!/bin/sh\nprintf %s \"$1\" > opened.part\nmv opened.part opened\n");
    std::fs::set_permissions(&browser, std::os::unix::fs::PermissionsExt::from_mode(0o755))
        .unwrap();
    let setting =
        Setting { home: setting.home.set("BROWSER", &browser.display().to_string()), ..setting };
    let line = format!("test-and-upgrade -pp prod -t public.upgrades -d deltas --runs runs {SQL}");
    setting.untouched(|| {
        let mut terminal = Terminal::start(&setting.home, PUM, &line, 100);
        let mut seen = 0;
        let screen = terminal.wait_for("[N] stop", &mut seen);
        for part in [
            "upgrade prod from 1.0.0 to 1.1.0: 1 script with 5 statements, in one transaction",
            "waits public.orders: reads and writes blocked for ",
            ", rewritten (",
            "(delta_1.1.0_note.sql:1)",
            "public.old: reads and writes blocked for ",
            "loses public.old: the table, with 1,234 rows",
            "public.orders: column city, which held data",
            " in statements, on the machine of the rehearsal",
            " of rewritten tables)",
            "way back ",
            "production.dump, taken ",
            " ago (20",
            ", restored in ",
            "compared with the reference: no differences",
            "report runs/",
            "Apply 1 script to prod (1.0.0 -> 1.1.0)?",
            "[y] upgrade  [d] details  [s] show SQL  [o] open the report  [N] stop",
        ] {
            let words = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
            assert!(words(&screen).contains(&words(part)), "no {part:?} in:\n{screen}");
        }
        // It is a screen: nothing is wider, and it is not longer.
        let decision = screen.split_once("upgrade      prod").unwrap().1;
        assert!(decision.lines().count() < 40, "{decision}");
        let is_wide = |line: &&str| line.chars().count() > 100;
        assert_eq!(decision.lines().find(is_wide), None);

        // The report is there already.
        let report = setting.home.path().join("runs").join(id(&setting)).join("report.html");
        let text = std::fs::read_to_string(&report).unwrap();
        assert!(text.contains("waits for approval"), "{text}");

        terminal.type_in("d\n");
        let details = terminal.wait_for("[N] stop", &mut seen);
        assert!(details.contains("locks in the rehearsal, on existing tables:"), "{details}");
        assert!(details.contains("check the copy"), "{details}");
        terminal.type_in("s\n");
        let sql = terminal.wait_for("[N] stop", &mut seen);
        assert!(sql.contains("-- deltas/delta_1.1.0_note.sql\n"), "{sql}");
        assert!(sql.contains("ALTER TABLE orders DROP city;"), "{sql}");
        assert!(sql.contains("PASSWORD '****'") && !sql.contains("hush"), "{sql}");
        terminal.type_in("o\n");
        terminal.wait_for("[N] stop", &mut seen);
        while !page.exists() {
            std::thread::yield_now();
        }
        assert_eq!(std::fs::read_to_string(&page).unwrap(), report.display().to_string());
        // What is no answer is none.
        terminal.type_in("maybe\n");
        terminal.wait_for("[N] stop", &mut seen);
        terminal.type_in("\n");
        let (code, all) = terminal.end();
        assert_eq!(code, Some(1), "{all}");
    });

    let mut terminal = Terminal::start(&setting.home, PUM, &line, 100);
    terminal.wait_for("[N] stop", &mut 0);
    terminal.type_in("y\n");
    let (code, all) = terminal.end();
    assert_eq!(code, Some(0), "{all}");
    assert_eq!(setting.versions(), ["1.0.0baseline", "1.1.0note"]);
}

#[test]
fn ctrl_c_at_the_question_is_no_answer() {
    let setting = Setting::with_baseline();
    let line = format!("test-and-upgrade -pp prod -t public.upgrades -d deltas --runs runs {SQL}");
    setting.untouched(|| {
        let mut terminal = Terminal::start(&setting.home, PUM, &line, 100);
        terminal.wait_for("[N] stop", &mut 0);
        terminal.interrupt();
        let (code, all) = terminal.end();
        assert_eq!(code, Some(130), "{all}");
        assert!(all.contains("error: approve: interrupted\n"), "{all}");
        assert!(all.contains("production was not changed; its dump is runs/"), "{all}");
        assert!(all.contains("hint: the same command with --resume "), "{all}");
    });
    // What was rehearsed still is.
    setting.run(&format!("{SQL} --resume {} --approve", id(&setting))).expect(0);
    assert_eq!(setting.versions(), ["1.0.0baseline", "1.1.0note"]);
}

/// From the times of the rehearsal.
#[test]
fn production_is_upgraded_with_the_time_left() {
    let setting = Setting::with_baseline();
    let sql = format!("{DELTA}\nSELECT pg_sleep(3.5);\n");
    setting.home.file("deltas/delta_1.1.0_note.sql", &sql);
    let line = format!("test-and-upgrade -pp prod -t public.upgrades -d deltas --runs runs {SQL}");
    let mut terminal = Terminal::start(&setting.home, PUM, &line, 120);
    let mut seen = 0;
    let rehearsed = terminal.wait_for("[N] stop", &mut seen);
    assert!(rehearsed.contains("2/2 delta_1.1.0_note.sql:2 SELECT pg_sleep(3.5)"), "{rehearsed}");
    assert!(!rehearsed.contains(" left, "), "{rehearsed}");
    terminal.type_in("y\n");
    for seconds in [3, 2, 1] {
        terminal.wait_for(&format!("about {seconds} s left, "), &mut seen);
    }
    let (code, all) = terminal.end();
    assert_eq!(code, Some(0), "{all}");
}

#[test]
fn a_pipeline_waits_for_its_approval() {
    let setting = with_losses();
    let line = format!("{SQL} --until approve --format json");
    let stopped = setting.untouched(|| setting.run(&line).expect(0));
    let report: Value = serde_json::from_str(&stopped.stdout).unwrap();
    assert_eq!(report["outcome"], "stopped");
    let decision = &report["decision"];
    assert_eq!(decision["waits"][0]["table"], "public.orders", "{decision:#}");
    assert_eq!(decision["waits"][0]["blocks"], "reads and writes");
    assert!(decision["waits"][0]["rewritten_bytes"].as_u64().unwrap() > 0);
    let table = &decision["losses"][0];
    assert_eq!((&table["table"], &table["rows"]), (&"public.old".into(), &1234.into()));
    assert_eq!(decision["losses"][1]["column"], "city");
    assert_eq!(decision["one_transaction"], true);
    assert_eq!(decision["dump"]["is_backup"], true);
    assert!(decision["dump"]["restore_milliseconds"].as_u64().is_some());
    let page = setting.home.path().join(decision["report"].as_str().unwrap());
    assert!(page.exists(), "{}", page.display());
    let id = id(&setting);
    assert_eq!(decision["approve"], format!("--resume {id} --approve"));

    // What was approved is what was rehearsed.
    setting.production.execute("CREATE TABLE later ()");
    let approve = format!("{SQL} --resume {id} --approve --non-interactive");
    setting.untouched(|| setting.run(&approve)).expect_error(&["production's schema"]);
    setting.production.execute("DROP TABLE later");
    let done = setting.run(&approve).expect(0);
    assert!(
        done.stderr.contains("Apply 1 script to prod (1.0.0 -> 1.1.0)? yes (--approve)"),
        "{}",
        done.stderr
    );
    assert_eq!(setting.versions(), ["1.0.0baseline", "1.1.0note"]);
}

#[test]
fn what_was_not_rehearsed_cannot_be_approved() {
    let setting = with_losses();
    setting.run(&format!("{SQL} --until dump")).expect(0);
    let id = id(&setting);
    let error = setting.untouched(|| setting.run(&format!("{SQL} --resume {id} --approve")));
    error.expect_error(&[
        &format!("run {id} has no finished rehearsal: there is nothing to approve"),
        "production was not changed",
    ]);
    let alone = setting.untouched(|| setting.run(&format!("{SQL} --approve")).expect(2));
    assert!(alone.stderr.contains("--resume"), "{}", alone.stderr);
}

/// What rules hide is said at the question, also of a run that goes on.
#[test]
fn accepted_differences_are_told_at_the_question() {
    let setting = with_losses();
    setting.home.file(
        "build.sql",
        "CREATE TABLE orders (id bigint PRIMARY KEY, state varchar(10) CHECK (state IN ('open', \
         'done'))); CREATE INDEX by_state ON orders (state);",
    );
    setting.home.file(
        "pum.toml",
        "[[ignore]]\nobject = \"public.orders\"\nelements = [\"indexes\"]\nreason = \"goes in 4\"\n",
    );
    let stopped = setting.run(&format!("{SQL} --until approve")).expect(0);
    let parts = ["no differences but 1 that is accepted by rule", "1: goes in 4"];
    for part in parts {
        assert!(stopped.stdout.contains(part), "no {part:?} in:\n{}", stopped.stdout);
    }
    let again = setting.run(&format!("{SQL} --until approve --resume {}", id(&setting))).expect(0);
    for part in parts {
        assert!(again.stdout.contains(part), "no {part:?} in:\n{}", again.stdout);
    }
}

#[test]
fn without_a_reference_it_is_said_aloud() {
    let setting = with_losses();
    let done = setting.run("--reference none --until approve").expect(0);
    assert!(
        done.stderr.contains("warning: there is no reference: whether the deltas lead to"),
        "{}",
        done.stderr
    );
    assert!(
        done.stdout.contains("compared     with nothing: there is no reference"),
        "{}",
        done.stdout
    );
    let page = setting.home.path().join("runs").join(id(&setting)).join("report.html");
    let page = std::fs::read_to_string(page).unwrap();
    assert!(page.contains("a reference: there is none"), "{page}");
    setting.home.file("pum.toml", "[reference]\nsource = \"none\"\n");
    setting.manage("--yes").expect(0);
    assert_eq!(setting.versions(), ["1.0.0baseline", "1.1.0note"]);
}
