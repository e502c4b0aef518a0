//! What helps somebody who begins: what will go wrong, a configuration, completions, man pages.

mod databases;
mod doctor;
mod init;
mod naming;
mod packages;
mod shell;

use pum_tests::command::{Home, Outcome};

const PUM: &str = env!("CARGO_BIN_EXE_pum-under-test");

/// A command line with words separated by spaces.
fn pum(home: &Home, line: &str) -> Outcome {
    home.run(PUM, &line.split_whitespace().collect::<Vec<_>>())
}

#[track_caller]
fn has(text: &str, parts: &[&str]) {
    for part in parts {
        assert!(text.contains(part), "no {part:?} in:\n{text}");
    }
}
