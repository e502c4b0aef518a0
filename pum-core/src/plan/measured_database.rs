//! Databases that the server makes of a copy with rows, to measure on.

use std::time::Duration;

use super::error::MigrationError;
use super::measure_on::MeasureOn;
use crate::Interrupt;
use crate::compare::CompareError;
use crate::connect::{ServerMessage, Session, Settings, quote_ident, quote_literal};
use crate::dump::{OwnDatabase, drop_disposable, maintenance_session};

/// A database that was made of a copy, and is dropped.
pub(super) struct MeasuredDatabase {
    settings: Settings,
    /// The same in the name of who makes and drops it.
    maker: Settings,
    interrupt: Interrupt,
    /// What the copy is called.
    label: String,
    /// Whether it is there, and to be dropped.
    is_made: bool,
    /// Shows other runs that this one is alive.
    _alive: Option<Session>,
}

impl MeasuredDatabase {
    /// One that has all that the copy has. None if making it takes longer than `left`.
    pub(super) fn of(
        on: MeasureOn<'_>,
        left: Duration,
        interrupt: &Interrupt,
    ) -> Result<Option<Self>, MigrationError> {
        let label = on.copy.label().to_owned();
        let failed = |reason: String| MigrationError::Measured { label: label.clone(), reason };
        // The name that it really has.
        let own = Session::open(on.copy, interrupt).map_err(|err| failed(err.to_string()))?;
        let from = own.settings().database().to_owned();
        drop(own);
        let own = OwnDatabase::beside(&from, "measured");
        let named = |settings: &Settings| settings.with("dbname", own.name());
        let settings = named(on.copy).map_err(|err| failed(err.to_string()))?;
        let maker =
            named(on.superuser.unwrap_or(on.copy)).map_err(|err| failed(err.to_string()))?;
        let mut server =
            maintenance_session(&maker, interrupt).map_err(|err| failed(err.to_string()))?;
        let abandoned = OwnDatabase::drop_abandoned(&mut server, &from, "measured");
        let locked = abandoned.and_then(|()| own.lock(&mut server));
        locked.map_err(|err| failed(ServerMessage::new(&err).message))?;
        let (interrupt, alive) = (interrupt.clone(), Some(server));
        let made = Self { settings, maker, interrupt, label, is_made: false, _alive: alive };
        made.create(&from, left)
    }

    /// Another one that has what this one has.
    pub(super) fn again(&self, left: Duration) -> Result<Option<Self>, MigrationError> {
        let from = self.settings.database();
        let name = OwnDatabase::second_of(from);
        let failed =
            |reason: String| MigrationError::Measured { label: self.label.clone(), reason };
        let [settings, maker] =
            [&self.settings, &self.maker].map(|settings| settings.with("dbname", &name));
        let made = Self {
            settings: settings.map_err(|err| failed(err.to_string()))?,
            maker: maker.map_err(|err| failed(err.to_string()))?,
            interrupt: self.interrupt.clone(),
            label: self.label.clone(),
            is_made: false,
            _alive: None,
        };
        made.create(from, left)
    }

    /// Has the server make it.
    fn create(mut self, from: &str, left: Duration) -> Result<Option<Self>, MigrationError> {
        let failed =
            |reason: String| MigrationError::Measured { label: self.label.clone(), reason };
        let message = |err: postgres::Error| failed(ServerMessage::new(&err).message);
        let mut server = maintenance_session(&self.maker, &self.interrupt)
            .map_err(|err| failed(err.to_string()))?;
        let owner = if server.is_superuser() {
            let owner = format!(
                "SELECT pg_catalog.pg_get_userbyid(datdba)::text FROM pg_catalog.pg_database \
                 WHERE datname = {}",
                quote_literal(from)
            );
            let row = server.client().query_one(&owner, &[]).map_err(message)?;
            format!(" OWNER {}", quote_ident(row.get(0)))
        } else {
            String::new()
        };
        let limit = format!("SET statement_timeout = {}", left.as_millis());
        server.client().batch_execute(&limit).map_err(message)?;
        // That the last session is gone the server may see a moment later; it waits for that. A database
        // of this name is another's: then this fails.
        let (to, from) = (quote_ident(self.settings.database()), quote_ident(from));
        let create = format!("CREATE DATABASE {to} TEMPLATE {from}{owner}");
        match server.client().batch_execute(&create) {
            Ok(()) => {
                self.is_made = true;
                Ok(Some(self))
            }
            Err(err) => {
                let is_late = err.code() == Some(&postgres::error::SqlState::QUERY_CANCELED);
                let failed = message(err);
                // There is none to drop, but perhaps another's.
                self.interrupt.check().map_err(CompareError::from)?;
                if is_late { Ok(None) } else { Err(failed) }
            }
        }
    }

    /// A session on it.
    pub(super) fn open(&self) -> Result<Session, MigrationError> {
        Session::open(&self.settings, &self.interrupt).map_err(|err| MigrationError::Measured {
            label: self.label.clone(),
            reason: err.to_string(),
        })
    }
}

impl Drop for MeasuredDatabase {
    fn drop(&mut self) {
        // After an interrupt it goes, too.
        if self.is_made {
            let _ = drop_disposable(&self.maker, &Interrupt::new());
        }
    }
}
