//! Deltas that are programs, which run on their own connection, outside of any transaction.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::json;

use super::run::Run;
use super::{History, UpgradeError, UpgradeStep};
use crate::delta::Program;
use crate::process;

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
    let path = std::path::absolute(step.path()).map_err(|err| failed(err.to_string()))?;
    let mut command = Command::new(&path);
    set_variables(&mut command, run, &path, program)
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
    let mut interpreters = run.interpreters.iter_mut();
    let interpreter = interpreters.find(|interpreter| interpreter.is_for(program.runner));
    let outcome = match interpreter {
        Some(interpreter) => interpreter.run(&path, &command, &mut run.context),
        None => process::run_to_end(command.stdin(Stdio::null()), &mut run.context),
    };
    match outcome {
        Ok(outcome) if outcome.success => Ok(()),
        Ok(outcome) => Err(failed(format!("failed:\n{}", outcome.output))),
        Err(_) if run.context.interrupt().is_triggered() => Err(crate::Interrupted.into()),
        Err(err) => Err(failed(format!("cannot be run: {err}"))),
    }
}

/// Sets what a program is told.
fn set_variables(
    command: &mut Command,
    run: &mut Run<'_, '_>,
    path: &Path,
    program: &Program,
) -> Result<(), String> {
    let table = run.table();
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
        .env("PUM_CURRENT_VERSION", version.map_or_else(String::new, ToString::to_string))
        .env("PUM_DELTA_DIR", format!("{directory}/"))
        .env("PUM_DELTA_DIRS", json!(directories).to_string())
        .env("PUM_UPGRADES_TABLE", format!("{}.{}", table.schema(), table.name()))
        .env("PUM_VARIABLES", serde_json::Value::Object(variables).to_string());
    Ok(())
}

/// The connection's own name where it can be one of a service.
fn service_name(label: &str) -> String {
    let plain = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '.');
    if !label.is_empty() && label.chars().all(plain) { label.to_owned() } else { "pum".to_owned() }
}
