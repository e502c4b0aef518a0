//! `fixtures/lint/benchmark`: what is dangerous is found, and nothing else.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use pum_core::delta::{Header, Script, Variables};
use pum_core::lint::{LintOptions, lint};
use pum_tests::repository;

fn files(directory: &str) -> Vec<PathBuf> {
    let directory = repository().join("fixtures/lint/benchmark").join(directory);
    let files = std::fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path());
    let mut files: Vec<PathBuf> = files.collect();
    files.sort();
    files
}

/// The rules that a file breaks.
fn broken_rules(path: &Path) -> BTreeSet<String> {
    let script = Script::read(path).unwrap();
    let header = Header::read(&script).unwrap();
    let mut options = LintOptions::default();
    options.lock_timeout = true;
    let split = script.split(&Variables::default()).unwrap();
    lint(&split, &header, &options).iter().map(|found| found.rule.to_string()).collect()
}

fn expected(path: &Path) -> BTreeSet<String> {
    let text = std::fs::read_to_string(path).unwrap();
    let line = text.lines().next().unwrap().strip_prefix("-- finds: ").unwrap();
    line.split(", ").filter(|rule| *rule != "nothing").map(str::to_owned).collect()
}

#[test]
fn all_that_is_dangerous_is_found_by_its_rule() {
    let files = files("dangerous");
    assert_eq!(files.len(), 33);
    for path in files {
        assert_eq!(broken_rules(&path), expected(&path), "{}", path.display());
        assert!(!expected(&path).is_empty(), "{}", path.display());
    }
}

#[test]
fn nothing_is_found_in_what_is_safe() {
    let files = files("safe");
    assert_eq!(files.len(), 17);
    for path in files {
        assert_eq!(broken_rules(&path), expected(&path), "{}", path.display());
        assert!(expected(&path).is_empty(), "{}", path.display());
    }
}
