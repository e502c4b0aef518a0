//! Is what came out what is shown?
//!
//! A line that is only `…` stands for any number of lines, also none; a `…` in a line for any text.
//! What is another one each time, such as a duration, is made the same on both sides first.

use std::sync::OnceLock;

use pum_tests::text::{DIFFERENT_EACH_TIME, compiled, without};
use regex::Regex;

/// What besides is different in documents, whose readers have other machines.
const OF_DOCUMENTS: &[(&str, &str)] = &[
    // What ls says of a file's owner and size.
    (r"^(-[rwx-]{9}) 1 \S+ +\S+ +\d+ ", "$1 <owner and size> "),
    // The columns of a table are as wide as what is in them, such as a time.
    (r"(\S) {2,}", "$1  "),
];

/// A text without what is different each time.
fn same_each_time(text: &str) -> String {
    static PATTERNS: OnceLock<Vec<(Regex, &str)>> = OnceLock::new();
    let patterns = PATTERNS.get_or_init(|| compiled(&[DIFFERENT_EACH_TIME, OF_DOCUMENTS].concat()));
    without(text, patterns)
}

/// How many lines of what is shown came out, from the first on; `None` if it is all that came out.
pub(crate) fn first_wrong(shown: &[String], came_out: &str) -> Option<usize> {
    let shown: Vec<String> = shown.iter().map(|line| same_each_time(line)).collect();
    let came_out: Vec<String> = came_out.lines().map(same_each_time).collect();
    let shown = without_empty_end(&shown);
    let came_out = without_empty_end(&came_out);
    // After each line that is shown: which numbers of lines may have come out by then.
    let mut may_have_come: Vec<bool> = vec![false; came_out.len() + 1];
    may_have_come[0] = true;
    for (at, line) in shown.iter().enumerate() {
        let mut next = vec![false; came_out.len() + 1];
        let any_lines = line.trim() == "…";
        for from in (0..=came_out.len()).filter(|from| may_have_come[*from]) {
            if any_lines {
                next[from..].fill(true);
                break;
            } else if came_out.get(from).is_some_and(|came_out| line_matches(line, came_out)) {
                next[from + 1] = true;
            }
        }
        if !next.contains(&true) {
            return Some(at);
        }
        may_have_come = next;
    }
    (!may_have_come[came_out.len()]).then_some(shown.len())
}

fn without_empty_end(lines: &[String]) -> &[String] {
    let end = lines.iter().rposition(|line| !line.is_empty()).map_or(0, |last| last + 1);
    &lines[..end]
}

/// The parts between `…` must be there, in this order; the first and the last where they stand.
fn line_matches(shown: &str, came_out: &str) -> bool {
    let Some((first, rest)) = shown.split_once('…') else { return shown == came_out };
    let Some(mut left) = came_out.strip_prefix(first) else { return false };
    let (between, last) =
        rest.rsplit_once('…').map_or((None, rest), |(all, last)| (Some(all), last));
    for part in between.into_iter().flat_map(|between| between.split('…')) {
        let Some(at) = left.find(part) else { return false };
        left = &left[at + part.len()..];
    }
    left.ends_with(last)
}

fn matches(shown: &str, came_out: &str) -> bool {
    let shown: Vec<String> = shown.lines().map(str::to_owned).collect();
    first_wrong(&shown, came_out).is_none()
}

#[test]
fn the_same_text_matches_and_another_does_not() {
    assert!(matches("a\nb", "a\nb\n"));
    assert!(matches("a\n\n", "a"), "empty lines at the end are the block's");
    assert!(matches("", ""));
    for (shown, came_out) in [
        ("a\nb", "a"),
        ("a", "a\nb"),
        ("a\nb", "b\na"),
        ("a b", "a  b"),
        ("  a", "a"),
        ("a\n\nb", "a\nb"),
        ("", "a"),
        ("version 1.1.0", "version 1.10.0"),
        ("2 deltas", "3 deltas"),
        ("line 3", "line 4"),
        ("delta_1.2.0.sql:12: x", "delta_1.2.0.sql:13: x"),
        ("(SQLSTATE 23505)", "(SQLSTATE 23514)"),
        ("within 300ms", "within 200ms"),
        ("-rw------- 1 ann ann 7 Nov 21 11:37 x", "-rw-r--r-- 1 ann ann 7 Nov 21 11:37 x"),
    ] {
        assert!(!matches(shown, came_out), "{shown:?} is not {came_out:?}");
    }
}

#[test]
fn an_ellipsis_stands_for_any_lines_or_any_text() {
    for came_out in ["a\nz", "a\nb\nz", "a\nb\nz\nc\nz"] {
        assert!(matches("a\n…\nz", came_out), "{came_out}");
        assert!(matches("a\n  …\nz", came_out), "{came_out}");
    }
    assert!(!matches("a\n…\nz", "a\nb"));
    assert!(!matches("a\n…\nz", "b\na\nz"));
    assert!(!matches("…\nb\n…\na\n…", "a\nb\n"), "the order counts");
    assert!(matches("…", "") && matches("…", "a\nb"));

    assert!(matches("a … d", "a b c d") && matches("a…", "a b") && matches("…d", "c d"));
    assert!(matches("a … c … e", "a b c d e"));
    assert!(!matches("a … d", "a b c"));
    assert!(!matches("a … c … e", "a b d e"));
    assert!(!matches("ab…bc", "abc"), "no letter counts twice");
    assert!(!matches("a …", "a b\nc"), "in a line it does not stand for lines");
}

#[test]
fn what_is_different_each_time_is_the_same() {
    for (shown, came_out) in [
        ("upgrade test  0.69 s  18 scripts", "upgrade test  12.01 s  18 scripts"),
        ("took 325 ms to restore", "took 1.2 s to restore"),
        ("x.dump, 4.4 kB, read back", "x.dump, 12 MB, read back"),
        ("process 13339 of postgres", "process 7 of postgres"),
        ("since 2026-11-21 15:43:49 UTC, and", "since 2027-01-02 03:04:05 UTC, and"),
        (
            "baseline  2026-11-21 15:48:04.558924  postgres",
            "baseline  2026-11-22 00:00:00.1       postgres",
        ),
        ("pum-runs/20261121-154408-13912/x", "pum-runs/20270101-000000-1/x"),
        ("water_20261121T113804Z.dump", "water_20270101T000000Z.dump"),
        ("/tmp/pum-demo-SWfaVe/water.dump", "/tmp/pum-demo-abc123/water.dump"),
        ("on PostgreSQL 15.18, level", "on PostgreSQL 17.1, level"),
        ("15.20 in /usr/lib/postgresql/15/bin (", "16.3 in /opt/pg/16/bin ("),
        ("checksum 061f167def41f6898d58bb09f8a3ebb1", "checksum 161f167def41f6898d58bb09f8a3ebb1"),
        ("-rw------- 1 ann ann 70 Nov 21 11:37 x", "-rw------- 1 root root   7 Dec  1 01:07 x"),
    ] {
        assert!(matches(shown, came_out), "{shown:?} is {came_out:?}");
    }
}

#[test]
fn the_first_wrong_line_is_told() {
    let shown = ["a", "…", "b", "c"].map(str::to_owned);
    assert_eq!(first_wrong(&shown, "a\nx\nb\nc"), None);
    assert_eq!(first_wrong(&shown, "x"), Some(0));
    assert_eq!(first_wrong(&shown, "a\nx\nc"), Some(2));
    assert_eq!(first_wrong(&shown, "a\nb\nd"), Some(3));
    assert_eq!(first_wrong(&shown, "a\nb\nc\nd"), Some(4));
}
