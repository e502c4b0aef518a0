//! What commands that write statements from one schema to another share.

use pum_core::diff::Glob;
use pum_core::plan::{Migration, PlanRequest, Step};

use crate::args::{Filter, Planning};
use crate::context::Context;
use crate::error::CliError;

/// What is planned; `table`: the upgrades table, if it is known.
pub(super) fn request(
    context: &Context,
    filter: &Filter,
    planning: &Planning,
    table: Option<&str>,
) -> Result<PlanRequest, CliError> {
    let mut request = PlanRequest::default();
    request.compare.filters = context.filters(filter)?;
    request.compare.upgrades_table = table.map(str::parse).transpose()?;
    request.renames.clone_from(&planning.rename);
    request.conversions.clone_from(&planning.using);
    request.online = planning.online.into();
    Ok(request)
}

/// The steps that destroy what they may not.
pub(super) fn losing<'m>(
    migration: &'m Migration,
    allowed: Option<&[String]>,
) -> Result<Vec<&'m Step>, CliError> {
    let globs: Vec<Glob> = match allowed {
        None => Vec::new(),
        Some([]) => return Ok(Vec::new()),
        Some(globs) => globs.iter().map(|glob| Glob::new(glob)).collect::<Result<_, _>>()?,
    };
    let is_allowed =
        |step: &&Step| globs.iter().any(|glob| glob.matches(&step.identity.qualified_name()));
    Ok(migration.plan.losses().filter(|step| !is_allowed(step)).collect())
}
