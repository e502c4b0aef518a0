//! A comparison that could not be made, in the forms of reports: none of them is ever empty.

use std::time::Duration;

use maud::html;
use quick_junit::{NonSuccessKind, Report, TestCase, TestCaseStatus, TestSuite};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::json;

use super::github::annotation_at;
use super::markdown;
use crate::args::ReportFormat;
use crate::render::html::Page;
use crate::render::json;
use crate::render::sarif::SarifRun;
use crate::text::printable;

/// Why two sources could not be compared.
pub(crate) struct Failed {
    pub(crate) left: String,
    pub(crate) right: String,
    pub(crate) error: String,
}

/// The same for programs; `docs/schema/check-error.schema.json` describes it.
#[derive(Serialize, JsonSchema)]
pub(crate) struct FailedJson<'a> {
    /// The first source.
    left: &'a str,
    /// The second source.
    right: &'a str,
    /// Why there is no comparison, with what to do about it.
    error: &'a str,
}

impl Failed {
    fn verdict(&self) -> String {
        match (&*self.left, &*self.right) {
            ("", _) | (_, "") => "no comparison".to_owned(),
            (left, right) => format!("no comparison of {left} and {right}"),
        }
    }

    /// The report in one form.
    pub(crate) fn render(&self, format: ReportFormat) -> String {
        match format {
            ReportFormat::Text => format!("error: {}\n", printable_lines(&self.error)),
            ReportFormat::Json => json::report(FailedJson {
                left: &self.left,
                right: &self.right,
                error: &self.error,
            }),
            ReportFormat::Markdown => self.markdown(),
            ReportFormat::Html => self.html(),
            ReportFormat::Junit => self.junit(),
            ReportFormat::Sarif => self.sarif(),
            ReportFormat::Github => {
                annotation_at("error", None, "pum check", &printable_lines(&self.error)) + "\n"
            }
        }
    }

    fn markdown(&self) -> String {
        let fence = markdown::fence_for(&self.error);
        let error = printable_lines(&self.error);
        let verdict = markdown::text(&self.verdict());
        let marker = markdown::marker([&self.left, &self.right], "error");
        format!("## {verdict}\n\n{fence}\n{error}\n{fence}\n\n{marker}\n")
    }

    fn html(&self) -> String {
        let verdict = printable(&self.verdict());
        let body = html! { pre { (printable_lines(&self.error)) } };
        Page { title: format!("pum: {verdict}"), verdict, good: false, body }.render()
    }

    fn junit(&self) -> String {
        let name = format!("pum check {} {}", self.left, self.right);
        let mut suite = TestSuite::new(printable(name.trim_end()));
        suite.set_time(Duration::ZERO);
        let mut status = TestCaseStatus::non_success(NonSuccessKind::Error);
        let error = printable_lines(&self.error);
        let first = error.lines().next().unwrap_or_default().to_owned();
        status.set_message(first).set_type("error").set_description(error);
        let mut case = TestCase::new("the comparison", status);
        case.set_classname("pum.check").set_time(Duration::ZERO);
        suite.add_test_case(case);
        suite.set_system_out(printable(&self.verdict())).set_system_err("");
        let mut report = Report::unnamed();
        report.add_test_suite(suite);
        // Writing to memory does not fail.
        report.to_string().unwrap_or_default()
    }

    fn sarif(&self) -> String {
        let text = printable_lines(&self.error);
        let rule =
            json!({ "id": "error", "shortDescription": { "text": "There is no comparison." } });
        let result = json!({ "ruleId": "error", "ruleIndex": 0, "level": "error", "message": { "text": text } });
        SarifRun {
            rules: vec![rule],
            results: vec![result],
            notifications: vec![("error", text)],
            successful: false,
            properties: json!({ "left": self.left, "right": self.right }),
        }
        .report()
    }
}

/// Each line made safe to show.
fn printable_lines(text: &str) -> String {
    text.lines().map(printable).collect::<Vec<_>>().join("\n")
}
