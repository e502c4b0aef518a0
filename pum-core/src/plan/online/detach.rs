//! `DETACH PARTITION … CONCURRENTLY`, which readers and writers of the partitioned table do not wait
//! for (since PostgreSQL 14, and unless there is a default partition).
//!
//! The server leaves a `CHECK` of the bound on a table that is detached so, unless there is one. So that
//! one stands there before, and goes afterwards.

use super::super::partition_bound::{condition, default_of, partitions, table_named};
use super::disjoint_bounds::are_disjoint;
use super::names::{TemporaryNames, full};
use super::way::{Part, Way};
use crate::model::{Identity, Inheritance, Table};

/// `table` is the table as it was; `is_dropped`: whether it is dropped then.
pub(super) fn way(
    identity: &Identity,
    (table, is_dropped): (&Table, bool),
    (statements, major): (&[String], u32),
    names: &mut TemporaryNames<'_>,
) -> Option<Way> {
    let Inheritance::Partition { of, bound } = &table.inheritance else { return None };
    let left = names.left;
    if major < 14 || default_of(of, left).is_some() {
        return None;
    }
    // What takes its place cannot be attached before it is gone, which it is last.
    let mut others = partitions(of, names.right);
    let stays = |other: &Identity| partitions(of, left).any(|(it, _)| it == other);
    if others.any(|(other, wanted)| !stays(other) && !are_disjoint(&bound.0, wanted)) {
        return None;
    }
    let (detach, rest) = statements.split_first()?;
    let detach = detach.strip_suffix(';').filter(|sql| sql.contains(" DETACH PARTITION "))?;
    let detach = Part::alone(format!("{detach} CONCURRENTLY;"));
    if is_dropped {
        return Some(Way::later(vec![detach, Part::transaction(rest.to_vec())]));
    }
    let condition = condition(table_named(of, left)?, &bound.0, left)?;
    let (own, check) = (full(identity), names.next("pum_bound_", identity));
    let mut after = vec![format!("ALTER TABLE {own} DROP CONSTRAINT {check};")];
    after.extend_from_slice(rest);
    Some(Way::later(vec![
        Part::transaction(vec![format!(
            "ALTER TABLE {own} ADD CONSTRAINT {check} CHECK ({condition}) NOT VALID;"
        )]),
        Part::transaction(vec![format!("ALTER TABLE {own} VALIDATE CONSTRAINT {check};")]),
        detach,
        Part::transaction(after),
    ]))
}
