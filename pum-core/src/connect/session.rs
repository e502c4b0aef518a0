//! An open, guarded session.

use std::sync::Arc;
use std::{fmt, thread};

use postgres::{CancelToken, Client, NoTls, SimpleQueryMessage};

use super::blocking::refuse_asynchronous;
use super::borrowed;
use super::borrowed::SessionState;
use super::connector::Connector;
use super::error::ConnectError;
use super::host_selection::HostSelection;
use super::notices::NoticeHandler;
use super::settings::Settings;
use super::version::ServerVersion;
use crate::{Interrupt, Watch};

/// Which database of which server this is, whatever names lead to it.
#[derive(Copy, Clone, PartialEq, Eq, Hash, Debug)]
#[non_exhaustive]
pub struct DatabaseIdentity {
    /// The number `initdb` gave the server; a physical standby has its primary's.
    pub system_identifier: u64,
    /// The database's object identifier.
    pub database_oid: u32,
}

/// An open session on a database, on a connection of its own.
///
/// While it lives, [`Interrupt::trigger`] cancels the statement it runs. It ends when dropped.
pub type Session = SessionOn<'static>;

/// An open session on a database: a [`Session`] of its own, or one on a connection that the program
/// has and lends, see [`SessionOn::borrowed`].
pub struct SessionOn<'c> {
    client: Connection<'c>,
    version: ServerVersion,
    in_recovery: bool,
    read_only: bool,
    is_superuser: bool,
    encoding: String,
    settings: Settings,
    origin: Settings,
    cancel: Canceller,
    interrupt: Interrupt,
    /// The state of the borrowed connection that is restored for the program.
    found: Option<SessionState>,
    _watch: Option<Watch>,
}

/// Whose connection it is.
enum Connection<'c> {
    Own(Box<Client>),
    Lent(&'c mut Client),
}

impl Session {
    /// Opens a session: tries the hosts in order until one is what the settings ask for. The
    /// server's notices are dropped.
    ///
    /// # Errors
    ///
    /// If no host can be reached, none accepts the role, the server is older than 12, or the
    /// interrupt is triggered: [`ConnectError::Failed`] lists every attempt.
    pub fn open(settings: &Settings, interrupt: &Interrupt) -> Result<Self, ConnectError> {
        Self::open_with_notices(settings, interrupt, Arc::new(|_| {}))
    }

    /// Opens a session whose notices, such as those of `raise notice`, are handed over as they
    /// come in.
    ///
    /// # Errors
    ///
    /// As [`open`](Self::open).
    pub fn open_with_notices(
        settings: &Settings,
        interrupt: &Interrupt,
        notices: NoticeHandler,
    ) -> Result<Self, ConnectError> {
        refuse_asynchronous()?;
        let found = HostSelection::new(settings, interrupt, notices)?.run()?;
        if found.opened.version < ServerVersion::OLDEST {
            let label = settings.label().to_owned();
            return Err(ConnectError::TooOld { label, version: found.opened.version });
        }
        let way = found.tls.map_or(Way::Plain, Way::Tls);
        let cancel = Canceller { token: found.opened.client.cancel_token(), way };
        let on_interrupt = cancel.clone();
        // On a thread of its own: a signal handler must not wait for the network.
        let watch = interrupt.watch(move || {
            let cancel = on_interrupt.clone();
            drop(thread::Builder::new().spawn(move || drop(cancel.cancel())));
        });
        Ok(Self {
            client: Connection::Own(Box::new(found.opened.client)),
            version: found.opened.version,
            in_recovery: found.opened.in_recovery,
            read_only: found.opened.read_only,
            is_superuser: found.opened.is_superuser,
            encoding: found.opened.encoding,
            settings: settings.narrowed(&found.endpoint, &found.password)?,
            origin: settings.clone(),
            cancel,
            interrupt: interrupt.clone(),
            found: None,
            _watch: Some(watch),
        })
    }
}

