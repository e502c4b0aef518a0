use super::upgrades_table::{NewRecord, create_table_sql};
use super::{History, TableName, UpgradeError, migrations_table};
use crate::connect::{Holding, ServerMessage, SessionOn, quote_ident, quote_literal, rows};
use crate::delta::Version;

/// The source of the version of a database without an upgrades table.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum BaselineSource {
    /// This version.
    Version(Version),
    /// A query that returns one row with one column, such as `SELECT version FROM sys.versions`.
    Query(String),
}

impl BaselineSource {
    /// The version; the query runs in a read-only transaction.
    ///
    /// # Errors
    ///
    /// If the query fails, or does not return a version.
    pub fn version(&self, session: &mut SessionOn<'_>) -> Result<Version, UpgradeError> {
        let query = match self {
            Self::Version(version) => return Ok(version.clone()),
            Self::Query(query) => query,
        };
        let wrong = |message: String| UpgradeError::BaselineQuery { query: query.clone(), message };
        let sql = query.trim().trim_end_matches(';');
        let answer = session
            .client()
            .simple_query(&format!("BEGIN READ ONLY;{sql};ROLLBACK"))
            .map_err(|err| wrong(ServerMessage::new(&err).to_string()));
        if answer.is_err() {
            // The failed transaction is still open.
            let _ = session.client().batch_execute("ROLLBACK");
        }
        let answer = answer?;
        let text =
            |row: &postgres::SimpleQueryRow| row.try_get(0).ok().flatten().map(str::to_owned);
        let values: Vec<String> = rows(&answer).map(|row| text(row).unwrap_or_default()).collect();
        match values.as_slice() {
            [version] => version
                .trim()
                .parse()
                .map_err(|err: crate::delta::InvalidVersion| wrong(err.to_string())),
            rows => Err(wrong(format!("expected one row, got {}", rows.len()))),
        }
    }
}

/// Whether a database is empty and has no upgrades table, as [`create_baseline`] needs it. Extensions and
/// schemas without objects may be there.
///
/// # Errors
///
/// If there is no upgrades table and the database has objects, or the server refuses to tell.
pub fn is_new_database(
    session: &mut SessionOn<'_>,
    table: &TableName,
) -> Result<bool, UpgradeError> {
    if History::read(session, table)?.is_some() {
        return Ok(false);
    }
    let label = session.settings().label().to_owned();
    if let Holding::Object(object) = session.holding()? {
        return Err(UpgradeError::NotEmpty { label, table: table.to_string(), object });
    }
    Ok(true)
}

/// Records version 0.0.0 as the baseline of an empty database, so that all deltas are pending. Gives whether
/// it did: a database that has the upgrades table stays as it is. The schema of the table is created if it is
/// missing.
///
/// # Errors
///
/// As [`is_new_database`], or if the server refuses it.
pub fn create_baseline(
    session: &mut SessionOn<'_>,
    table: &TableName,
) -> Result<bool, UpgradeError> {
    if !is_new_database(session, table)? {
        return Ok(false);
    }
    set_first_baseline(session, table, &Version::new(0, 0, 0))?;
    Ok(true)
}

/// As [`set_baseline`], for a database that is new: the schema of the upgrades table is created if it is
/// missing.
///
/// # Errors
///
/// As [`set_baseline`].
pub(crate) fn set_first_baseline(
    session: &mut SessionOn<'_>,
    table: &TableName,
    version: &Version,
) -> Result<(), UpgradeError> {
    // Not `IF NOT EXISTS`, which needs the privilege to create one also where it is there.
    let schema = quote_ident(table.schema());
    let found = format!(
        "SELECT FROM pg_catalog.pg_namespace WHERE nspname = {}",
        quote_literal(table.schema())
    );
    let label = session.settings().label().to_owned();
    let failed = |err: postgres::Error| {
        UpgradeError::server(format!("cannot look for the schema {schema} in {label}"), &err)
    };
    let is_there = rows(&session.client().simple_query(&found).map_err(failed)?).next().is_some();
    let before = if is_there { String::new() } else { format!("CREATE SCHEMA {schema};\n") };
    record_baseline(session, table, version, &before)
}

/// Records `version` as the baseline of a database and creates the upgrades table if it does not
/// exist, in one transaction. Its schema must be there.
///
/// [`TableName::of_pum_1`] is created as in PUM 1.
///
/// # Errors
///
/// If the table already records this version or a higher one, or the server refuses it.
pub fn set_baseline(
    session: &mut SessionOn<'_>,
    table: &TableName,
    version: &Version,
) -> Result<(), UpgradeError> {
    record_baseline(session, table, version, "")
}

/// Records a baseline in one transaction with what comes before it.
fn record_baseline(
    session: &mut SessionOn<'_>,
    table: &TableName,
    version: &Version,
    before: &str,
) -> Result<(), UpgradeError> {
    let label = session.settings().label().to_owned();
    let history = History::read(session, table)?;
    if let Some(current) = history.as_ref().and_then(History::current_version)
        && version <= current
    {
        let (current, wanted) = (current.clone(), version.clone());
        return Err(UpgradeError::BaselineTooLow { label, current, wanted });
    }
    let found = history.as_ref().map(|history| history.in_form(table));
    let table = found.as_ref().unwrap_or(table);
    let mut sql = format!("BEGIN;\n{before}");
    if history.is_none() {
        sql.push_str(&create_table_sql(table));
        sql.push_str(";\n");
    }
    sql.push_str(&match table.migrations() {
        Some(found) => migrations_table::insert_sql(table, found, &version.to_string(), &[]),
        None => baseline_row(version).insert_sql(table),
    });
    sql.push_str(";\nCOMMIT");
    session.client().batch_execute(&sql).map_err(|err| {
        let _ = session.client().batch_execute("ROLLBACK");
        UpgradeError::server(format!("cannot set the baseline of {label} in {table}"), &err)
    })
}

fn baseline_row(version: &Version) -> NewRecord<'_> {
    NewRecord {
        version,
        description: "baseline",
        type_code: 0,
        script: "",
        checksum: "",
        milliseconds: 1,
        success: true,
    }
}
