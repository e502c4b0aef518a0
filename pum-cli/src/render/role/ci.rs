//! The roles of a project, in the forms of CI systems.

use std::collections::BTreeMap;
use std::time::Duration;

use pum_core::humanize::count;
use quick_junit::{NonSuccessKind, Report, TestCaseStatus, TestSuite};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::checked::{CheckedRoles, Finding, OTHER_ROLE, all_findings};
use crate::render::check::github::annotation_at;
use crate::render::html::escaped;
use crate::render::lint_ci::case;
use crate::render::sarif::SarifRun;
use crate::text::{line, printable, printable_lines};

const TITLE: &str = "pum role check";

/// As workflow commands of GitHub Actions.
pub(super) fn github(compared: &CheckedRoles<'_>) -> String {
    let mut out = String::new();
    let level = if compared.is_as_declared() { "notice" } else { "error" };
    line(&mut out, &annotation_at(level, None, TITLE, &compared.verdict()));
    for finding in all_findings(compared.checked) {
        let role = printable(finding.role);
        line(&mut out, &annotation_at("error", None, &role, &with_sql(&finding)));
    }
    out
}

/// In Markdown, for a comment or the summary of a job.
pub(super) fn markdown(compared: &CheckedRoles<'_>) -> String {
    let mut out = String::new();
    line(&mut out, &format!("### {TITLE}: {}", escaped(&compared.verdict())));
    for finding in all_findings(compared.checked) {
        line(&mut out, &format!("\n- {}", escaped(&finding.text)));
        if !finding.sql.is_empty() {
            // Blocks of HTML have no end but this one, whatever names there are.
            let sql = escaped(&printable_lines(finding.sql.trim_end()));
            line(&mut out, &format!("\n  <pre lang=\"sql\">{}</pre>", sql.replace('\n', "\n  ")));
        }
    }
    out
}

/// In the Static Analysis Results Interchange Format.
pub(super) fn sarif(compared: &CheckedRoles<'_>) -> String {
    let findings = all_findings(compared.checked);
    let rules: BTreeMap<&str, Value> =
        findings.iter().map(|finding| (finding.kind, rule(finding.kind))).collect();
    let results = findings.iter().map(|finding| {
        // The same difference of the same role is the same alert, wherever else something changes.
        let digest = Sha256::digest(format!("{} {}", finding.kind, finding.text));
        let fingerprint: String =
            digest.iter().take(16).map(|byte| format!("{byte:02x}")).collect();
        json!({
            "ruleId": finding.kind,
            "level": "error",
            "message": { "text": with_sql(finding) },
            "locations": [{ "logicalLocations": [{
                "name": printable(finding.role), "kind": "role",
            }] }],
            "partialFingerprints": { "pumRole/v1": fingerprint },
        })
    });
    let run = SarifRun {
        results: results.collect(),
        rules: rules.into_values().collect(),
        notifications: Vec::new(),
        successful: true,
        properties: json!({ "verdict": compared.verdict() }),
    };
    run.report()
}

fn rule(kind: &str) -> Value {
    let text = if kind == OTHER_ROLE {
        "A role that is not declared has privileges in the schemas of the project.".to_owned()
    } else {
        format!("A role of the project is not as declared: {}.", kind.replace('-', " "))
    };
    json!({ "id": kind, "shortDescription": { "text": text } })
}

/// As test results: one for each role.
pub(super) fn junit(compared: &CheckedRoles<'_>) -> String {
    let mut suite = TestSuite::new(format!("{TITLE} {}", compared.name));
    suite.set_time(Duration::ZERO);
    let findings = all_findings(compared.checked);
    let declared = compared.checked.roles.iter().map(|role| &*role.name);
    let others = compared.checked.others.iter().map(|other| &*other.name);
    for role in declared.chain(others) {
        let of_role: Vec<&Finding<'_>> = findings.iter().filter(|one| one.role == role).collect();
        let mut status = TestCaseStatus::success();
        if !of_role.is_empty() {
            let text: String = of_role.iter().map(|one| with_sql(one) + "\n").collect();
            status = TestCaseStatus::non_success(NonSuccessKind::Failure);
            status.set_message(count(of_role.len(), "difference"));
            status.set_type("role").set_description(text);
        }
        suite.add_test_case(case("pum.roles", role, status));
    }
    suite.set_system_out(compared.verdict()).set_system_err("");
    let mut report = Report::unnamed();
    report.add_test_suite(suite);
    // Writing to memory does not fail.
    report.to_string().unwrap_or_default()
}

/// What it is, and the statements that correct it.
fn with_sql(finding: &Finding<'_>) -> String {
    let sql = printable_lines(finding.sql.trim_end());
    if sql.is_empty() { finding.text.clone() } else { format!("{}\n{sql}", finding.text) }
}
