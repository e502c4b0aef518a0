//! Checks of a server before a dump is restored to it.

use std::collections::BTreeSet;

use super::dump_input::DumpInput;
use super::prerequisites::{Prerequisites, script_of};
use super::roles::{Role, create_roles, create_scratch_roles, missing_roles, not_superusers};
use super::tools::option;
use super::{DatabaseProperties, DumpError};
use crate::Context;
use crate::connect::{Session, quote_ident};

/// Objects created on the server before the database.
#[derive(Debug, Default)]
pub(super) struct Prepared {
    pub(super) created_roles: Vec<String>,
}

impl Prepared {
    /// Removes it again, as far as it can be.
    pub(super) fn take_back(&self, server: &mut Session) {
        for role in &self.created_roles {
            let _ = server
                .client()
                .batch_execute(&format!("DROP ROLE IF EXISTS {}", quote_ident(role)));
        }
    }
}

/// Makes sure that roles, extensions and tablespaces of the dump are there; makes roles if it may.
/// Where errors are ignored, what is missing is only warned of.
pub(super) fn prepare(
    dump: &DumpInput<'_>,
    properties: Option<&DatabaseProperties>,
    owner: Option<&str>,
    server: &mut Session,
    context: &mut Context<'_>,
) -> Result<Prepared, DumpError> {
    let options = dump.options;
    let sections = ["pre-data", "post-data"].map(|section| option("section", section));
    let selection = dump.selection().into_iter().chain(sections);
    let script = script_of(dump.tools, dump.archive, selection, context.interrupt())?;
    let mut needs = Prerequisites::from_script(&script);
    if let Some(properties) = properties.filter(|_| !options.without_roles) {
        needs.roles.extend(properties.roles().map(str::to_owned));
    }
    let label = dump_label(server);
    let renamed = |role: String| options.role_map.get(&role).cloned().unwrap_or(role);
    let superusers: BTreeSet<String> = needs.superusers.into_iter().map(renamed).collect();
    let mut roles: BTreeSet<String> = needs.roles.into_iter().map(renamed).collect();
    roles.extend(owner.map(str::to_owned));
    let roles: Vec<String> = roles.into_iter().collect();
    let mut refuse = |err: DumpError| {
        if !options.ignore_errors {
            return Err(err);
        }
        context.warn(&err.to_string());
        Ok(())
    };
    let extensions = missing(server, &needs.extensions, "pg_available_extensions", "name")?;
    if !extensions.is_empty() {
        refuse(DumpError::MissingExtensions { label: label.clone(), extensions })?;
    }
    let tablespaces = missing(server, &needs.tablespaces, "pg_tablespace", "spcname")?;
    if !tablespaces.is_empty() {
        refuse(DumpError::MissingTablespaces { label: label.clone(), tablespaces })?;
    }
    let powerless = not_superusers(server, superusers.iter())?;
    if !powerless.is_empty() && !options.on_scratch {
        refuse(DumpError::NoSuperusers { label: label.clone(), roles: powerless.clone() })?;
    }
    // Last, because it may make something.
    let missing = missing_roles(server, &roles)?;
    if options.on_scratch {
        let named = missing.into_iter().map(Role::named);
        let roles: Vec<Role> = named.chain(powerless.into_iter().map(Role::superuser)).collect();
        create_scratch_roles(server, &roles)?;
        return Ok(Prepared::default());
    }
    if missing.is_empty() {
        return Ok(Prepared::default());
    }
    if options.create_roles {
        create_roles(server, &missing)?;
        return Ok(Prepared { created_roles: missing });
    }
    refuse(DumpError::MissingRoles { label, roles: missing })?;
    Ok(Prepared::default())
}

fn dump_label(server: &Session) -> String {
    server.settings().label().to_owned()
}

/// Which of these names a catalog does not have.
fn missing(
    server: &mut Session,
    names: &BTreeSet<String>,
    catalog: &str,
    column: &str,
) -> Result<Vec<String>, DumpError> {
    if names.is_empty() {
        return Ok(Vec::new());
    }
    let query = format!("SELECT {column}::text FROM pg_catalog.{catalog}");
    let rows = server
        .client()
        .query(query.as_str(), &[])
        .map_err(|err| DumpError::server(format!("cannot read {catalog}"), &err))?;
    let existing: BTreeSet<String> = rows.iter().map(|row| row.get(0)).collect();
    Ok(names.difference(&existing).cloned().collect())
}
