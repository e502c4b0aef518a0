//! The new database, which has a temporary name until it is complete.

use std::time::{Duration, Instant};

use super::database::{create, is_empty, is_missing_database, maintenance_session, open_if_exists};
use super::error::LONGEST_NAME;
use super::properties::PART_OF;
use super::{DatabaseProperties, DumpError};
use crate::connect::{FailureKind, Session, Settings, quote_ident, quote_literal};
use crate::{Context, Interrupt};

/// A database that is being filled. It goes when it is dropped before it got its name.
pub(super) struct TemporaryDatabase<'a> {
    pub(super) server: &'a mut Session,
    /// How to connect to it.
    pub(super) settings: Settings,
    target: Settings,
    existing: Option<DatabaseProperties>,
    named: bool,
}

impl<'a> TemporaryDatabase<'a> {
    /// Makes an empty database from `template0` for a target that [`may_take_name`] allowed.
    pub(super) fn create(
        server: &'a mut Session,
        target: &Settings,
        existing: Option<DatabaseProperties>,
        properties: Option<&DatabaseProperties>,
        context: &mut Context<'_>,
    ) -> Result<Self, DumpError> {
        let temporary = temporary_name(target.database(), "new");
        let settings = target.with("dbname", &temporary)?;
        let same_locale = create(server, &temporary, properties)?;
        let target = target.clone();
        if let (false, Some(wanted)) = (same_locale, properties) {
            let message = format!(
                "the server of {} does not have the locale {}: the database uses the locale C \
                 instead",
                target.label(),
                wanted.collate
            );
            context.warn(&message);
        }
        Ok(Self { server, settings, target, existing, named: false })
    }

    /// One that another statement makes, such as `CREATE DATABASE … TEMPLATE`.
    pub(super) fn made_by(
        server: &'a mut Session,
        target: &Settings,
        existing: Option<DatabaseProperties>,
        make: impl FnOnce(&mut Session, &str) -> Result<(), DumpError>,
    ) -> Result<Self, DumpError> {
        let temporary = temporary_name(target.database(), "new");
        let settings = target.with("dbname", &temporary)?;
        let unfinished = Self { server, settings, target: target.clone(), existing, named: false };
        make(unfinished.server, &temporary)?;
        Ok(unfinished)
    }

    /// Its present name.
    pub(super) fn name(&self) -> &str {
        self.settings.database()
    }

    pub(super) fn set_owner(&mut self, owner: &str) -> Result<(), DumpError> {
        let name = self.target.database();
        let sql =
            format!("ALTER DATABASE {} OWNER TO {}", quote_ident(self.name()), quote_ident(owner));
        self.server
            .client()
            .batch_execute(&sql)
            .map_err(|err| DumpError::server(format!("cannot make {owner} owner of {name}"), &err))
    }

    /// Has it say of which dump of a whole server it is a part.
    pub(super) fn set_part_of(&mut self, whole: &str) -> Result<(), DumpError> {
        let name = quote_ident(self.name());
        let sql = format!("ALTER DATABASE {name} SET {PART_OF} TO {}", quote_literal(whole));
        let failed = |err| DumpError::server(format!("cannot mark the database {name}"), &err);
        self.server.client().batch_execute(&sql).map_err(failed)
    }

    /// Gives it its name. The old one of that name goes last.
    pub(super) fn finish(mut self) -> Result<(), DumpError> {
        let (name, label) = (self.target.database().to_owned(), self.target.label().to_owned());
        let (temporary, old) = (self.name().to_owned(), temporary_name(&name, "old"));
        let replaces = self.existing.is_some();
        if replaces {
            refuse_in_use(self.server, &name, &label)?;
            rename(self.server, &name, &old, &label)?;
        }
        if let Err(err) = rename(self.server, &temporary, &name, &label) {
            if replaces {
                rename(self.server, &old, &name, &label)?;
            }
            return Err(err);
        }
        self.named = true;
        if replaces {
            drop_database(self.server, &old);
        }
        Ok(())
    }
}

