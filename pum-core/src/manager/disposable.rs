//! Which databases a rehearsal may replace or write to.

use postgres::error::SqlState;

use super::error::StepError;
use super::prepared::Production;
use super::run_context::RunContext;
use crate::connect::{ConnectError, Session, Settings, quote_ident, quote_literal};
use crate::dump::DISPOSABLE;
use crate::progress::{Event, Observer};

/// Marks the test database as pum's own: a later run replaces it without a question.
pub(super) fn mark(stage: &mut RunContext<'_>, test: &Settings) -> Result<(), StepError> {
    let mut session = Session::open(test, stage.interrupt)?;
    let sql = format!(
        "ALTER DATABASE {} SET {DISPOSABLE} TO {}",
        quote_ident(test.database()),
        quote_literal(&mark_of(&mut session)?)
    );
    match session.client().batch_execute(&sql) {
        Ok(()) => Ok(()),
        // A setting that no extension defines is for superusers.
        Err(err) if err.code() == Some(&SqlState::INSUFFICIENT_PRIVILEGE) => {
            let message = format!(
                "{} cannot be marked as disposable, which takes a superuser: the next run asks \
                 before it replaces it",
                test.label()
            );
            stage.notify(Event::Note { message: &message });
            Ok(())
        }
        Err(source) => Err(query_failed(test, "mark it as disposable", source)),
    }
}

/// Whether pum made the database that the session is on, and it was not renamed or copied since.
pub(super) fn is_marked(session: &mut Session) -> Result<bool, StepError> {
    let marked = one(
        session,
        &format!(
            "SELECT coalesce(pg_catalog.max(pg_catalog.substr(s, {})), '') \
             FROM pg_catalog.pg_db_role_setting r, pg_catalog.unnest(r.setconfig) s \
             WHERE r.setrole = 0 AND pg_catalog.starts_with(s, '{DISPOSABLE}=') \
             AND r.setdatabase = (SELECT d.oid FROM pg_catalog.pg_database d \
                                  WHERE d.datname = pg_catalog.current_database())",
            DISPOSABLE.len() + 2
        ),
    )?;
    Ok(marked == mark_of(session)?)
}

/// The mark of this very database under this very name: it must mean nothing on a copy, nor
/// on a database that was renamed.
fn mark_of(session: &mut Session) -> Result<String, StepError> {
    let identity = session.identity()?;
    let (server, oid) = (identity.system_identifier, identity.database_oid);
    Ok(format!("{server}/{oid} {}", session.settings().database()))
}

/// A copy must be neither production nor its standby, and must not archive where production does.
pub(super) fn refuse_if_not_disposable(
    stage: &RunContext<'_>,
    test: &Settings,
    production: &mut Production,
) -> Result<(), StepError> {
    let mut session = Session::open(test, stage.interrupt)?;
    if session.identity()? == production.identity && is_same_server(&mut session, production)? {
        return Err(refused(test, "it is production itself"));
    }
    refuse_server(&mut session, test, production)
}

/// The server of a test database must be no standby, and no physical copy that archives its WAL
/// among production's.
pub(super) fn refuse_server(
    session: &mut Session,
    test: &Settings,
    production: &mut Production,
) -> Result<(), StepError> {
    if session.in_recovery() {
        let what = "it is a standby, which cannot be written. Promote the copy first";
        return Err(refused(test, what));
    }
    // A physical copy has production's identifier, and brings its settings along.
    let is_copy = session.identity()?.system_identifier == production.identity.system_identifier
        && !is_same_server(session, production)?;
    if is_copy {
        let archive = archive_of(session)?;
        if !archive.is_empty() && archive == archive_of(&mut production.session)? {
            let what = "it archives its WAL with production's archive_command. Set archive_mode \
                        to off there";
            return Err(refused(test, what));
        }
    }
    Ok(())
}

fn refused(test: &Settings, what: &str) -> StepError {
    StepError::NotDisposable { label: test.label().to_owned(), what: what.to_owned() }
}

/// Whether both sessions are on one running server.
fn is_same_server(session: &mut Session, production: &mut Production) -> Result<bool, StepError> {
    Ok(started(session)? == started(&mut production.session)?)
}

/// When its server was started, and where it listens: no two have both.
fn started(session: &mut Session) -> Result<String, StepError> {
    one(
        session,
        // Neither depends on how the session came there, nor on its time zone.
        "SELECT ((extract(epoch FROM pg_catalog.pg_postmaster_start_time()) * 1000000) \
         ::pg_catalog.int8)::pg_catalog.text || ' ' || pg_catalog.current_setting('port')",
    )
}

/// How its server archives; empty if it does not.
fn archive_of(session: &mut Session) -> Result<String, StepError> {
    one(
        session,
        "SELECT coalesce(pg_catalog.string_agg(setting, ' '), '') FROM pg_catalog.pg_settings \
         WHERE name IN ('archive_command', 'archive_library') AND setting NOT IN ('', '(disabled)') \
         AND pg_catalog.current_setting('archive_mode') <> 'off'",
    )
}

fn one(session: &mut Session, sql: &str) -> Result<String, StepError> {
    let settings = session.settings().clone();
    let row = session.client().query_one(sql, &[]);
    let row =
        row.map_err(|source| query_failed(&settings, "look whether it is disposable", source))?;
    Ok(row.get(0))
}

fn query_failed(settings: &Settings, action: &'static str, source: postgres::Error) -> StepError {
    StepError::Connect(ConnectError::Query {
        label: settings.label().to_owned(),
        action,
        cause: source,
    })
}
