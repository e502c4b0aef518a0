//! Reports for people: order, width, values, names of the sides, what is taken from the configuration.

use pum_tests::command::Home;
use pum_tests::database;
use pum_tests::terminal::Terminal;
use serde_json::Value;

use super::{PUM, drifted, pum};

#[test]
fn names_are_in_the_order_of_people() {
    let home = Home::new();
    let (prod, empty) = (database(), database());
    for table in ["t1", "t10", "t2", "t100", "t20"] {
        prod.execute(&format!("CREATE TABLE {table} (c10 int, c2 int)"));
        empty.execute(&format!("CREATE TABLE {table} ()"));
    }
    home.service("prod", &prod);
    home.service("empty", &empty);
    let text = pum(&home, "check prod empty", &[]).expect(1).stdout;
    let tables: Vec<&str> = text.lines().filter(|line| line.starts_with("public.")).collect();
    assert_eq!(tables, ["public.t1", "public.t2", "public.t10", "public.t20", "public.t100"]);
    let columns: Vec<&str> =
        text.lines().filter(|line| line.contains("column c")).take(2).collect();
    assert_eq!(columns, ["  column c2: only in prod", "  column c10: only in prod"]);
    // What is long has the verdict at its end too, above what to do.
    let last: Vec<&str> = text.lines().rev().take(2).collect();
    assert!(last[0].starts_with("next: "), "{text}");
    assert_eq!(last[1], text.lines().next().unwrap());
}

#[test]
fn values_cannot_be_taken_for_two() {
    let home = Home::new();
    let (prod, repo) = (database(), database());
    prod.execute(
        "CREATE TYPE mood AS ENUM ('a', 'b'); CREATE TABLE t (); COMMENT ON TABLE t IS 'x, y'",
    );
    repo.execute(
        "CREATE TYPE mood AS ENUM ('c', 'd'); CREATE TABLE t (); COMMENT ON TABLE t IS 'z'",
    );
    home.service("prod", &prod);
    home.service("repo", &repo);
    let text = pum(&home, "check prod repo", &[]).expect(1).stdout;
    assert!(text.contains("labels: [a, b] in prod, [c, d] in repo"), "{text}");
    assert!(text.contains("comment: \"x, y\" in prod, z in repo"), "{text}");
}

#[test]
fn lines_are_not_wrapped_in_pipes_and_cut_only_if_asked() {
    let (home, prod, repo) = drifted();
    let long = format!("x{}", " and more words".repeat(20));
    prod.execute(&format!("COMMENT ON TABLE legacy IS '{long}'"));
    repo.execute("CREATE TABLE legacy (id int)");
    let check = |level: &str| {
        pum(&home, "check prod repo -i functions columns -v", &[level]).expect(1).stdout
    };
    assert!(check("2").contains(&format!("    - {long}\n")), "{}", check("2"));
    let short = check("1");
    assert!(!short.contains(&long) && short.contains("    - x and more words"), "{short}");
    assert!(short.lines().all(|line| line.chars().count() <= 130), "{short}");
    assert!(short.contains(" …\n"), "{short}");
    let next = "next: write the SQL that removes them by pum diff …, or accept them by pum check … --accept --reason TEXT\n";
    assert!(check("2").ends_with(next), "{}", check("2"));
}

#[test]
fn connection_strings_have_short_names_in_reports() {
    let (home, prod, repo) = drifted();
    let (left, right) = (prod.conninfo(), repo.conninfo());
    let names = [prod.settings.database(), repo.settings.database()];
    let text = pum(&home, "check", &[&left, &right]).expect(1).stdout;
    let first = format!("7 differences between {} and {}\n", names[0], names[1]);
    assert!(text.starts_with(&first), "{text}");
    assert!(!text.contains("host="), "{text}");
    // The same database by two ways.
    let other = format!("{left} application_name=other");
    let text = pum(&home, "check", &[&left, &other]).expect(0).stdout;
    assert!(text.contains("host="), "they would be one name: {text}");
}

