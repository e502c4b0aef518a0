use super::decide::decide;
use super::error::MigrationError;
use super::migration_plan::{MigrationOptions, MigrationPlan};
use super::side::Side;
use super::{order, steps, unfold};
use crate::ddl::{NO_COLUMNS, Schemas};
use crate::diff::Difference;

/// Plans what brings the left schema to the right one, which have these differences, all of them
/// ([`all_differences`](crate::diff::all_differences)).
///
/// # Errors
///
/// If the steps cannot be put in order.
pub fn plan(
    left: &Side,
    right: &Side,
    all_differences: &[Difference],
    options: &MigrationOptions,
) -> Result<MigrationPlan, MigrationError> {
    let schemas = Schemas {
        current: &left.model,
        wanted: &right.model,
        role: &options.role,
        major: options.major,
        late_defaults: &NO_COLUMNS,
    };
    let unfolded = unfold::unfold(all_differences, &left.model, &right.model);
    let decided = decide(unfolded, (left, right), &schemas);
    let late = order::late_defaults(&decided, right);
    let schemas = Schemas { late_defaults: &late, ..schemas };
    let (steps, refused) = steps::steps(&decided, (left, right), &schemas);
    let steps = order::sort(&steps, &decided, left, right)?;
    Ok(MigrationPlan { steps, refused, left_out: decided.left_out })
}
