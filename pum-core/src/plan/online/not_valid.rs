//! Foreign keys and `CHECK`s that are added first, and validated in a transaction of their own.
//!
//! To add one as `NOT VALID` reads no row. To validate it reads them under a lock that no session that reads
//! or writes waits for.

use super::names::table_of;
use super::way::{Part, Way};
use crate::model::{Constraint, ConstraintType, Identity};
use crate::sql::quote_ident;

pub(super) fn way(
    identity: &Identity,
    constraint: &Constraint,
    is_partitioned: bool,
    major: u32,
    statements: &[String],
) -> Option<Way> {
    let is_possible = match constraint.constraint_type {
        ConstraintType::Check => true,
        // Of a partitioned table since 18.
        ConstraintType::ForeignKey => !is_partitioned || major >= 18,
        _ => false,
    };
    let (add, others) = statements.split_first()?;
    if !is_possible || !constraint.validated || constraint.inherited {
        return None;
    }
    let add = add.strip_suffix(';').filter(|add| add.contains(" ADD CONSTRAINT "))?;
    let mut first = vec![format!("{add} NOT VALID;")];
    first.extend_from_slice(others);
    let (table, own) = (table_of(identity), quote_ident(&identity.name));
    let validate = format!("ALTER TABLE {table} VALIDATE CONSTRAINT {own};");
    let later = vec![Part::transaction(vec![validate])];
    Some(Way { first, later, ..Way::default() })
}
