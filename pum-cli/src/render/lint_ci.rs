//! Risks in scripts, in the forms of CI systems. A script that cannot be read is a result too: a
//! report is never empty because something failed.

use std::time::Duration;

use pum_core::humanize::count;
use pum_core::lint::{LintFinding, LintRule};
use quick_junit::{NonSuccessKind, Report, TestCase, TestCaseStatus, TestSuite};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::render::check::github::annotation_at;
use crate::render::check::uri;
use crate::render::sarif::SarifRun;
use crate::text::{line, printable, shown};

/// What was found in scripts.
pub(crate) struct Linted<'a> {
    pub(crate) findings: &'a [LintFinding],
    /// The scripts, by their files.
    pub(crate) scripts: &'a [std::path::PathBuf],
    /// Why scripts could not be read.
    pub(crate) errors: &'a [String],
}

/// Where a rule is explained.
const RULES: &str = concat!(env!("CARGO_PKG_REPOSITORY"), "/blob/main/docs/lint");

impl Linted<'_> {
    fn verdict(&self) -> String {
        if self.scripts.is_empty() && !self.errors.is_empty() {
            return "nothing could be looked at".to_owned();
        }
        let found = match self.findings.len() {
            0 => "nothing found".to_owned(),
            number => count(number, "finding"),
        };
        let errors = match self.errors.len() {
            0 => String::new(),
            number => format!(", {} could not be read", count(number, "script")),
        };
        format!("{found} in {}{errors}", count(self.scripts.len(), "script"))
    }

    /// As workflow commands of GitHub Actions.
    pub(crate) fn github(&self) -> String {
        let mut out = String::new();
        let fine = self.findings.is_empty() && self.errors.is_empty();
        let level = if fine { "notice" } else { "error" };
        line(&mut out, &annotation_at(level, None, "pum lint", &self.verdict()));
        for error in self.errors {
            line(&mut out, &annotation_at("error", None, "pum lint", error));
        }
        for LintFinding { rule, path, line: number, message, .. } in self.findings {
            let place = Some((path.as_path(), *number));
            line(&mut out, &annotation_at("warning", place, rule.name(), message));
        }
        out
    }

    /// In Markdown, for a comment or the summary of a job.
    pub(crate) fn markdown(&self) -> String {
        let mut out = String::new();
        line(&mut out, &format!("### pum lint: {}", self.verdict()));
        if !self.errors.is_empty() {
            line(&mut out, "");
        }
        for error in self.errors {
            line(&mut out, &format!("- **error**: {}", cell(error)));
        }
        if !self.findings.is_empty() {
            line(&mut out, "\n| place | rule | risk |\n|---|---|---|");
        }
        for LintFinding { rule, path, line: number, message, .. } in self.findings {
            let place = cell(&format!("{}:{number}", shown(path)));
            line(
                &mut out,
                &format!("| {place} | [{rule}]({RULES}/{rule}.md) | {} |", cell(message)),
            );
        }
        out
    }

    /// In the Static Analysis Results Interchange Format.
    pub(crate) fn sarif(&self) -> String {
        let rules: Vec<Value> = LintRule::ALL
            .iter()
            .map(|rule| {
                json!({
                    "id": rule.name(),
                    "shortDescription": { "text": rule.risk() },
                    "help": { "text": rule.instead() },
                    "helpUri": format!("{RULES}/{rule}.md"),
                })
            })
            .collect();
        let mut results: Vec<Value> = self.findings.iter().map(finding).collect();
        results.extend(self.errors.iter().map(|error| {
            json!({ "ruleId": "error", "level": "error", "message": { "text": printable(error) } })
        }));
        let notifications = self.errors.iter().map(|error| ("error", printable(error)));
        let run = SarifRun {
            rules,
            results,
            notifications: notifications.collect(),
            successful: self.errors.is_empty(),
            properties: json!({ "verdict": self.verdict() }),
        };
        run.report()
    }

    /// As test results: one for each script.
    pub(crate) fn junit(&self) -> String {
        let mut suite = TestSuite::new("pum lint");
        suite.set_time(Duration::ZERO);
        for path in self.scripts {
            let of_script: Vec<&LintFinding> =
                self.findings.iter().filter(|one| one.path == *path).collect();
            let texts = of_script.iter().map(|one| {
                format!("line {}: {}: {}\n", one.line, one.rule, printable(&one.message))
            });
            let text: String = texts.collect();
            let mut status = TestCaseStatus::success();
            if !of_script.is_empty() {
                status = TestCaseStatus::non_success(NonSuccessKind::Failure);
                status
                    .set_message(count(of_script.len(), "finding"))
                    .set_type("lint")
                    .set_description(text);
            }
            suite.add_test_case(case("pum.lint", &shown(path), status));
        }
        for error in self.errors {
            let mut status = TestCaseStatus::non_success(NonSuccessKind::Error);
            status.set_message(printable(error)).set_type("error");
            suite.add_test_case(case("pum.lint", "reading the deltas", status));
        }
        suite.set_system_out(self.verdict()).set_system_err("");
        let mut report = Report::unnamed();
        report.add_test_suite(suite);
        // Writing to memory does not fail.
        report.to_string().unwrap_or_default()
    }
}

pub(super) fn case(class: &str, name: &str, status: TestCaseStatus) -> TestCase {
    let mut case = TestCase::new(printable(name), status);
    case.set_classname(class).set_time(Duration::ZERO);
    case
}

fn finding(one: &LintFinding) -> Value {
    // Lines above it may come and go: the same risk in the same script is the same alert.
    let digest = Sha256::digest(format!("{} {} {}", one.path.display(), one.rule, one.message));
    let fingerprint: String = digest.iter().take(16).map(|byte| format!("{byte:02x}")).collect();
    json!({
        "ruleId": one.rule.name(),
        "level": "warning",
        "message": { "text": printable(&one.message) },
        "locations": [{ "physicalLocation": {
            "artifactLocation": { "uri": uri(&one.path) },
            "region": { "startLine": one.line },
        } }],
        "partialFingerprints": { "pumLint/v1": fingerprint },
    })
}

/// A text in a cell of a table.
fn cell(text: &str) -> String {
    printable(text).replace('\n', " ").replace('|', "\\|").replace('<', "&lt;")
}
