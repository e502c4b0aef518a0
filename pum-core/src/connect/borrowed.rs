//! A connection that the program lends: what it is, and what the program wants to find again.

use postgres::{Client, SimpleQueryMessage, SimpleQueryRow};

use super::attempt::GUARD;
use super::error::ConnectError;
use super::settings::Settings;
use super::version::ServerVersion;
use crate::sql::{quote_ident, quote_literal};

/// The facts about the connection.
pub(super) struct BorrowedConnection {
    pub(super) version: ServerVersion,
    pub(super) in_recovery: bool,
    pub(super) read_only: bool,
    pub(super) is_superuser: bool,
    pub(super) encoding: String,
    pub(super) settings: Settings,
}

/// What the program set before it borrowed its connection, as SQL that sets it again; every part
/// begins with a semicolon.
pub(super) struct SessionState {
    settings: String,
    channels: String,
    pub(super) role: String,
}

impl SessionState {
    /// What follows a reset to the state in which connections begin.
    pub(super) fn sql(&self) -> String {
        // The settings first: a role may not set what its superior set before.
        format!("{}{}{}", self.settings, self.channels, self.role)
    }
}

/// A transaction began before the message that asks; the `session_user` may be another one than
/// the one that logged in.
const WHO: &str = "select pg_catalog.now() operator(pg_catalog.<>) pg_catalog.statement_timestamp(), \
     session_user, pg_catalog.current_setting('role'), current_user, \
     pg_catalog.current_database()";

/// What the program set. Values are in the unit of the setting, which `set_config` takes.
const SETTINGS: &str = "select name, setting from pg_catalog.pg_settings \
     where source operator(pg_catalog.=) 'session' \
       and context operator(pg_catalog.=) any ('{user,superuser}'::text[]) order by name";

const CHANNELS: &str = "select * from pg_catalog.pg_listening_channels()";

/// Looks at the connection, without changing anything.
pub(super) fn read_state(
    client: &mut Client,
) -> Result<(BorrowedConnection, SessionState), ConnectError> {
    let label = "the program's own connection";
    let failed = |source| ConnectError::Query {
        label: label.to_owned(),
        action: "read its settings",
        cause: source,
    };
    let [guard, who] = [GUARD, WHO].map(|query| rows(client, query));
    let (guard, who) = (guard.map_err(failed)?, who.map_err(failed)?);
    let column = |rows: &[SimpleQueryRow], at: usize| {
        rows.first().and_then(|row| row.get(at)).unwrap_or_default().to_owned()
    };
    if column(&who, 0) == "t" {
        let reason = "a transaction is open on it; commit it or roll it back first".to_owned();
        return Err(ConnectError::Borrowed { label: label.to_owned(), reason });
    }
    let version = ServerVersion(column(&guard, 0).parse().unwrap_or(0));
    if version < ServerVersion::OLDEST {
        return Err(ConnectError::TooOld { label: label.to_owned(), version });
    }
    let connection = BorrowedConnection {
        version,
        in_recovery: column(&guard, 1) == "t",
        read_only: column(&guard, 2) == "on",
        is_superuser: column(&guard, 3) == "on",
        encoding: column(&guard, 4),
        settings: Settings::of_borrowed(column(&who, 3), column(&who, 4)),
    };
    let mut role = format!("; SET SESSION AUTHORIZATION {}", quote_ident(&column(&who, 1)));
    if column(&who, 2) != "none" {
        role += &format!("; SET ROLE {}", quote_ident(&column(&who, 2)));
    }
    let settings = rows(client, SETTINGS).map_err(failed)?;
    let settings = settings.iter().map(|row| {
        let [name, value] = [0, 1].map(|at| quote_literal(row.get(at).unwrap_or_default()));
        format!("; SELECT pg_catalog.set_config({name}, {value}, false)")
    });
    let channels = rows(client, CHANNELS).map_err(failed)?;
    let channels = channels.iter().filter_map(|row| row.get(0));
    let channels = channels.map(|channel| format!("; LISTEN {}", quote_ident(channel))).collect();
    Ok((connection, SessionState { settings: settings.collect(), channels, role }))
}

/// Refuses temporary tables and cursors, which the reset between deltas would drop.
pub(super) fn expect_nothing_to_lose(
    client: &mut Client,
    settings: &Settings,
) -> Result<(), ConnectError> {
    const QUERY: &str = "select relname::text from pg_catalog.pg_class \
         where relnamespace operator(pg_catalog.=) pg_catalog.pg_my_temp_schema() \
         union all select name from pg_catalog.pg_cursors limit 1";
    let label = settings.label().to_owned();
    match rows(client, QUERY) {
        Ok(rows) => match rows.first().and_then(|row| row.get(0)) {
            None => Ok(()),
            Some(name) => {
                let reason = format!(
                    "it has the temporary table or cursor \"{name}\", which would be lost between \
                     deltas; drop it, or pass another connection"
                );
                Err(ConnectError::Borrowed { label, reason })
            }
        },
        Err(source) => {
            let action = "look for temporary tables";
            Err(ConnectError::Query { label, action, cause: source })
        }
    }
}

fn rows(client: &mut Client, query: &str) -> Result<Vec<SimpleQueryRow>, postgres::Error> {
    let messages = client.simple_query(query)?.into_iter();
    Ok(messages
        .filter_map(|message| match message {
            SimpleQueryMessage::Row(row) => Some(row),
            _ => None,
        })
        .collect())
}
