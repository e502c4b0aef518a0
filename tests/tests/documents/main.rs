//! What the documentation shows is true: each command of a session is typed into a shell, in the
//! world that the text around it speaks of, and what comes out is held against what is shown.
//!
//! A session is a fenced block in which a line begins with `$ `. Sections are played one by one, by
//! the functions in the modules of the documents; one that nobody plays fails the test. To look at
//! what comes out of one: `cargo test -p pum-tests --test documents -- a_statement_failed`.

mod links;
mod lint_rules;
mod matching;
mod section;
mod shop;
mod world;

mod backup;
mod coming;
mod deltas;
mod manager;
mod readme;
mod reports;
mod sources;
mod start;
mod verify;
mod when_it_fails;

use std::ffi::OsString;
use std::path::Path;

use pum_tests::command::Home;
use pum_tests::database;
use pum_tests::documentation::{Block, Shown, blocks_in, calls_in, documents, indented_sessions};

const PUM: &str = env!("CARGO_BIN_EXE_pum-under-test");

/// Plays sections of a document: for each heading a function. Makes a test of each, and the list of
/// them all.
macro_rules! sections {
    ($file:literal: $($heading:literal => $play:ident,)+) => {
        pub(crate) const FILE: &str = $file;
        pub(crate) const HEADINGS: &[&str] = &[$($heading),+];

        mod played {
            $(
                #[test]
                fn $play() {
                    crate::section::Section::play(super::FILE, $heading, super::$play);
                }
            )+
        }
    };
}
use sections;

/// The headings that are played.
const PLAYED: &[(&str, &[&str])] = &[
    (backup::FILE, backup::HEADINGS),
    (coming::from_others::FILE, coming::from_others::HEADINGS),
    (coming::from_pum::FILE, coming::from_pum::HEADINGS),
    (deltas::FILE, deltas::HEADINGS),
    (manager::FILE, manager::HEADINGS),
    (readme::FILE, readme::HEADINGS),
    (reports::FILE, reports::HEADINGS),
    (sources::FILE, sources::HEADINGS),
    (start::FILE, start::HEADINGS),
    (verify::FILE, verify::HEADINGS),
    (when_it_fails::FILE, when_it_fails::HEADINGS),
];

/// What is shown and not run: the document, how the command begins, the reason.
const NOT_RUN: &[(&str, &str, &str)] = &[
    ("docs/ci.md", "git commit", "pre-commit is not installed where this runs"),
    ("docs/coming-from-pum.md", "pum-0.10 ", "the Python program is not installed"),
];

#[test]
fn all_sessions_are_played() {
    let mut forgotten = Vec::new();
    for file in documents() {
        let name = file.to_str().unwrap();
        let is_played = |heading: &String| {
            PLAYED.iter().any(|(file, all)| *file == name && all.contains(&&**heading))
        };
        let headings = section::headings(&file).into_iter().filter(|heading| !is_played(heading));
        forgotten.extend(headings.map(|heading| format!("{name}: nobody plays {heading:?}")));
        let indented = indented_sessions(&file).into_iter();
        forgotten.extend(indented.map(|line| format!("{name}:{line}: a session is in a fence")));
        let silent = blocks_in(&file)
            .into_iter()
            .filter(|block| block.is_session() && block.commands().is_empty());
        forgotten.extend(silent.map(|block| {
            format!(
                "{name}:{}: output without the command (or what language is it?)",
                block.lines[0].0
            )
        }));
    }
    assert!(forgotten.is_empty(), "{}", forgotten.join("\n"));
}

/// A reason for what is not shown any more is gone as well.
#[test]
fn what_is_not_run_is_shown() {
    for (file, begin, _) in NOT_RUN {
        let blocks = blocks_in(Path::new(file));
        let mut commands = blocks.iter().flat_map(Block::commands);
        assert!(commands.any(|command| command.typed.starts_with(begin)), "{file}: {begin}");
    }
}

/// Every command line is one that pum understands, also those without a session.
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

/// Every configuration shown is one that pum reads: a key that it does not know is an error.
#[test]
fn all_configurations_shown_are_read() {
    let database = database().conninfo();
    let mut seen = Vec::new();
    for file in documents() {
        for block in blocks_in(&file).into_iter().filter(|block| block.language == "toml") {
            let (home, text) = (Home::new(), block.text());
            let accepted = text.starts_with("[[accepted]]");
            // The other one is there and empty: a configuration may name it.
            let names = ["pum.toml", "pum.accepted.toml"];
            home.file(names[usize::from(!accepted)], "");
            home.file(names[usize::from(accepted)], &text);
            let read = home.run(PUM, &["check", &database, &database]);
            let place = format!("{}, under {:?}", file.display(), block.heading);
            assert_eq!(read.code, Some(0), "{place}: {}", read.stderr);
            // It was looked at: what it is about is not there.
            if accepted {
                assert!(read.stdout.contains("amount"), "{place}: {}", read.stdout);
            }
            seen.push(file.display().to_string());
        }
    }
    for file in
        ["docs/comparison.md", "docs/configuration.md", "docs/manager.md", "docs/reports.md"]
    {
        assert!(seen.iter().any(|there| there == file), "{file}: {seen:?}");
    }
}
