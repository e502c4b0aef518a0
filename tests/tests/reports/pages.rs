//! The pages of pum check and pum info, in a browser.

use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use pum_tests::browser::Browser;
use pum_tests::command::Home;
use pum_tests::database;
use serde_json::json;

use super::{drifted, pum};

/// The page of a comparison.
fn page(home: &Home, options: &str) -> PathBuf {
    pum(home, &format!("check prod repo --report html=drift.html {options}"), &[]).expect(1);
    home.path().join("drift.html").canonicalize().unwrap()
}

#[test]
fn the_page_of_a_comparison_is_for_everybody() {
    let (home, prod, repo) = drifted();
    for side in [&prod, &repo] {
        side.execute(
            "CREATE SCHEMA app; CREATE TABLE app.customer (id int PRIMARY KEY); \
             CREATE TABLE app.invoice (id int PRIMARY KEY, customer int REFERENCES app.customer)",
        );
    }
    prod.execute("ALTER TABLE app.invoice ADD paid bool");
    let Some(mut browser) = Browser::start() else { return };
    let page = page(&home, "");
    browser.check_everywhere(&page);

    browser.set_width(1200);
    browser.open(&page);
    // With the keyboard alone: a cell of the heat map shows what it counts.
    browser.tab_to(".heat a[data-kind=columns][data-schema=app]");
    browser.press("Enter");
    let shown = "[...document.querySelectorAll('.item')].filter((item) => !item.hidden)\
                 .map((item) => item.querySelector('h3').textContent)";
    assert_eq!(browser.evaluate(shown), json!(["column paid: only in prod"]));
    browser.press("/");
    assert_eq!(browser.evaluate("document.activeElement.id"), "search");
    // A table of the map leads to its differences.
    browser.open(&page);
    browser.tab_to(".schema-map a");
    browser.press("Enter");
    let group = "document.querySelector('details.group:target').open";
    assert_eq!(browser.evaluate(group), true);
    assert_eq!(browser.console(), [""; 0]);
}

#[test]
fn the_map_shows_tables_keys_and_what_differs() {
    let (home, prod, repo) = drifted();
    prod.execute("CREATE TABLE line (id int, legacy int); CREATE TABLE same (id int PRIMARY KEY)");
    repo.execute(
        "CREATE TABLE line (id int, legacy int REFERENCES orders); CREATE TABLE same (id int PRIMARY KEY)",
    );
    let text = std::fs::read_to_string(page(&home, "")).unwrap();
    let map =
        text.split("<details class=\"map\"").nth(1).unwrap().split("</svg></div>").next().unwrap();
    let boxes = |class: &str| map.matches(&format!("<rect class=\"box {class}\"")).count();
    // orders, line and the odd one differ; legacy is in prod only, customers in repo only.
    assert_eq!(["changed", "left", "right", "same"].map(boxes), [3, 1, 1, 1], "{map}");
    assert_eq!(map.matches("class=\"key right\"").count(), 1, "{map}");
    assert!(map.contains("6 tables, 5 with differences"), "{map}");
}

/// What one side lacks is told with its definition, its rows and its size.
#[test]
fn one_sided_objects_have_their_definition_rows_and_size() {
    let (home, prod, _repo) = drifted();
    prod.execute(
        "CREATE TABLE archive (id int PRIMARY KEY, note text CHECK (note <> '')); \
         CREATE INDEX archive_note ON archive (note); \
         INSERT INTO archive SELECT n, 'x' FROM generate_series(1, 1234) n; ANALYZE archive",
    );
    let bytes: u64 = prod.column("SELECT pg_total_relation_size('archive')")[0].parse().unwrap();
    let text = std::fs::read_to_string(page(&home, "")).unwrap();
    let size = pum_core::humanize::size(bytes);
    assert!(text.contains(&format!(", about 1,234 rows, {size}")), "{text}");
    for part in [
        "CREATE TABLE &quot;public&quot;.&quot;archive&quot; (",
        "CHECK ((note &lt;&gt; ",
        "CREATE INDEX archive_note ON public.archive",
    ] {
        assert!(text.contains(part), "{part}");
    }
}

