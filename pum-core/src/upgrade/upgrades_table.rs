//! SQL that creates an upgrades table and its rows.

use super::{TableName, migrations_table};
use crate::connect::quote_literal;
use crate::delta::Version;

/// `CREATE TABLE` for an upgrades table, column for column that of the Python program.
pub(super) fn create_table_sql(table: &TableName) -> String {
    if table.migrations().is_some() {
        return migrations_table::create_table_sql(table);
    }
    format!(
        "CREATE TABLE {} (
    id serial NOT NULL,
    version character varying(50) NOT NULL,
    description character varying(200) NOT NULL,
    type integer NOT NULL,
    script character varying(1000) NOT NULL,
    checksum character varying(32) NOT NULL,
    installed_by character varying(100) NOT NULL,
    installed_on timestamp without time zone NOT NULL DEFAULT now(),
    execution_time integer NOT NULL,
    success boolean NOT NULL,
    PRIMARY KEY (id),
    EXCLUDE (version WITH =) WHERE (type = 0)
)",
        table.to_sql()
    )
}

/// A row to be made; the server fills in who made it and when.
pub(super) struct NewRecord<'a> {
    pub(super) version: &'a Version,
    pub(super) description: &'a str,
    pub(super) type_code: i32,
    pub(super) script: &'a str,
    pub(super) checksum: &'a str,
    pub(super) milliseconds: i32,
    pub(super) success: bool,
}

impl NewRecord<'_> {
    /// `INSERT` of the row.
    pub(super) fn insert_sql(&self, table: &TableName) -> String {
        let Self { version, description, type_code, script, checksum, milliseconds, success } =
            self;
        format!(
            "INSERT INTO {} (version, description, type, script, checksum, installed_by, \
             execution_time, success) VALUES ({}, {}, {type_code}, {}, {}, \
             pg_catalog.left(session_user::pg_catalog.text, 100), {milliseconds}, {success})",
            table.to_sql(),
            quote_literal(&version.to_string()),
            quote_literal(description),
            quote_literal(&last_characters(script, 1000)),
            quote_literal(checksum),
        )
    }
}

/// The end of a path that is too long for its column says more than the start.
fn last_characters(text: &str, most: usize) -> String {
    let count = text.chars().count();
    text.chars().skip(count.saturating_sub(most)).collect()
}