impl Drop for TemporaryDatabase<'_> {
    fn drop(&mut self) {
        if !self.named {
            let name = self.settings.database().to_owned();
            drop_unfinished(self.server, &name);
        }
    }
}

/// The properties of the database of that name, if there is one; an error if it must not go.
pub(super) fn may_take_name(
    server: &mut Session,
    target: &Settings,
    replace: bool,
    protected: &[Settings],
    context: &mut Context<'_>,
) -> Result<Option<DatabaseProperties>, DumpError> {
    if target.database().len() > LONGEST_NAME {
        return Err(DumpError::NameTooLong { database: target.database().to_owned() });
    }
    tell_of_leftovers(server, target, context)?;
    let Some(mut session) = open_if_exists(target, context.interrupt())? else { return Ok(None) };
    for protected in protected {
        refuse_protected(&mut session, protected, context)?;
    }
    if !replace && !is_empty(&mut session)? {
        return Err(DumpError::TargetExists {
            database: target.database().to_owned(),
            label: target.label().to_owned(),
        });
    }
    let properties = DatabaseProperties::read(&mut session)?;
    drop(session);
    // Better now than after all the work.
    refuse_in_use(server, target.database(), target.label())?;
    Ok(Some(properties))
}

/// Warns of databases that a killed run left: no session is connected to them.
fn tell_of_leftovers(
    server: &mut Session,
    target: &Settings,
    context: &mut Context<'_>,
) -> Result<(), DumpError> {
    let query = "SELECT d.datname::text FROM pg_catalog.pg_database d \
                 WHERE starts_with(d.datname::text, $1) AND d.datname ~ '_pum_(new|old)_[0-9]+$' \
                   AND NOT EXISTS (SELECT FROM pg_catalog.pg_stat_activity a \
                                   WHERE a.datid = d.oid) ORDER BY 1";
    let start = format!("{}_pum_", start_of(target.database()));
    let rows = server.client().query(query, &[&start]);
    let rows = rows.map_err(|err| {
        DumpError::server(format!("cannot list the databases of {}", target.label()), &err)
    })?;
    for row in &rows {
        let name: String = row.get(0);
        let (quoted, wanted) = (quote_ident(&name), quote_ident(target.database()));
        let way_out = if name.contains("_pum_old_") {
            format!(
                "it is the former {wanted}: ALTER DATABASE {quoted} RENAME TO {wanted}; restores \
                 it, DROP DATABASE {quoted}; removes it"
            )
        } else {
            format!("it is not complete: DROP DATABASE {quoted}; removes it")
        };
        let message = format!(
            "database {quoted} seems to be left over from a run that was killed; {way_out}"
        );
        context.warn(&message);
    }
    Ok(())
}

/// Makes sure that a database that may be replaced is not the protected one.
fn refuse_protected(
    session: &mut Session,
    protected: &Settings,
    context: &mut Context<'_>,
) -> Result<(), DumpError> {
    let label = session.settings().label().to_owned();
    let found = match Session::open(protected, context.interrupt()) {
        Ok(mut found) => found.identity()?,
        Err(err) if is_missing_database(&err) => return Ok(()),
        // The target's server does answer, so another server does not.
        Err(err)
            if matches!(
                err.failure(),
                Some(FailureKind::Lookup | FailureKind::Unreachable | FailureKind::Timeout)
            ) =>
        {
            let message = format!(
                "production ({}) cannot be reached; {label} is assumed to be another database",
                protected.label()
            );
            context.warn(&message);
            return Ok(());
        }
        Err(err) => return Err(err.into()),
    };
    if session.identity()? == found {
        let protected = protected.label().to_owned();
        return Err(DumpError::Protected { label, protected });
    }
    Ok(())
}

