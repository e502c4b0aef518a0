//! A plan from one source to another.

use super::error::MigrationError;
use super::migration_plan::{MigrationOptions, MigrationPlan};
use super::planner::plan;
use super::side::Side;
use crate::Context;
use crate::compare::{CompareOptions, Comparison, compare_sources, with_dependencies};
use crate::diff::{Difference, all_differences};
use crate::source::{Content, Opened, Toolchain};

/// What brings one source to another one, and in what they differ.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Migration {
    /// The differences.
    pub comparison: Comparison,
    /// The statements.
    pub plan: MigrationPlan,
}

/// Compares two sources and plans what brings the left one to the right one.
///
/// # Errors
///
/// If one of them is a snapshot or cannot be read, the steps cannot be put in order, or the context
/// is interrupted.
pub fn plan_sources(
    left: &mut Opened,
    right: &mut Opened,
    options: &CompareOptions,
    toolchain: Option<&Toolchain>,
    context: &mut Context<'_>,
) -> Result<Migration, MigrationError> {
    let mut run = MigrationOptions::new("", 0);
    for side in [&*right, &*left] {
        match &side.content {
            Content::Database(session) => {
                session.settings().user().clone_into(&mut run.role);
                run.major = session.version().major();
            }
            Content::Snapshot(_) => {
                return Err(MigrationError::Snapshot { label: side.label().to_owned() });
            }
        }
    }
    let comparison = compare_sources(left, right, options, toolchain, context)?;
    let [left, right] = with_dependencies(left, right, options, context)?
        .map(|(model, dependencies)| Side { model, dependencies });
    let differences = unreduced(&comparison, &left, &right, options);
    let plan = plan(&left, &right, &differences, &run)?;
    Ok(Migration { comparison, plan })
}

/// What the comparison found, with all that belongs to what only one side has.
fn unreduced(
    comparison: &Comparison,
    left: &Side,
    right: &Side,
    options: &CompareOptions,
) -> Vec<Difference> {
    let mut all = all_differences(&left.model, &right.model, &options.filters);
    // Of SQL that only looks different the comparison knows.
    all.retain(|difference| {
        !difference.may_be_spelling()
            || comparison.differences.iter().any(|told| told.is_about_the_same(difference))
    });
    options.filters.apply_rules(&mut all);
    all
}
