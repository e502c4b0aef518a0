//! What commands that write statements from one schema to another share.

use pum_core::manager::ClosingOptions;
use pum_core::plan::{AllowedLosses, Migration, PlanRequest, Step};

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
    request.find_renames = !planning.no_seen_renames;
    request.conversions.clone_from(&planning.using);
    request.online = planning.online.into();
    request.minimal = planning.minimal;
    Ok(request)
}

/// How the Manager makes a delta that closes a gap.
pub(super) fn closing(planning: &Planning) -> Result<ClosingOptions, CliError> {
    let mut options = ClosingOptions::default();
    options.renames.clone_from(&planning.rename);
    options.find_renames = !planning.no_seen_renames;
    options.conversions.clone_from(&planning.using);
    options.online = planning.online.into();
    options.minimal = planning.minimal;
    options.losses = AllowedLosses::of_globs(planning.allow_loss.as_deref())?;
    Ok(options)
}

/// The steps that destroy what they may not.
pub(super) fn losing<'m>(
    migration: &'m Migration,
    allowed: Option<&[String]>,
) -> Result<Vec<&'m Step>, CliError> {
    Ok(AllowedLosses::of_globs(allowed)?.refused(&migration.plan))
}