fn rename(server: &mut Session, from: &str, to: &str, label: &str) -> Result<(), DumpError> {
    let sql = format!("ALTER DATABASE {} RENAME TO {}", quote_ident(from), quote_ident(to));
    server.client().batch_execute(&sql).map_err(|err| {
        DumpError::server(format!("cannot rename database \"{from}\" of {label} to \"{to}\""), &err)
    })
}

/// An error that names them if others than this session are connected to a database.
pub(crate) fn refuse_in_use(
    server: &mut Session,
    name: &str,
    label: &str,
) -> Result<(), DumpError> {
    // The server ends an autovacuum that is in its way.
    let query = "SELECT coalesce(string_agg(format('process %s of %s (%s)', pid, usename, \
                        application_name), ', ' ORDER BY pid), '') \
                 FROM pg_catalog.pg_stat_activity \
                 WHERE datname = $1 AND pid <> pg_catalog.pg_backend_pid() \
                   AND backend_type IS DISTINCT FROM 'autovacuum worker'";
    let failed = |err: postgres::Error| {
        DumpError::server(format!("cannot see who uses database \"{name}\" of {label}"), &err)
    };
    // pg_restore and the session that looked into the database may just be leaving.
    let deadline = Instant::now() + Duration::from_secs(5);
    let mut pause = Duration::from_millis(2);
    loop {
        let row = server.client().query_one(query, &[&name]).map_err(failed)?;
        let sessions: String = row.get(0);
        if sessions.is_empty() {
            return Ok(());
        }
        if Instant::now() >= deadline {
            let (database, label) = (name.to_owned(), label.to_owned());
            return Err(DumpError::TargetInUse { database, label, sessions });
        }
        std::thread::sleep(pause);
        pause = (pause * 2).min(Duration::from_millis(50));
    }
}

/// Drops the half-filled database, also while the backend of an ended `pg_restore` is still at
/// work in it: no other session can be there. An interrupt may still cancel the first try.
fn drop_unfinished(server: &mut Session, name: &str) {
    // Since 13 the server ends such backends itself.
    let force = if server.version().major() >= 13 { " WITH (FORCE)" } else { "" };
    let sql = format!("DROP DATABASE IF EXISTS {}{force}", quote_ident(name));
    // A cancel request that came late hits the first try; on a busy server the backends take longer
    // to end than a try lasts.
    let mut pause = Duration::from_millis(50);
    while server.client().batch_execute(&sql).is_err()
        && !server.is_closed()
        && pause < Duration::from_secs(5)
    {
        std::thread::sleep(pause);
        pause *= 2;
    }
}

/// Drops the database that `settings` name, and terminates its sessions.
pub(crate) fn drop_disposable(settings: &Settings, interrupt: &Interrupt) -> Result<(), DumpError> {
    let mut server = maintenance_session(settings, interrupt)?;
    let name = settings.database();
    drop_unfinished(&mut server, name);
    if open_if_exists(settings, interrupt)?.is_none() {
        return Ok(());
    }
    let (database, label) = (name.to_owned(), settings.label().to_owned());
    Err(DumpError::NotDropped { database, label })
}

/// Best effort: the caller has something more important to say.
fn drop_database(server: &mut Session, name: &str) {
    let _ =
        server.client().batch_execute(&format!("DROP DATABASE IF EXISTS {}", quote_ident(name)));
}

/// A name that is free but for another restore of this very process.
fn temporary_name(name: &str, purpose: &str) -> String {
    format!("{}_{}", name_beside(name, purpose), std::process::id())
}

/// A name for a database of pum's own beside one of this name.
pub(crate) fn name_beside(name: &str, purpose: &str) -> String {
    format!("{}_pum_{purpose}", start_of(name))
}

/// As much of a database's name as a temporary one has: names are cut at 63 bytes.
fn start_of(name: &str) -> &str {
    const LONGEST: usize = 40;
    let mut end = name.len().min(LONGEST);
    while !name.is_char_boundary(end) {
        end -= 1;
    }
    &name[..end]
}
