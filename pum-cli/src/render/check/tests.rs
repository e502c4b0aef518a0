//! What holds for reports of every form.

use clap::ValueEnum;
use pum_core::compare::{Comparison, Undecided};
use pum_core::diff::{Change, Difference, HiddenByRule};
use pum_core::model::{Identity, Kind, Value, is_spoofing_char};
use quick_xml::events::Event;

use super::compared::Compared;
use crate::args::ReportFormat;

/// Names and values that mean something to one form or another.
const HOSTILE: &[&str] = &[
    "</script><script>alert(1)</script>",
    "\"><img src=x onerror=alert(1)>",
    "it's \"quoted\" & <b>bold</b>",
    "]]> <!-- -->",
    "line\r\none\ntwo",
    "::error ::stop\n::set-env name=A::b",
    "`` ```\n```\n## heading",
    "\u{1b}[31m\u{0}\u{7}\u{85}",
    "\u{202e}txt.exe\u{2066}",
    "\u{feff}\u{ffff}\u{fffe}\u{1fffe}",
    "%0A%25 50%",
    "a, b: c; {{d}} ${e} \\",
    "",
    " ",
];

pub(super) fn comparison(differences: Vec<Difference>) -> Comparison {
    Comparison { differences, left_objects: 3, right_objects: 4, ..Comparison::default() }
}

fn column(schema: &str, table: &str, name: &str, change: Change) -> Difference {
    let identity = Identity {
        kind: Kind::Column,
        schema: schema.to_owned(),
        parent: Some(table.to_owned()),
        name: name.to_owned(),
        arguments: None,
    };
    Difference { identity, change }
}

fn values(left: &str, right: &str) -> Change {
    let (left, right) = (Value::Text(left.to_owned()), Value::Sql(right.to_owned()));
    Change::Attribute { name: "default", left, right }
}

fn hostile() -> Comparison {
    let differences = HOSTILE.iter().flat_map(|text| {
        let long = format!("{text} {}\n{text}", "word ".repeat(20));
        [
            column(text, text, text, Change::OnlyLeft),
            column(text, text, text, values(text, "short")),
            column(text, text, text, values(&long, text)),
        ]
    });
    let mut found = comparison(differences.collect());
    found.not_canonicalized = Some(HOSTILE.concat());
    let undecided = found.differences.iter().map(|difference| Undecided {
        identity: difference.identity.clone(),
        attribute: "default".to_owned(),
        reason: difference.identity.name.clone(),
    });
    found.undecided = undecided.collect();
    found
}

/// Every tenth with a definition of some lines.
fn many(number: usize) -> Comparison {
    let body: String = (0..20).map(|line| format!("  SELECT {line} FROM app.t\n")).collect();
    let other = body.replace("SELECT 7 ", "SELECT 8 ");
    let differences = (0..number).map(|at| {
        let change = match at % 10 {
            0 => values(&body, &other),
            1..5 => Change::OnlyLeft,
            _ => values("integer", "bigint"),
        };
        column("app", &format!("t{}", at / 10), &format!("column_{at}"), change)
    });
    comparison(differences.collect())
}

fn each(comparison: &Comparison, left: &str, test: impl Fn(ReportFormat, &str)) {
    let compared = Compared::new(comparison, left, "b");
    for format in ReportFormat::value_variants() {
        test(*format, &super::render(&compared, *format, 2));
    }
}

/// Fails unless the report is what its form demands.
fn assert_well_formed(format: ReportFormat, report: &str) {
    let bad: Vec<char> = report.chars().filter(|&c| is_spoofing_char(c) && c != '\n').collect();
    match format {
        // JSON and SARIF hold values as they are; these escape what JSON must.
        ReportFormat::Json | ReportFormat::Sarif => {
            serde_json::from_str::<serde_json::Value>(report).unwrap();
            return;
        }
        ReportFormat::Junit => {
            let mut reader = quick_xml::Reader::from_str(report);
            while reader.read_event().unwrap() != Event::Eof {}
        }
        ReportFormat::Html => {
            assert_eq!(report.matches("<script").count(), 1);
            assert!(!report.contains("<img") && !report.contains("<b>bold"));
        }
        ReportFormat::Github => {
            for line in report.lines() {
                let known = ["::error ", "::warning ", "::notice "];
                assert!(known.iter().any(|begin| line.starts_with(begin)), "{line}");
            }
        }
        ReportFormat::Markdown => {
            assert!(report.len() <= 65_536);
            let begins = report.lines().filter(|line| line.starts_with("<details"));
            let ends = report.lines().filter(|line| *line == "</details>");
            assert_eq!(begins.count(), ends.count());
            assert!(!report.lines().any(|line| line.starts_with("## heading")));
        }
        ReportFormat::Text => {}
    }
    assert_eq!(bad, [], "{format:?}\n{report}");
}

