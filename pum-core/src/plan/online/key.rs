//! Primary keys and unique constraints of an index that is built concurrently.
//!
//! The index is built while others read and write. To make a constraint of it locks the table for a
//! moment. A constraint that is another one now is dropped in the same moment: there is none without it.

use super::names::{TemporaryNames, table_of};
use super::way::{Part, Way};
use crate::ddl;
use crate::model::{Constraint, Identity};
use crate::sql::quote_ident;

/// `dropped` has the statements that drop the constraint of this name which is replaced, if any.
pub(super) fn way(
    identity: &Identity,
    constraint: &Constraint,
    (statements, dropped): (&[String], &[String]),
    names: &mut TemporaryNames<'_>,
) -> Option<Way> {
    let key = ddl::key_of_index(constraint)?;
    let (_, others) = statements.split_first()?;
    // The server gives the index the name of the constraint.
    let index = if dropped.is_empty() {
        quote_ident(&identity.name)
    } else {
        names.next("pum_new_", identity)
    };
    let (own, table) = (quote_ident(&identity.name), table_of(identity));
    let build = format!("CREATE UNIQUE INDEX CONCURRENTLY {index} ON {table} {};", key.index);
    let add = format!(
        "ALTER TABLE ONLY {table} ADD CONSTRAINT {own} {} USING INDEX {index}{};",
        key.word, key.behind
    );
    let mut switch = dropped.to_vec();
    switch.push(add);
    switch.extend_from_slice(others);
    Some(Way::later(vec![Part::alone(build), Part::transaction(switch)]))
}
