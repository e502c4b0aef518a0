//! Properties of databases other than their objects, and creating databases.

use super::{DatabaseProperties, DumpError};
use crate::Interrupt;
use crate::connect::{
    ConnectError, FailureKind, Holding, Session, Settings, quote_ident, quote_literal,
};

/// Whether nothing would be lost with a database: there is no object in it but those of extensions. Schemas
/// and extensions may be there.
///
/// # Errors
///
/// If the server does not answer.
pub fn is_empty(session: &mut Session) -> Result<bool, DumpError> {
    Ok(!matches!(session.holding()?, Holding::Object(_)))
}

/// A session on the server of `settings`, on a maintenance database.
///
/// # Errors
///
/// If no maintenance database can be connected to.
pub fn maintenance_session(
    settings: &Settings,
    interrupt: &Interrupt,
) -> Result<Session, DumpError> {
    let postgres = Session::open(&settings.with("dbname", "postgres")?, interrupt);
    match postgres {
        Err(err) if is_missing_database(&err) => {
            Ok(Session::open(&settings.with("dbname", "template1")?, interrupt)?)
        }
        other => Ok(other?),
    }
}

/// The same for one who renames and drops the database of `settings`, even if it is that one.
pub(super) fn session_beside(
    settings: &Settings,
    interrupt: &Interrupt,
) -> Result<Session, DumpError> {
    if settings.database() == "postgres" {
        return Ok(Session::open(&settings.with("dbname", "template1")?, interrupt)?);
    }
    maintenance_session(settings, interrupt)
}

pub(super) fn is_missing_database(err: &ConnectError) -> bool {
    err.failure() == Some(FailureKind::NoSuchDatabase)
}

/// A session on a database that may not exist.
///
/// # Errors
///
/// If the server cannot be reached, or refuses the connection for any reason other than a missing
/// database.
pub fn open_if_exists(
    settings: &Settings,
    interrupt: &Interrupt,
) -> Result<Option<Session>, DumpError> {
    match Session::open(settings, interrupt) {
        Ok(session) => Ok(Some(session)),
        Err(err) if is_missing_database(&err) => Ok(None),
        Err(err) => Err(err.into()),
    }
}

/// Creates an empty database as `settings` name it, replacing one of that name.
///
/// # Errors
///
/// If the server refuses it.
pub fn create_empty(
    settings: &Settings,
    properties: Option<&DatabaseProperties>,
    interrupt: &Interrupt,
) -> Result<(), DumpError> {
    let mut server = maintenance_session(settings, interrupt)?;
    let name = settings.database();
    server
        .client()
        .batch_execute(&format!("DROP DATABASE IF EXISTS {}", quote_ident(name)))
        .map_err(|err| DumpError::server(format!("cannot drop the database \"{name}\""), &err))?;
    create(&mut server, name, properties).map(drop)
}

/// How a database is made soonest. A copy of the files needs checkpoints, which cost nothing only
/// where nothing is written to disk in time, as on a scratch server: 15 ms there, and 50 by WAL.
fn strategy(server: &mut Session) -> &'static str {
    const QUERY: &str = "SELECT pg_catalog.current_setting('fsync') OPERATOR(pg_catalog.=) 'off'";
    let is_disposable = server.version().major() >= 15
        && server.client().query_one(QUERY, &[]).is_ok_and(|row| row.get(0));
    if is_disposable { " STRATEGY FILE_COPY" } else { "" }
}

/// Makes an empty database from `template0`, with the properties as far as the server has the
/// locale. Tells whether it has.
pub(super) fn create(
    server: &mut Session,
    name: &str,
    properties: Option<&DatabaseProperties>,
) -> Result<bool, DumpError> {
    let base =
        format!("CREATE DATABASE {} TEMPLATE template0{}", quote_ident(name), strategy(server));
    let failed = |err: &postgres::Error| {
        DumpError::server(format!("cannot create the database \"{name}\""), err)
    };
    let Some(wanted) = properties else {
        return server.client().batch_execute(&base).map(|()| true).map_err(|err| failed(&err));
    };
    let same_locale = base.clone() + &wanted.locale_clause(server.version().major());
    if server.client().batch_execute(&same_locale).is_ok() {
        return Ok(true);
    }
    let same_encoding =
        format!("{base} ENCODING {} LC_COLLATE 'C' LC_CTYPE 'C'", quote_literal(&wanted.encoding));
    server.client().batch_execute(&same_encoding).map(|()| false).map_err(|err| failed(&err))
}
