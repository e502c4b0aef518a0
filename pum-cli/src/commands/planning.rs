//! What commands that write statements from one schema to another share.

use pum_core::manager::ClosingOptions;
use pum_core::plan::{AllowedLosses, MeasuredWays, Migration, PlanRequest, Step};
use pum_core::source::Opened;

use crate::args::{Filter, Planning};
use crate::console::say;
use crate::context::Context;
use crate::error::CliError;
use crate::text::printable;

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

/// A copy with rows, which must not be one of the databases that it is for.
pub(super) fn open_copy(
    context: &Context,
    copy: &str,
    sides: &mut [Opened; 2],
) -> Result<Opened, CliError> {
    let mut copy = Opened::database(context.open(copy)?);
    if sides.iter_mut().any(|side| copy.is_same_database(side)) {
        let what = "--on is for a copy, and this one is the database itself";
        return Err(CliError::ConflictingOptions { what });
    }
    Ok(copy)
}

/// Says what was measured.
pub(super) fn say_measured(found: &MeasuredWays) {
    if found.took_too_long() {
        say("warning: to measure the ways took too long (--measure-for): they are chosen by rule");
    }
    for line in found.lines() {
        say(&printable(&line));
    }
}

/// The steps that destroy what they may not.
pub(super) fn losing<'m>(
    migration: &'m Migration,
    allowed: Option<&[String]>,
) -> Result<Vec<&'m Step>, CliError> {
    Ok(AllowedLosses::of_globs(allowed)?.refused(&migration.plan))
}
