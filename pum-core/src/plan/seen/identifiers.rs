//! What has the same object identifiers, because both sides are of one template.
//!
//! The databases of one server share a counter of object identifiers, so that two objects have the same one
//! only if they were copied together. It is certain where the same transaction created the table. Of other
//! servers it is not: copies of a whole server go on counting from the same number.

use std::collections::BTreeMap;

use super::found::{RANKS, RenameEvidence, Seen, rank_of};
use crate::connect::Session;
use crate::source::{Content, ObjectKey, ObjectName, Opened, read_object_names};

pub(super) fn look(seen: &mut Seen<'_>, [left, right]: [&mut Opened; 2]) {
    let (Content::Database(left), Content::Database(right)) =
        (&mut left.content, &mut right.content)
    else {
        return;
    };
    if !are_on_one_server(left, right) {
        return;
    }
    let (Ok(left), Ok(right)) = (read_object_names(left), read_object_names(right)) else { return };
    let is_one_table = |key: &ObjectKey| {
        let of_table = ObjectKey { number: 0, ..key.clone() };
        let created = |side: &BTreeMap<ObjectKey, ObjectName>| {
            side.get(&of_table).map(|table| (table.identity.kind, table.created_by.clone()))
        };
        created(&left).is_some() && created(&left) == created(&right)
    };
    // One table that was copied tells that they are of one template.
    let is_table = |key: &&ObjectKey| {
        let table = left.get(*key).filter(|_| key.number == 0);
        table.is_some_and(|it| it.created_by.is_some()) && is_one_table(key)
    };
    if !left.keys().any(|key| is_table(&key)) {
        return;
    }
    for rank in RANKS {
        for (key, from) in &left {
            let Some(to) = right.get(key) else { continue };
            let same_kind = from.identity.kind == to.identity.kind;
            if rank_of(from) != rank || !same_kind || key.catalog == "class" && !is_one_table(key) {
                continue;
            }
            let is_renamed = if from.value.is_some() {
                from.value != to.value
            } else {
                let other = seen.in_left_schema(&to.identity);
                from.identity.name != other.name
                    || from.identity.parent.is_none() && from.identity.schema != other.schema
            };
            if is_renamed && seen.has(0, from) && seen.has(1, to) {
                let number = Some(key.number).filter(|number| *number != 0);
                seen.add(from, to, RenameEvidence::Identifiers { oid: key.oid, number });
            }
        }
    }
}

/// Whether both sessions are on one running server, and not in the same database.
fn are_on_one_server(left: &mut Session, right: &mut Session) -> bool {
    let (Ok(one), Ok(other)) = (left.identity(), right.identity()) else { return false };
    one.system_identifier == other.system_identifier
        && one.database_oid != other.database_oid
        && started(left).is_some_and(|one| Some(one) == started(right))
}

fn started(session: &mut Session) -> Option<String> {
    const QUERY: &str = "SELECT pg_catalog.pg_postmaster_start_time()::pg_catalog.text";
    session.client().query_one(QUERY, &[]).ok().map(|row| row.get(0))
}
