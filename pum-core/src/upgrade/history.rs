use std::collections::HashMap;

use super::repeatable_table::select_sql;
use super::{Installed, Migrations, Record, TableName, UpgradeError, migrations_table};
use crate::connect::{SessionOn, quote_literal, rows};
use crate::delta::{DeltaName, Project, Version};

/// The contents of an upgrades table, in the order of its rows.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct History {
    /// The rows.
    pub records: Vec<Record>,
    /// The repeatable scripts that were run, in order.
    pub repeatable: Vec<Installed>,
    /// Other contents of the table if it is one of PUM 1.
    pub migrations: Option<Migrations>,
}

impl History {
    /// Reads the upgrades table; `None` if it does not exist.
    ///
    /// # Errors
    ///
    /// If the server does not answer, or the table is not one of pum's.
    pub fn read(
        session: &mut SessionOn<'_>,
        table: &TableName,
    ) -> Result<Option<Self>, UpgradeError> {
        let label = session.settings().label().to_owned();
        let failed = |source: postgres::Error| {
            UpgradeError::server(
                format!("cannot read the upgrades table {table} of {label}"),
                &source,
            )
        };
        // One round trip for the usual case: the simple protocol needs no prepared statement.
        let query = format!(
            "SELECT version, description, type, script, checksum, installed_by, installed_on, \
             execution_time, success FROM {} ORDER BY id; \
             SELECT pg_catalog.to_regclass({}) IS NOT NULL",
            table.to_sql(),
            quote_literal(&table.repeatable().to_sql())
        );
        let messages = match session.client().simple_query(&query) {
            Ok(messages) => messages,
            Err(err) if is_missing(&err) => return Ok(None),
            Err(err) if err.code() == Some(&postgres::error::SqlState::UNDEFINED_COLUMN) => {
                // Perhaps it is one of PUM 1; else the first error says more.
                return migrations_table::read(session, table)
                    .map(|(records, migrations)| {
                        let migrations = Some(migrations);
                        Some(Self { records, repeatable: Vec::new(), migrations })
                    })
                    .map_err(|own| own.unwrap_or_else(|| failed(err)));
            }
            Err(err) => return Err(failed(err)),
        };
        let mut answer: Vec<_> = rows(&messages).collect();
        let has_repeatable = answer.pop().is_some_and(|row| row.get(0) == Some("t"));
        let mut records = Vec::with_capacity(answer.len());
        for row in answer {
            records.push(record(row, table, &label)?);
        }
        let mut repeatable = Vec::new();
        if has_repeatable {
            let messages = session.client().simple_query(&select_sql(table)).map_err(failed)?;
            repeatable = rows(&messages).map(Installed::from_row).collect();
        }
        Ok(Some(Self { records, repeatable, migrations: None }))
    }

    /// Reads the upgrades table, which must exist.
    ///
    /// # Errors
    ///
    /// As [`read`](Self::read), and if the table does not exist.
    pub fn expect(session: &mut SessionOn<'_>, table: &TableName) -> Result<Self, UpgradeError> {
        let label = session.settings().label().to_owned();
        let missing = || UpgradeError::NoTable { table: table.clone(), label };
        Self::read(session, table)?.ok_or_else(missing)
    }

    /// The table as it was found.
    pub(super) fn in_form(&self, table: &TableName) -> TableName {
        table.in_form(self.migrations.clone())
    }

    /// Whether a table of PUM 1 is of this project: what is refused before anything else is looked
    /// at.
    pub(super) fn expect_project(&self, project: Option<&Project>) -> Result<(), UpgradeError> {
        let Some(migrations) = &self.migrations else { return Ok(()) };
        let Some(project) = project else { return Err(UpgradeError::NotAProject) };
        if let Some(wanted) = &project.module
            && !migrations.module.is_empty()
            && migrations.module != *wanted
        {
            let (installed, wanted) = (migrations.module.clone(), wanted.clone());
            return Err(UpgradeError::OtherModule { installed, wanted });
        }
        Ok(())
    }

    /// The current version of the database: the highest version of all successful rows.
    pub fn current_version(&self) -> Option<&Version> {
        self.records.iter().filter(|record| record.success).map(|record| &record.version).max()
    }

    /// The rows of deltas that were started but not completed.
    pub fn unfinished(&self) -> impl Iterator<Item = &Record> {
        let same = |a: &Record, b: &Record| {
            (&a.version, &a.description, a.type_code) == (&b.version, &b.description, b.type_code)
        };
        // There are few that did not succeed.
        self.records.iter().filter(move |record| {
            !record.success && !self.records.iter().any(|r| r.success && same(r, record))
        })
    }

    /// The version of the highest baseline.
    pub fn baseline_version(&self) -> Option<&Version> {
        let is_baseline = |record: &&Record| record.success && record.type_code == 0;
        self.records.iter().filter(is_baseline).map(|record| &record.version).max()
    }
}

/// What a history says of each delta, for looking up many.
pub(super) struct Recorded<'a> {
    applied: HashMap<(&'a Version, &'a str, i32), &'a Record>,
    /// The version of the highest baseline.
    pub(super) baseline: Option<&'a Version>,
}

impl<'a> Recorded<'a> {
    pub(super) fn new(history: &'a History) -> Self {
        let mut applied = HashMap::new();
        for record in history.records.iter().filter(|record| record.success) {
            let key = (&record.version, record.description.as_str(), record.type_code);
            applied.entry(key).or_insert(record);
        }
        Self { applied, baseline: history.baseline_version() }
    }

    /// The row that says that the delta was applied.
    pub(super) fn record(&self, delta: &DeltaName) -> Option<&'a Record> {
        let key = (&delta.version, delta.name.as_str(), delta.type_code());
        self.applied.get(&key).copied()
    }
}

/// The table or its schema does not exist.
fn is_missing(err: &postgres::Error) -> bool {
    use postgres::error::SqlState;
    matches!(err.code(), Some(&SqlState::UNDEFINED_TABLE | &SqlState::INVALID_SCHEMA_NAME))
}

fn record(
    row: &postgres::SimpleQueryRow,
    table: &TableName,
    label: &str,
) -> Result<Record, UpgradeError> {
    let text = |at: usize| row.try_get(at).ok().flatten().unwrap_or_default();
    let number = |at: usize| text(at).parse().unwrap_or_default();
    let version = text(0).parse().map_err(|_| UpgradeError::RecordedVersion {
        table: table.clone(),
        label: label.to_owned(),
        version: text(0).to_owned(),
    })?;
    Ok(Record {
        version,
        description: text(1).to_owned(),
        type_code: number(2),
        script: text(3).to_owned(),
        checksum: text(4).to_owned(),
        installed_by: text(5).to_owned(),
        installed_on: text(6).to_owned(),
        execution_time: number(7),
        success: text(8) == "t",
    })
}
