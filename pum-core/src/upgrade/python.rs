//! Whether the programs of a plan that are written in Python can be run, before anything is.

use std::process::{Command, Stdio};

use super::{UpgradeError, UpgradePlan};
use crate::delta::{Program, Runner, StatementKind};

const CHECK: &str = include_str!("python/check.py");

/// Fails if the interpreter is missing, or a module that a program imports in any case, or if a
/// program is no Python to it. One start of the interpreter for each kind of program.
pub(super) fn check(plan: &UpgradePlan) -> Result<(), UpgradeError> {
    for (runner, kind) in [(Runner::Python, "delta"), (Runner::Hook, "hook")] {
        let programs: Vec<&Program> =
            programs(plan).filter(|program| program.runner == runner).collect();
        if programs.is_empty() {
            continue;
        }
        let problems = problems_of(plan, kind, &programs);
        if !problems.is_empty() {
            return Err(UpgradeError::Python { python: plan.python.clone(), problems });
        }
    }
    Ok(())
}

fn programs(plan: &UpgradePlan) -> impl Iterator<Item = &Program> {
    let statements = plan.steps.iter().flat_map(|step| step.script.statements());
    statements.filter_map(|statement| match &statement.kind {
        StatementKind::Program(program) => Some(program),
        _ => None,
    })
}

/// What is wrong, a line each.
fn problems_of(plan: &UpgradePlan, kind: &str, programs: &[&Program]) -> Vec<String> {
    let mut command = Command::new(&plan.python);
    command.args(["-c", CHECK, kind]).args(programs.iter().map(|program| &program.path));
    command.arg("--").args(&plan.directories).stdin(Stdio::null());
    command.env("PYTHONDONTWRITEBYTECODE", "1").env("PYTHONIOENCODING", "utf-8");
    if kind == "delta" {
        // Those are run without it.
        command.env_remove("PYTHONPATH");
    }
    let output = match command.output() {
        Ok(output) => output,
        Err(err) => return vec![format!("it cannot be started: {err}")],
    };
    if !output.status.success() {
        let text = String::from_utf8_lossy(&output.stderr);
        let last = text.trim().lines().last().unwrap_or_default();
        return vec![format!("it does not work ({}): {last}", output.status)];
    }
    String::from_utf8_lossy(&output.stdout).lines().map(str::to_owned).collect()
}
