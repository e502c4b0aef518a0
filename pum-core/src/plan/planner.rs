use super::decide::decide;
use super::decided::parts_of;
use super::effects::add_effects;
use super::error::MigrationError;
use super::migration_plan::{MigrationOptions, MigrationPlan};
use super::side::Side;
use super::steps::Action;
use super::variables::variables;
use super::{order, steps, unfold};
use crate::ddl::{NO_COLUMNS, Schemas};
use crate::diff::Difference;
use crate::model::{Attributes, ColumnValue, Identity, Model};

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
    let mut decided = decide(unfolded, (left, right), &schemas);
    let late = order::late_defaults(&decided, right);
    let schemas = Schemas { late_defaults: &late, ..schemas };
    loop {
        let (steps, refused) = steps::steps(&decided, (left, right), &schemas);
        match order::sort(&steps, &decided, left, right) {
            Ok(mut steps) => {
                add_effects(&mut steps, &left.model);
                let variables = variables(&steps, right);
                let left_out = decided.left_out;
                let renames = Vec::new();
                return Ok(MigrationPlan { steps, refused, left_out, renames, variables });
            }
            Err(stuck) => {
                // What tables drop with them may need what needs the table.
                let tables = stuck.iter().filter(|step| step.action == Action::Drop);
                let parts = tables.flat_map(|step| parts_of(&step.identity, &left.model));
                let mut more = false;
                for part in parts.filter(|part| can_go_before(part, &left.model)) {
                    more |= decided.dropped_before.insert(part);
                }
                if !more {
                    let steps = stuck.iter().map(ToString::to_string).collect();
                    return Err(MigrationError::Cycle { steps });
                }
            }
        }
    }
}

/// Whether a part of a table or view can be dropped before it.
fn can_go_before(part: &Identity, model: &Model) -> bool {
    match model.get(part).map(|object| &object.attributes) {
        Some(Attributes::Constraint(constraint)) => {
            !constraint.inherited && constraint.partition_of.is_none()
        }
        Some(Attributes::Column(column)) => matches!(column.value, ColumnValue::Default(_)),
        Some(Attributes::Policy(_) | Attributes::Trigger(_) | Attributes::Rule(_)) => true,
        _ => false,
    }
}
