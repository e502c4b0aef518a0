//! The report of a run, for people who were not there.

use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;

use pum_tests::Database;
use pum_tests::browser::Browser;
use pum_tests::command::Outcome;
use pum_tests::report::described;
use serde_json::{Value, json};

use super::resume::id;
use super::{BUILD, SQL, Setting};

const SECRET: &str = "geheim-4711";

impl Setting {
    /// A file of the only run.
    fn of_run(&self, name: &str) -> PathBuf {
        self.home.path().join("runs").join(id(self)).join(name)
    }

    fn page(&self) -> String {
        std::fs::read_to_string(self.of_run("report.html")).unwrap()
    }

    /// The report of the only run, which must be as the published schema says.
    fn json(&self) -> Value {
        let text = std::fs::read_to_string(self.of_run("report.json")).unwrap();
        described("run", &text)
    }
}

#[track_caller]
fn has(text: &str, parts: &[&str]) {
    for part in parts {
        assert!(text.contains(part), "no {part:?} in:\n{text}");
    }
}

#[test]
fn an_upgrade_is_told_from_the_verdict_to_the_way_back() {
    let setting = Setting::with_baseline();
    setting.home.file(
        "deltas/delta_1.2.0.sql",
        "ALTER TABLE orders ALTER id TYPE bigint;\nALTER TABLE orders DROP state;\n",
    );
    let build = "CREATE TABLE orders (id bigint PRIMARY KEY, note varchar(20) CHECK (note IN \
                 ('a', 'b')));";
    setting.home.file("build.sql", build);
    let done = setting.run(&format!("{SQL} --yes -j 3 --report text=run.txt")).expect(0);
    let id = id(&setting);
    let named = format!("report: run.txt, runs/{id}/report.html, runs/{id}/report.json\n");
    assert!(done.stderr.ends_with(&named), "{}", done.stderr);
    assert_eq!(std::fs::read_to_string(setting.home.path().join("run.txt")).unwrap(), done.stdout);
    for name in ["report.html", "report.json"] {
        let mode = std::fs::metadata(setting.of_run(name)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{name}");
    }

    let page = setting.page();
    has(
        &page,
        &[
            "<h1 class=\"good\">prod was upgraded from 1.0.0 to 1.2.0</h1>",
            "nothing to do",
            "all reads and writes",
            "<td>rewritten (",
            "delta_1.2.0.sql, line 1",
            "<code>state</code> dropped, held data",
            "no differences between test and reference",
            &format!(
                "pum restore -p prod --suffix _before -j 3 {}",
                setting.of_run("production.dump").display()
            ),
            " in the rehearsal by 3 connections.",
        ],
    );
    let report = setting.json();
    assert_eq!(report["outcome"], "upgraded");
    assert_eq!(report["run"], id);
    assert_eq!(report["failure"], Value::Null);
    let steps = report["steps"].as_array().unwrap();
    assert_eq!(steps.len(), 11);
    // Each begins when the one before it has ended.
    for pair in steps.windows(2) {
        let at = |step: &Value, key: &str| step[key].as_u64().unwrap();
        let end = at(&pair[0], "begun_milliseconds") + at(&pair[0], "milliseconds");
        assert!(at(&pair[1], "begun_milliseconds") + 1 >= end, "{pair:?}");
    }

    // Nothing to do is nothing to report.
    setting.run(&format!("{SQL} --yes")).expect(0);
    super::resume::id(&setting);
}

#[test]
fn a_failed_run_is_told_with_what_became_of_production() {
    let setting = Setting::with_baseline();
    setting.home.file("deltas/delta_1.2.0.sql", "SELECT 1;\nALTER TABLE nothing ADD a int;\n");
    let failed = setting.untouched(|| setting.run(&format!("{SQL} --yes")).expect(2));
    has(&failed.stderr, &["\nreport: runs/", "/report.html, runs/", "\nerror: upgrade test: "]);
    let page = setting.page();
    has(
        &page,
        &[
            "bad\">failed: upgrade test</h1>",
            "<p class=\"state\">production was not changed</p>",
            "delta_1.2.0.sql:2: relation &quot;nothing&quot; does not exist",
            &format!("unchanged, --resume {} resumes this run", id(&setting)),
            "not reached",
            "Nothing was measured",
            "How to go back",
        ],
    );
    let report = setting.json();
    assert_eq!(report["outcome"], "failed");
    assert_eq!(report["failure"]["step"], "upgrade-test");
    assert_eq!(report["failure"]["production"], "unchanged");
    assert_eq!(report["steps"].as_array().unwrap().last().unwrap()["step"], "upgrade-test");
}

/// A run that fails before there is anything to keep has a report too.
#[test]
fn a_run_that_fails_at_once_is_told() {
    let setting = Setting::new();
    setting.untouched(|| setting.run(&format!("{SQL} --yes")).expect(2));
    has(&setting.page(), &["failed: preflight", "prod has no upgrades table"]);
    assert_eq!(setting.json()["from"], Value::Null);
    let mode = std::fs::metadata(setting.of_run("")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o700);
}

#[test]
fn other_ends_are_told() {
    let setting = Setting::with_baseline();
    setting.home.file("build.sql", &BUILD.replace("varchar(20)", "varchar(30)"));
    let told = |line: &str, code: i32, outcome: &str, parts: &[&str]| {
        let _ = std::fs::remove_dir_all(setting.home.path().join("runs"));
        setting.untouched(|| setting.run(line).expect(code));
        has(&setting.page(), parts);
        assert_eq!(setting.json()["outcome"], outcome);
    };
    let different = [
        "class=\"sides\"",
        "changed last in delta_1.1.0_note.sql:1",
        "1 difference between test and reference",
        "prod was not touched",
    ];
    told(&format!("{SQL} --yes"), 1, "different", &different);
    setting.home.file("build.sql", BUILD);
    let unanswered = format!("{SQL} --non-interactive");
    told(&unanswered, 2, "declined", &["no answer to: Apply 1 script to prod", "--resume"]);
    told(
        &format!("{SQL} --until plan"),
        0,
        "stopped",
        &["stopped after the step plan, as requested"],
    );
    setting.home.file("pum.toml", "[limits]\nwal_mb = 0\n");
    let over = ["the rehearsal exceeded the limits", "of WAL were written, more than 0 bytes"];
    told(&format!("{SQL} --yes"), 1, "over limit", &over);
    setting.home.file("pum.toml", "");
    let schema_only = ["what deltas do to rows was not rehearsed", "It is not a backup"];
    told(&format!("{SQL} --until plan --test-source schema"), 0, "stopped", &schema_only);
}

/// What keeps a report from being written keeps nothing else.
#[test]
fn a_report_that_cannot_be_written_is_a_warning() {
    let setting = Setting::with_baseline();
    setting.run(&format!("{SQL} --until plan")).expect(0);
    let page = setting.of_run("report.html");
    std::fs::remove_file(&page).unwrap();
    std::fs::create_dir(&page).unwrap();
    let done = setting.run(&format!("{SQL} --yes --resume {}", id(&setting))).expect(0);
    has(&done.stderr, &["warning: the report runs/", "report.html cannot be written: Is a dir"]);
    assert_eq!(setting.versions(), ["1.0.0baseline", "1.1.0note"]);
    assert_eq!(setting.json()["outcome"], "upgraded");
    // What is wrong with the wish is said before anything is done.
    for (report, parts) in [
        ("html=none/x.html", ["none/x.html", "No such file"]),
        ("junit=x.xml", ["\"junit\" is not a format", "text, json, html"]),
    ] {
        setting.run(&format!("{SQL} --yes --report {report}")).expect_error(&parts);
    }
}

/// The earlier run's reports are more than the refusal of a later one.
#[test]
fn a_run_that_may_not_go_on_leaves_the_reports() {
    let setting = Setting::with_baseline();
    setting.run(&format!("{SQL} --until plan")).expect(0);
    let before = setting.page();
    setting.home.file("deltas/delta_1.1.0_note.sql", &format!("{}\n-- more", super::DELTA));
    setting.run(&format!("{SQL} --yes --resume {}", id(&setting))).expect(2);
    assert_eq!(setting.page(), before);
}

#[test]
fn no_report_shows_a_password() {
    let setting = Setting::with_baseline();
    let role = format!("report_{}", std::process::id());
    let delta =
        |more: &str| format!("CREATE ROLE {role} PASSWORD '{SECRET}';\nDROP ROLE {role};\n{more}");
    setting.home.file("deltas/delta_1.2.0.sql", &delta(""));
    let everywhere = |outcome: &Outcome| {
        let directory = setting.of_run("");
        let files = std::fs::read_dir(directory).unwrap().map(|one| one.unwrap().path());
        for file in files.filter(|file| file.extension().is_none_or(|end| end != "dump")) {
            let text = std::fs::read(&file).unwrap();
            let found = String::from_utf8_lossy(&text).contains(SECRET);
            assert!(!found, "{}", file.display());
        }
        assert!(!outcome.stdout.contains(SECRET) && !outcome.stderr.contains(SECRET));
    };
    let line = |database: &Database| {
        let socket = database.settings.get("host").unwrap().replace('/', "%2F");
        let get = |keyword| database.settings.get(keyword).unwrap();
        let (user, port, name) = (get("user"), get("port"), get("dbname"));
        format!(
            "test-and-upgrade -pp postgresql://{user}:se?{SECRET}@{socket}:{port}/{name} -t \
             public.upgrades -d deltas --runs runs --yes {SQL}"
        )
    };
    let line = line(&setting.production);
    everywhere(&setting.pum(&format!("{line} --until plan")).expect(0));
    has(&setting.page(), &["PASSWORD '***********'"]);
    std::fs::remove_dir_all(setting.home.path().join("runs")).unwrap();

    let failing = delta(&format!("ALTER ROLE {role} PASSWORD '{SECRET}';"));
    setting.home.file("deltas/delta_1.2.0.sql", &failing);
    let failed = setting.pum(&line).expect(2);
    has(&failed.stderr, &["PASSWORD '***********'", "does not exist"]);
    everywhere(&failed);
}

#[test]
fn the_page_in_a_browser() {
    let name = "</title><script>throw 1</script><img src=x onerror=throw(2)>";
    let setting = Setting::with_baseline();
    let delta = format!(
        "CREATE TABLE \"{name}\" (id int);\nALTER TABLE orders ALTER state TYPE text;\n\
         -- {name}\nCOMMENT ON TABLE orders IS '{name}';\n"
    );
    setting.home.file("deltas/delta_1.2.0.sql", &delta);
    setting.home.file("build.sql", &format!("{BUILD}\nCREATE TABLE \"{name}\" (id bigint);"));
    setting.untouched(|| setting.run(&format!("{SQL} --yes")).expect(1));
    let Some(mut browser) = Browser::start() else { return };
    let page = setting.of_run("report.html").canonicalize().unwrap();
    browser.set_width(1200);
    browser.open(&page);
    assert_eq!(
        browser.evaluate("[document.title, document.querySelector('h1').textContent]"),
        json!([
            "pum: the upgraded copy differs from the reference",
            "the upgraded copy differs from the reference"
        ])
    );
    assert_eq!(browser.evaluate("document.scripts.length + document.images.length"), 1);
    let headings = "[...document.querySelectorAll('h2')].map((one) => one.textContent)";
    assert_eq!(
        browser.evaluate(headings),
        json!([
            "Steps",
            "The upgraded copy and the reference",
            "Left out",
            "In the rehearsal",
            "How to go back"
        ])
    );
    // The picture: each bar is seen, and is where the one before it ended.
    let bars = "[...document.querySelectorAll('.steps svg rect')].map((bar) => \
                [bar.getBoundingClientRect().left, bar.getBoundingClientRect().right])";
    let bars: Vec<(f64, f64)> = serde_json::from_value(browser.evaluate(bars)).unwrap();
    assert_eq!(bars.len(), 8);
    assert!(bars.iter().all(|(left, right)| right - left >= 1.0), "{bars:?}");
    assert!(bars.windows(2).all(|pair| pair[0].0 <= pair[1].0), "{bars:?}");
    let overflow = "document.documentElement.scrollWidth - document.documentElement.clientWidth";
    for width in [320, 700, 1200] {
        browser.set_width(width);
        assert_eq!(browser.evaluate(overflow), 0, "at {width}");
    }
    let colours = "[getComputedStyle(document.body).backgroundColor, \
                   getComputedStyle(document.querySelector('rect.production')).fill]";
    browser.set_medium("screen", "light");
    assert_eq!(browser.evaluate(colours), json!(["rgb(255, 255, 255)", "rgb(17, 99, 41)"]));
    browser.set_medium("screen", "dark");
    assert_eq!(browser.evaluate(colours), json!(["rgb(13, 17, 23)", "rgb(86, 211, 100)"]));
    browser.set_medium("print", "light");
    let controls = "getComputedStyle(document.querySelector('.controls')).display";
    assert_eq!(browser.evaluate(controls), "none");
    assert_eq!(browser.console(), [""; 0]);
    assert_eq!(browser.requests(), [format!("file://{}", page.display())]);
}

/// What a person sees first, and the picture of the locks: red is only what exceeds a limit.
#[test]
fn tiles_and_lanes_tell_what_was_measured() {
    let setting = Setting::with_baseline();
    setting.production.execute(
        "CREATE TABLE lines (id int PRIMARY KEY, text text); \
         INSERT INTO lines SELECT n, 'x' FROM generate_series(1, 1000) n; \
         CREATE TABLE old (id int); INSERT INTO old VALUES (1), (2)",
    );
    setting.home.file(
        "deltas/delta_1.2.0.sql",
        "ALTER TABLE orders ALTER id TYPE bigint;\nDROP TABLE old;\n\
         ALTER TABLE orders DROP state;\nSELECT pg_sleep(0.3);\n",
    );
    setting
        .home
        .file("deltas/delta_1.3.0.sql", "CREATE INDEX ON lines (text);\nCREATE TABLE fresh ();\n");
    let reference = "--reference none --script-by-script --until plan";
    setting.run(reference).expect(0);
    let tile = |page: &str, label: &str| {
        let begin = format!("<dt>{label}</dt>");
        let (before, after) = page.split_once(&begin).unwrap_or_else(|| panic!("no {label}"));
        let class = before.rsplit("<div class=\"").next().unwrap().split('"').next().unwrap();
        let text = after.split("</div>").next().unwrap();
        let text: String =
            text.split('<').filter_map(|part| Some(part.split_once('>')?.1)).collect();
        (class.to_owned(), text)
    };
    let page = setting.page();
    assert_eq!(
        tile(&page, "Verdict"),
        ("tile good".into(), "rehearsed1.0.0 \u{2192} 1.3.0".into())
    );
    let (class, readers) = tile(&page, "Longest wait of readers");
    assert_eq!(class, "tile");
    assert!(readers.contains("on public.orders; 2 other locks shorter"), "{readers}");
    let (class, lost) = tile(&page, "Data lost");
    assert_eq!(class, "tile notice");
    assert_eq!(lost, "1 table, 1 column, 2 rowspublic.old, public.orders.state");
    assert!(!page.contains("class=\"over\""), "no limit, nothing is red");
    has(
        &page,
        &[
            "class=\"blocks-reads\"",
            "class=\"share\"",
            "AccessExclusive: blocks all reads and writes",
            "\nALTER TABLE orders ALTER id TYPE bigint</title>",
            "<h2>What the deltas change</h2>",
            "There is no reference",
        ],
    );
    let growth = page.split("Growth of tables").nth(1).unwrap();
    has(growth, &["<code>public.<wbr>fresh</code>", "new \u{2192} 0 bytes", "\u{2192} gone"]);
    let report = setting.json();
    let bytes = |key: &str| report["measured"][key].as_u64().unwrap();
    assert!(bytes("database_bytes_before") > 1_000_000, "{report}");
    assert_eq!(report["measured"]["new_tables"][0]["table"], "public.fresh");

    // 300 ms are too long for readers, and an index is built in less.
    std::fs::remove_dir_all(setting.home.path().join("runs")).unwrap();
    setting.home.file("pum.toml", "[limits]\nread_lock = \"200ms\"\nwrite_lock = \"60s\"\n");
    setting.run(reference).expect(1);
    let page = setting.page();
    let (class, readers) = tile(&page, "Longest wait of readers");
    assert_eq!(class, "tile bad");
    assert!(readers.ends_with("; limit 200 ms"), "{readers}");
    assert_eq!(tile(&page, "Longest wait of writers").0, "tile");
    let bars = page.matches("class=\"over\" x=").count();
    assert_eq!(bars, 2, "both tables of that delta: {page}");
    has(&page, &["Limits: reads may block for 200 ms, writes may block for 60.0 s."]);
}

#[test]
fn the_page_of_a_run_is_for_everybody() {
    let setting = Setting::with_baseline();
    setting.home.file("deltas/delta_1.2.0.sql", "ALTER TABLE orders ALTER state TYPE text;\n");
    setting.home.file("build.sql", &format!("{BUILD}\nCREATE TABLE more (id int);"));
    setting.run(&format!("{SQL} --yes")).expect(1);
    let Some(mut browser) = Browser::start() else { return };
    let page = setting.of_run("report.html").canonicalize().unwrap();
    browser.check_everywhere(&page);

    // With the keyboard alone: what a bar means, and what it leads to.
    browser.set_width(1200);
    browser.open(&page);
    browser.tab_to("a.tip[href^=\"#lock\"]");
    let tip = browser.evaluate(
        "document.querySelector('#tip').hidden || document.querySelector('#tip').textContent",
    );
    assert!(tip.as_str().is_some_and(|tip| tip.contains("ALTER TABLE orders")), "{tip}");
    browser.press("Enter");
    let row = "document.querySelector(':target').checkVisibility()";
    assert_eq!(browser.evaluate(row), true, "the row in the folded table");
    browser.press("Escape");
    assert_eq!(browser.evaluate("document.querySelector('#tip').hidden"), true);
    assert_eq!(browser.console(), [""; 0]);
}
