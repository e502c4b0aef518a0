//! `SET NOT NULL` by a validated `CHECK`.
//!
//! `SET NOT NULL` reads all rows under a lock that readers wait for. Where a validated `CHECK` proves
//! that there is no NULL, it need not (since PostgreSQL 12); and to validate it blocks no other session.

use super::names::{TemporaryNames, table_of};
use super::way::{Part, Way};
use crate::model::Identity;
use crate::sql::quote_ident;

pub(super) fn way(
    column: &Identity,
    statements: &[String],
    names: &mut TemporaryNames<'_>,
) -> Option<Way> {
    const SET: &str = " SET NOT NULL;";
    let (set, mut first): (Vec<String>, Vec<String>) =
        statements.iter().cloned().partition(|sql| sql.ends_with(SET));
    let [set] = &set[..] else { return None };
    let (table, own) = (table_of(column), quote_ident(&column.name));
    if *set != format!("ALTER TABLE {table} ALTER COLUMN {own}{SET}") {
        return None;
    }
    let check = names.next("pum_not_null_", column);
    first.push(format!(
        "ALTER TABLE {table} ADD CONSTRAINT {check} CHECK ({own} IS NOT NULL) NOT VALID;"
    ));
    let later = vec![
        Part::transaction(vec![format!("ALTER TABLE {table} VALIDATE CONSTRAINT {check};")]),
        Part::transaction(vec![
            set.clone(),
            format!("ALTER TABLE {table} DROP CONSTRAINT {check};"),
        ]),
    ];
    Some(Way { first, later, ..Way::default() })
}
