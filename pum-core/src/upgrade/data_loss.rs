//! What a script destroys, judged by its text, and how much that is.

use std::fmt;

use super::UpgradeError;
use crate::connect::SessionOn;
use crate::delta::{PreparedScript, Reader, tokens};
use crate::humanize;

/// Rows or values that a script destroys.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct DataLoss {
    /// The table, as the script names it, and the column if it is one.
    pub object: String,
    /// How many rows the table has, or values the column; `None` if there is no such thing now, as when
    /// the script makes it before.
    pub count: Option<u64>,
    /// Whether it is a column.
    pub is_column: bool,
}

impl fmt::Display for DataLoss {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (kind, what) = if self.is_column { ("column", "value") } else { ("table", "row") };
        match self.count {
            Some(number) => {
                write!(f, "{kind} {} with {}", self.object, humanize::count(number, what))
            }
            None => write!(f, "{kind} {}", self.object),
        }
    }
}

/// What the statements of a script destroy: tables that are dropped or emptied, columns that are dropped.
pub(super) fn losses_of(
    session: &mut SessionOn<'_>,
    script: &PreparedScript,
) -> Result<Vec<DataLoss>, UpgradeError> {
    let mut losses = Vec::new();
    for statement in script.statements() {
        let tokens = tokens(&script.text()[statement.span.clone()]);
        let mut reader = Reader::new(&tokens);
        if reader.eat(&["drop", "table"])
            || reader.eat(&["truncate"])
            || reader.eat(&["delete", "from"])
        {
            reader.eat(&["table"]);
            reader.eat(&["if", "exists"]);
            for table in reader.names() {
                let table = table.to_string();
                let count = count(session, &format!("SELECT pg_catalog.count(*) FROM {table}"))?;
                losses.push(DataLoss { object: table, count, is_column: false });
            }
        } else if reader.eat(&["alter", "table"]) {
            reader.eat(&["if", "exists"]);
            reader.eat(&["only"]);
            let Some(table) = reader.name() else { continue };
            for mut action in reader.parts() {
                if !action.eat(&["drop"]) || action.is_any(&["constraint"]) {
                    continue;
                }
                action.eat(&["column"]);
                action.eat(&["if", "exists"]);
                let Some(column) = action.name() else { continue };
                let sql = format!("SELECT pg_catalog.count({column}) FROM {table}");
                let (object, count) = (format!("{table}.{column}"), count(session, &sql)?);
                losses.push(DataLoss { object, count, is_column: true });
            }
        }
    }
    Ok(losses)
}

/// The number that a query gives; none if what it names does not exist.
fn count(session: &mut SessionOn<'_>, sql: &str) -> Result<Option<u64>, UpgradeError> {
    match session.client().query_one(sql, &[]) {
        Ok(row) => Ok(u64::try_from(row.get::<_, i64>(0)).ok()),
        Err(err) if err.as_db_error().is_some() => Ok(None),
        Err(err) => Err(UpgradeError::server("cannot count what would be lost".to_owned(), &err)),
    }
}
