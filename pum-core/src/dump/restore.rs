use std::path::Path;
use std::time::{Duration, Instant};

use super::archive::check;
use super::database::{
    DatabaseProperties, copy_settings, create, is_empty, maintenance_session, open_if_exists,
};
use super::process::run;
use super::{DumpError, Tools};
use crate::Interrupt;
use crate::connect::{Session, Settings, quoted};
use crate::progress::{Event, Observer};

/// How to restore.
// Each of them is a switch of pg_restore that goes with any other.
#[allow(clippy::struct_excessive_bools)]
#[derive(Debug, Clone, Default)]
pub struct RestoreOptions {
    /// Replace a database of that name that is not empty.
    pub replace: bool,
    /// Go on after errors of `pg_restore`, and list them.
    pub ignore_errors: bool,
    /// No owners and no privileges.
    pub without_roles: bool,
    /// All in the database's own tablespace.
    pub without_tablespaces: bool,
    /// Schemas to leave out.
    pub exclude_schemas: Vec<String>,
    /// Encoding, locale and settings of the database that was dumped, if known.
    pub properties: Option<DatabaseProperties>,
}

/// A restored database.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RestoreReport {
    /// How long it took.
    pub duration: Duration,
    /// What `pg_restore` complained about, when errors were to be ignored.
    pub ignored_errors: Vec<String>,
}

/// Restores an archive into the database that `target` names.
///
/// A new database is made from `template0` under a temporary name, filled in one transaction, and
/// renamed. An existing database is only replaced when it is empty or `replace` is set, and goes
/// only when the new one is complete. On failure everything is as before.
pub fn restore(
    tools: &Tools,
    archive: &Path,
    target: &Settings,
    options: &RestoreOptions,
    observer: &mut dyn Observer,
    interrupt: &Interrupt,
) -> Result<RestoreReport, DumpError> {
    let started = Instant::now();
    check(tools, archive, interrupt)?;
    let mut server = maintenance_session(target, interrupt)?;
    let existing = may_take_name(target, options.replace, interrupt)?;
    let properties = options.properties.as_ref().or(existing.as_ref());
    let temporary = temporary_name(target.database(), "new");
    let same_locale = create(&mut server, &temporary, properties)?;
    if let (false, Some(wanted)) = (same_locale, properties) {
        let message = format!(
            "the server of {} does not have the locale {}: the database gets the locale C instead",
            target.label(),
            wanted.collate
        );
        observer.notify(Event::Warning { message: &message });
    }
    let new = target.with("dbname", &temporary)?;
    let result = fill(tools, archive, &new, options, observer, interrupt).and_then(|ignored| {
        if let Some(properties) = properties {
            copy_settings(&mut server, &temporary, properties)?;
        }
        take_name(&mut server, target, &temporary, existing.as_ref())?;
        Ok(ignored)
    });
    if result.is_err() {
        drop_unfinished(&mut server, &temporary);
    }
    result.map(|ignored_errors| RestoreReport { duration: started.elapsed(), ignored_errors })
}

/// The properties of the database of that name, if there is one; an error if it must not go.
fn may_take_name(
    target: &Settings,
    replace: bool,
    interrupt: &Interrupt,
) -> Result<Option<DatabaseProperties>, DumpError> {
    let Some(mut session) = open_if_exists(target, interrupt)? else { return Ok(None) };
    if replace || is_empty(&mut session)? {
        return DatabaseProperties::read(&mut session).map(Some);
    }
    Err(DumpError::TargetExists {
        database: target.database().to_owned(),
        label: target.label().to_owned(),
    })
}