impl<'c> SessionOn<'c> {
    /// A session on a connection that the program has, with its own TLS and its own settings. When
    /// pum is done with it, the connection is the program's again and as it was:
    ///
    /// - Its settings, its role and its channels are what they were, also before each delta and
    ///   when one fails. Two things are lost: what `currval` and `lastval` knew, and parameters of
    ///   the program's own that no extension defines (`SET app.tenant = …`), which the server
    ///   does not list.
    /// - Temporary tables and cursors would be lost too:
    ///   [`Upgrade::run`](crate::upgrade::Upgrade::run) refuses a connection that has some. Deltas
    ///   leave none behind.
    ///
    /// Features that need a second connection are not available: a running statement is not
    /// canceled when the caller asks to stop (the run ends before the next one); after a lost
    /// acknowledgement of a commit, pum does not check whether it happened; blocking sessions are
    /// not reported; a pooler in transaction mode is detected only within transactions; deltas that
    /// are programs, and operations that run `pg_dump`, are refused. If you need these, open a
    /// [`Session`].
    ///
    /// # Errors
    ///
    /// If the connection is in a transaction, is closed, or its server is older than 12.
    ///
    /// ```no_run
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// use pum_core::connect::SessionOn;
    /// use pum_core::upgrade::{History, TableName};
    ///
    /// let mut client = postgres::Client::connect("host=localhost user=app", postgres::NoTls)?;
    /// let mut session = SessionOn::borrowed(&mut client)?;
    /// let history = History::read(&mut session, &"public.upgrades".parse()?)?;
    /// # drop(history);
    /// drop(session);
    /// client.batch_execute("select 1")?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn borrowed(client: &'c mut Client) -> Result<Self, ConnectError> {
        let (connection, found) = borrowed::read_state(client)?;
        let token = client.cancel_token();
        Ok(Self {
            client: Connection::Lent(client),
            version: connection.version,
            in_recovery: connection.in_recovery,
            read_only: connection.read_only,
            is_superuser: connection.is_superuser,
            encoding: connection.encoding,
            settings: connection.settings.clone(),
            origin: connection.settings,
            // How the program would encrypt a request to cancel is not known.
            cancel: Canceller { token, way: Way::None },
            interrupt: Interrupt::new(),
            found: Some(found),
            _watch: None,
        })
    }

    /// Whether the connection is the program's.
    pub(crate) fn is_borrowed(&self) -> bool {
        self.found.is_some()
    }

    /// Refuses a connection that was borrowed and has what a run of deltas would drop.
    pub(crate) fn expect_nothing_to_lose(&mut self) -> Result<(), ConnectError> {
        match &mut self.client {
            Connection::Lent(client) => borrowed::expect_nothing_to_lose(client, &self.settings),
            Connection::Own(_) => Ok(()),
        }
    }

    /// Undoes what a script may have set for the session. The advisory lock stays, unlike with
    /// `DISCARD ALL`.
    pub(crate) fn reset_sql(&self) -> String {
        const RESET: &str = "RESET SESSION AUTHORIZATION; RESET ALL; CLOSE ALL; UNLISTEN *; \
             DISCARD TEMP; DISCARD SEQUENCES";
        let again = self.found.as_ref().map_or_else(String::new, SessionState::sql);
        format!("{RESET}{again}")
    }

    /// Takes the program's role again after a `RESET` of it.
    pub(crate) fn role_sql(&self) -> &str {
        self.found.as_ref().map_or("", |found| &found.role)
    }

    /// By which the caller asks to stop what the session does.
    pub(crate) fn interrupt(&self) -> &Interrupt {
        &self.interrupt
    }

    /// The driver's client.
    pub fn client(&mut self) -> &mut Client {
        match &mut self.client {
            Connection::Own(client) => client,
            Connection::Lent(client) => client,
        }
    }

    /// The server's version.
    pub fn version(&self) -> ServerVersion {
        self.version
    }

    /// Whether the server was a standby when the session was opened.
    pub fn in_recovery(&self) -> bool {
        self.in_recovery
    }

    /// Whether transactions were read-only by default when the session was opened.
    pub fn read_only(&self) -> bool {
        self.read_only
    }

    /// Whether the role was a superuser when the session was opened.
    pub fn is_superuser(&self) -> bool {
        self.is_superuser
    }

    /// The database's encoding, such as `UTF8`; texts of a database in `SQL_ASCII` may be in any.
    pub fn encoding(&self) -> &str {
        &self.encoding
    }

    /// The settings, narrowed to the host, address, port and password that were really used, so
    /// that another session, or a child program, goes to the same server.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// The settings that the session was opened with: with all their hosts, they lead to the server
    /// that took over from this one.
    pub fn origin(&self) -> &Settings {
        &self.origin
    }

    /// Whether the connection is known to be closed.
    pub fn is_closed(&self) -> bool {
        match &self.client {
            Connection::Own(client) => client.is_closed(),
            Connection::Lent(client) => client.is_closed(),
        }
    }

    /// Whether the server answers on this connection.
    pub(crate) fn answers(&mut self) -> bool {
        !self.is_closed() && self.client().batch_execute("").is_ok()
    }

    /// Something that can cancel this session's statements from another thread.
    pub fn canceller(&self) -> Canceller {
        self.cancel.clone()
    }

    /// Which database of which server this is.
    ///
    /// # Errors
    ///
    /// If the server does not answer.
    pub fn identity(&mut self) -> Result<DatabaseIdentity, ConnectError> {
        const QUERY: &str = "select s.system_identifier, d.oid \
             from pg_catalog.pg_control_system() s, pg_catalog.pg_database d \
             where d.datname operator(pg_catalog.=) pg_catalog.current_database()";
        let messages = self.client().simple_query(QUERY).map_err(|source| ConnectError::Query {
            label: self.settings.label().to_owned(),
            action: "read the server's and the database's identity",
            cause: source,
        })?;
        let row = messages.iter().find_map(|message| match message {
            SimpleQueryMessage::Row(row) => Some(row),
            _ => None,
        });
        let column = |index| row.and_then(|row| row.get(index)).unwrap_or_default();
        // The catalog has it as a signed number, whose bits are the identifier.
        let system_identifier = column(0).parse::<i64>().unwrap_or_default().cast_unsigned();
        Ok(DatabaseIdentity {
            system_identifier,
            database_oid: column(1).parse().unwrap_or_default(),
        })
    }
}

impl fmt::Debug for SessionOn<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Session")
            .field("settings", &self.settings)
            .field("version", &self.version)
            .finish_non_exhaustive()
    }
}

/// Cancels a session's running statement, from any thread.
#[derive(Clone)]
pub struct Canceller {
    token: CancelToken,
    way: Way,
}

/// How a request to cancel reaches the server.
#[derive(Clone)]
enum Way {
    Plain,
    Tls(Connector),
    /// Not at all.
    None,
}

impl Canceller {
    /// Asks the server to cancel what the session runs now. It is not known whether it did; on a
    /// connection that was borrowed it cannot be asked.
    ///
    /// # Errors
    ///
    /// If the server cannot be reached.
    pub fn cancel(&self) -> Result<(), postgres::Error> {
        match &self.way {
            Way::Tls(tls) => self.token.cancel_query(tls.clone()),
            Way::Plain => self.token.cancel_query(NoTls),
            Way::None => Ok(()),
        }
    }
}

impl fmt::Debug for Canceller {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Canceller").finish_non_exhaustive()
    }
}
