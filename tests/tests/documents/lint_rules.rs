//! `docs/lint/`: a page for each lint rule, and their index. The texts are those of the rules, and the
//! examples are what the rules find and do not find.
//!
//! `UPDATE_LINT_DOCS=1 cargo test -p pum-tests --test documents lint_rules` writes the index and the
//! first lines of the pages.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use pum_core::delta::{Header, Script, Variables};
use pum_core::lint::{LintOptions, LintRule, lint};
use pum_tests::documentation::blocks_in;
use pum_tests::repository;

const INDEX: &str = "docs/lint/README.md";

fn page(rule: LintRule) -> PathBuf {
    PathBuf::from(format!("docs/lint/{rule}.md"))
}

/// The first lines of the page of a rule.
fn head(rule: LintRule) -> String {
    format!("# {rule}\n\nRisk: {}.\n\nInstead: {}.\n\n", rule.risk(), rule.instead())
}

fn index() -> String {
    let mut text = "# Rules of pum lint\n\n`pum lint` checks deltas by these rules; see [What is \
                    risky](../deltas.md#what-is-risky).\n\n| rule | risk |\n|---|---|\n"
        .to_owned();
    for rule in LintRule::ALL {
        writeln!(text, "| [{rule}]({rule}.md) | {} |", rule.risk()).unwrap();
    }
    text
}

/// Holds that a file has a text; writes it, if that is asked for.
#[track_caller]
fn assert_written(file: &Path, expected: &str) {
    let path = repository().join(file);
    if std::env::var_os("UPDATE_LINT_DOCS").is_some() {
        fs::write(&path, expected).unwrap();
    }
    let written = fs::read_to_string(&path).unwrap_or_default();
    let how = "UPDATE_LINT_DOCS=1 rewrites it";
    assert_eq!(written, expected, "{} is out of date; {how}", file.display());
}

#[test]
fn the_index_has_each_rule() {
    assert_written(Path::new(INDEX), &index());
}

#[test]
fn each_page_begins_with_the_texts_of_its_rule() {
    for rule in LintRule::ALL {
        let page = page(*rule);
        let text = fs::read_to_string(repository().join(&page));
        let text = text.unwrap_or_else(|error| panic!("{}: {error}", page.display()));
        let (_, rest) = text.split_once("## Why").expect("a page says why");
        assert_written(&page, &format!("{}## Why{rest}", head(*rule)));
        let allowed = format!("`-- pum: allow {rule}`");
        assert!(text.contains(&allowed), "{}: {allowed}", page.display());
    }
}

#[test]
fn each_page_belongs_to_a_rule() {
    for entry in fs::read_dir(repository().join("docs/lint")).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_stem().unwrap().to_str().unwrap();
        assert!(name == "README" || name.parse::<LintRule>().is_ok(), "{}", path.display());
    }
}

/// The rules that a script breaks. The wait for locks has a limit, unless the rule is about that.
fn broken_rules(sql: &str, rule: LintRule) -> Vec<LintRule> {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("delta_1.0.0.sql");
    fs::write(&path, sql).unwrap();
    let script = Script::read(&path).unwrap();
    let header = Header::read(&script).unwrap();
    let script = script.split(&Variables::default()).unwrap();
    let mut options = LintOptions::default();
    options.lock_timeout = rule != LintRule::NoLockTimeout;
    lint(&script, &header, &options).into_iter().map(|finding| finding.rule).collect()
}

#[test]
fn the_examples_of_each_page_are_found_or_not_as_it_says() {
    for rule in LintRule::ALL {
        let page = page(*rule);
        for heading in ["Found", "Not found", "The safe way"] {
            let blocks = blocks_in(&page).into_iter().filter(|block| block.heading == heading);
            let mut seen = 0;
            for block in blocks {
                seen += 1;
                let lines: Vec<&str> = block.lines.iter().map(|(_, line)| &**line).collect();
                let found = broken_rules(&lines.join("\n"), *rule).contains(rule);
                assert_eq!(found, heading == "Found", "{}: {lines:?}", page.display());
            }
            assert!(seen > 0, "{}: no example under \"{heading}\"", page.display());
        }
    }
}
