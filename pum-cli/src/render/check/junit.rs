//! A comparison as test results in the form of JUnit, for the dashboards of CI servers.
//!
//! Each object that differs is a failed test, each element without differences is one that passed
//! (or was skipped, if a filter leaves it out):
//! a dashboard's list of failures is a list of objects, and a comparison that finds nothing has
//! tests too.

use std::time::Duration;

use pum_core::diff::Difference;
use pum_core::humanize::count;
use pum_core::model::Kind;
use quick_junit::{NonSuccessKind, Report, TestCase, TestCaseStatus, TestSuite};

use super::compared::Compared;
use super::lines::details;
use super::mapped::SchemaVerdict;

pub(crate) fn report(compared: &Compared<'_>, now: &jiff::Zoned) -> String {
    let mut report = Report::unnamed();
    report.add_test_suite(suite(compared, now));
    // Writing to memory does not fail.
    report.to_string().unwrap_or_default()
}

fn suite(compared: &Compared<'_>, now: &jiff::Zoned) -> TestSuite {
    let mut suite = TestSuite::new(format!("pum check {} {}", compared.left, compared.right));
    suite.set_time(Duration::ZERO);
    // Local time without an offset, as Ant writes it and servers expect it.
    for (name, value) in [
        ("timestamp", now.strftime("%Y-%m-%dT%H:%M:%S").to_string().as_str()),
        ("id", "0"),
        ("package", "pum"),
        ("hostname", "localhost"),
    ] {
        suite.extra.insert(name.into(), value.into());
    }
    let objects: Vec<&[Difference]> =
        compared.differences().chunk_by(|a, b| a.identity == b.identity).collect();
    for &kind in Kind::ALL {
        let failed = objects.iter().filter(|object| is_of(object, kind));
        let mut cases = failed.filter_map(|object| failed_case(compared, object)).peekable();
        if cases.peek().is_none() {
            suite.add_test_case(other_case(kind, compared.left_out.contains(&kind)));
        }
        suite.add_test_cases(cases);
    }
    let same = compared.schemas().into_iter().filter(|schema| schema.differences == 0);
    suite.add_test_cases(same.map(|SchemaVerdict { left, right, .. }| {
        let mut case =
            TestCase::new(format!("schema {left} as {right}"), TestCaseStatus::success());
        case.set_classname("pum.schema_map").set_time(Duration::ZERO);
        case
    }));
    let verdict = [vec![compared.verdict()], compared.notes_with_limits()].concat().join("\n");
    suite.set_system_out(verdict).set_system_err("");
    suite
}

fn is_of(differences: &[Difference], kind: Kind) -> bool {
    differences.first().is_some_and(|found| found.identity.kind == kind)
}

/// Of an element without differences.
fn other_case(kind: Kind, left_out: bool) -> TestCase {
    let mut status = if left_out { TestCaseStatus::skipped() } else { TestCaseStatus::success() };
    if left_out {
        status.set_message("left out of the comparison");
    }
    case(kind, format!("all {}", kind.element().replace('_', " ")), status)
}

/// All differences of one object.
fn failed_case(compared: &Compared<'_>, differences: &[Difference]) -> Option<TestCase> {
    let identity = &differences.first()?.identity;
    let message = match differences {
        [one] => compared.sentence(one),
        several => count(several.len(), "difference"),
    };
    let text: String =
        differences.iter().map(|found| details(compared, found, None) + "\n").collect();
    let fails = differences.iter().any(|found| compared.fails(found));
    let mut status = if fails {
        TestCaseStatus::non_success(NonSuccessKind::Failure)
    } else {
        TestCaseStatus::skipped()
    };
    status.set_message(message).set_type("difference").set_description(text);
    Some(case(identity.kind, identity.to_string(), status))
}

fn case(kind: Kind, name: String, status: TestCaseStatus) -> TestCase {
    let mut case = TestCase::new(name, status);
    case.set_classname(format!("pum.{}", kind.element())).set_time(Duration::ZERO);
    case
}
