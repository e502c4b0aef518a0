//! Rows that break a constraint which is added.

use super::question::{Question, table_of};
use crate::model::{Column, Constraint, ConstraintType, Identity, Model};

pub(super) fn question(
    identity: &Identity,
    constraint: &Constraint,
    left: &Model,
) -> Option<Question> {
    let table = table_of(identity)?;
    let definition = &constraint.definition.0;
    let (what, find) = match constraint.constraint_type {
        ConstraintType::Check => {
            let inside = definition.strip_prefix("CHECK ")?.trim_end_matches(" NO INHERIT");
            ("break the new constraint", format!("SELECT * FROM {table} WHERE NOT {inside}"))
        }
        ConstraintType::PrimaryKey | ConstraintType::Unique => {
            let columns = inside(definition)?;
            let names = names(&columns, identity, left)?;
            let is_given: Vec<String> =
                names.iter().map(|name| format!("{name} IS NOT NULL")).collect();
            let condition = if definition.contains("NULLS NOT DISTINCT") {
                String::new()
            } else {
                format!(" WHERE {}", is_given.join(" AND "))
            };
            (
                "have the same values as others, of which the new key allows one each",
                format!(
                    "SELECT {columns}, pg_catalog.count(*) FROM {table}{condition} \
                     GROUP BY {columns} HAVING pg_catalog.count(*) > 1"
                ),
            )
        }
        ConstraintType::ForeignKey => {
            let rest = definition.strip_prefix("FOREIGN KEY (")?;
            let (own, rest) = rest.split_once(") REFERENCES ")?;
            let (other, rest) = rest.split_once('(')?;
            let (keys, _) = rest.split_once(')')?;
            let own = names(own, identity, left)?;
            let keys: Vec<&str> = keys.split(", ").collect();
            if own.len() != keys.len() {
                return None;
            }
            let given: Vec<String> =
                own.iter().map(|name| format!("t.{name} IS NOT NULL")).collect();
            let same: Vec<String> = own
                .iter()
                .zip(&keys)
                .map(|(own, key)| format!("o.{key} OPERATOR(pg_catalog.=) t.{own}"))
                .collect();
            let given = given.join(" AND ");
            let missing =
                format!("NOT EXISTS (SELECT FROM {other} o WHERE {})", same.join(" AND "));
            // With that all columns are NULL, or none.
            let condition = if rest.contains("MATCH FULL") && own.len() > 1 {
                let none: Vec<String> =
                    own.iter().map(|name| format!("t.{name} IS NULL")).collect();
                format!("NOT ({}) AND (NOT ({given}) OR {missing})", none.join(" AND "))
            } else {
                format!("{given} AND {missing}")
            };
            (
                "refer to no row, which the new foreign key demands",
                format!("SELECT * FROM {table} t WHERE {condition}"),
            )
        }
        _ => return None,
    };
    Some(Question { identity: identity.clone(), what: format!("rows of {table} {what}"), find })
}

/// What stands in the first parentheses, if there are no others in it.
fn inside(definition: &str) -> Option<String> {
    let (_, rest) = definition.split_once('(')?;
    let (columns, _) = rest.split_once(')')?;
    (!columns.contains('(') && !columns.contains("WITHOUT OVERLAPS")).then(|| columns.to_owned())
}

/// The columns of a list, if all of them are there before.
fn names(list: &str, constraint: &Identity, left: &Model) -> Option<Vec<String>> {
    let names: Vec<String> = list.split(", ").map(str::to_owned).collect();
    let is_there = |name: &String| {
        let plain = name.strip_prefix('"').and_then(|name| name.strip_suffix('"'));
        let plain = plain.map_or(name.clone(), |name| name.replace("\"\"", "\""));
        let column =
            Identity { kind: crate::model::Kind::Column, name: plain, ..constraint.clone() };
        left.of::<Column>(&column).is_some()
    };
    names.iter().all(is_there).then_some(names)
}
