use super::VerifyError;
use super::session::{failure, open};
use crate::Interrupt;
use crate::connect::Settings;

/// A database of a server.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct OneDatabase {
    /// Its name.
    pub name: String,
    /// Why it does not accept connections, if it does not.
    pub closed: Option<String>,
}

/// All databases of a server, by name ("pg_database").
///
/// # Errors
///
/// If the server does not answer.
pub fn databases(
    settings: &Settings,
    interrupt: &Interrupt,
) -> Result<Vec<OneDatabase>, VerifyError> {
    const QUERY: &str =
        "SELECT datname, datallowconn, datconnlimit = -2 FROM pg_database ORDER BY 1";
    let mut session = open(settings, std::time::Duration::ZERO, interrupt)?;
    let rows = session.ask_alone(QUERY).map_err(|err| match interrupt.check() {
        Ok(()) => failure("list the databases", &session, &err),
        Err(stopped) => stopped.into(),
    })?;
    let one = |row: &super::sql::Row| OneDatabase {
        name: row.text(0),
        closed: if row.is_true(2) {
            Some("a DROP DATABASE of it was interrupted: drop it again".to_owned())
        } else {
            (!row.is_true(1)).then(|| "it allows no connections".to_owned())
        },
    };
    Ok(rows.iter().map(one).collect())
}
