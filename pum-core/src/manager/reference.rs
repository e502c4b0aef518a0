//! The reference: the newest version, built from nothing.

use std::path::Path;
use std::process::{Command, Stdio};

use super::error::StepError;
use super::prepared::{Production, Ready};
use super::run_context::RunContext;
use super::{Config, Reference};
use crate::Hint;
use crate::connect::{Holding, Session, Settings};
use crate::delta::{ProjectPart, ProjectRole};
use crate::dump::{self, DumpError, Role};
use crate::process;
use crate::progress::{Event, Observer};
use crate::source::{OpenOptions, Opened, Source, SourceError, open_both};
use crate::upgrade::run_script;

/// The name of the reference among the scratch databases.
const SCRATCH_NAME: &str = "reference";

/// Builds the reference, unless it is there already, and opens it and the test database.
pub(super) fn build(
    stage: &mut RunContext<'_>,
    production: &Production,
    ready: &Ready,
    (test, mut session): (&Settings, Session),
) -> Result<([Opened; 2], String), StepError> {
    let job = stage.job;
    let interrupt = stage.interrupt;
    if let Reference::Source(source) = &job.reference {
        drop(session);
        let options = OpenOptions {
            deltas: job.plan.clone(),
            knows_upgrades_table: true,
            watch_names: true,
            without: ready.reference_without.clone(),
            ..OpenOptions::default()
        };
        let both = [&Source::Database(test.clone()), source];
        let opened = open_both(both, &options, &job.toolchain, &mut stage.context());
        let opened = opened.map_err(without_base)?;
        let result = format!("from {}", opened[1].label());
        return Ok((opened, result));
    }
    let (reference, result) = match &job.reference {
        Reference::Database(settings) => {
            (settings.clone(), format!("existing database {}", settings.label()))
        }
        _ => on_scratch(stage, production, ready)?,
    };
    let reference = Session::open(&reference, interrupt)?;
    if !session.answers() {
        session = Session::open(test, interrupt)?;
    }
    Ok(([session, reference].map(Opened::database), result))
}

/// What of its own project the run leaves out, and so does a reference that is made of it. What the run
/// leaves as it is in production is in the reference if it is there: the permissions of the roles, of
/// which `production` names some, and an application that is not dropped.
pub(super) fn parts_without(job: &Config, production: &[Role]) -> Vec<ProjectPart> {
    let Reference::Source(source) = &job.reference else { return Vec::new() };
    let is_own = |path: &Path| job.deltas.directories.iter().any(|own| own == path);
    if !source.path().is_some_and(is_own) {
        return Vec::new();
    }
    let skipped = job.deltas.skipped();
    let roles = job.deltas.project.iter().flat_map(|project| &project.roles);
    let is_named = |role: &ProjectRole| production.iter().any(|it| it.name == role.name);
    let has_permissions = roles.into_iter().any(is_named);
    let is_left_out = |part: &ProjectPart| match part {
        ProjectPart::Permissions => !has_permissions,
        ProjectPart::CreationOfApplication => !skipped.contains(&ProjectPart::DropOfApplication),
        ProjectPart::Roles | ProjectPart::DropOfApplication => true,
    };
    skipped.iter().copied().filter(is_left_out).collect()
}

/// Says that there is none, and what that leaves unknown.
pub(super) fn none(stage: &mut RunContext<'_>) -> String {
    let message = "there is no reference: whether the deltas lead to the schema that the model is \
                   meant to have is not checked";
    stage.notify(Event::Warning { message });
    "none: the result is compared with nothing".to_owned()
}

/// There is no base here, but a snapshot can have had one.
fn without_base(mut err: SourceError) -> SourceError {
    if let SourceError::Script { hint, .. } = &mut err
        && hint.is_some()
    {
        *hint = Some(Hint::SnapshotOnBase);
    }
    err
}

fn on_scratch(
    stage: &mut RunContext<'_>,
    production: &Production,
    ready: &Ready,
) -> Result<(Settings, String), StepError> {
    let job = stage.job;
    let major = production.session.version().major();
    let server = job.toolchain.scratch.get(major, stage.interrupt)?;
    // Built by the role that will upgrade production, so that it owns what that role will own.
    let role = production.session.settings().user();
    let settings = server.settings_as(SCRATCH_NAME, role)?;
    dump::create_empty(&settings, Some(&ready.properties), stage.interrupt)?;
    let result = match &job.reference {
        Reference::Database(_) | Reference::Source(_) | Reference::None => String::new(),
        Reference::Sql(files) => {
            let mut session = Session::open(&settings, stage.interrupt)?;
            for script in &ready.reference_scripts {
                run_script(&mut session, script, &mut stage.context())
                    .map_err(|err| StepError::Script(Box::new(err)))?;
            }
            let names: Vec<String> = files.iter().map(|file| file.display().to_string()).collect();
            format!("from {}", names.join(", "))
        }
        Reference::Command(command) => {
            run_command(stage, command, &settings)?;
            format!("by {command}")
        }
    };
    let mut session = Session::open(&settings, stage.interrupt)?;
    if session.holding()? == Holding::Nothing {
        let what = "created nothing: the reference is empty".to_owned();
        return Err(StepError::Reference { label: result, what });
    }
    Ok((settings, result))
}

fn run_command(
    stage: &mut RunContext<'_>,
    command: &str,
    settings: &Settings,
) -> Result<(), StepError> {
    let wrong =
        |what: String| StepError::Reference { label: format!("command \"{command}\""), what };
    let private = tempfile::Builder::new()
        .prefix("pum-")
        .tempdir()
        .map_err(|err| wrong(format!("cannot create a temporary password file: {err}")))?;
    let tool = settings.for_tool(private.path())?;
    let mut shell = Command::new("/bin/sh");
    shell.args(["-c", command]).stdin(Stdio::null());
    tool.apply(&mut shell);
    let outcome = process::run_to_end(&mut shell, &mut stage.context()).map_err(DumpError::from)?;
    if outcome.success {
        return Ok(());
    }
    Err(wrong(format!("failed:\n{}", outcome.output)))
}
