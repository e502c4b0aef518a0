//! Finds the upgrades tables of a database.

use super::migrations;
use super::{TableName, UpgradeError};
use crate::connect::Session;
use crate::model::{Identity, Kind, Model};

/// What every upgrades table has, beside its key.
const COLUMNS: &[&str] = &[
    "version",
    "description",
    "type",
    "script",
    "checksum",
    "installed_by",
    "installed_on",
    "execution_time",
    "success",
];

/// Tables with all columns of an upgrades table, or of PUM 1.
const TABLES: &str = "\
SELECT n.nspname::pg_catalog.text, c.relname::pg_catalog.text \
FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace \
WHERE c.relkind IN ('r', 'p') AND n.nspname !~ '^pg_' \
AND (c.relname = $1 OR pg_catalog.cardinality($2::pg_catalog.text[]) = \
     (SELECT pg_catalog.count(*) FROM pg_catalog.pg_attribute a \
     WHERE a.attrelid = c.oid AND NOT a.attisdropped AND a.attname = ANY ($2::pg_catalog.text[]))) \
ORDER BY 1, 2";

/// The tables of a database that look like upgrades tables, by name.
pub fn find_tables(session: &mut Session) -> Result<Vec<TableName>, UpgradeError> {
    let rows =
        session.client().query(TABLES, &[&migrations::NAME, &COLUMNS]).map_err(|source| {
            let label = session.settings().label();
            UpgradeError::server(format!("cannot look for upgrades tables in {label}"), &source)
        })?;
    Ok(rows.iter().map(|row| TableName::new(row.get(0), row.get(1))).collect())
}

/// Its name, if an object of a schema is a table with all columns of an upgrades table.
pub(crate) fn looks_like_one(object: &Identity, model: &Model) -> Option<TableName> {
    let Identity { kind: Kind::Table, schema, name: table, .. } = object else { return None };
    let has = |column: &str| {
        let column = Identity {
            kind: Kind::Column,
            schema: schema.clone(),
            parent: Some(table.clone()),
            name: column.to_owned(),
            arguments: None,
        };
        model.get(&column).is_some()
    };
    COLUMNS.iter().all(|column| has(column)).then(|| TableName::new(schema.clone(), table.clone()))
}
