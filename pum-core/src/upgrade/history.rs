use std::collections::HashMap;

use super::repeatable::select_sql;
use super::{Installed, Migrations, TableName, UpgradeError, migrations};
use crate::connect::{SessionOn, quote_literal};
use crate::delta::{Checksum, DeltaName, Version};

/// One row of an upgrades table.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Record {
    /// `version`
    pub version: Version,
    /// `description`: the delta's name, `baseline` for a baseline.
    pub description: String,
    /// `type`: 0 baseline, 4 Python, 8 SQL, +1 pre, +2 post.
    pub type_code: i32,
    /// `script`: the delta's file.
    pub script: String,
    /// `checksum`: MD5 of the file.
    pub checksum: String,
    /// `installed_by`: a role.
    pub installed_by: String,
    /// `installed_on`, as the server prints it.
    pub installed_on: String,
    /// `execution_time`, milliseconds where pum wrote it.
    pub execution_time: i32,
    /// `success`
    pub success: bool,
}

impl Record {
    /// The row that a baseline of this version makes, as far as planning needs it.
    pub fn baseline(version: Version) -> Self {
        Self {
            version,
            description: "baseline".to_owned(),
            type_code: 0,
            script: String::new(),
            checksum: String::new(),
            installed_by: String::new(),
            installed_on: String::new(),
            execution_time: 0,
            success: true,
        }
    }

    /// Whether this checksum is the recorded one. PUM 1 records none.
    pub(super) fn is_of(&self, checksum: &Checksum) -> bool {
        self.checksum.is_empty() || checksum.matches(&self.checksum)
    }

    /// Whether it is the row of this delta.
    pub(super) fn is_about(&self, delta: &DeltaName) -> bool {
        (&self.version, self.description.as_str(), self.type_code)
            == (&delta.version, delta.name.as_str(), delta.type_code())
    }

    /// The name of the delta's file, or as much of it as is known.
    pub fn script_name(&self) -> String {
        let name = self.script.rsplit(['/', '\\']).next().unwrap_or_default();
        if name.is_empty() {
            format!("delta {} {}", self.version, self.description).trim_end().to_owned()
        } else {
            name.to_owned()
        }
    }
}

/// What an upgrades table says, in the order of its rows.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct History {
    /// The rows.
    pub records: Vec<Record>,
    /// The repeatable scripts that were run, in their order.
    pub repeatable: Vec<Installed>,
    /// What else the table says if it is one of PUM 1.
    pub migrations: Option<Migrations>,
}

impl History {
    /// Reads the upgrades table. `None` if there is none.
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
                return migrations::read(session, table)
                    .map(Some)
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

    /// Reads the upgrades table, which must be there.
    pub fn expect(session: &mut SessionOn<'_>, table: &TableName) -> Result<Self, UpgradeError> {
        let label = session.settings().label().to_owned();
        let missing = || UpgradeError::NoTable { table: table.clone(), label };
        Self::read(session, table)?.ok_or_else(missing)
    }

    /// The table as it was found.
    pub(super) fn in_form(&self, table: &TableName) -> TableName {
        table.in_form(self.migrations.clone())
    }

    /// The version that the database is at: the highest of all successful rows.
    pub fn current_version(&self) -> Option<&Version> {
        self.records.iter().filter(|record| record.success).map(|record| &record.version).max()
    }

    /// The rows of deltas that were begun and not brought to their end.
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

pub(super) fn rows(
    messages: &[postgres::SimpleQueryMessage],
) -> impl Iterator<Item = &postgres::SimpleQueryRow> {
    messages.iter().filter_map(|message| match message {
        postgres::SimpleQueryMessage::Row(row) => Some(row),
        _ => None,
    })
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

/// `CREATE TABLE` for an upgrades table, column for column that of the Python program.
pub(super) fn create_table_sql(table: &TableName) -> String {
    if table.migrations().is_some() {
        return migrations::create_table_sql(table);
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

/// `INSERT` of one row.
#[expect(clippy::too_many_arguments, reason = "one for each column")]
pub(super) fn insert_sql(
    table: &TableName,
    version: &Version,
    description: &str,
    type_code: i32,
    script: &str,
    checksum: &str,
    milliseconds: i32,
    success: bool,
) -> String {
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

/// The end of a path that is too long for its column says more than the start.
fn last_characters(text: &str, most: usize) -> String {
    let count = text.chars().count();
    text.chars().skip(count.saturating_sub(most)).collect()
}
