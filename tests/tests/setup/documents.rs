//! What the documentation shows can be typed.

use std::ffi::OsString;

use pum_tests::command::Home;
use pum_tests::database;
use pum_tests::documentation::{Shown, calls_in, documents};

use super::PUM;

/// Every command line is one that pum understands.
#[test]
fn all_commands_shown_are_understood() {
    let calls: Vec<Shown> = documents().iter().flat_map(|file| calls_in(file)).collect();
    // Less would mean that they are not found any more.
    assert!(calls.len() > 70, "{} calls were found", calls.len());
    let mut wrong = Vec::new();
    for Shown { file, line, words } in &calls {
        if let Err(said) = pum_cli::understand(words.iter().map(OsString::from)) {
            wrong.push(format!("{}:{line}: {}\n{said}", file.display(), words.join(" ")));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn what_is_wrong_would_be_found() {
    for line in ["pum chekc a b", "pum check a b --colour always", "pum upgrade -p", "pum dump"] {
        let words = line.split(' ').map(OsString::from);
        assert!(pum_cli::understand(words).is_err(), "{line}");
    }
}

/// The first steps, as somebody who reads the page and types.
#[test]
fn the_first_steps_can_be_taken() {
    let home = Home::new();
    let (production, test) = (database(), database());
    production.execute("CREATE TABLE orders (id int)");
    home.service("prod", &production);
    home.service("water-test", &test);
    home.file("deltas/delta_1.0.0_orders.sql", "CREATE TABLE orders (id int);");
    home.file("deltas/delta_1.1.0_notes.sql", "CREATE TABLE notes (id int);");
    let calls = calls_in("docs/start.md".as_ref());
    let mut seen = Vec::new();
    for Shown { line, words, .. } in calls {
        let inside = |word: &String| word.replace('~', &home.path().display().to_string());
        let arguments: Vec<String> = words.iter().skip(1).map(inside).collect();
        let outcome = home.run(PUM, &arguments);
        assert!(matches!(outcome.code, Some(0 | 1)), "docs/start.md:{line}: {outcome:?}");
        seen.push(words[1].clone());
    }
    assert_eq!(seen, ["init", "doctor", "completions", "completions", "completions", "man"]);
    let written = std::fs::read_to_string(home.path().join("pum.toml")).unwrap();
    super::has(&written, &["\nproduction = \"prod\"\n", "\ndelta_dirs = [\"deltas\"]\n"]);
    assert!(home.path().join(".local/share/man/man1/pum.1").is_file());
}