/// How large it is would have to be waited for: the lock is held for as long as the command runs.
#[test]
fn a_table_that_somebody_locks_is_told_without_its_size() {
    let (home, prod, _repo) = drifted();
    prod.execute("CREATE TABLE spare (id int); INSERT INTO spare VALUES (1)");
    let legacy = "table <code>legacy</code>: <span class=\"only left\">only in <b>prod</b></span>";
    let size = "<span class=\"faint\">, 0 rows, 0 bytes</span>";
    let text = std::fs::read_to_string(page(&home, "")).unwrap();
    assert!(text.contains(&format!("{legacy}{size}")), "{text}");
    let mut other = prod.session();
    other.client().batch_execute("BEGIN; LOCK TABLE legacy IN ACCESS EXCLUSIVE MODE").unwrap();
    let text = std::fs::read_to_string(page(&home, "")).unwrap();
    assert!(text.contains(&format!("{legacy}</h3>")), "{text}");
}

/// The statements of the page are run, and then nothing differs but what would lose data.
#[test]
fn the_suggested_sql_makes_the_sides_equal() {
    let (home, prod, repo) = (Home::new(), database(), database());
    home.service("prod", &prod);
    home.service("repo", &repo);
    prod.execute("CREATE TABLE a (id int, state varchar(3)); CREATE VIEW v AS SELECT id FROM a");
    repo.execute(
        "CREATE TABLE a (id bigint NOT NULL, state varchar(9)); CREATE VIEW v AS SELECT id, state FROM a; \
         CREATE INDEX ON a (state); CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1'",
    );
    let Some(mut browser) = Browser::start() else { return };
    browser.open(&page(&home, ""));
    let sql =
        "[...document.querySelectorAll('details.more')].at(-1).querySelector('pre').textContent";
    let sql = browser.evaluate(sql);
    let sql = sql.as_str().unwrap();
    prod.execute(sql);
    pum(&home, "check prod repo", &[]).expect(0);
    // Beside each difference is what is about it.
    let beside = "[...document.querySelectorAll('.item')].filter((item) => \
                  item.querySelector('.suggested')).length";
    assert!(browser.evaluate(beside).as_u64().is_some_and(|number| number >= 4));
    browser.call(
        "Browser.grantPermissions",
        &json!({
            "permissions": ["clipboardReadWrite", "clipboardSanitizedWrite"]
        }),
    );
    let copy = "const button = document.querySelector('.copy'); \
                button.closest('details').open = true; button.click()";
    browser.execute(copy);
    let word = "new Promise((done) => setTimeout(() => \
                done(document.querySelector('.copy').textContent), 200))";
    assert_eq!(browser.evaluate(word), "Copied");
}

/// How long that takes is what the benchmark `pages` prints.
#[test]
fn five_thousand_differences_are_shown_and_searched() {
    let (home, prod, repo) = (Home::new(), database(), database());
    home.service("prod", &prod);
    home.service("repo", &repo);
    let tables = |kind: &str| {
        let columns: Vec<String> = (0..50).map(|n| format!("column_{n} {kind}")).collect();
        let columns = columns.join(", ");
        let tables = (0..100).map(|n| format!("CREATE TABLE s{}.table_{n} ({columns});", n % 4));
        let schemas: String = (0..4).map(|n| format!("CREATE SCHEMA s{n};")).collect();
        schemas + &tables.collect::<String>()
    };
    prod.execute(&tables("int"));
    repo.execute(&tables("bigint"));
    let page = page(&home, "");
    let Some(mut browser) = Browser::start() else { return };
    browser.set_width(1400);
    browser.open(&page);
    assert_eq!(browser.evaluate("document.querySelectorAll('.item').length"), 5000);
    browser.execute(
        "const field = document.querySelector('#search'); field.value = 'table_42'; \
         field.dispatchEvent(new Event('input', { bubbles: true }))",
    );
    assert_eq!(browser.evaluate("document.querySelector('#found').textContent"), "50 of 5000");
}

/// A program that notes what it is to show.
fn with_browser(home: Home) -> (Home, PathBuf) {
    let shown = home.path().join("shown");
    let script = format!(
        "#!/bin/sh\nprintf '%s' \"$1\" >'{0}.part' && mv '{0}.part' '{0}'\n",
        shown.display()
    );
    let program = home.file("browser", &script);
    std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755)).unwrap();
    let name = program.display().to_string();
    (home.set("BROWSER", &name), shown)
}

