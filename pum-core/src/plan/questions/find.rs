use super::question::{Question, table_of};
use super::{bound, constraint, narrowed};
use crate::model::{Attributes, Column, Identity, Model, Nullability, Table};
use crate::plan::migration_plan::MigrationPlan;
use crate::plan::side::Side;
use crate::plan::step::{Action, Step};
use crate::sql::quote_ident;

impl MigrationPlan {
    /// The questions that the steps raise about rows which are there before them.
    pub fn questions(&self, left: &Side, right: &Side) -> Vec<Question> {
        let models = [&left.model, &right.model];
        let of = |step| question(step, models).into_iter().chain(bound::questions(step, models));
        self.steps.iter().flat_map(of).collect()
    }
}

fn question(step: &Step, [left, right]: [&Model; 2]) -> Option<Question> {
    let identity = &step.identity;
    let table = table_of(identity)?;
    if !is_there(identity, left) {
        return None;
    }
    let (what, condition) = match (step.action, right.get(identity).map(|it| &it.attributes)) {
        (Action::Alter, Some(Attributes::Column(new))) => {
            column(identity, left.of::<Column>(identity)?, new, [left, right])?
        }
        (Action::Create, Some(Attributes::Constraint(new))) => {
            return constraint::question(identity, new, left);
        }
        _ => return None,
    };
    let find = format!("SELECT * FROM {table} WHERE {condition}");
    Some(Question { identity: identity.clone(), what: format!("rows of {table} {what}"), find })
}

/// What is wrong with rows whose column is changed, and the condition that finds them.
fn column(
    identity: &Identity,
    old: &Column,
    new: &Column,
    models: [&Model; 2],
) -> Option<(String, String)> {
    let own = quote_ident(&identity.name);
    if old.nullability == Nullability::Nullable && new.nullability != Nullability::Nullable {
        return Some((format!("have no {own}, which becomes NOT NULL"), format!("{own} IS NULL")));
    }
    narrowed::condition(&own, &old.data_type, &new.data_type, models)
}

/// Whether the table of a part is there before.
fn is_there(part: &Identity, left: &Model) -> bool {
    left.parent_of::<Table>(part).is_some()
}
