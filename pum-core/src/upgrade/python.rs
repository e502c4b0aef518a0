//! The interpreter that runs the programs of a plan that are written in Python: one for all of them.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::json;
use tempfile::TempDir;

use super::options::PYTHON;
use super::{UpgradeError, UpgradePlan};
use crate::delta::{DeltaSet, Program, Runner, StatementKind, VariableValue};
use crate::process::{ProcessError, ProgramOutcome, Worker};
use crate::{Context, Interrupt};

/// What the interpreter runs, and what that loads.
const SERVE: &str = "serve.py";
/// What tells which packages are installed.
const VERSIONS: &str = "versions.py";
const FILES: [(&str, &str); 5] = [
    (SERVE, include_str!("python/serve.py")),
    (VERSIONS, include_str!("python/versions.py")),
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

/// The kinds of programs that it runs, with the words of [`SERVE`].
const KINDS: [(Runner, &str); 2] = [(Runner::Python, "delta"), (Runner::Hook, "hook")];

/// The Python that runs deltas and hooks, as it was found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct PythonReport {
    /// The program that was started, which may be looked up in the search path.
    pub program: PathBuf,
    /// What it says it is, such as `/usr/bin/python3`, if it could be started.
    pub executable: Option<PathBuf>,
    /// Its version, such as `3.11.7`.
    pub version: Option<String>,
    /// Its modules for PostgreSQL, `psycopg2` and `psycopg`, with their versions; `None` for one
    /// that it cannot import.
    pub drivers: Vec<(String, Option<String>)>,
    /// How many of the deltas and hooks are in Python.
    pub programs: usize,
    /// What keeps it from running them: with it, or with which file.
    pub problems: Vec<String>,
}

/// Looks at the Python that runs the programs of these deltas, applied or not: `None` if none of
/// them is in Python. `python` is the program, if not `python3` in the search path.
pub fn examine_python(python: Option<&Path>, deltas: &DeltaSet) -> Option<PythonReport> {
    let program = python.unwrap_or(Path::new(PYTHON)).to_owned();
    let mut report = PythonReport { program, ..PythonReport::default() };
    for (runner, kind) in KINDS {
        let files: Vec<&Path> = deltas.programs(runner).collect();
        if files.is_empty() {
            continue;
        }
        report.programs += files.len();
        let asked = Asked {
            python: &report.program,
            purpose: "about",
            runner,
            kind,
            files: &files,
            directories: &deltas.directories,
            parameters: None,
        };
        match asked.start(&Interrupt::new()) {
            Ok((_, versions)) => report.take_versions(versions),
            Err(Failed { problems, versions, .. }) => {
                report.take_versions(versions);
                report.problems.extend(problems);
            }
        }
    }
    report.problems.dedup();
    (report.programs > 0).then_some(report)
}

impl PythonReport {
    fn take_versions(&mut self, versions: Vec<(String, String, String)>) {
        self.drivers.clear();
        for (name, path, version) in versions {
            if name == "python" {
                (self.executable, self.version) = (Some(path.into()), Some(version));
            } else {
                self.drivers.push((name, (!version.is_empty()).then_some(version)));
            }
        }
    }
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
    for (runner, kind) in KINDS {
        let of_kind = programs(plan).filter(|program| program.runner == runner);
        let of_kind: Vec<&Program> = of_kind.collect();
        let files: Vec<&Path> = of_kind.iter().map(|program| &*program.path).collect();
        // All programs have those of the run.
        let Some(first) = of_kind.first() else { continue };
        let parameters = Some(&*first.variables);
        let (python, directories) = (&plan.python, &plan.directories);
        let asked = Asked { python, purpose, runner, kind, files: &files, directories, parameters };
        let (interpreter, _) =
            asked.start(interrupt).map_err(|failed| failed.into_error(python, interrupt))?;
        started.push(interpreter);
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

/// An interpreter to be started.
struct Asked<'a> {
    python: &'a Path,
    /// What for: see [`SERVE`].
    purpose: &'a str,
    runner: Runner,
    kind: &'a str,
    files: &'a [&'a Path],
    directories: &'a [PathBuf],
    /// The parameters of a project that its hooks may ask for, where they are known.
    parameters: Option<&'a [(String, VariableValue)]>,
}

