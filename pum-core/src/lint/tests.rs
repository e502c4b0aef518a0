//! Tests for all rules; those of a single rule are in its file.

use super::*;
use crate::delta::{Script, Variables};

pub(super) fn findings(text: &str, options: &LintOptions) -> Vec<LintFinding> {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("delta_1.0.0.sql");
    std::fs::write(&path, text).unwrap();
    let script = Script::read(&path).unwrap();
    let header = Header::read(&script).unwrap();
    let split = script.split(&Variables::default()).unwrap();
    lint(&split, &header, options)
}

/// The rules that a script breaks, a limit for locks being set.
fn broken_rules(text: &str) -> Vec<LintRule> {
    let options = LintOptions { lock_timeout: true, ..LintOptions::default() };
    findings(text, &options).into_iter().map(|finding| finding.rule).collect()
}

/// Each of the risky statements breaks the rule and nothing else, and the harmless ones break none.
pub(super) fn assert_finds_only(rule: LintRule, risky: &[&str], harmless: &[&str]) {
    for text in risky {
        assert_eq!(broken_rules(text), [rule], "{text}");
    }
    for text in harmless {
        assert_eq!(broken_rules(text), [], "{text}");
    }
}

#[test]
fn a_finding_says_where_what_and_what_to_do() {
    let text =
        "-- Why.\nSELECT 1;\n\nALTER TABLE app.t\n  ADD a int,\n  DROP COLUMN \"B\" CASCADE;\n";
    let options = LintOptions { lock_timeout: true, ..LintOptions::default() };
    let found = findings(text, &options);
    let places: Vec<_> = found.iter().map(|one| (one.rule, one.line)).collect();
    assert_eq!(places, [(LintRule::DropColumn, 6), (LintRule::DropCascade, 6)]);
    let LintFinding { path, message, .. } = &found[0];
    assert!(path.ends_with("delta_1.0.0.sql"));
    assert!(message.starts_with("column app.t.\"B\": its data is lost"), "{message}");
    assert!(message.ends_with(LintRule::DropColumn.instead()), "{message}");
}

#[test]
fn a_header_and_the_options_leave_rules_out() {
    let text = "drop table t; alter table t drop a";
    assert_eq!(broken_rules(text).len(), 2);
    let allowed = format!("-- pum: allow drop-table, drop-column\n{text}; truncate t");
    assert_eq!(broken_rules(&allowed), [LintRule::Truncate]);
    let ignored = BTreeSet::from([LintRule::DropTable]);
    let found = findings(text, &LintOptions { ignored, lock_timeout: true, facts: None });
    assert_eq!(found.iter().map(|one| one.rule).collect::<Vec<_>>(), [LintRule::DropColumn]);
}

#[test]
fn an_enclosing_transaction_is_found_whether_it_was_left_out_or_not() {
    assert_eq!(broken_rules("begin; select 1; commit"), [LintRule::TransactionControl]);
    assert_eq!(broken_rules("begin; commit; begin; commit"), [LintRule::TransactionControl; 3]);
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("delta_1.0.0.sql");
    std::fs::write(&path, "\nBEGIN; SELECT 1; COMMIT;").unwrap();
    let script = Script::read(&path).unwrap().prepare(&Variables::default()).unwrap();
    let found = lint(&script, &Header::default(), &LintOptions::default());
    let places: Vec<_> = found.iter().map(|one| (one.rule, one.line)).collect();
    assert_eq!(places, [(LintRule::TransactionControl, 2)]);
}

#[test]
fn no_text_makes_it_panic() {
    for sql in rules::tested_statements() {
        let words: Vec<&str> = sql.split(' ').collect();
        for length in 0..words.len() {
            // What is open at the end is an error of the script, and none of this module.
            let sql = &sql[..words[..length].join(" ").len()];
            let tokens = tokens(sql);
            let mut state = ScriptState::new(false, false);
            for from in 0..=tokens.len() {
                let reader = Reader::new(&tokens[from..]);
                for kind in [StatementKind::Plain, StatementKind::EndsTransaction] {
                    let context = StatementContext { kind: &kind, sql, reader, state: &state };
                    for rule in LintRule::ALL {
                        let _ = (definition(*rule).check)(&context);
                    }
                }
                state.note(reader);
            }
        }
    }
}
