//! Tables that are re-created under their names, with the rows that they had: another partition key,
//! say. The old one gets another name until its rows are copied.

use super::name;
use super::retype::conversion;
use super::sequence;
use super::sequence_move::{only, set_value};
use super::statements::{NoStatement, Schemas, Statements};
use super::types;
use crate::model::{Column, ColumnValue, Identity, Model, Sequence, SequenceOwner, Table};
use crate::sql::quote_ident;

/// Renames the old table and the sequences that go with it, as the new ones get their names.
pub(crate) fn set_aside(table: &Identity, schemas: &Schemas<'_>) -> Vec<String> {
    let mut statements = Vec::new();
    for (column, _) in schemas.current.parts_of::<Column>(table) {
        for (sequence, _) in sequence::of_column(column, schemas.current) {
            if goes(sequence, schemas) {
                let away = quote_ident(&name::out_of_the_way(sequence).name);
                let own = name::full(sequence);
                statements.push(format!("ALTER SEQUENCE {own} RENAME TO {away};"));
            }
        }
    }
    let (own, away) = (name::full(table), name::out_of_the_way(table));
    statements.push(format!("ALTER TABLE {own} RENAME TO {};", quote_ident(&away.name)));
    statements
}

/// Copies the rows and the values of sequences, and drops the old table. `is_replaced` says of a type
/// whether it is another one of its name.
pub(crate) fn copy_rows(
    table: &Identity,
    schemas: &Schemas<'_>,
    is_replaced: impl Fn(&str) -> bool,
) -> Statements {
    let old = schemas.current.of::<Table>(table).ok_or(NoStatement::NotInModel)?;
    let (new, away) = (name::full(table), name::full(&name::out_of_the_way(table)));
    let mut statements = Vec::new();
    if old.force_row_security {
        // Policies would hide rows from its owner.
        statements.push(format!("ALTER TABLE {away} NO FORCE ROW LEVEL SECURITY;"));
    }
    let (mut columns, mut values) = (Vec::new(), Vec::new());
    for (column, from, to) in kept_columns(table, schemas) {
        let own = quote_ident(&column.name);
        values.push(match schemas.conversions.get(column) {
            Some(expression) => expression.clone(),
            None if is_replaced(&to.data_type) => types::converted(&own, &to.data_type, schemas)?,
            None => conversion(&own, &from.data_type, &to.data_type, schemas)
                .unwrap_or_else(|| own.clone()),
        });
        columns.push(own);
    }
    let (columns, values) = (columns.join(", "), values.join(", "));
    statements.push(if columns.is_empty() {
        format!("INSERT INTO {new} SELECT FROM {away};")
    } else {
        format!(
            "INSERT INTO {new} ({columns}) OVERRIDING SYSTEM VALUE SELECT {values} FROM {away};"
        )
    });
    for (column, _) in schemas.current.parts_of::<Column>(table) {
        let from = only(sequence::of_column(column, schemas.current));
        let to = only(sequence::of_column(column, schemas.wanted));
        if let (Some(from), Some(to)) = (from, to)
            && goes(from, schemas)
        {
            statements.push(set_value(to, &name::out_of_the_way(from)));
        }
    }
    statements.push(format!("DROP TABLE {away};"));
    Ok(statements)
}

/// The columns whose values are copied, as they are and as they are to be.
pub(crate) fn kept_columns<'m>(
    table: &Identity,
    schemas: &Schemas<'m>,
) -> Vec<(&'m Identity, &'m Column, &'m Column)> {
    let wanted: &'m Model = schemas.wanted;
    let mut kept: Vec<_> = wanted
        .parts_of::<Column>(table)
        .filter(|(_, column)| !matches!(column.value, ColumnValue::Generated { .. }))
        .filter_map(|(identity, to)| Some((identity, schemas.current.of::<Column>(identity)?, to)))
        .collect();
    kept.sort_by_key(|(_, _, column)| column.position);
    kept
}

/// Whether a sequence goes with its column: it is made with it, or is afterwards, or there is none.
fn goes(sequence: &Identity, schemas: &Schemas<'_>) -> bool {
    let stays = |model: &Model| {
        let owner = model.of::<Sequence>(sequence).map(|sequence| &sequence.owner_column);
        owner.is_some_and(|owner| !matches!(owner, SequenceOwner::IdentityColumn(_)))
    };
    !(stays(schemas.current) && stays(schemas.wanted))
}
