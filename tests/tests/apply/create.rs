//! The first deltas of an empty database.

use pum_tests::command::Home;
use pum_tests::terminal::Terminal;
use pum_tests::{Database, database};

use super::{PUM, there};

const LINE: [&str; 8] = ["upgrade", "--create", "-p", "shop", "-t", "sys.upgrades", "-d", "deltas"];

const APPLIED: &str = "SELECT version FROM sys.upgrades ORDER BY id";

fn shop() -> (Home, Database) {
    let (home, shop) = (Home::new(), database());
    home.service("shop", &shop);
    home.file("deltas/delta_1.0.0_base.sql", "CREATE TABLE first ();");
    home.file("deltas/delta_1.1.0_more.sql", "CREATE TABLE second ();");
    (home, shop)
}

fn is_untouched(shop: &Database) -> bool {
    shop.column("SELECT to_regclass('sys.upgrades') IS NULL AND to_regnamespace('sys') IS NULL")
        == ["t"]
        && there(shop, "first,second").is_empty()
}

#[test]
fn it_is_asked_with_what_will_be_made_and_where() {
    let (home, shop) = shop();
    let line = LINE.join(" ");
    for (answer, code) in [("\n", 1), ("n\n", 1), ("y\n", 0)] {
        assert!(is_untouched(&shop));
        let mut terminal = Terminal::start(&home, PUM, &line, 120);
        let question = "shop is empty. Create the upgrades table sys.upgrades in it at version 0.0.0, and \
                        apply 2 deltas up to 1.1.0? [y/N]";
        terminal.wait_for(question, &mut 0);
        assert!(is_untouched(&shop), "before the answer");
        terminal.type_in(answer);
        let (ended, all) = terminal.end();
        assert_eq!(ended, Some(code), "{all}");
    }
    assert_eq!(shop.column(APPLIED), ["0.0.0", "1.0.0", "1.1.0"]);
    // There is nothing to ask any more.
    home.file("deltas/delta_1.2.0_third.sql", "CREATE TABLE third ();");
    let again = home.run(PUM, &LINE).expect(0);
    assert_eq!(again.stdout, "shop was upgraded from 1.1.0 to 1.2.0 (1 script)\n");
}

#[test]
fn ctrl_c_at_the_question_makes_nothing() {
    let (home, shop) = shop();
    let mut terminal = Terminal::start(&home, PUM, &LINE.join(" "), 120);
    terminal.wait_for("[y/N]", &mut 0);
    terminal.interrupt();
    let (code, all) = terminal.end();
    assert_eq!(code, Some(130), "{all}");
    assert!(is_untouched(&shop));
}

#[test]
fn without_a_terminal_the_answer_must_be_given() {
    let (home, shop) = shop();
    home.run(PUM, &LINE).expect_error(&["needs an answer", "use --yes"]);
    home.run(PUM, &[&LINE[..], &["--non-interactive"]].concat()).expect_error(&["needs an answer"]);
    assert!(is_untouched(&shop));
    // Only what is wanted is told and applied.
    let done = home.run(PUM, &[&LINE[..], &["--yes", "-u", "1.0.0"]].concat()).expect(0);
    assert!(done.stderr.contains("and apply 1 delta up to 1.0.0? yes (--yes)"), "{done:?}");
    assert_eq!(shop.column(APPLIED), ["0.0.0", "1.0.0"]);
}

/// Lines name a database in short, reports for programs as it was given.
#[test]
fn a_connection_string_is_not_in_each_line() {
    let (home, shop) = shop();
    let given = format!("{} application_name=deploy", shop.conninfo());
    let name = shop.settings.database();
    let run = |arguments: &[&str]| {
        let both = ["-p", &given, "-t", "public.upgrades"];
        home.run(PUM, &[arguments, &both].concat()).expect(0)
    };
    let all = [
        run(&["baseline", "-b", "0.9.0"]),
        run(&["upgrade", "-d", "deltas", "--dry-run"]),
        run(&["upgrade", "-d", "deltas", "--rehearse"]),
        run(&["upgrade", "-d", "deltas"]),
        run(&["info", "-d", "deltas"]),
        run(&["repair", "-d", "deltas"]),
        home.run(PUM, &["dump", "-p", &given, "x.dump"]).expect(0),
        home.run(PUM, &["verify", "--level", "quick", &given]),
    ];
    for outcome in &all {
        let text = format!("{}{}", outcome.stdout, outcome.stderr);
        assert!(text.contains(name), "{text}");
        assert!(!text.contains("application_name") && !text.contains("host="), "{text}");
    }
    let json = run(&["info", "-d", "deltas", "--format", "json"]).stdout;
    assert!(json.contains("application_name=deploy"), "{json}");
}
