//! The test database as a copy that production's own server makes of its files.

use super::data::size_of;
use super::disposable::is_marked;
use super::error::StepError;
use super::prepared::{Production, Ready};
use super::run_context::RunContext;
use crate::connect::{Session, Settings};
use crate::dump::{self, CloneOptions, DumpError, RestoreOptions};
use crate::humanize::size;
use crate::progress::{Event, Observer};

/// The database that is made if none was named: beside production, and always by the same name, so
/// that what a killed run left is found by the next one.
pub(super) fn own_database(production: &Production) -> Result<Settings, StepError> {
    let settings = production.session.settings();
    let name = dump::name_beside(settings.database(), "test");
    let label = format!("database {name} on the server of {}", settings.label());
    Ok(settings.with("dbname", &name)?.labelled(&label))
}

/// Checks whether the copy can be made, before anything is done, and says what it means for
/// production. `own`: no database was named.
pub(super) fn choose_template(
    stage: &mut RunContext<'_>,
    production: &mut Production,
    test: &Settings,
    own: bool,
) -> Result<(), StepError> {
    let settings = production.session.settings().clone();
    let label = || settings.label().to_owned();
    let mut server = dump::maintenance_session(test, stage.interrupt)?;
    if server.identity()?.system_identifier != production.identity.system_identifier {
        let reason = format!("{} is on another server", test.label());
        return Err(StepError::NoTemplate { label: label(), reason });
    }
    drop(server);
    if own && let Some(mut left) = dump::open_if_exists(test, stage.interrupt)? {
        if !is_marked(&mut left)? {
            let what = "a database of that name exists that pum did not create. Name another test \
                        database with -pt, or drop that one";
            return Err(StepError::NotDisposable {
                label: test.label().to_owned(),
                what: what.to_owned(),
            });
        }
        dump::refuse_in_use(&mut left, test.database(), test.label())?;
    }
    match dump::refuse_in_use(&mut production.session, settings.database(), settings.label()) {
        Err(DumpError::TargetInUse { sessions, .. }) => {
            let reason = format!(
                "other sessions are connected to it and would have to disconnect: {sessions}"
            );
            return Err(StepError::NoTemplate { label: label(), reason });
        }
        other => other?,
    }
    let bytes = size(size_of(&mut production.session)?);
    let message = format!(
        "the rehearsal runs on production's own server: {} takes another {bytes} of disk space, \
         and the work on it uses the server's CPU, disk and WAL, including archive and standbys. \
         {} accepts no connections while it is copied. This does not test whether the dump can be \
         restored, or how long that takes",
        test.label(),
        settings.label()
    );
    stage.notify(Event::Warning { message: &message });
    Ok(())
}

/// Has the server make the copy. Afterwards production's session is no longer on production, see
/// [`come_back`].
pub(super) fn make(
    stage: &mut RunContext<'_>,
    production: &mut Production,
    ready: &Ready,
    test: &Settings,
) -> Result<(), StepError> {
    let interrupt = stage.interrupt;
    let settings = production.session.settings().clone();
    let options = CloneOptions {
        as_template: true,
        restore: RestoreOptions {
            replace: true,
            protected: vec![settings.clone()],
            ..RestoreOptions::default()
        },
        ..CloneOptions::default()
    };
    // The server copies no database with other sessions, and so this one must be closed.
    let elsewhere = dump::maintenance_session(&settings, interrupt)?;
    let source = std::mem::replace(&mut production.session, elsewhere);
    dump::clone(source, &ready.tools, test, &options, &mut stage.context())?;
    Ok(())
}

/// Opens production again.
pub(super) fn reconnect(
    stage: &RunContext<'_>,
    production: &mut Production,
) -> Result<(), StepError> {
    production.session = Session::open(&stage.job.production, stage.interrupt)?;
    production.committed = None;
    Ok(())
}
