//! What the statements name and the server of the left side does not have.

use super::error::MigrationError;
use super::migration_plan::MigrationPlan;
use super::sources::Migration;
use super::step::Action;
use crate::catalog::CatalogError;
use crate::compare::CompareError;
use crate::connect::quote_ident;
use crate::dump::{self, roles_named_by};
use crate::model::Kind;
use crate::source::{Content, Opened};

impl Migration {
    pub(super) fn note_what_is_missing(
        &mut self,
        left: &mut Opened,
        right: &mut Opened,
    ) -> Result<(), MigrationError> {
        self.missing_roles = missing_roles(&self.plan, left, right)?;
        self.missing_extensions = missing_extensions(&self.plan, left)?;
        Ok(())
    }
}

/// The roles that only the right side has.
fn missing_roles(
    plan: &MigrationPlan,
    left: &mut Opened,
    right: &mut Opened,
) -> Result<Vec<String>, MigrationError> {
    let named = match &mut right.content {
        Content::Database(session) => {
            roles_named_by(session)?.into_iter().map(|role| role.name).collect()
        }
        Content::Snapshot(snapshot) => snapshot.roles().to_vec(),
    };
    let mut missing = match &mut left.content {
        Content::Database(session) => dump::missing_roles(session, &named)?,
        Content::Snapshot(snapshot) => {
            named.into_iter().filter(|role| !snapshot.roles().contains(role)).collect()
        }
    };
    let statements = plan.steps.iter().flat_map(|step| &step.statements);
    missing.retain(|role| {
        let name = quote_ident(role);
        statements.clone().any(|statement| statement.contains(&name))
    });
    Ok(missing)
}

/// The extensions that the server could not create.
fn missing_extensions(
    plan: &MigrationPlan,
    left: &mut Opened,
) -> Result<Vec<String>, MigrationError> {
    let steps = plan.steps.iter();
    let created =
        steps.filter(|step| step.action == Action::Create && step.identity.kind == Kind::Extension);
    let mut created: Vec<String> = created.map(|step| step.identity.name.clone()).collect();
    let Content::Database(session) = &mut left.content else { return Ok(Vec::new()) };
    if created.is_empty() {
        return Ok(created);
    }
    let query = "SELECT name::text FROM pg_catalog.pg_available_extensions";
    let label = session.settings().label().to_owned();
    let rows = session.client().query(query, &[]);
    let rows = rows.map_err(|cause| CompareError::from(CatalogError::Query { label, cause }))?;
    let available: Vec<String> = rows.iter().map(|row| row.get(0)).collect();
    created.retain(|name| !available.contains(name));
    Ok(created)
}
