use std::cmp::Ordering;

use super::column_order::ColumnOrder;
use super::property::property;
use super::{Change, Difference, Filters};
use crate::humanize::natural_order;
use crate::model::{Identity, Model, Object, Value};

/// All differences between two models, sorted by schema, table and kind.
pub(crate) fn merge(left: &Model, right: &Model, filters: &Filters) -> Vec<Difference> {
    let mut differences = Vec::new();
    let order = ColumnOrder::new(left, right);
    let (mut left_rest, mut right_rest) = (left.objects(), right.objects());
    loop {
        let which = match (left_rest.first(), right_rest.first()) {
            (None, None) => break,
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (Some(l), Some(r)) => l.identity.cmp(&r.identity),
        };
        match which {
            Ordering::Less => {
                take(&mut left_rest, |object| {
                    one_sided(object, Change::OnlyLeft, filters, &mut differences);
                });
            }
            Ordering::Greater => {
                take(&mut right_rest, |object| {
                    one_sided(object, Change::OnlyRight, filters, &mut differences);
                });
            }
            Ordering::Equal => {
                if let ([l, ..], [r, ..]) = (left_rest, right_rest) {
                    compare(l, r, filters, &order, &mut differences);
                }
                take(&mut left_rest, |_| ());
                take(&mut right_rest, |_| ());
            }
        }
    }
    sort(&mut differences);
    differences
}

/// Brings differences into the order of reports.
pub(crate) fn sort(differences: &mut [Difference]) {
    differences.sort_by(|a, b| report_order(&a.identity, &b.identity));
}

fn take<'a>(rest: &mut &'a [Object], use_it: impl FnOnce(&'a Object)) {
    if let Some((first, others)) = rest.split_first() {
        use_it(first);
        *rest = others;
    }
}

fn one_sided(object: &Object, change: Change, filters: &Filters, out: &mut Vec<Difference>) {
    let kind = object.identity.kind;
    let hidden = filters.hides_object(&object.identity)
        || filters.hides_copy(object)
        || property(kind).is_some_and(|name| filters.hides_attribute(kind, name));
    if !hidden {
        out.push(Difference { identity: object.identity.clone(), change });
    }
}

fn compare(
    left: &Object,
    right: &Object,
    filters: &Filters,
    order: &ColumnOrder<'_>,
    out: &mut Vec<Difference>,
) {
    if left.attributes == right.attributes || filters.hides_object(&left.identity) {
        return;
    }
    let kind = left.identity.kind;
    let values = left.attributes.values().into_iter().zip(right.attributes.values());
    for (&name, (left_value, right_value)) in kind.attribute_names().iter().zip(values) {
        if !left_value.differs_from(&right_value) || filters.hides_attribute(kind, name) {
            continue;
        }
        let is_order_only = match (name, &left_value, &right_value) {
            ("position", ..) => {
                let identity = &left.identity;
                !order.is_moved(identity)
                    || filters.hides_column_order() && order.is_of_table(identity)
            }
            (_, Value::Sql(l), Value::Sql(r)) => {
                filters.hides_column_order() && order.explains(l, r)
            }
            _ => false,
        };
        if !is_order_only {
            let change = Change::Attribute { name, left: left_value, right: right_value };
            out.push(Difference { identity: left.identity.clone(), change });
        }
    }
}

/// By schema, then by table, a table before what belongs to it; names in the order of people.
fn report_order(a: &Identity, b: &Identity) -> Ordering {
    let ((a_schema, a_group), (b_schema, b_group)) = (a.group(), b.group());
    natural_order(a_schema, b_schema)
        .then_with(|| natural_order(a_group, b_group))
        .then_with(|| a.kind.cmp(&b.kind))
        .then_with(|| natural_order(&a.name, &b.name))
        .then_with(|| a.arguments.cmp(&b.arguments))
}