fn wait_for(shown: &PathBuf) -> PathBuf {
    let begun = Instant::now();
    loop {
        if let Ok(text) = std::fs::read_to_string(shown) {
            std::fs::remove_file(shown).unwrap();
            return text.into();
        }
        assert!(begun.elapsed() < Duration::from_secs(30), "nothing was shown");
        std::thread::sleep(Duration::from_millis(10));
    }
}

#[test]
fn a_comparison_is_shown_in_the_browser() {
    let (home, _prod, _repo) = drifted();
    let (home, shown) = with_browser(home);
    let found = pum(&home, "check prod repo --report html=drift.html --open", &[]).expect(1);
    assert!(found.stderr.contains("report: drift.html\n"), "{}", found.stderr);
    assert_eq!(wait_for(&shown), home.path().join("drift.html"));
    // Without a file it is a temporary one, of which the path is told.
    let found = pum(&home, "check prod repo --open", &[]).expect(1);
    let page = wait_for(&shown);
    assert!(found.stderr.contains(&format!("report: {}\n", page.display())), "{}", found.stderr);
    assert!(std::fs::read_to_string(&page).unwrap().contains("7 differences between"));
    let mode = std::fs::metadata(&page).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    std::fs::remove_file(page).unwrap();
    // A browser that is not there is no reason to hide what was found.
    let home = home.set("BROWSER", "/nowhere/browser");
    let found = pum(&home, "check prod repo --report html=drift.html --open", &[]).expect(1);
    assert!(found.stderr.contains("warning: cannot run /nowhere/browser"), "{}", found.stderr);
    assert!(found.stdout.starts_with("7 differences"), "{}", found.stdout);
}

#[test]
fn the_versions_of_a_database_are_a_timeline() {
    let home = Home::new();
    let prod = database();
    home.service("prod", &prod);
    home.file("deltas/delta_1.1.0_one.sql", "SELECT 1;");
    home.file("deltas/delta_1.2.0_two.sql", "SELECT 2;");
    let (home, shown) = with_browser(home);
    let at = "-p prod -t public.upgrades -d deltas";
    pum(&home, &format!("baseline {at} -b 1.0.0"), &[]).expect(0);
    pum(&home, &format!("upgrade {at} -u 1.1.0"), &[]).expect(0);
    pum(&home, "baseline -p prod -t public.second -d deltas -b 2.0.0", &[]).expect(0);
    let page = pum(&home, &format!("info {at} --format html --open"), &[]).expect(0).stdout;
    let opened = wait_for(&shown);
    assert_eq!(std::fs::read_to_string(&opened).unwrap(), page);
    std::fs::remove_file(opened).unwrap();
    for part in [
        "<h1 class=\"good\">prod is at version 1.1.0, 1 pending</h1>",
        "<li class=\"applied\"><h3><b>1.1.0</b>",
        "<li class=\"pending\"><h3><b>1.2.0</b>",
        "delta_1.1.0_one.sql",
        "<title>1.0.0: ",
        "public.second: at version 2.0.0",
        "Times are the local ones of the sessions that applied the deltas",
    ] {
        assert!(page.contains(part), "no {part} in {page}");
    }
    // Where somebody gave the column a zone, it is shown.
    prod.execute(
        "SET TimeZone TO 'UTC'; ALTER TABLE upgrades ALTER installed_on TYPE timestamptz; \
         UPDATE upgrades SET installed_on = '2026-03-04 05:06:07.89+00'",
    );
    let home = home.set("PGTZ", "Asia/Kolkata");
    let zoned = pum(&home, &format!("info {at}"), &[]).expect(0).stdout;
    assert!(zoned.contains("  2026-03-04 10:36:07+05:30  "), "{zoned}");
    let page_with_zone = pum(&home, &format!("info {at} --format html"), &[]).expect(0).stdout;
    assert!(page_with_zone.contains("2026-03-04 10:36:07+05:30 by "), "{page_with_zone}");
    assert!(!page_with_zone.contains("Times are the local ones"), "{page_with_zone}");
    let Some(mut browser) = Browser::start() else { return };
    browser.check_everywhere(&home.file("info.html", &page));
}
