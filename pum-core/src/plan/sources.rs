//! A plan from one source to another.

use super::error::MigrationError;
use super::migration_plan::{MigrationOptions, MigrationPlan};
use super::planner::plan;
use super::side::Side;
use crate::Context;
use crate::compare::{CompareOptions, Compared, Comparison, compare_with_dependencies};
use crate::diff::{Difference, all_differences};
use crate::model::Model;
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
/// If one of them cannot be read or is a snapshot of an older version of pum, which does not hold what
/// depends on what; if the steps cannot be put in order; or if the context is interrupted.
pub fn plan_sources(
    left: &mut Opened,
    right: &mut Opened,
    options: &CompareOptions,
    toolchain: Option<&Toolchain>,
    context: &mut Context<'_>,
) -> Result<Migration, MigrationError> {
    plan_opened((left, Secrecy::Known), right, options, toolchain, context)
}

/// Whether the passwords of the left side count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Secrecy {
    /// They do.
    Known,
    /// They are stand-ins: each is as good as another one.
    StandIns,
}

pub(super) fn plan_opened(
    (left, secrecy): (&mut Opened, Secrecy),
    right: &mut Opened,
    options: &CompareOptions,
    toolchain: Option<&Toolchain>,
    context: &mut Context<'_>,
) -> Result<Migration, MigrationError> {
    let run = MigrationOptions::new(role_of(left), left.version().major());
    for side in [&*left, &*right] {
        if let Content::Snapshot(snapshot) = &side.content
            && snapshot.dependencies().is_none()
        {
            return Err(MigrationError::Snapshot { label: side.label().to_owned() });
        }
    }
    let prepare = |model: &mut Model| {
        if secrecy == Secrecy::StandIns {
            model.forget_secrets();
        }
    };
    let compared = compare_with_dependencies((left, prepare), right, options, toolchain, context)?;
    let Compared { comparison, left, right } = compared;
    let [left, right] = [left, right].map(|(model, dependencies)| Side { model, dependencies });
    let differences = unreduced(&comparison, &left, &right, options);
    let plan = plan(&left, &right, &differences, &run)?;
    Ok(Migration { comparison, plan })
}

/// The role that runs the statements: the one that is connected. Who will bring up to date what a
/// snapshot was taken of is not known; what is created gets its owner by a statement then.
fn role_of(left: &Opened) -> &str {
    match &left.content {
        Content::Database(session) => session.settings().user(),
        Content::Snapshot(_) => "",
    }
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