#[test]
fn nothing_hostile_comes_through() {
    let hostile = hostile();
    for name in HOSTILE {
        each(&hostile, name, assert_well_formed);
    }
}

#[test]
fn no_difference_and_one_are_told() {
    each(&comparison(Vec::new()), "a", |format, report| {
        assert_well_formed(format, report);
        let expected = match format {
            ReportFormat::Json => "\"same\": true",
            ReportFormat::Markdown => "## No differences between `a` and `b`\n",
            _ => "no differences between a and b (3 objects)",
        };
        assert!(report.contains(expected), "{report}");
    });
    let one = comparison(vec![column("app", "t", "id", values("integer", "bigint"))]);
    each(&one, "a", |format, report| {
        assert_well_formed(format, report);
        let expected = match format {
            ReportFormat::Json => "\"fingerprint\": \"",
            ReportFormat::Markdown => "## 1 difference between `a` and `b`\n",
            _ => "1 difference between a and b",
        };
        assert!(report.contains(expected), "{report}");
    });
}

#[test]
fn a_report_of_thousands_of_differences_is_not_huge() {
    let many = many(10_000);
    let compared = Compared::new(&many, "a", "b");
    for &format in ReportFormat::value_variants() {
        let report = super::render(&compared, format, 2);
        assert_well_formed(format, &report);
        assert!(report.len() < 12_000_000, "{format:?}: {} bytes", report.len());
    }
    let markdown = super::render(&compared, ReportFormat::Markdown, 2);
    assert!(markdown.contains("more differences not shown here"), "{markdown}");
    assert!(markdown.len() > 60_000, "as much as there is room for: {}", markdown.len());
}

#[test]
fn one_huge_definition_does_not_take_the_place_of_the_others() {
    let huge: String = (0..100_000).map(|line| format!("line {line}\n")).collect();
    let found = comparison(vec![
        column("app", "t", "a", values(&huge, &huge.replace("line", "other"))),
        column("app", "t", "b", Change::OnlyLeft),
    ]);
    let annotations = super::render(&Compared::new(&found, "a", "b"), ReportFormat::Github, 2);
    assert!(annotations.len() < 10_000 && annotations.contains("lines not shown here"));
    let markdown = super::render(&Compared::new(&found, "a", "b"), ReportFormat::Markdown, 2);
    assert!(markdown.len() < 10_000 && markdown.contains("lines not shown here"), "{markdown}");
    assert!(markdown.contains("- `column b`: only in `a`"), "{markdown}");
}

#[test]
fn text_fits_a_terminal() {
    let words = "a privilege: SELECT, ".repeat(2);
    let long =
        "a_name_of_sixty_three_letters_which_is_the_most_that_there_can_be".get(..63).unwrap();
    let mut found = comparison(vec![
        column("app", "t", "id", values(&words, "b")),
        column("app", long, "id", values("character varying(20)", "character varying(30)")),
    ]);
    found.differences.push(Difference {
        identity: Identity {
            kind: Kind::Function,
            schema: "app".to_owned(),
            parent: None,
            name: "many".to_owned(),
            arguments: Some("character varying, ".repeat(20)),
        },
        change: values("one\ntwo", "two\nthree"),
    });
    found.hidden = vec![HiddenByRule { reason: words.repeat(4), differences: 3 }];
    let compared = Compared::new(&found, "production", "reference");
    for width in [80, 120] {
        let text =
            super::text::report(&compared, 2, crate::render::style::Styles::OFF, Some(width));
        let longest = text.lines().map(|line| line.chars().count()).max().unwrap();
        assert!((width - 20..=width).contains(&longest), "{longest} of {width}");
    }
    // Where nobody looks lines are as long as they are.
    let text = super::render(&compared, ReportFormat::Text, 2);
    assert!(text.lines().any(|line| line.chars().count() > 200), "{text}");
}

#[test]
fn colours_say_nothing_that_words_do_not() {
    let found = many(10);
    let compared = Compared::new(&found, "a", "b");
    let painted = super::text::report(&compared, 2, crate::render::style::Styles::new(true), None);
    let mut plain = String::new();
    let mut parts = painted.split('\u{1b}');
    plain.push_str(parts.next().unwrap());
    for part in parts {
        plain.push_str(part.split_once('m').unwrap().1);
    }
    assert_ne!(plain, painted);
    assert_eq!(plain, super::render(&compared, ReportFormat::Text, 2));
}
