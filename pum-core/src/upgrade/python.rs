//! The interpreter that runs the programs of a plan that are written in Python: one for all of them.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::process::Command;

use serde_json::json;
use tempfile::TempDir;

use super::{UpgradeError, UpgradePlan};
use crate::delta::{Program, Runner, StatementKind};
use crate::process::{ProcessError, ProgramOutcome, Worker};
use crate::{Context, Interrupt};

/// What the interpreter runs, and what that loads.
const SERVE: &str = "serve.py";
const FILES: [(&str, &str); 4] = [
    (SERVE, include_str!("python/serve.py")),
    ("check.py", include_str!("python/check.py")),
    ("delta.py", include_str!("python/delta.py")),
    ("hook.py", include_str!("python/hook.py")),
];

/// The module that classic Python deltas import.
const MODULE: [(&str, &str); 3] = [
    ("lib/pum/__init__.py", ""),
    ("lib/pum/core/__init__.py", ""),
    ("lib/pum/core/deltapy.py", include_str!("python/deltapy.py")),
];

/// An interpreter at work, for programs of one kind. Each of them runs in a copy of its process,
/// with the modules that all import: what it does to the interpreter ends with it.
pub(super) struct Interpreter {
    runner: Runner,
    worker: Worker,
    /// The files that it reads.
    _private: TempDir,
}

/// Fails if the interpreter is missing, or a module that a program imports in any case, or if a
/// program is no Python to it.
pub(super) fn check(plan: &UpgradePlan) -> Result<(), UpgradeError> {
    start_all(plan, "check", &Interrupt::new()).map(drop)
}

/// The interpreters for the programs of a plan, which were checked.
pub(super) fn start(
    plan: &UpgradePlan,
    interrupt: &Interrupt,
) -> Result<Vec<Interpreter>, UpgradeError> {
    start_all(plan, "run", interrupt)
}

fn start_all(
    plan: &UpgradePlan,
    purpose: &str,
    interrupt: &Interrupt,
) -> Result<Vec<Interpreter>, UpgradeError> {
    let mut started = Vec::new();
    for (runner, kind) in [(Runner::Python, "delta"), (Runner::Hook, "hook")] {
        let programs: Vec<&Program> =
            programs(plan).filter(|program| program.runner == runner).collect();
        if programs.is_empty() {
            continue;
        }
        let wrong = |problems| UpgradeError::Python { python: plan.python.clone(), problems };
        let private = private_files().map_err(|err| {
            wrong(vec![format!("a temporary directory cannot be created: {err}")])
        })?;
        let mut command = Command::new(&plan.python);
        command.arg(private.path().join(SERVE)).args([purpose, kind]);
        command.args(programs.iter().map(|program| &program.path));
        command.arg("--").args(&plan.directories).env("PYTHONDONTWRITEBYTECODE", "1");
        if runner == Runner::Python {
            command.env("PYTHONPATH", private.path().join("lib"));
        }
        let mut worker = match Worker::start(&mut command, interrupt) {
            Ok(worker) => worker,
            Err(ProcessError::Interrupted(interrupted)) => return Err(interrupted.into()),
            Err(ProcessError::Program { cause, .. }) => {
                return Err(wrong(vec![format!("it cannot be started: {cause}")]));
            }
        };
        let problems = problems(&mut worker);
        if !problems.is_empty() {
            interrupt.check()?;
            return Err(wrong(problems));
        }
        started.push(Interpreter { runner, worker, _private: private });
    }
    Ok(started)
}

fn programs(plan: &UpgradePlan) -> impl Iterator<Item = &Program> {
    let statements = plan.steps.iter().flat_map(|step| step.script.statements());
    statements.filter_map(|statement| match &statement.kind {
        StatementKind::Program(program) => Some(program),
        _ => None,
    })
}

fn private_files() -> std::io::Result<TempDir> {
    let private = tempfile::Builder::new().prefix("pum-").tempdir()?;
    std::fs::create_dir_all(private.path().join("lib/pum/core"))?;
    for (name, text) in FILES.iter().chain(&MODULE) {
        std::fs::write(private.path().join(name), text)?;
    }
    Ok(private)
}

/// What is wrong with the programs, or with the interpreter, a line each.
fn problems(worker: &mut Worker) -> Vec<String> {
    let (mut problems, mut last) = (Vec::new(), String::new());
    while let Some(line) = worker.answer() {
        let text = String::from_utf8_lossy(&line);
        match line.first() {
            Some(b'c') if line.len() == 1 => return problems,
            Some(b'p') => problems.push(text[1..].to_owned()),
            _ => last = text.into_owned(),
        }
    }
    vec![format!("it does not work ({}): {last}", worker.ended())]
}

impl Interpreter {
    /// Whether it runs programs of this kind.
    pub(super) fn is_for(&self, runner: Runner) -> bool {
        self.runner == runner
    }

    /// Runs a program, with the variables that this command has.
    pub(super) fn run(
        &mut self,
        path: &Path,
        with: &Command,
        context: &mut Context<'_>,
    ) -> Result<ProgramOutcome, ProcessError> {
        let environment: serde_json::Map<String, serde_json::Value> =
            with.get_envs().map(|(name, value)| (hex(name), json!(value.map(hex)))).collect();
        let request = json!({ "path": hex(path.as_os_str()), "environment": environment });
        self.worker.run(&request.to_string(), context)
    }
}

/// Paths and variables may be any bytes, and JSON may not.
fn hex(text: &OsStr) -> String {
    text.as_bytes().iter().map(|byte| format!("{byte:02x}")).collect()
}
