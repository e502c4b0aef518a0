//! The table next to the upgrades table that records which repeatable scripts were run, and how to
//! drop their objects.

use super::TableName;
use crate::connect::quote_literal;

/// The record of a repeatable script that was run.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Installed {
    /// Its position.
    pub position: usize,
    /// Its file name.
    pub name: String,
    /// The checksum of its file.
    pub checksum: String,
    /// The checksum of the SQL sent, including the variables.
    pub sent: String,
    /// SQL that drops its objects.
    pub drops: String,
}

impl Installed {
    /// Reads what `SELECT` of [`select_sql`] gives.
    pub(super) fn from_row(row: &postgres::SimpleQueryRow) -> Self {
        let text = |at: usize| row.try_get(at).ok().flatten().unwrap_or_default().to_owned();
        Self {
            position: text(0).parse().unwrap_or_default(),
            name: text(1),
            checksum: text(2),
            sent: text(3),
            drops: text(4),
        }
    }
}

/// All that were run, in their order.
pub(super) fn select_sql(table: &TableName) -> String {
    format!(
        "SELECT position, script, checksum, sent_checksum, drops FROM {} ORDER BY position, script",
        table.repeatable().to_sql()
    )
}

/// Records that a script was run; to be run in its transaction.
pub(super) fn record_sql(table: &TableName, installed: &Installed) -> String {
    let Installed { position, name, checksum, sent, drops } = installed;
    format!(
        "{}; INSERT INTO {} (script, position, checksum, sent_checksum, drops) \
         VALUES ({}, {position}, {}, {}, {})",
        create_sql(table),
        table.repeatable().to_sql(),
        quote_literal(name),
        quote_literal(checksum),
        quote_literal(sent),
        quote_literal(drops)
    )
}

/// An expression: whether that very script is recorded.
pub(super) fn recorded_sql(table: &TableName, installed: &Installed) -> String {
    format!(
        "EXISTS (SELECT 1 FROM {} WHERE script = {} AND sent_checksum = {})",
        table.repeatable().to_sql(),
        quote_literal(&installed.name),
        quote_literal(&installed.sent)
    )
}

/// Makes the table, if it is not there.
fn create_sql(table: &TableName) -> String {
    format!(
        "CREATE TABLE IF NOT EXISTS {} (
    script character varying(1000) PRIMARY KEY,
    position integer NOT NULL,
    checksum character varying(32) NOT NULL,
    sent_checksum character varying(32) NOT NULL,
    drops text NOT NULL,
    installed_on timestamp with time zone NOT NULL DEFAULT now()
)",
        table.repeatable().to_sql()
    )
}

/// Records that what a script made was dropped; to be run in that transaction.
pub(super) fn forget_sql(table: &TableName, name: &str) -> String {
    let own = table.repeatable().to_sql();
    format!("{}; DELETE FROM {own} WHERE script = {}", create_sql(table), quote_literal(name))
}