fn fill(
    tools: &Tools,
    archive: &Path,
    target: &Settings,
    options: &RestoreOptions,
    observer: &mut dyn Observer,
    interrupt: &Interrupt,
) -> Result<Vec<String>, DumpError> {
    let mut arguments = vec!["--no-password", "--verbose"];
    if !options.ignore_errors {
        arguments.extend(["--exit-on-error", "--single-transaction"]);
    }
    if options.without_roles {
        arguments.extend(["--no-owner", "--no-privileges"]);
    }
    if options.without_tablespaces {
        arguments.push("--no-tablespaces");
    }
    // Unlike pg_dump, pg_restore takes names, not patterns.
    for schema in &options.exclude_schemas {
        arguments.extend(["--exclude-schema", schema]);
    }
    let name = archive.to_string_lossy();
    arguments.push(&name);
    let outcome = run(&tools.pg_restore, &arguments, Some(target), observer, interrupt)?;
    if outcome.success {
        return Ok(Vec::new());
    }
    if options.ignore_errors {
        return Ok(outcome.output.lines().map(str::to_owned).collect());
    }
    let action = format!("the restore of {} to {}", archive.display(), target.label());
    Err(DumpError::Failed { action, output: outcome.output })
}

/// Gives the finished database its name, and the owner of the old one of that name, which goes
/// last.
fn take_name(
    server: &mut Session,
    target: &Settings,
    temporary: &str,
    existing: Option<&DatabaseProperties>,
) -> Result<(), DumpError> {
    let (name, label) = (target.database(), target.label());
    let old = temporary_name(name, "old");
    if let Some(existing) = existing {
        refuse_in_use(server, name, label)?;
        let sql =
            format!("ALTER DATABASE {} OWNER TO {}", quoted(temporary), quoted(&existing.owner));
        server.client().batch_execute(&sql).map_err(|err| {
            DumpError::server(format!("cannot make {} owner of {name}", existing.owner), &err)
        })?;
        rename(server, name, &old, label)?;
    }
    if let Err(err) = rename(server, temporary, name, label) {
        if existing.is_some() {
            rename(server, &old, name, label)?;
        }
        return Err(err);
    }
    if existing.is_some() {
        drop_database(server, &old);
    }
    Ok(())
}

fn rename(server: &mut Session, from: &str, to: &str, label: &str) -> Result<(), DumpError> {
    let sql = format!("ALTER DATABASE {} RENAME TO {}", quoted(from), quoted(to));
    server.client().batch_execute(&sql).map_err(|err| {
        DumpError::server(format!("cannot rename database \"{from}\" of {label} to \"{to}\""), &err)
    })
}

fn refuse_in_use(server: &mut Session, name: &str, label: &str) -> Result<(), DumpError> {
    let query = "SELECT coalesce(string_agg(format('process %s of %s (%s)', pid, usename, \
                        application_name), ', ' ORDER BY pid), '') \
                 FROM pg_catalog.pg_stat_activity \
                 WHERE datname = $1 AND pid <> pg_catalog.pg_backend_pid()";
    let failed = |err: postgres::Error| {
        DumpError::server(format!("cannot see who uses database \"{name}\" of {label}"), &err)
    };
    // pg_restore and the session that looked into the database may just be leaving.
    let deadline = Instant::now() + Duration::from_secs(5);
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
        std::thread::sleep(Duration::from_millis(50));
    }
}

/// Drops the half-filled database, also while the backend of an ended `pg_restore` is still at
/// work in it: nobody else can be there. An interrupt may still cancel the first try.
fn drop_unfinished(server: &mut Session, name: &str) {
    // Since 13 the server ends such backends itself.
    let force = if server.version().major() >= 13 { " WITH (FORCE)" } else { "" };
    let sql = format!("DROP DATABASE IF EXISTS {}{force}", quoted(name));
    let _ = server.client().batch_execute(&sql).or_else(|_| server.client().batch_execute(&sql));
}

/// Best effort: the caller has something more important to say.
fn drop_database(server: &mut Session, name: &str) {
    let _ = server.client().batch_execute(&format!("DROP DATABASE IF EXISTS {}", quoted(name)));
}

/// A name that is free but for another restore of this very process.
fn temporary_name(name: &str, purpose: &str) -> String {
    // Names are cut at 63 bytes.
    const LONGEST: usize = 40;
    let mut end = name.len().min(LONGEST);
    while !name.is_char_boundary(end) {
        end -= 1;
    }
    format!("{}_pum_{purpose}_{}", &name[..end], std::process::id())
}