/// The installed versions of packages, empty for those that are not installed.
pub(super) fn versions_of<'a>(
    python: &Path,
    names: impl Iterator<Item = &'a str>,
    interrupt: &Interrupt,
) -> Result<Versions, UpgradeError> {
    let asked = || -> Result<Versions, Failed> {
        let private = private_files()?;
        let mut command = Command::new(python);
        command.arg(private.path().join(VERSIONS)).args(names);
        let (problems, versions) = answers(&mut start_worker(&mut command, interrupt)?);
        if problems.is_empty() { Ok(versions) } else { Err(Failed { problems, versions }) }
    };
    asked().map_err(|failed| failed.into_error(python, interrupt))
}

/// Names, paths and versions.
pub(super) type Versions = Vec<(String, String, String)>;

/// Why there is none.
struct Failed {
    problems: Vec<String>,
    versions: Versions,
}

impl Failed {
    fn into_error(self, python: &Path, interrupt: &Interrupt) -> UpgradeError {
        if interrupt.is_triggered() {
            return crate::Interrupted.into();
        }
        UpgradeError::Python { python: python.to_owned(), problems: self.problems }
    }
}

impl From<String> for Failed {
    fn from(problem: String) -> Self {
        Self { problems: vec![problem], versions: Vec::new() }
    }
}

impl Asked<'_> {
    fn start(&self, interrupt: &Interrupt) -> Result<(Interpreter, Versions), Failed> {
        let private = private_files()?;
        let mut command = Command::new(self.python);
        command.arg(private.path().join(SERVE)).args([self.purpose, self.kind]);
        command.args(self.files).arg("--").args(self.directories);
        if self.runner == Runner::Python {
            command.env("PYTHONPATH", private.path().join("lib"));
        } else if let Some(parameters) = self.parameters {
            let names: Vec<&str> = parameters.iter().map(|(name, _)| &**name).collect();
            command.env("PUM_PARAMETERS", json!(names).to_string());
        }
        let mut worker = start_worker(&mut command, interrupt)?;
        let (problems, versions) = answers(&mut worker);
        if !problems.is_empty() {
            return Err(Failed { problems, versions });
        }
        Ok((Interpreter { runner: self.runner, worker, _private: private }, versions))
    }
}

fn start_worker(command: &mut Command, interrupt: &Interrupt) -> Result<Worker, String> {
    command.env("PYTHONDONTWRITEBYTECODE", "1");
    Worker::start(command, interrupt).map_err(|err| match err {
        ProcessError::Program { cause, .. } => format!("it cannot be started: {cause}"),
        ProcessError::Interrupted(interrupted) => interrupted.to_string(),
    })
}

fn private_files() -> Result<TempDir, String> {
    let written = || -> std::io::Result<TempDir> {
        let private = tempfile::Builder::new().prefix("pum-").tempdir()?;
        std::fs::create_dir_all(private.path().join("lib/pum/core"))?;
        for (name, text) in FILES.iter().chain(&MODULE) {
            std::fs::write(private.path().join(name), text)?;
        }
        Ok(private)
    };
    written().map_err(|err| format!("a temporary directory cannot be created: {err}"))
}

/// What is wrong with the programs, or with the interpreter, a line each; and the versions.
fn answers(worker: &mut Worker) -> (Vec<String>, Versions) {
    let (mut problems, mut versions, mut last) = (Vec::new(), Vec::new(), String::new());
    while let Some(line) = worker.answer() {
        let text = String::from_utf8_lossy(&line);
        match line.first() {
            Some(b'c') if line.len() == 1 => return (problems, versions),
            Some(b'p') => problems.push(text[1..].to_owned()),
            Some(b'v') => versions.extend(serde_json::from_slice(&line[1..]).ok()),
            _ => last = text.into_owned(),
        }
    }
    (vec![format!("it does not work ({}): {last}", worker.ended())], versions)
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
