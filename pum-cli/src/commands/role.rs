use pum_core::connect::{Session, redact};
use pum_core::delta::ProjectRole;
use pum_core::exit;
use pum_core::humanize::count;
use pum_core::roles::{self, RoleAction, RoleCheck};

use super::check_reports::{self, reporting_errors, write_files};
use crate::args::{
    CheckRoles, Chosen, Format, Inspected, Role, RoleCommand, RoleDatabase, RoleNames,
};
use crate::console::print;
use crate::context::Context;
use crate::error::CliError;
use crate::render;
use crate::render::failed::{Failed, Unmade};
use crate::render::role::CheckedRoles;
use crate::text::{connection_name, printable};

pub(crate) fn run(context: &Context, args: &Role) -> Result<u8, CliError> {
    match &args.command {
        RoleCommand::Create(chosen) => create(context, chosen),
        RoleCommand::Grant { chosen, to } => {
            let action = to.clone().map_or(RoleAction::Grant, RoleAction::GrantTo);
            let done = match to {
                Some(user) => format!("granted to {user}"),
                None => "granted their permissions".to_owned(),
            };
            change(context, chosen, &action, &done)
        }
        RoleCommand::Revoke { chosen, from } => {
            let action = from.clone().map_or(RoleAction::Revoke, RoleAction::RevokeFrom);
            let done = match from {
                Some(user) => format!("revoked from {user}"),
                None => "without their permissions".to_owned(),
            };
            change(context, chosen, &action, &done)
        }
        RoleCommand::Drop { chosen, force } => {
            change(context, chosen, &RoleAction::Drop { force: *force }, "dropped")
        }
        RoleCommand::List(inspected) => list(context, inspected),
        RoleCommand::Check(inspected) => check(context, inspected),
        RoleCommand::Members { database, role } => {
            names(&roles::members(&mut open(context, database)?, role)?)
        }
        RoleCommand::CreateLogin { database, name } => {
            let mut session = open(context, database)?;
            roles::create_login(&mut session, name)?;
            say_done(
                &session,
                std::slice::from_ref(name),
                "created: it may log in and has no password yet",
            )
        }
        RoleCommand::DropLogin { database, name } => {
            let mut session = open(context, database)?;
            roles::drop_login(&mut session, name)?;
            say_done(&session, std::slice::from_ref(name), "dropped")
        }
        RoleCommand::LoginRoles(database) => {
            names(&roles::login_roles(&mut open(context, database)?)?)
        }
    }
}

/// Creates the roles. Where a suffix is given, those with it get the permissions, beside the others, which
/// get none.
fn create(context: &Context, chosen: &Chosen) -> Result<u8, CliError> {
    let declared = declared(context, &chosen.roles)?;
    let roles = with_suffix(declared.clone(), &chosen.roles);
    let mut sql = RoleAction::Create.to_sql(&declared);
    if chosen.roles.suffix.is_some() {
        sql += &RoleAction::Create.to_sql(&roles);
    }
    sql += &RoleAction::Grant.to_sql(&roles);
    execute(context, chosen, &roles, &sql, "created, with their permissions")
}

fn change(
    context: &Context,
    chosen: &Chosen,
    action: &RoleAction,
    done: &str,
) -> Result<u8, CliError> {
    let roles = with_suffix(declared(context, &chosen.roles)?, &chosen.roles);
    execute(context, chosen, &roles, &action.to_sql(&roles), done)
}

fn execute(
    context: &Context,
    chosen: &Chosen,
    roles: &[ProjectRole],
    sql: &str,
    done: &str,
) -> Result<u8, CliError> {
    if chosen.dry_run {
        print(sql)?;
        return Ok(exit::SUCCESS);
    }
    let mut session = context.open_for_scripts(context.database(chosen.roles.target.named())?)?;
    roles::run(&mut session, sql)?;
    let names: Vec<String> = roles.iter().map(|role| role.name.clone()).collect();
    say_done(&session, &names, done)
}

fn list(context: &Context, inspected: &Inspected) -> Result<u8, CliError> {
    let (mut session, declared, mut checked) = look(context, &inspected.roles)?;
    if inspected.include_superusers {
        checked.others.extend(roles::superusers(&mut session, &declared)?);
    }
    let label = session.settings().label();
    print(&match inspected.format {
        Format::Text => render::role::list(&checked),
        Format::Json => render::json::roles(label, &checked),
    })?;
    Ok(exit::SUCCESS)
}

fn check(context: &Context, args: &CheckRoles) -> Result<u8, CliError> {
    reporting_errors(
        context,
        &args.output,
        |err| failed(args, err),
        || compare_with_declared(context, args),
    )
}

/// Writes an error of a check in the forms that were asked for.
pub(crate) fn report_error(args: &Role, err: &CliError) {
    if let RoleCommand::Check(args) = &args.command {
        check_reports::report_error(&args.output, &failed(args, err));
    }
}

fn failed(args: &CheckRoles, err: &CliError) -> Failed {
    let database = printable(&redact(args.roles.target.named().unwrap_or_default()));
    Failed { what: Unmade::Roles { database }, error: err.with_hints() }
}

fn compare_with_declared(context: &Context, args: &CheckRoles) -> Result<u8, CliError> {
    let (session, _, checked) = look(context, &args.roles)?;
    let compared = CheckedRoles::new(session.settings(), &checked);
    // Standard output first, so that the result is shown even if a file cannot be written.
    let printed = print(&match &args.output.output_file {
        Some(_) => render::role::result(&compared),
        None => render::role::render(&compared, args.output.format),
    });
    write_files(&args.output, |format| render::role::render(&compared, format))?;
    printed?;
    Ok(if compared.is_as_declared() { exit::SUCCESS } else { exit::DIFFERENT })
}

/// The roles of the project, and what there is of them in the database.
fn look(
    context: &Context,
    given: &RoleNames,
) -> Result<(Session, Vec<ProjectRole>, RoleCheck), CliError> {
    let roles = with_suffix(declared(context, given)?, given);
    let mut session = context.open(context.database(given.target.named())?)?;
    let checked = roles::check(&mut session, &roles)?;
    Ok((session, roles, checked))
}

/// Those of the roles that the project declares.
fn declared(context: &Context, given: &RoleNames) -> Result<Vec<ProjectRole>, CliError> {
    let project = context.deltas(&given.target.deltas)?.project.unwrap_or_default();
    Ok(roles::named(&project.roles, &given.roles)?)
}

/// The same with the suffix that was given.
fn with_suffix(roles: Vec<ProjectRole>, given: &RoleNames) -> Vec<ProjectRole> {
    match &given.suffix {
        Some(suffix) => roles.iter().map(|role| role.with_suffix(suffix)).collect(),
        None => roles,
    }
}

fn open(context: &Context, given: &RoleDatabase) -> Result<Session, CliError> {
    context.open(context.database(given.pg_service.as_deref())?)
}

fn say_done(session: &Session, names: &[String], done: &str) -> Result<u8, CliError> {
    let (label, number) = (connection_name(session.settings()), count(names.len(), "role"));
    print(&format!("{}\n", printable(&format!("{label}: {number} {done}: {}", names.join(", ")))))?;
    Ok(exit::SUCCESS)
}

fn names(names: &[String]) -> Result<u8, CliError> {
    print(&names.iter().map(|name| format!("{}\n", printable(name))).collect::<String>())?;
    Ok(exit::SUCCESS)
}