#[test]
fn production_and_reference_are_those_of_the_configuration() {
    let (home, ..) = drifted();
    home.file("deltas/delta_1.1.0_x.sql", "DROP TABLE legacy;\n");
    pum(&home, "check", &[]).expect_error(&["the first of the two sources", "production"]);
    pum(&home, "check repo", &[]).expect_error(&["the first of the two sources", "production"]);
    pum(&home, "snapshot", &[]).expect_error(&["the database", "production"]);
    pum(&home, "delta prove --to repo -t u -d deltas", &[])
        .expect_error(&["the database", "production"]);
    home.file(
        "pum.toml",
        "production = \"prod\"\nupgrades_table = \"u\"\ndelta_dirs = [\"deltas\"]\n",
    );
    let text = pum(&home, "check repo", &[]).expect(1).stdout;
    assert!(text.starts_with("7 differences between prod and repo\n"), "{text}");
    pum(&home, "check", &[]).expect_error(&["the second source", "[reference]"]);
    home.file(
        "pum.toml",
        "production = \"prod\"\nupgrades_table = \"u\"\ndelta_dirs = [\"deltas\"]\n[reference]\nsource = \"repo\"\n",
    );
    for line in [
        "check",
        "check -p prod",
        "check -p prod repo",
        "check prod repo",
        "check -p1 prod -p2 repo",
    ] {
        let text = pum(&home, line, &[]).expect(1).stdout;
        assert!(text.starts_with("7 differences between prod and repo\n"), "{line}: {text}");
    }
    for (line, told) in [
        ("check prod repo -p prod", "more than two sources are named"),
        ("check -p1 prod repo -p2 repo", "more than two sources are named"),
        ("check prod repo -p2 repo", "cannot be used with"),
    ] {
        pum(&home, line, &[]).expect_error(&[told]);
    }
    let snapshot: Value =
        serde_json::from_str(&pum(&home, "snapshot", &[]).expect(0).stdout).unwrap();
    let named: Value =
        serde_json::from_str(&pum(&home, "snapshot -p prod", &[]).expect(0).stdout).unwrap();
    assert_eq!(snapshot, named);
    pum(&home, "baseline -b 1.0.0", &[]).expect(0);
    let pending = pum(&home, "lint --pending --lock-timeout 5s", &[]).expect(1).stdout;
    assert_eq!(pending, pum(&home, "lint prod --lock-timeout 5s", &[]).expect(1).stdout);
    assert!(pending.contains("drop-table"), "{pending}");
    pum(&home, "lint prod -p prod", &[]).expect_error(&["cannot be used with"]);
    let written = pum(&home, "delta new more --to repo", &[]).expect(0);
    assert!(written.stderr.contains("delta_1.1.1_more.sql"), "{written:?}");
}

#[test]
fn doctor_says_what_comes_next_in_json_too() {
    let (home, ..) = drifted();
    let json: Value =
        serde_json::from_str(&pum(&home, "doctor prod --format json", &[]).stdout).unwrap();
    let text = pum(&home, "doctor prod", &[]).stdout;
    let next = text.lines().last().unwrap().strip_prefix("next: ").unwrap();
    assert_eq!(json["next"], next);
}

#[test]
fn info_shows_times_without_fractions() {
    let (home, prod, _) = drifted();
    home.file("deltas/delta_1.1.0_x.sql", "SELECT 1;\n");
    let target = "-p prod -t u -d deltas";
    pum(&home, &format!("baseline {target} -b 1.0.0"), &[]).expect(0);
    prod.execute("UPDATE u SET installed_on = '2026-01-02 03:04:05.678901'");
    let text = pum(&home, &format!("info {target}"), &[]).expect(0).stdout;
    assert!(text.contains("2026-01-02 03:04:05 "), "{text}");
    assert!(!text.contains(".678901"), "{text}");
}

/// The first word of a message says what it is.
#[test]
fn errors_have_a_colour_at_a_terminal() {
    let shown_with = |home: &Home, options: &str| {
        let terminal = Terminal::start(home, PUM, &format!("check nowhere other{options}"), 100);
        let (code, bytes) = terminal.end_with_bytes();
        assert_eq!(code, Some(2));
        String::from_utf8(bytes).unwrap()
    };
    let no_color = Home::new().set("NO_COLOR", "1");
    for (home, options) in [(&Home::new(), ""), (&no_color, " --color always")] {
        let coloured = shown_with(home, options);
        assert!(coloured.contains("\u{1b}[1m\u{1b}[31merror:\u{1b}[0m "), "{coloured:?}");
    }
    for (home, options) in [(&no_color, ""), (&Home::new(), " --color never")] {
        let plain = shown_with(home, options);
        assert!(plain.contains("error: ") && !plain.contains("\u{1b}[31m"), "{plain:?}");
    }
}
