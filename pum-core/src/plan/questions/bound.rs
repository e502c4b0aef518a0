//! Rows that the bound of a partition does not let be where they are.

use super::question::Question;
use crate::model::{Attributes, Identity, Inheritance, Model, Table};
use crate::plan::partition_bound::{condition, default_of, partitions, table_named};
use crate::plan::step::{Action, Step};
use crate::sql::quote_ident;

pub(super) fn questions(step: &Step, models: [&Model; 2]) -> Vec<Question> {
    let [left, right] = models;
    let Some(Attributes::Table(new)) = right.get(&step.identity).map(|it| &it.attributes) else {
        return Vec::new();
    };
    match (step.action, &new.inheritance) {
        (Action::CopyRows, _) if new.partition_key.is_some() => {
            in_no_partition(&step.identity, models).into_iter().collect()
        }
        (Action::Attach | Action::Alter, Inheritance::Partition { of, bound })
            if is_attached(step) =>
        {
            let Some(whole) = table_named(of, right) else { return Vec::new() };
            let Some(condition) = condition(whole, &bound.0, right) else { return Vec::new() };
            let mut found = Vec::new();
            if left.of::<Table>(&step.identity).is_some() {
                found.push(question(
                    &step.identity,
                    "do not lie within the bound of the partition that it becomes",
                    &format!("NOT ({condition})"),
                ));
            }
            // That of the left side, unless it goes.
            let default = default_of(of, left).filter(|it| Some(*it) == default_of(of, right));
            found.extend(default.map(|default| {
                let what = format!("belong to the new partition {}", name(&step.identity));
                Question { identity: step.identity.clone(), ..question(default, &what, &condition) }
            }));
            found
        }
        _ => Vec::new(),
    }
}

/// Whether a step makes a table a partition that was none, or of another bound.
fn is_attached(step: &Step) -> bool {
    step.statements.iter().any(|sql| sql.contains(" ATTACH PARTITION "))
}

/// Rows of a table that becomes partitioned.
fn in_no_partition(table: &Identity, [left, right]: [&Model; 2]) -> Option<Question> {
    left.of::<Table>(table)?;
    let quoted = table.quoted_name();
    if default_of(&quoted, right).is_some() {
        return None;
    }
    let conditions: Option<Vec<String>> = partitions(&quoted, right)
        .map(|(_, bound)| Some(format!("({})", condition(table, bound, right)?)))
        .collect();
    let conditions = conditions?;
    if conditions.is_empty() {
        return None;
    }
    let outside = format!("({}) IS NOT TRUE", conditions.join(" OR "));
    Some(question(table, "fit no partition", &outside))
}

fn question(table: &Identity, what: &str, condition: &str) -> Question {
    let name = name(table);
    Question {
        identity: table.clone(),
        what: format!("rows of {name} {what}"),
        find: format!("SELECT * FROM {name} WHERE {condition}"),
    }
}

fn name(table: &Identity) -> String {
    format!("{}.{}", quote_ident(&table.schema), quote_ident(&table.name))
}
