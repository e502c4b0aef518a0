use super::rule::{Match, StatementContext};
use super::syntax::AlterTable;
use crate::delta::{Name, Reader};

/// The `ALTER TABLE` that a statement is, if the table was there before the script.
fn alter_of_existing<'t, 'a>(statement: &StatementContext<'t, 'a>) -> Option<AlterTable<'t, 'a>> {
    let alter = AlterTable::read(statement.reader)?;
    (!alter.table.is_in(&statement.state.tables)).then_some(alter)
}

/// A match for each action of an `ALTER TABLE` of an existing table for which there is a subject.
pub(super) fn match_actions(
    statement: &StatementContext<'_, '_>,
    subject: impl Fn(&Name, Reader<'_, '_>) -> Option<String>,
) -> Vec<Match> {
    let Some(alter) = alter_of_existing(statement) else { return Vec::new() };
    let found = alter.actions().filter_map(|action| {
        subject(&alter.table, action).map(|subject| Match { at: action.at(), subject })
    });
    found.collect()
}

/// As [`match_actions`]; the subject is the table.
pub(super) fn match_table_actions(
    statement: &StatementContext<'_, '_>,
    is_match: impl Fn(Reader<'_, '_>) -> bool,
) -> Vec<Match> {
    match_actions(statement, |table, action| is_match(action).then(|| format!("table {table}")))
}

/// As [`match_actions`], for definitions of new columns; the subject is the column.
pub(super) fn match_new_columns(
    statement: &StatementContext<'_, '_>,
    is_match: impl Fn(Reader<'_, '_>) -> bool,
) -> Vec<Match> {
    match_actions(statement, |table, action| {
        let (column, definition) = super::syntax::added_column(action)?;
        is_match(definition).then(|| format!("column {table}.{column}"))
    })
}
