//! The roles of the project: what they are in production, and may do in the upgraded copy.

use super::Config;
use super::error::StepError;
use super::run_context::RunContext;
use crate::connect::{Session, Settings};
use crate::humanize::count;
use crate::progress::{Event, Observer};
use crate::roles::{self, RoleCheck, RoleDifference};

/// In what the roles of the project on the server of production are not as declared: which of them exist,
/// their attributes and memberships. The schema of production, which says what they may do there, is read
/// for itself.
pub(super) fn on_server(
    job: &Config,
    production: &mut Session,
) -> Result<Vec<RoleDifference>, StepError> {
    let declared = job.deltas.project.as_ref().map_or(&[][..], |project| &project.roles);
    Ok(roles::check_on_server(production, declared)?)
}

/// Compares the permissions of the project's roles in the upgraded copy with what is declared, if the
/// deltas grant them and privileges are compared. Attributes and memberships of roles are the server's,
/// and those of the copy's server say nothing.
pub(super) fn check_roles(stage: &mut RunContext<'_>, test: &Settings) -> Result<(), StepError> {
    let declared = stage.job.deltas.roles_with_permissions();
    if declared.is_empty() || !stage.job.filters.counts("tables.privileges") {
        return Ok(());
    }
    let mut session = Session::open(test, stage.interrupt)?;
    let checked = roles::check(&mut session, declared)?.of_database();
    let missing: Vec<String> = checked.missing().map(ToString::to_string).collect();
    let differences = checked.differences.iter().map(ToString::to_string);
    let others = checked.others.iter().map(ToString::to_string);
    // What is missing ends the run. What is there beyond that is for the comparison with the reference to
    // judge.
    for one in differences.filter(|one| !missing.contains(one)).chain(others) {
        stage.notify(Event::Warning { message: &one });
    }
    stage.report.roles = Some(checked);
    Ok(())
}

/// Whether a role lacks a permission.
pub(super) fn lacks_permissions(checked: Option<&RoleCheck>) -> bool {
    checked.is_some_and(|checked| checked.missing().next().is_some())
}

/// `, 2 roles as declared`; nothing where they were not looked at.
pub(super) fn result(checked: Option<&RoleCheck>) -> String {
    let Some(checked) = checked else { return String::new() };
    let roles = count(checked.roles.len(), "role");
    match checked.missing().count() {
        0 => format!(", {roles} with all permissions"),
        missing => format!(", {roles} with {}", count(missing, "missing permission")),
    }
}
