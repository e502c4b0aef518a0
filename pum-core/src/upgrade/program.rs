//! Deltas that are programs, which run on their own connection, outside of any transaction.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::json;

use super::run::Run;
use super::{History, UpgradeError, UpgradeStep};
use crate::delta::{Program, Runner};
use crate::process;

/// The module that classic Python deltas import, and what runs them.
const MODULE: [(&str, &str); 4] = [
    ("pum/__init__.py", ""),
    ("pum/core/__init__.py", ""),
    ("pum/core/deltapy.py", include_str!("python/deltapy.py")),
    ("run.py", include_str!("python/run.py")),
];

/// What runs hooks of PUM 1.
const HOOK: &str = include_str!("python/hook.py");

/// Runs the program of a step to its end.
///
/// Its environment leads libpq to the database of this session; what else it may want to know
/// is in variables whose names begin with `PUM_`.
pub(super) fn run_program(
    run: &mut Run<'_, '_>,
    step: &UpgradeStep,
    program: &Program,
) -> Result<(), UpgradeError> {
    let failed = |output: String| UpgradeError::Program { path: program.path.clone(), output };
    let private = tempfile::Builder::new()
        .prefix("pum-")
        .tempdir()
        .map_err(|err| failed(format!("cannot create a temporary directory: {err}")))?;
    let mut command = command(run, step, program, private.path())
        .map_err(|reason| failed(format!("cannot be run: {reason}")))?;
    // If the file was changed since it was read, this is not the program that was rehearsed.
    let now = std::fs::read(&program.path).map_err(|err| failed(err.to_string()))?;
    if crate::delta::Checksum::from_bytes(&now) != program.checksum {
        return Err(failed("was changed after it was read".to_owned()));
    }
    let tool = run.session.settings().for_tool(private.path())?;
    tool.apply(&mut command);
    let service = service_name(run.session.settings().label());
    let file = private.path().join("pg_service.conf");
    std::fs::write(&file, tool.service_entry(&service))
        .map_err(|err| failed(format!("cannot write {}: {err}", file.display())))?;
    command.env("PGSERVICEFILE", file).env("PUM_SERVICE", service);
    match process::run_to_end(&mut command, &mut run.context) {
        Ok(outcome) if outcome.success => Ok(()),
        Ok(outcome) => Err(failed(format!("failed:\n{}", outcome.output))),
        Err(_) if run.context.interrupt().is_triggered() => Err(crate::Interrupted.into()),
        Err(err) => Err(failed(format!("cannot be run: {err}"))),
    }
}

fn command(
    run: &mut Run<'_, '_>,
    step: &UpgradeStep,
    program: &Program,
    private: &Path,
) -> Result<Command, String> {
    let table = run.table();
    let path = std::path::absolute(step.path()).map_err(|err| err.to_string())?;
    let mut command = match program.runner {
        Runner::Python => {
            write_module(private).map_err(|err| err.to_string())?;
            let mut command = Command::new(&run.plan.python);
            command.arg(private.join("run.py")).arg(&path);
            command.env("PYTHONPATH", private).env("PYTHONDONTWRITEBYTECODE", "1");
            command
        }
        Runner::Hook => {
            std::fs::write(private.join("hook.py"), HOOK).map_err(|err| err.to_string())?;
            let mut command = Command::new(&run.plan.python);
            command.arg(private.join("hook.py")).arg(&path).args(&run.plan.directories);
            command.env("PYTHONDONTWRITEBYTECODE", "1");
            command
        }
        Runner::Itself => Command::new(&path),
    };
    let history = History::read(run.session, table).map_err(|err| err.to_string())?;
    let version = history.as_ref().and_then(History::current_version);
    let directories: Vec<PathBuf> = run
        .plan
        .directories
        .iter()
        .map(std::path::absolute)
        .collect::<Result<_, _>>()
        .map_err(|err| err.to_string())?;
    let directory = path.parent().unwrap_or(Path::new("/")).display();
    let variables: serde_json::Map<String, serde_json::Value> =
        program.variables.iter().map(|(name, value)| (name.clone(), json!(value))).collect();
    command
        .stdin(Stdio::null())
        .env("PUM_CURRENT_VERSION", version.map_or_else(String::new, ToString::to_string))
        .env("PUM_DELTA_DIR", format!("{directory}/"))
        .env("PUM_DELTA_DIRS", json!(directories).to_string())
        .env("PUM_UPGRADES_TABLE", format!("{}.{}", table.schema(), table.name()))
        .env("PUM_VARIABLES", serde_json::Value::Object(variables).to_string());
    Ok(command)
}

fn write_module(directory: &Path) -> std::io::Result<()> {
    std::fs::create_dir_all(directory.join("pum/core"))?;
    MODULE.iter().try_for_each(|(name, text)| std::fs::write(directory.join(name), text))
}

/// The connection's own name where it can be one of a service.
fn service_name(label: &str) -> String {
    let plain = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '.');
    if !label.is_empty() && label.chars().all(plain) { label.to_owned() } else { "pum".to_owned() }
}
