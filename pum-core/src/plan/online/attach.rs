//! `ATTACH PARTITION` behind a `CHECK` that proves the bound.
//!
//! The server reads all rows of the table under a lock that readers wait for, unless a validated `CHECK`
//! proves that they are within the bound.

use super::super::partition_bound::{condition, table_named};
use super::names::{TemporaryNames, full};
use super::way::{Part, Way};
use crate::model::{Identity, Inheritance, Table};

pub(super) fn way(
    identity: &Identity,
    table: &Table,
    statements: &[String],
    names: &mut TemporaryNames<'_>,
) -> Option<Way> {
    let Inheritance::Partition { of, bound } = &table.inheritance else { return None };
    let (attach, first): (Vec<String>, Vec<String>) =
        statements.iter().cloned().partition(|sql| sql.contains(" ATTACH PARTITION "));
    let [attach] = &attach[..] else { return None };
    let right = names.right;
    let condition = condition(table_named(of, right)?, &bound.0, right)?;
    let (own, check) = (full(identity), names.next("pum_bound_", identity));
    let later = vec![
        Part::transaction(vec![format!(
            "ALTER TABLE {own} ADD CONSTRAINT {check} CHECK ({condition}) NOT VALID;"
        )]),
        Part::transaction(vec![format!("ALTER TABLE {own} VALIDATE CONSTRAINT {check};")]),
        Part::transaction(vec![
            attach.clone(),
            format!("ALTER TABLE {own} DROP CONSTRAINT {check};"),
        ]),
    ];
    Some(Way { first, later, is_needed_whole: true, is_last: false })
}
