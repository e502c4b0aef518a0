use std::collections::{BTreeSet, HashSet};

use super::decide::decide;
use super::decided::{Decided, parts_of};
use super::effects::add_effects;
use super::error::MigrationError;
use super::migration_plan::{MigrationOptions, MigrationPlan};
use super::refill::with_partitions;
use super::side::Side;
use super::step::{Action, Step};
use super::variables::variables;
use super::{conversion_spec, order, steps, unfold};
use crate::ddl::{NO_COLUMNS, Schemas};
use crate::diff::Difference;
use crate::model::{Attributes, ColumnValue, Identity, Kind, Model, Node, View, ViewKind};

/// Plans what brings the left schema to the right one, which have these differences, all of them
/// ([`all_differences`](crate::diff::all_differences)).
///
/// # Errors
///
/// If the steps cannot be put in order, or a conversion that was asked for is none.
pub fn plan(
    left: &Side,
    right: &Side,
    all_differences: &[Difference],
    options: &MigrationOptions,
) -> Result<MigrationPlan, MigrationError> {
    let conversions =
        conversion_spec::conversions(&options.conversions, &left.model, &right.model)?;
    let schemas = Schemas {
        current: &left.model,
        wanted: &right.model,
        role: &options.role,
        major: options.major,
        late_defaults: &NO_COLUMNS,
        recreated: &NO_COLUMNS,
        conversions: &conversions,
    };
    let unfolded = unfold::unfold(all_differences, &left.model, &right.model);
    let mut decided = decide(unfolded, (left, right), &schemas);
    conversion_spec::check(&options.conversions, &decided, (left, right))?;
    decided.stand_ins = views_of_themselves(&decided, right);
    let late = order::late_defaults(&decided, right);
    let recreated = decided.refilled.keys().cloned().collect();
    let schemas = Schemas { late_defaults: &late, recreated: &recreated, ..schemas };
    loop {
        let (steps, refused) = steps::steps(&decided, (left, right), &schemas);
        match order::sort(&steps, &decided, left, right) {
            Ok(mut steps) => {
                add_effects(&mut steps, &left.model);
                set_once(&mut steps);
                let variables = variables(&steps, right);
                let left_out = decided.left_out;
                let renames = Vec::new();
                let conversions = options.conversions.clone();
                return Ok(MigrationPlan {
                    steps,
                    refused,
                    left_out,
                    renames,
                    conversions,
                    variables,
                });
            }
            Err(stuck) => {
                // What tables drop with them may need what needs the table.
                let drops = [Action::Drop, Action::CopyRows];
                let tables = stuck.iter().filter(|step| drops.contains(&step.action));
                let tables = tables.flat_map(|step| with_partitions(&step.identity, &left.model));
                let parts = tables.flat_map(|table| parts_of(&table, &left.model));
                let mut more = false;
                // So may views need each other.
                for step in &stuck {
                    let view = &step.identity;
                    more |= match step.action {
                        Action::Create if is_view(view, &right.model) => {
                            decided.stand_ins.insert(view.clone())
                        }
                        Action::Drop if is_view(view, &left.model) => {
                            decided.emptied.insert(view.clone())
                        }
                        _ => false,
                    };
                }
                for part in parts.filter(|part| can_go_before(part, &left.model)) {
                    more |= decided.dropped_before.insert(part);
                }
                more = more || park_retyped(&stuck, &mut decided, left);
                if !more {
                    let steps = stuck.iter().map(ToString::to_string).collect();
                    return Err(MigrationError::Cycle { steps });
                }
            }
        }
    }
}

/// Whether it is a view that is not materialized.
fn is_view(identity: &Identity, model: &Model) -> bool {
    model.of::<View>(identity).is_some_and(|view| view.relation == ViewKind::View)
}

/// New views whose query reads themselves: `CREATE OR REPLACE VIEW` allows it.
fn views_of_themselves(decided: &Decided, right: &Side) -> BTreeSet<Identity> {
    let reads_itself = |view: &Identity| {
        let node = Node::object(view.clone());
        let mut needs = right.dependencies.needs(&node);
        needs.any(|(needed, _)| {
            let needed = &needed.identity;
            let is_of_view =
                needed.schema == view.schema && needed.parent.as_ref() == Some(&view.name);
            needed.kind == Kind::Column && is_of_view
        })
    };
    let views = right.model.all_of::<View>().map(|(view, _)| view);
    views.filter(|view| decided.comes(view) && reads_itself(view)).cloned().collect()
}

/// A setting for the transaction need not be said again.
fn set_once(steps: &mut [Step]) {
    let mut set = HashSet::new();
    for step in steps.iter_mut().filter(|step| step.action == Action::Park) {
        step.statements.retain(|sql| !sql.starts_with("SET LOCAL ") || set.insert(sql.clone()));
    }
}

