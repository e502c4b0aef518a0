//! The JSON report of `pum upgrade`.

use pum_core::lint::{LintOptions, lint};
use pum_core::upgrade::{Applied, StepRole, Upgrade, UpgradeStep};
use schemars::JsonSchema;
use serde::Serialize;

use super::info::HistoryConcern;
use super::lint::Finding;
use super::report::{AppliedScript, milliseconds, path, report};

/// A plan, and what of it was applied.
#[derive(Serialize, JsonSchema)]
pub(super) struct UpgradeReport<'a> {
    /// The name that the user gave.
    database: &'a str,
    from: String,
    to: String,
    /// Whether all is one transaction.
    single_transaction: bool,
    /// Whether everything is rolled back at the end.
    rehearsal: bool,
    /// How the scripts write variables; null where none are given.
    variable_form: Option<String>,
    /// In the order in which they run.
    scripts: Vec<Script>,
    /// Those that ran.
    applied: Vec<AppliedScript>,
    /// Where the upgrades table and the directories do not agree.
    concerns: Vec<HistoryConcern>,
}

#[derive(Serialize, JsonSchema)]
struct Script {
    file: String,
    /// How many.
    statements: usize,
    /// The lines on which they start.
    lines: Vec<usize>,
    /// Whether it is a transaction, or part of one.
    transaction: bool,
    /// Whether the upgrades table gets a record of it.
    recorded: bool,
    /// What happens to a script that runs again when it changes; null for other scripts.
    #[schemars(extend("enum" = serde_json::json!(["dropped", "run", null])))]
    repeatable: Option<&'static str>,
    /// In milliseconds; null where the server's own counts.
    lock_timeout: Option<u64>,
    /// In milliseconds; null where the server's own counts.
    statement_timeout: Option<u64>,
    warnings: Vec<String>,
    /// Its risks; only with --dry-run.
    #[serde(skip_serializing_if = "Option::is_none")]
    findings: Option<Vec<Finding>>,
}

/// A plan of which nothing is applied, with what is risky in it.
pub(crate) fn dry_run(upgrade: &Upgrade<'_>, lint_options: &LintOptions, database: &str) -> String {
    let mut planned = UpgradeReport::new(upgrade, &[], database);
    for (step, script) in upgrade.plan().steps.iter().zip(&mut planned.scripts) {
        let findings = lint(&step.script, &step.header, lint_options);
        script.findings = Some(findings.iter().map(Finding::new).collect());
    }
    report(planned)
}

/// A plan, and what of it was applied.
pub(crate) fn upgrade(upgrade: &Upgrade<'_>, applied: &[Applied], database: &str) -> String {
    report(UpgradeReport::new(upgrade, applied, database))
}

impl<'a> UpgradeReport<'a> {
    fn new(upgrade: &Upgrade<'_>, applied: &[Applied], database: &'a str) -> Self {
        let plan = upgrade.plan();
        Self {
            database,
            from: plan.current_version.to_string(),
            to: plan.target_version().to_string(),
            single_transaction: upgrade.is_one_transaction(),
            rehearsal: upgrade.is_rehearsal(),
            variable_form: plan.variable_form().map(|form| form.written("NAME")),
            scripts: plan.steps.iter().map(|step| Script::new(step, upgrade)).collect(),
            applied: applied.iter().map(AppliedScript::new).collect(),
            concerns: plan.concerns.iter().map(HistoryConcern::new).collect(),
        }
    }
}

impl Script {
    fn new(step: &UpgradeStep, upgrade: &Upgrade<'_>) -> Self {
        let timeouts = upgrade.timeouts_of(step);
        let statements = step.script.statements();
        Self {
            file: path(step.path()),
            statements: statements.len(),
            lines: statements.iter().map(|one| one.line).collect(),
            transaction: !step.header.no_transaction,
            recorded: matches!(step.role, StepRole::Delta(_) | StepRole::Undo(_)),
            repeatable: match step.role {
                StepRole::Drop { .. } => Some("dropped"),
                StepRole::Repeatable(_) => Some("run"),
                _ => None,
            },
            lock_timeout: timeouts.lock.map(milliseconds),
            statement_timeout: timeouts.statement.map(milliseconds),
            warnings: step.script.warnings().iter().map(ToString::to_string).collect(),
            findings: None,
        }
    }
}
