//! What an upgrade would run, or did run.

use crate::text::{line, printable, shown};
use pum_core::humanize::count;
use pum_core::lint::{LintFinding, LintOptions, LintRule, lint};
use pum_core::upgrade::{Applied, StepRole, Upgrade, UpgradePlan, UpgradeStep};

/// What an upgrade would run.
pub(crate) fn text(upgrade: &Upgrade<'_>, lint_options: &LintOptions, database: &str) -> String {
    let plan = upgrade.plan();
    let mut out = String::new();
    let (current, target) = (&plan.current_version, plan.target_version());
    if plan.is_empty() {
        line(&mut out, &format!("{database} is at version {current}: nothing pending"));
        return out;
    }
    let together = upgrade.is_one_transaction();
    let how = if together { "in one transaction" } else { "script by script" };
    if plan.pending().next().is_none() {
        let what = if repeats(plan) { "would be run again" } else { "an earlier run left" };
        line(&mut out, &format!("{database} is at version {current}; {what}, {how}:"));
    } else {
        line(&mut out, &format!("{database} would go from {current} to {target}, {how}:"));
    }
    if let Some(form) = plan.variable_form() {
        line(&mut out, &format!("  variables are written as {}", form.written("NAME")));
    }
    for step in &plan.steps {
        line(
            &mut out,
            &format!("  {} ({})", shown(step.path()), describe(step, upgrade, together)),
        );
        for warning in step.script.warnings() {
            line(&mut out, &format!("    warning: {warning}"));
        }
        for finding in lint(&step.script, &step.header, lint_options) {
            // This one is among the script's own warnings.
            if finding.rule != LintRule::TransactionControl {
                let LintFinding { rule, line: number, message, .. } = finding;
                let message = printable(&message);
                line(&mut out, &format!("    warning: line {number}: {rule}: {message}"));
            }
        }
        for statement in step.script.statements() {
            let sql = &step.script.text()[statement.span.clone()];
            line(&mut out, &format!("    {:>5}  {}", statement.line, first_line(sql)));
        }
    }
    out
}

/// `2 statements, one transaction, lock timeout 5s, not recorded`
fn describe(step: &UpgradeStep, upgrade: &Upgrade<'_>, together: bool) -> String {
    let program = step.is_program();
    let mut parts = if program {
        vec!["a program".to_owned(), "outside of any transaction".to_owned()]
    } else {
        vec![count(step.script.statements().len(), "statement")]
    };
    if program {
        // Its limits of time are its own.
    } else if step.header.no_transaction {
        parts.push("without a transaction".to_owned());
    } else if !together {
        parts.push("one transaction".to_owned());
    }
    let timeouts = upgrade.timeouts_of(step).to_string();
    if !timeouts.is_empty() {
        parts.push(timeouts);
    }
    match step.role {
        StepRole::Delta(_) | StepRole::Undo(_) | StepRole::Drop { .. } => {}
        StepRole::Repeatable(_) => parts.insert(0, "repeatable".to_owned()),
        StepRole::PreAll | StepRole::PostAll => parts.push("not recorded".to_owned()),
    }
    parts.join(", ")
}

/// The first line of a statement, as far as a screen is wide.
fn first_line(sql: &str) -> String {
    const WIDTH: usize = 76;
    let mut lines = sql.lines();
    let first = lines.next().unwrap_or_default().trim_end();
    let cut = first.chars().count() > WIDTH || lines.next().is_some();
    let shown: String = first.chars().take(WIDTH).collect();
    printable(&shown) + if cut { " …" } else { "" }
}

/// The result of an upgrade, or of the rehearsal of one.
pub(crate) fn outcome(upgrade: &Upgrade<'_>, applied: &[Applied], database: &str) -> String {
    let plan = upgrade.plan();
    let (current, target) = (&plan.current_version, plan.target_version());
    let scripts = count(applied.len(), "script");
    if upgrade.is_rehearsal() {
        return format!(
            "{database} can be upgraded from {current} to {target} ({scripts}); everything was \
             rolled back, {database} is still at {current}\n"
        );
    }
    if plan.pending().next().is_none() {
        let what =
            if repeats(plan) { "repeatable scripts were" } else { "what an earlier run left was" };
        return format!("{database} is at version {current}; {what} run ({scripts})\n");
    }
    format!("{database} was upgraded from {current} to {target} ({scripts})\n")
}

/// Whether repeatable scripts are among the steps.
fn repeats(plan: &UpgradePlan) -> bool {
    let repeats =
        |step: &UpgradeStep| matches!(step.role, StepRole::Drop { .. } | StepRole::Repeatable(_));
    plan.steps.iter().any(repeats)
}
