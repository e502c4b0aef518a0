//! A new column whose default must be computed for each row, filled in batches.
//!
//! To add it at once rewrites the whole table under a lock that readers wait for. Here the column
//! comes empty, gets its default for new rows, and the rows that are there are filled in batches, each of
//! which is committed. An interrupted run goes on with those that are left.

use super::fill::fill;
use super::names::{TemporaryNames, table_of};
use super::way::{Part, Way};
use crate::model::{Column, ColumnValue, Identity, Nullability};
use crate::sql::quote_ident;
use crate::upgrade::may_rewrite;

pub(super) fn way(
    identity: &Identity,
    column: &Column,
    statements: &[String],
    names: &mut TemporaryNames<'_>,
) -> Option<Way> {
    let (add, others) = statements.split_first()?;
    let ColumnValue::Default(default) = &column.value else { return None };
    if !may_rewrite(add) {
        return None;
    }
    let (table, own) = (table_of(identity), quote_ident(&identity.name));
    let is_not_null = column.nullability != Nullability::Nullable;
    let add = add.strip_suffix(';')?;
    let add = if is_not_null { add.strip_suffix(" NOT NULL")? } else { add };
    let add = add.strip_suffix(&format!(" DEFAULT {default}"))?;
    let mut first = vec![
        format!("{add};"),
        format!("ALTER TABLE {table} ALTER COLUMN {own} SET DEFAULT {default};"),
    ];
    first.extend_from_slice(others);
    let mut later =
        vec![Part::alone(fill(&table, &format!("{own} = DEFAULT"), &format!("{own} IS NULL")))];
    if is_not_null {
        let check = names.next("pum_not_null_", identity);
        let condition = format!("CHECK ({own} IS NOT NULL) NOT VALID");
        later.extend([
            Part::transaction(vec![format!(
                "ALTER TABLE {table} ADD CONSTRAINT {check} {condition};"
            )]),
            Part::transaction(vec![format!("ALTER TABLE {table} VALIDATE CONSTRAINT {check};")]),
            Part::transaction(vec![
                format!("ALTER TABLE {table} ALTER COLUMN {own} SET NOT NULL;"),
                format!("ALTER TABLE {table} DROP CONSTRAINT {check};"),
            ]),
        ]);
    }
    Some(Way { first, later, is_needed_whole: true, is_last: false })
}
