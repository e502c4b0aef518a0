//! What the scripts renamed from which the right side was built.
//!
//! The left side is at some script: what it has under a name that an object had after that script, and the
//! right side has no more, is that object, if no other one had that name at another time.

use super::found::{RANKS, RenameEvidence, Seen, rank_of};
use crate::source::{NameHistory, ObjectName, Opened};

pub(super) fn look(seen: &mut Seen<'_>, right: &Opened) {
    let Some(history) = right.name_history() else { return };
    let all: Vec<&[(ObjectName, String)]> = history.renamed().collect();
    for rank in RANKS {
        for names in &all {
            let Some((last, _)) = names.last() else { continue };
            if rank_of(last) == rank {
                one(seen, names, history);
            }
        }
    }
}

fn one(seen: &mut Seen<'_>, names: &[(ObjectName, String)], history: &NameHistory) {
    let Some((last, earlier)) = names.split_last() else { return };
    let last = &last.0;
    let mut former = earlier.iter().enumerate().rev().filter(|(_, (name, _))| seen.has(0, name));
    let Some((at, (name, _))) = former.next() else { return };
    if former.any(|(_, (other, _))| !other.is_called(name)) {
        return;
    }
    // The right side has it under its name.
    if seen.has(1, &ObjectName { identity: seen.mapped(name), ..name.clone() }) {
        return;
    }
    let in_left = seen.in_left_schema(&last.identity);
    let is_same_whole = last.identity.parent.is_none()
        && last.value.is_none()
        && (&in_left.schema, &in_left.name) == (&name.identity.schema, &name.identity.name);
    let is_same_part = last.identity.parent.is_some() && (name.identity.name == last.identity.name)
        || last.value.is_some() && name.value == last.value;
    // Only the schema or the table has another name.
    if is_same_whole || is_same_part {
        return;
    }
    // The left side must not have the new name yet.
    let new = ObjectName {
        identity: crate::model::Identity {
            parent: name.identity.parent.clone(),
            schema: if name.identity.parent.is_some() {
                name.identity.schema.clone()
            } else {
                in_left.schema.clone()
            },
            name: if last.value.is_some() {
                name.identity.name.clone()
            } else {
                last.identity.name.clone()
            },
            ..last.identity.clone()
        },
        ..last.clone()
    };
    if seen.has(0, &new) || !seen.has(1, last) {
        return;
    }
    // Another object had the name at another time.
    if history.holders_of(name) != 1 {
        return;
    }
    let script = names.get(at + 1).map(|(_, script)| script.clone()).unwrap_or_default();
    seen.add(name, last, RenameEvidence::Build { script });
}
