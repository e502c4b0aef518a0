//! What a database has beside its objects, and making databases.

use super::DumpError;
use crate::Interrupt;
use crate::connect::{ConnectError, FailureKind, Session, Settings, literal, quoted};

/// What belongs to a database and not to an object in it. A dump without `--create` loses it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DatabaseProperties {
    /// Character set encoding.
    pub encoding: String,
    /// `LC_COLLATE`
    pub collate: String,
    /// `LC_CTYPE`
    pub ctype: String,
    /// The role that owns it.
    pub owner: String,
    /// `ALTER DATABASE … SET`, each as `name=value`.
    pub settings: Vec<String>,
}

impl DatabaseProperties {
    /// Reads those of the database that the session is connected to.
    pub fn read(session: &mut Session) -> Result<Self, DumpError> {
        let query = "SELECT pg_catalog.pg_encoding_to_char(d.encoding)::text, \
                            d.datcollate::text, d.datctype::text, \
                            pg_catalog.pg_get_userbyid(d.datdba)::text, \
                            coalesce((SELECT s.setconfig FROM pg_catalog.pg_db_role_setting s \
                                      WHERE s.setdatabase = d.oid AND s.setrole = 0), '{}') \
                     FROM pg_catalog.pg_database d WHERE d.datname = current_database()";
        let row = session.client().query_one(query, &[]).map_err(|err| {
            DumpError::server("cannot read the database's properties".to_owned(), &err)
        })?;
        Ok(Self {
            encoding: row.get(0),
            collate: row.get(1),
            ctype: row.get(2),
            owner: row.get(3),
            settings: row.get(4),
        })
    }
}

/// Whether a database holds no tables, views, sequences or functions of its own.
pub fn is_empty(session: &mut Session) -> Result<bool, DumpError> {
    let query = "SELECT NOT EXISTS ( \
                     SELECT FROM pg_catalog.pg_class c \
                     JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace \
                     WHERE n.nspname !~ '^pg_' AND n.nspname <> 'information_schema' \
                       AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend d \
                                       WHERE d.objid = c.oid AND d.deptype = 'e')) \
                 AND NOT EXISTS ( \
                     SELECT FROM pg_catalog.pg_proc p \
                     JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace \
                     WHERE n.nspname !~ '^pg_' AND n.nspname <> 'information_schema' \
                       AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend d \
                                       WHERE d.objid = p.oid AND d.deptype = 'e'))";
    session
        .client()
        .query_one(query, &[])
        .map(|row| row.get(0))
        .map_err(|err| DumpError::server("cannot look into the database".to_owned(), &err))
}

/// A session on the server of `settings`, on a database that is there for such purposes.
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

fn is_missing_database(err: &ConnectError) -> bool {
    err.failure() == Some(FailureKind::NoSuchDatabase)
}

/// A session on a database that may not exist.
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

/// Makes the database that `settings` names, empty; one of that name on the same server goes.
pub fn create_empty(
    settings: &Settings,
    properties: Option<&DatabaseProperties>,
    interrupt: &Interrupt,
) -> Result<(), DumpError> {
    let mut server = maintenance_session(settings, interrupt)?;
    let name = settings.database();
    server
        .client()
        .batch_execute(&format!("DROP DATABASE IF EXISTS {}", quoted(name)))
        .map_err(|err| DumpError::server(format!("cannot drop the database \"{name}\""), &err))?;
    create(&mut server, name, properties).map(drop)
}

/// Makes an empty database from `template0`, with the properties as far as the server has the
/// locale. Tells whether it has.
pub(super) fn create(
    server: &mut Session,
    name: &str,
    properties: Option<&DatabaseProperties>,
) -> Result<bool, DumpError> {
    let base = format!("CREATE DATABASE {} TEMPLATE template0", quoted(name));
    let failed = |err: &postgres::Error| {
        DumpError::server(format!("cannot create the database \"{name}\""), err)
    };
    let Some(wanted) = properties else {
        return server.client().batch_execute(&base).map(|()| true).map_err(|err| failed(&err));
    };
    let same_locale = format!(
        "{base} ENCODING {} LC_COLLATE {} LC_CTYPE {}",
        literal(&wanted.encoding),
        literal(&wanted.collate),
        literal(&wanted.ctype)
    );
    if server.client().batch_execute(&same_locale).is_ok() {
        return Ok(true);
    }
    let same_encoding =
        format!("{base} ENCODING {} LC_COLLATE 'C' LC_CTYPE 'C'", literal(&wanted.encoding));
    server.client().batch_execute(&same_encoding).map(|()| false).map_err(|err| failed(&err))
}

/// `ALTER DATABASE … SET` for all settings that the source has.
pub(super) fn copy_settings(
    server: &mut Session,
    name: &str,
    properties: &DatabaseProperties,
) -> Result<(), DumpError> {
    for setting in &properties.settings {
        let Some((parameter, value)) = setting.split_once('=') else { continue };
        // Lists such as search_path are stored ready to use; a single value is not.
        let value = if matches!(
            parameter,
            "search_path"
                | "DateStyle"
                | "temp_tablespaces"
                | "session_preload_libraries"
                | "local_preload_libraries"
        ) {
            value.to_owned()
        } else {
            literal(value)
        };
        let sql =
            format!("ALTER DATABASE {} SET {} TO {value}", quoted(name), parameter_name(parameter));
        server.client().batch_execute(&sql).map_err(|err| {
            DumpError::server(format!("cannot set {parameter} of database \"{name}\""), &err)
        })?;
    }
    Ok(())
}

/// A parameter's name, `extension.parameter` in two parts.
fn parameter_name(name: &str) -> String {
    name.split('.').map(quoted).collect::<Vec<_>>().join(".")
}