#[cfg(test)]
mod tests {
    use super::super::diff;
    use super::*;
    use crate::model::{
        Attributes, Column, ColumnValue, FiringMode, Kind, Nullability, Privileges, Rule, Sql,
    };

    fn column(table: &str, name: &str, data_type: &str) -> Object {
        let identity = Identity {
            kind: Kind::Column,
            schema: "public".to_owned(),
            parent: Some(table.to_owned()),
            name: name.to_owned(),
            arguments: None,
        };
        let attributes = Attributes::Column(Box::new(Column {
            position: None,
            data_type: data_type.to_owned(),
            collation: None,
            nullability: Nullability::Nullable,
            value: ColumnValue::Null,
            storage: None,
            compression: None,
            statistics_target: None,
            options: Vec::new(),
            inherited: false,
            comment: None,
            privileges: Privileges::default(),
        }));
        Object { identity, attributes }
    }

    fn rule(table: &str, name: &str) -> Object {
        let mut identity = column(table, name, "").identity;
        identity.kind = Kind::Rule;
        let definition = Sql("x".to_owned());
        let rule = Rule { definition, enabled: FiringMode::Origin, comment: None };
        let attributes = Attributes::Rule(Box::new(rule));
        Object { identity, attributes }
    }

    fn shown(differences: &[Difference]) -> Vec<String> {
        differences
            .iter()
            .map(|difference| match &difference.change {
                Change::OnlyLeft => format!("- {}", difference.identity),
                Change::OnlyRight => format!("+ {}", difference.identity),
                Change::Attribute { name, left, right } => {
                    format!("{}.{name}: {left} -> {right}", difference.identity)
                }
            })
            .collect()
    }

    #[test]
    fn the_merge_finds_each_difference_once_and_mirrors() {
        let left = Model::new(vec![
            rule("b", "r"),
            column("a", "x", "integer"),
            column("a", "y", "text"),
            column("a", "same", "text"),
        ]);
        let right = Model::new(vec![
            column("a", "same", "text"),
            column("a", "x", "bigint"),
            column("a", "z", "text"),
        ]);
        let filters = Filters::default();
        assert_eq!(
            shown(&diff(&left, &right, &filters)),
            [
                "column public.a.x.data_type: integer -> bigint",
                "- column public.a.y",
                "+ column public.a.z",
                "- rule public.b.r",
            ]
        );
        assert_eq!(diff(&right, &left, &filters).len(), 4);
        assert_eq!(diff(&left, &left, &filters), []);
    }

    #[test]
    fn filters_hide_kinds_schemas_columns_and_attributes() {
        let left = Model::new(vec![column("a", "x", "integer"), column("a", "usr_1", "text")]);
        let right = Model::new(vec![column("a", "x", "bigint"), rule("a", "r")]);
        let count = |set: &dyn Fn(&mut Filters)| {
            let mut filters = Filters::default();
            set(&mut filters);
            diff(&left, &right, &filters).len()
        };
        assert_eq!(count(&|_| ()), 3);
        assert_eq!(count(&|f| f.ignore("rules").unwrap()), 2);
        assert_eq!(count(&|f| f.ignore("columns.data_type").unwrap()), 2);
        assert_eq!(count(&|f| f.ignore("data_type").unwrap()), 2);
        assert_eq!(count(&|f| f.exclude_columns("usr\\_%").unwrap()), 2);
        assert_eq!(count(&|f| f.exclude_schema("public").unwrap()), 0);
    }

    #[test]
    fn values_of_sql_may_be_spelling() {
        let mut other = rule("a", "r");
        let left = Model::new(vec![other.clone()]);
        if let Attributes::Rule(rule) = &mut other.attributes {
            rule.definition = Sql("y".to_owned());
        }
        let differences = diff(&left, &Model::new(vec![other]), &Filters::default());
        assert!(matches!(differences.as_slice(), [only] if only.may_be_spelling()));
        assert_eq!(Value::List(Vec::new()).to_string(), "(none)");
    }
}
