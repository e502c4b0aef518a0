//! Columns that look renamed, and the SQL that differs only by that.

use std::collections::BTreeMap;

use super::words::words;
use super::{Change, Difference};
use crate::model::{Attributes, Column, Identity, Kind, Model, Object, Value, quoted_name};

/// Columns that only the left side has, and those that only the right side has.
type Sides<'a> = (Vec<&'a Identity>, Vec<&'a Identity>);

/// The one column of a table that only the left side has and the one that only the right side
/// has, where both are alike.
pub(super) struct Renames<'a> {
    /// By the exact name of the table.
    columns: BTreeMap<String, (&'a str, &'a str)>,
}

impl<'a> Renames<'a> {
    pub(super) fn among(differences: &[Difference], left: &'a Model, right: &'a Model) -> Self {
        let mut sides: BTreeMap<String, Sides<'_>> = BTreeMap::new();
        for Difference { identity, change } in differences {
            let (Kind::Column, Some(parent)) = (identity.kind, &identity.parent) else { continue };
            let sides = sides.entry(quoted_name([&*identity.schema, parent])).or_default();
            match change {
                Change::OnlyLeft => sides.0.push(identity),
                Change::OnlyRight => sides.1.push(identity),
                Change::Attribute { .. } => (),
            }
        }
        let renamed = |(table, (only_left, only_right)): (String, Sides<'_>)| {
            let ([l], [r]) = (&*only_left, &*only_right) else { return None };
            let (l, r) = (left.get(l)?, right.get(r)?);
            like_but_position(l, r).then_some((table, (&*l.identity.name, &*r.identity.name)))
        };
        Self { columns: sides.into_iter().filter_map(renamed).collect() }
    }

    /// Whether two pieces of SQL in the same object differ only by a renamed column of its table,
    /// or of the table to which a foreign key refers.
    pub(super) fn explain(&self, identity: &Identity, left: &Value, right: &Value) -> bool {
        let (Value::Sql(left), Value::Sql(right)) = (left, right) else { return false };
        let table = match &identity.parent {
            Some(parent) => quoted_name([&*identity.schema, parent]),
            None if identity.kind == Kind::Table => identity.quoted_name(),
            // Not a view, which explains its columns.
            None => return false,
        };
        let (left, left_reference) = split_reference(identity, left);
        let (right, right_reference) = split_reference(identity, right);
        let same_reference = match (left_reference, right_reference) {
            (None, None) => true,
            (Some((left_table, l)), Some((right_table, r))) => {
                left_table == right_table && self.same(left_table, l, r)
            }
            _ => false,
        };
        same_reference && self.same(&table, left, right)
    }

    fn same(&self, table: &str, left: &str, right: &str) -> bool {
        let Some((old, new)) = self.columns.get(table) else { return left == right };
        let (mut left, right) = (words(left), words(right));
        for word in &mut left {
            if word == old {
                (*new).clone_into(word);
            }
        }
        left == right
    }
}

/// Separates `REFERENCES table(columns) …`, table and rest, from what stands before.
fn split_reference<'a>(identity: &Identity, sql: &'a str) -> (&'a str, Option<(&'a str, &'a str)>) {
    if identity.kind != Kind::Constraint || !sql.starts_with("FOREIGN KEY") {
        return (sql, None);
    }
    let reference = sql
        .split_once(" REFERENCES ")
        .and_then(|(before, after)| after.split_once('(').map(|parts| (before, parts)));
    match reference {
        Some((before, parts)) => (before, Some(parts)),
        None => (sql, None),
    }
}

/// Whether two columns are alike; a column that was re-created stands at the end.
fn like_but_position(left: &Object, right: &Object) -> bool {
    let (Attributes::Column(left), Attributes::Column(right)) =
        (&left.attributes, &right.attributes)
    else {
        return false;
    };
    Column { position: right.position, ..(**left).clone() } == **right
}
