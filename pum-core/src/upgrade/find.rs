//! Finds the upgrades tables of a database.

use super::migrations;
use super::{History, TableName, UpgradeError};
use crate::connect::Session;
use crate::delta::Version;
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

/// What every table of PUM 1 has, beside its key.
const COLUMNS_OF_PUM_1: &[&str] =
    &["date_installed", "module", "version", "changelog_files", "parameters"];

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
///
/// # Errors
///
/// If the server does not answer.
pub fn find_tables(session: &mut Session) -> Result<Vec<TableName>, UpgradeError> {
    let rows =
        session.client().query(TABLES, &[&migrations::NAME, &COLUMNS]).map_err(|source| {
            let label = session.settings().label();
            UpgradeError::server(format!("cannot look for upgrades tables in {label}"), &source)
        })?;
    Ok(rows.iter().map(|row| TableName::new(row.get(0), row.get(1))).collect())
}

/// What an upgrades table says.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct InstalledModule {
    /// The table.
    pub table: TableName,
    /// The module, in a table of PUM 1.
    pub module: Option<String>,
    /// The version that the database is at.
    pub version: Option<Version>,
    /// Whether it is a beta test, in a table of PUM 1.
    pub beta_testing: bool,
    /// Why the table could not be read.
    pub unreadable: Option<String>,
}

/// What the upgrades tables of a database say, but for this one; by name.
///
/// # Errors
///
/// If the server does not answer. A table that cannot be read is no error.
pub fn other_modules(
    session: &mut Session,
    but: &TableName,
) -> Result<Vec<InstalledModule>, UpgradeError> {
    let tables = find_tables(session)?.into_iter().filter(|table| table.path() != but.path());
    Ok(tables.map(|table| installed(session, table)).collect())
}

fn installed(session: &mut Session, table: TableName) -> InstalledModule {
    let mut installed = InstalledModule {
        table,
        module: None,
        version: None,
        beta_testing: false,
        unreadable: None,
    };
    match History::read(session, &installed.table) {
        Ok(history) => {
            let history = history.unwrap_or_default();
            installed.version = history.current_version().cloned();
            if let Some(migrations) = history.migrations {
                installed.module = Some(migrations.module).filter(|module| !module.is_empty());
                installed.beta_testing = migrations.beta_testing;
            }
        }
        Err(err) => installed.unreadable = Some(err.to_string()),
    }
    installed
}

/// Its name, if an object of a schema is a table with all columns of an upgrades table, or of PUM 1.
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
    [COLUMNS, COLUMNS_OF_PUM_1]
        .iter()
        .any(|columns| columns.iter().all(|column| has(column)))
        .then(|| TableName::new(schema.clone(), table.clone()))
}