/// Has columns of which the old type must go before the new one can come keep their values as texts, if
/// nothing depends on them that would be in the way.
fn park_retyped(stuck: &[Step], decided: &mut Decided, left: &Side) -> bool {
    let mut more = false;
    for step in stuck.iter().filter(|step| step.action == Action::Alter && step.types.is_some()) {
        let node = Node::object(step.identity.clone());
        let mut needed_by = left.dependencies.needed_by(&node);
        let is_free = needed_by.all(|(node, _)| {
            decided.goes(&node.identity) || decided.defaults.contains(&node.identity)
        });
        more |= is_free && decided.parked.insert(step.identity.clone());
    }
    more
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

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::super::hostile::read;
    use super::*;
    use crate::diff::{Filters, all_differences};
    use crate::model::{Dependencies, DependencyKind};

    /// A schema of so many tables, each with a sequence, a type of its own, a key and an index.
    fn side(tables: usize) -> Side {
        let in_schema =
            |kind: &str, name: String| json!({"kind": kind, "schema": "s", "name": name});
        let in_table = |kind: &str, n: usize, name: String| json!({"kind": kind, "schema": "s", "parent": format!("t{n}"), "name": name});
        let mut objects: Vec<(Value, Value)> =
            vec![(json!({"kind": "schema", "name": "s"}), json!({"owner": "o"}))];
        for n in 0..tables {
            let id = format!("s.t{n}.id");
            objects.extend([
                (in_schema("enum_type", format!("e{n}")), json!({"owner": "o", "labels": ["a"]})),
                (
                    in_schema("table", format!("t{n}")),
                    json!({"relation": "table", "owner": "o", "persistence": "permanent",
                           "replica_identity": "default"}),
                ),
                (in_table("column", n, "id".into()), json!({"position": 1, "data_type": "bigint"})),
                (
                    in_table("column", n, "e".into()),
                    json!({"position": 2, "data_type": format!("s.e{n}")}),
                ),
                (
                    in_table("constraint", n, format!("t{n}_pkey")),
                    json!({"constraint_type": "primary key", "definition": "PRIMARY KEY (id)",
                           "validated": true}),
                ),
                (
                    in_table("index", n, format!("i{n}")),
                    json!({"definition": format!("CREATE INDEX i{n} ON s.t{n} USING btree (e)"),
                           "valid": true}),
                ),
                (
                    in_schema("sequence", format!("q{n}")),
                    json!({"owner": "o", "data_type": "bigint", "persistence": "permanent",
                           "start": 1, "increment": 1, "minimum": 1, "maximum": 9, "cache": 1,
                           "owned_by": id}),
                ),
            ]);
        }
        let model = read(&objects);
        let mut edges = Vec::new();
        let all = model.objects().iter().map(|object| &object.identity);
        let find = |kind: &str, parent: Option<String>, name: String| {
            let identity = match parent {
                Some(table) => json!({"kind": kind, "schema": "s", "parent": table, "name": name}),
                None => json!({"kind": kind, "schema": "s", "name": name}),
            };
            Node::object(serde_json::from_value(identity).unwrap())
        };
        let schema: Identity =
            serde_json::from_value(json!({"kind": "schema", "name": "s"})).unwrap();
        for identity in all.filter(|identity| identity.parent.is_none()) {
            if !identity.schema.is_empty() {
                let (from, to) = (Node::object(identity.clone()), Node::object(schema.clone()));
                edges.push((from, to, DependencyKind::Normal));
            }
        }
        for n in 0..tables {
            let column = |name: &str| find("column", Some(format!("t{n}")), name.to_owned());
            let index = find("index", Some(format!("t{n}")), format!("i{n}"));
            let (data_type, sequence) =
                (find("enum_type", None, format!("e{n}")), find("sequence", None, format!("q{n}")));
            edges.push((column("e"), data_type, DependencyKind::Normal));
            edges.push((index, column("e"), DependencyKind::Automatic));
            edges.push((sequence, column("id"), DependencyKind::Automatic));
        }
        Side { model, dependencies: edges.into_iter().collect() }
    }

    #[test]
    fn ten_thousand_differences_are_planned() {
        let empty = Side { model: Model::default(), dependencies: Dependencies::default() };
        let plan_of = |left: &Side, right: &Side| {
            let differences = all_differences(&left.model, &right.model, &Filters::default());
            let plan = plan(left, right, &differences, &MigrationOptions::new("o", 15)).unwrap();
            (differences.len(), plan.steps.len())
        };
        let all = side(1_500);
        for (left, right) in [(&empty, &all), (&all, &empty)] {
            let (differences, steps) = plan_of(left, right);
            assert!(differences > 10_000 && steps >= 3_000, "{differences}, {steps}");
        }
    }
}
