//! Reads and writes the table `pum_migrations` of PUM 1, which can be used as the upgrades table.
//!
//! It has one row per version, not per file, and no checksums, so changed files of an applied
//! version cannot be detected.

use std::fmt::Write;
use std::path::PathBuf;

use super::migrations::{TABLE_VERSION, WRITTEN_BY};
use super::record::Record;
use super::{Migrations, TableName, UpgradeError};
use crate::connect::{SessionOn, quote_ident, quote_literal, rows};
use crate::delta::Version;

/// Reads the table. Fails with `None` where the server refuses, as when it is no such table.
pub(super) fn read(
    session: &mut SessionOn<'_>,
    table: &TableName,
) -> Result<(Vec<Record>, Migrations), Option<UpgradeError>> {
    let sql = format!(
        "SELECT version, module, beta_testing, \
                coalesce(pg_catalog.array_to_string(changelog_files, ', '), ''), \
                coalesce(parameters, '{{}}'), date_installed, migration_table_version, \
                pg_catalog.to_jsonb(t) ? 'pum_version' \
         FROM {} t ORDER BY date_installed, version",
        table.to_sql()
    );
    let messages = session.client().simple_query(&sql).map_err(|_| None)?;
    let label = session.settings().label().to_owned();
    let mut records = Vec::new();
    let mut last: Option<(Version, Migrations)> = None;
    for row in rows(&messages) {
        let text = |at: usize| row.try_get(at).ok().flatten().unwrap_or_default();
        let version = Version::of_two_or_three(text(0)).ok_or_else(|| {
            Some(UpgradeError::RecordedVersion {
                table: table.clone(),
                label: label.clone(),
                version: text(0).to_owned(),
            })
        })?;
        let files = text(3).to_owned();
        let is_baseline = files.is_empty();
        records.push(Record {
            version: version.clone(),
            description: if is_baseline { "baseline".to_owned() } else { String::new() },
            type_code: if is_baseline { 0 } else { 8 },
            script: files,
            checksum: String::new(),
            installed_by: String::new(),
            installed_on: text(5).to_owned(),
            execution_time: 0,
            success: true,
        });
        let migrations = Migrations {
            module: text(1).to_owned(),
            beta_testing: text(2) == "t",
            parameters: text(4).to_owned(),
            table_version: text(6).parse().unwrap_or(TABLE_VERSION),
            has_pum_version: text(7) == "t",
        };
        if last.as_ref().is_none_or(|(highest, _)| *highest <= version) {
            last = Some((version, migrations));
        }
    }
    Ok((records, last.map(|(_, migrations)| migrations).unwrap_or_default()))
}

/// The schema, if it is not there, as PUM 1 makes it, and `CREATE TABLE`, column for column as PUM
/// 1.8 has it.
pub(super) fn create_table_sql(table: &TableName) -> String {
    format!(
        "CREATE SCHEMA IF NOT EXISTS {};
CREATE TABLE {} (
    id uuid DEFAULT gen_random_uuid() PRIMARY KEY,
    date_installed timestamp without time zone NOT NULL DEFAULT now(),
    module character varying(50) NOT NULL,
    version character varying(50) NOT NULL,
    beta_testing boolean NOT NULL DEFAULT false,
    changelog_files text[],
    parameters jsonb,
    migration_table_version integer NOT NULL DEFAULT {TABLE_VERSION},
    pum_version character varying(50) NOT NULL DEFAULT '{WRITTEN_BY}'
); COMMENT ON TABLE {} IS 'migration_table_version: {TABLE_VERSION}'",
        quote_ident(table.schema()),
        table.to_sql(),
        table.to_sql()
    )
}

/// `INSERT` of a row: of a delta with its files, or of a baseline without any.
pub(super) fn insert_sql(
    table: &TableName,
    migrations: &Migrations,
    version: &str,
    paths: &[PathBuf],
) -> String {
    let Migrations { module, beta_testing, parameters, table_version, has_pum_version } =
        migrations;
    let mut files = String::new();
    for path in paths {
        let comma = if files.is_empty() { "" } else { ", " };
        // Writing to a `String` cannot fail.
        let _ = write!(files, "{comma}{}", quote_literal(&path.to_string_lossy()));
    }
    let (column, value) = if *has_pum_version {
        (", pum_version", format!(", '{WRITTEN_BY}'"))
    } else {
        ("", String::new())
    };
    // The clock, and not the time of the transaction: of several rows of one the last is the last.
    format!(
        "INSERT INTO {} (module, version, beta_testing, migration_table_version, changelog_files, \
         parameters, date_installed{column}) VALUES ({}, {}, {beta_testing}, {table_version}, \
         ARRAY[{files}]::pg_catalog.text[], {}, pg_catalog.clock_timestamp(){value})",
        table.to_sql(),
        quote_literal(module),
        quote_literal(version),
        quote_literal(parameters)
    )
}

/// A condition: the row is of this version.
pub(super) fn is_version_sql(version: &Version) -> String {
    let full = version.to_string();
    let short = full.strip_suffix(".0").unwrap_or(&full);
    format!("version IN ({}, {})", quote_literal(&full), quote_literal(short))
}

/// An expression: whether a version is recorded.
pub(super) fn recorded_sql(table: &TableName, version: &Version) -> String {
    format!("EXISTS (SELECT 1 FROM {} WHERE {})", table.to_sql(), is_version_sql(version))
}
