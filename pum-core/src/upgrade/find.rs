//! Upgrades tables of a database, for somebody who does not know them.

use super::migrations;
use super::{TableName, UpgradeError};
use crate::connect::Session;

/// Tables with all columns of an upgrades table, or of PUM 1.
const TABLES: &str = "\
SELECT n.nspname::pg_catalog.text, c.relname::pg_catalog.text \
FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace \
WHERE c.relkind IN ('r', 'p') AND n.nspname !~ '^pg_' \
AND (c.relname = $1 OR 9 = (SELECT pg_catalog.count(*) FROM pg_catalog.pg_attribute a \
     WHERE a.attrelid = c.oid AND NOT a.attisdropped AND a.attname IN ('version', 'description', \
     'type', 'script', 'checksum', 'installed_by', 'installed_on', 'execution_time', 'success'))) \
ORDER BY 1, 2";

/// The tables of a database that look like upgrades tables, by name.
pub fn find_tables(session: &mut Session) -> Result<Vec<TableName>, UpgradeError> {
    let rows = session.client().query(TABLES, &[&migrations::NAME]).map_err(|source| {
        let label = session.settings().label();
        UpgradeError::server(format!("cannot look for upgrades tables in {label}"), &source)
    })?;
    Ok(rows.iter().map(|row| TableName::new(row.get(0), row.get(1))).collect())
}
