//! Copies all databases and roles of a server to another one.

use std::ffi::OsString;
use std::path::Path;

use super::clone::{CloneOptions, CloneReport, clone};
use super::database::{is_empty, maintenance_session};
use super::program::Program;
use super::server_settings::{FileSettings, ServerSettings};
use super::tools::option;
use super::{DumpError, Tools};
use crate::connect::{Session, Settings};
use crate::delta::{Reader, Script, Token, Variables, tokens};
use crate::process::PassOn;
use crate::progress::{Event, NoopObserver};
use crate::{Context, Interrupt};

/// The results for a server's databases and roles.
#[derive(Debug)]
#[non_exhaustive]
pub struct ClusterReport {
    /// The roles that the target did not have.
    pub created_roles: Vec<String>,
    /// The databases and their results.
    pub databases: Vec<(String, DatabaseOutcome)>,
    /// Tablespaces that are not created on the target: their objects are in the databases' default
    /// ones.
    pub tablespaces: Vec<String>,
    /// The result for the server's own settings; `None` after an interrupt, when none were set.
    pub settings: Option<ServerSettings>,
}

/// The result for one database.
#[derive(Debug)]
pub enum DatabaseOutcome {
    /// It was copied.
    Copied(CloneReport),
    /// It is empty, and the target has a database of that name.
    Empty,
    /// It was not copied; nothing of it is on the target.
    Failed(DumpError),
    /// It was not tried because of an interrupt.
    NotTried,
}

/// Copies all roles with their passwords, memberships and settings, all databases, and the settings
/// made with `ALTER SYSTEM` from the server of `source` to that of `target`, which must be another
/// server. The source is only read.
///
/// Roles come first, all or none. A role that exists on the target gets the attributes that it has
/// on the source, except the connected role. Then each database is copied as by [`clone`]: if one
/// fails, nothing of it is left behind, and the others are still copied. The settings come last, so
/// that they cannot interfere. After an interrupt, the current database counts as failed, and no
/// other is tried.
///
/// # Errors
///
/// If the servers are the same, roles cannot be created, or the context is interrupted. A database
/// that cannot be copied is in the report.
pub fn clone_cluster(
    mut source: Session,
    tools: &Tools,
    target: &Settings,
    options: &CloneOptions,
    context: &mut Context<'_>,
) -> Result<ClusterReport, DumpError> {
    let mut server = maintenance_session(target, context.interrupt())?;
    if source.identity()?.system_identifier == server.identity()?.system_identifier {
        let label = target.label().to_owned();
        return Err(DumpError::SameServer { label });
    }
    let settings = source.settings().clone();
    let databases = names(
        &mut source,
        "SELECT datname::text FROM pg_catalog.pg_database \
         WHERE datallowconn AND NOT datistemplate ORDER BY 1",
    )?;
    let tablespaces = names(
        &mut source,
        "SELECT spcname::text FROM pg_catalog.pg_tablespace \
         WHERE spcname !~ '^pg_' ORDER BY 1",
    )?;
    drop(source);
    let mut old = maintenance_session(&settings, context.interrupt())?;
    let server_settings = FileSettings::read(&mut old)?;
    drop(old);
    context.notify(Event::Output { line: "roles" });
    let created_roles = copy_roles(&settings, tools, &mut server, context.interrupt())?;
    drop(server);
    let mut options = options.clone();
    options.restore.without_tablespaces = true;
    let mut report =
        ClusterReport { created_roles, databases: Vec::new(), tablespaces, settings: None };
    for name in databases {
        // Who asked to stop wants to know what is there by now.
        if context.interrupt().is_triggered() {
            report.databases.push((name, DatabaseOutcome::NotTried));
            continue;
        }
        context.notify(Event::Output { line: &name });
        let (from, to) = (settings.with("dbname", &name)?, target.with("dbname", &name)?);
        let outcome = one(&from, &to, tools, &options, context);
        report.databases.push((name, outcome.unwrap_or_else(DatabaseOutcome::Failed)));
    }
    if context.interrupt().is_triggered() {
        return Ok(report);
    }
    context.notify(Event::Output { line: "settings" });
    let mut server = maintenance_session(target, context.interrupt())?;
    report.settings = Some(server_settings.give_to(&mut server)?);
    Ok(report)
}

