//! The JSON report of `pum lint`.

use pum_core::lint::{LintFinding, LintRule};
use schemars::JsonSchema;
use serde::Serialize;

use super::report::{path, report};

/// What is risky in scripts.
#[derive(Serialize, JsonSchema)]
pub(super) struct Lint<'a> {
    /// The database whose pending deltas were looked at; null where all of the directories were.
    database: Option<&'a str>,
    /// How many were looked at.
    scripts: usize,
    findings: Vec<Finding>,
}

/// Something risky.
#[derive(Serialize, JsonSchema)]
pub(super) struct Finding {
    file: String,
    line: usize,
    /// The name of the rule, as in `-- pum: allow`.
    #[schemars(extend("enum" = names()))]
    rule: &'static str,
    message: String,
}

/// All rules.
#[derive(Serialize, JsonSchema)]
pub(super) struct Rules {
    rules: Vec<DescribedRule>,
}

#[derive(Serialize, JsonSchema)]
struct DescribedRule {
    #[schemars(extend("enum" = names()))]
    rule: &'static str,
    /// What is risky.
    risk: &'static str,
    /// What to write instead.
    instead: &'static str,
}

fn names() -> Vec<&'static str> {
    LintRule::ALL.iter().map(|rule| rule.name()).collect()
}

/// The findings in a number of scripts.
pub(crate) fn lint_report(
    findings: &[LintFinding],
    scripts: usize,
    database: Option<&str>,
) -> String {
    report(Lint { database, scripts, findings: findings.iter().map(Finding::new).collect() })
}

pub(crate) fn rules() -> String {
    let rule = |rule: &LintRule| DescribedRule {
        rule: rule.name(),
        risk: rule.risk(),
        instead: rule.instead(),
    };
    report(Rules { rules: LintRule::ALL.iter().map(rule).collect() })
}

impl Finding {
    pub(super) fn new(finding: &LintFinding) -> Self {
        Self {
            file: path(&finding.path),
            line: finding.line,
            rule: finding.rule.name(),
            message: finding.message.clone(),
        }
    }
}
