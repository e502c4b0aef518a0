//! A check that could not be made, in the forms of its reports: none of them is ever empty.

use std::time::Duration;

use maud::html;
use quick_junit::{NonSuccessKind, Report, TestCaseStatus, TestSuite};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Value, json};

use super::check::github::annotation_at;
use super::check::markdown;
use super::html::Page;
use super::lint_ci::case;
use super::sarif::SarifRun;
use crate::args::ReportFormat;
use crate::render::json;
use crate::text::{printable, printable_lines};

/// What could not be made, by the names that were given; empty where there was none.
pub(crate) enum Unmade {
    /// The comparison of two sources.
    Comparison { left: String, right: String },
    /// The check of a project's roles in a database.
    Roles { database: String },
}

/// Why there is no result.
pub(crate) struct Failed {
    pub(crate) what: Unmade,
    pub(crate) error: String,
}

/// A comparison that could not be made, for programs; `docs/schema/check-error.schema.json` describes it.
#[derive(Serialize, JsonSchema)]
pub(super) struct ComparisonFailed<'a> {
    /// The first source.
    left: &'a str,
    /// The second source.
    right: &'a str,
    /// Why there is no comparison, with what to do about it.
    error: &'a str,
}

/// A check of roles that could not be made, for programs; `docs/schema/role-error.schema.json` describes it.
#[derive(Serialize, JsonSchema)]
pub(super) struct RolesFailed<'a> {
    /// The database.
    database: &'a str,
    /// Why the roles were not checked, with what to do about it.
    error: &'a str,
}

impl Unmade {
    fn command(&self) -> &'static str {
        match self {
            Self::Comparison { .. } => "pum check",
            Self::Roles { .. } => "pum role check",
        }
    }

    fn verdict(&self) -> String {
        match self {
            Self::Comparison { left, right } if left.is_empty() || right.is_empty() => {
                "no comparison".to_owned()
            }
            Self::Comparison { left, right } => format!("no comparison of {left} and {right}"),
            Self::Roles { database } if database.is_empty() => "roles not checked".to_owned(),
            Self::Roles { database } => format!("{database}: roles not checked"),
        }
    }

    /// The class and the name of the test that it is.
    fn test(&self) -> [&'static str; 2] {
        match self {
            Self::Comparison { .. } => ["pum.check", "the comparison"],
            Self::Roles { .. } => ["pum.roles", "the check of the roles"],
        }
    }
}

impl Failed {
    /// The report in one form.
    pub(crate) fn render(&self, format: ReportFormat) -> String {
        match format {
            ReportFormat::Text => format!("error: {}\n", self.printable_error()),
            ReportFormat::Json => self.json(),
            ReportFormat::Markdown => self.markdown(),
            ReportFormat::Html => self.html(),
            ReportFormat::Junit => self.junit(),
            ReportFormat::Sarif => self.sarif(),
            ReportFormat::Github => {
                let error = self.printable_error();
                annotation_at("error", None, self.what.command(), &error) + "\n"
            }
        }
    }

    fn printable_error(&self) -> String {
        printable_lines(self.error.trim_end())
    }

    fn json(&self) -> String {
        let error = &*self.error;
        match &self.what {
            Unmade::Comparison { left, right } => {
                json::report(ComparisonFailed { left, right, error })
            }
            Unmade::Roles { database } => json::report(RolesFailed { database, error }),
        }
    }

    fn markdown(&self) -> String {
        let fence = markdown::fence_for(&self.error);
        let error = self.printable_error();
        let verdict = markdown::text(&self.what.verdict());
        let text = format!("{verdict}\n\n{fence}\n{error}\n{fence}\n");
        match &self.what {
            Unmade::Comparison { left, right } => {
                let marker = markdown::marker([left, right], "error");
                format!("## {text}\n{marker}\n")
            }
            Unmade::Roles { .. } => format!("### {}: {text}", self.what.command()),
        }
    }

    fn html(&self) -> String {
        let verdict = printable(&self.what.verdict());
        let body = html! { pre { (self.printable_error()) } };
        Page { title: format!("pum: {verdict}"), verdict, good: false, body }.render()
    }

    fn junit(&self) -> String {
        let name = match &self.what {
            Unmade::Comparison { left, right } => format!("{left} {right}"),
            Unmade::Roles { database } => database.clone(),
        };
        let name = format!("{} {name}", self.what.command());
        let mut suite = TestSuite::new(printable(name.trim_end()));
        suite.set_time(Duration::ZERO);
        let mut status = TestCaseStatus::non_success(NonSuccessKind::Error);
        let error = self.printable_error();
        let first = error.lines().next().unwrap_or_default().to_owned();
        status.set_message(first).set_type("error").set_description(error);
        let [class, name] = self.what.test();
        suite.add_test_case(case(class, name, status));
        suite.set_system_out(printable(&self.what.verdict())).set_system_err("");
        let mut report = Report::unnamed();
        report.add_test_suite(suite);
        // Writing to memory does not fail.
        report.to_string().unwrap_or_default()
    }

    fn sarif(&self) -> String {
        let text = self.printable_error();
        let (rule, properties): (&str, Value) = match &self.what {
            Unmade::Comparison { left, right } => {
                ("There is no comparison.", json!({ "left": left, "right": right }))
            }
            Unmade::Roles { database } => {
                ("The roles were not checked.", json!({ "database": database }))
            }
        };
        let rule = json!({ "id": "error", "shortDescription": { "text": rule } });
        let result = json!({
            "ruleId": "error", "ruleIndex": 0, "level": "error", "message": { "text": text },
        });
        SarifRun {
            rules: vec![rule],
            results: vec![result],
            notifications: vec![("error", text)],
            successful: false,
            properties,
        }
        .report()
    }
}