fn one(
    from: &Settings,
    to: &Settings,
    tools: &Tools,
    options: &CloneOptions,
    context: &mut Context<'_>,
) -> Result<DatabaseOutcome, DumpError> {
    let mut session = Session::open(from, context.interrupt())?;
    // Every server comes with it.
    if from.database() == "postgres" && is_empty(&mut session)? {
        return Ok(DatabaseOutcome::Empty);
    }
    clone(session, tools, to, options, context).map(DatabaseOutcome::Copied)
}

/// Makes the roles; gives those that were not there.
fn copy_roles(
    source: &Settings,
    tools: &Tools,
    server: &mut Session,
    interrupt: &Interrupt,
) -> Result<Vec<String>, DumpError> {
    let file_error = |source| DumpError::File {
        action: "make a directory in",
        path: "the place for temporary files".into(),
        cause: source,
    };
    // Only the owner can look into it: there are passwords in the script.
    let directory = tempfile::Builder::new().prefix("pum-").tempdir().map_err(file_error)?;
    let script = directory.path().join("roles.sql");
    write_roles(tools, source, &script, &[], interrupt)?;
    let label = source.label();
    make_roles(&script, server, label, |role, existing, own| match (role.is_new, existing) {
        (true, existing) => !existing,
        (false, _) => role.name != own,
    })
}

/// Has `pg_dumpall` write all roles into a file.
pub(super) fn write_roles(
    tools: &Tools,
    source: &Settings,
    script: &Path,
    more: &[&str],
    interrupt: &Interrupt,
) -> Result<(), DumpError> {
    let arguments = ["--roles-only"].iter().chain(more).map(OsString::from);
    let arguments = arguments.chain([option("file", script)]);
    let program = Program::new(&tools.pg_dumpall()?, arguments, Some(source), None)?;
    let outcome = program.run(&mut PassOn(&mut NoopObserver), interrupt)?;
    if outcome.success {
        return Ok(());
    }
    let action = format!("the dump of the roles of {}", source.label());
    Err(DumpError::Failed { action, output: outcome.output })
}

/// The object that a statement of such a script creates or alters.
pub(super) struct RoleStatement {
    pub(super) name: String,
    pub(super) is_new: bool,
}

/// Runs such a script, all or nothing, and gives the roles that it made. Of the statements that
/// make or alter a role only those are run that are `wanted`, which is told whether the server has
/// the role, and who is connected.
pub(super) fn make_roles(
    script: &Path,
    server: &mut Session,
    label: &str,
    wanted: impl Fn(&RoleStatement, bool, &str) -> bool,
) -> Result<Vec<String>, DumpError> {
    let prepared = Script::read(script).and_then(|script| script.split(&Variables::default()));
    let prepared = prepared.map_err(|err| DumpError::Failed {
        action: format!("the dump of the roles of {label}"),
        output: err.to_string(),
    })?;
    let existing = names(server, "SELECT rolname::text FROM pg_catalog.pg_roles")?;
    let own = server.settings().user().to_owned();
    let (mut sql, mut created) = (String::from("BEGIN;\n"), Vec::new());
    for statement in prepared.statements() {
        let text = &prepared.text()[statement.span.clone()];
        let tokens = tokens(text);
        let mut reader = Reader::new(&tokens);
        let is_new = reader.is(&["create", "role"]);
        if is_new || reader.is(&["alter", "role"]) {
            reader.skip(2);
            let name = reader.tokens().first().map(role_name).unwrap_or_default();
            let role = RoleStatement { name, is_new };
            if !wanted(&role, existing.contains(&role.name), &own) {
                continue;
            }
            created.extend(is_new.then_some(role.name));
        }
        sql += &format!("{text};\n");
    }
    sql += "COMMIT";
    server.client().batch_execute(&sql).map_err(|err| {
        let _ = server.client().batch_execute("ROLLBACK");
        // The statement may hold a password: only what the server says of it.
        DumpError::server(format!("cannot make the roles of {label}"), &err)
    })?;
    Ok(created)
}

/// The role that a token names.
fn role_name(token: &Token<'_>) -> String {
    let quoted = token.written.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
    quoted.map_or_else(|| token.key.clone(), |name| name.replace("\"\"", "\""))
}

fn names(session: &mut Session, query: &str) -> Result<Vec<String>, DumpError> {
    let action = format!("cannot list what {} has", session.settings().label());
    let rows = session.client().query(query, &[]).map_err(|err| DumpError::server(action, &err))?;
    Ok(rows.iter().map(|row| row.get(0)).collect())
}
