//! What each statement makes, changes and drops, as event triggers tell it.

use std::sync::{Arc, Mutex, PoisonError};

use crate::Interrupt;
use crate::connect::{NoticeHandler, Session, Settings};

/// Tells what the sessions that have its [`notices`](Self::notices) make, change and drop in a
/// database, also from within functions. For a database that may be thrown away.
///
/// Its event triggers belong to a temporary function of its own session, and so are gone with that
/// session, whatever becomes of this process.
#[derive(Debug)]
pub struct DdlWatch {
    session: Session,
    seen: Seen,
}

/// The names of objects: each with its schema and its table before its own.
pub(super) type Names = Vec<String>;

/// What was seen and not yet asked for.
#[derive(Debug, Clone, Default)]
pub(super) struct Seen(Arc<Mutex<Vec<Names>>>);

/// What the messages of the event triggers begin with.
const TAG: &str = "pum.ddl_watch ";

/// `INFO` reaches the client whatever `client_min_messages` says. What cannot be told is not told:
/// it must not fail the statement.
const BEGIN: &str = r"
CREATE FUNCTION pg_temp.pum_ddl_watch() RETURNS event_trigger LANGUAGE plpgsql
SET search_path = pg_catalog AS $watch$
DECLARE
    names text[];
BEGIN
    IF tg_event = 'sql_drop' THEN
        FOR names IN SELECT d.address_names FROM pg_event_trigger_dropped_objects() d
                     WHERE NOT d.is_temporary
        LOOP
            RAISE INFO 'pum.ddl_watch %', to_json(names);
        END LOOP;
    ELSE
        FOR names IN SELECT a.object_names
                     FROM pg_event_trigger_ddl_commands() c,
                          pg_identify_object_as_address(c.classid, c.objid, c.objsubid) a
                     WHERE c.objid IS NOT NULL
        LOOP
            RAISE INFO 'pum.ddl_watch %', to_json(names);
        END LOOP;
    END IF;
EXCEPTION WHEN others THEN
    NULL;
END $watch$;
CREATE EVENT TRIGGER pum_ddl_watch_end ON ddl_command_end EXECUTE FUNCTION pg_temp.pum_ddl_watch();
CREATE EVENT TRIGGER pum_ddl_watch_drop ON sql_drop EXECUTE FUNCTION pg_temp.pum_ddl_watch();
";

const END: &str = "DROP EVENT TRIGGER pum_ddl_watch_end; DROP EVENT TRIGGER pum_ddl_watch_drop";

impl DdlWatch {
    /// Begins to look. `None` where the role may not: event triggers are for superusers.
    pub fn begin(settings: &Settings, interrupt: &Interrupt) -> Option<Self> {
        let mut session = Session::open(settings, interrupt).ok()?;
        session.client().batch_execute(BEGIN).ok()?;
        Some(Self { session, seen: Seen::default() })
    }

    /// For the session that is to be watched.
    pub fn notices(&self) -> NoticeHandler {
        let seen = self.seen.clone();
        Arc::new(move |notice| {
            let names = notice.message().strip_prefix(TAG);
            if let Some(Ok(names)) = names.map(serde_json::from_str) {
                seen.0.lock().unwrap_or_else(PoisonError::into_inner).push(names);
            }
        })
    }

    /// What was seen is told here.
    pub(super) fn seen(&self) -> Seen {
        self.seen.clone()
    }

    /// Takes the event triggers away: the database is as if there had been none.
    ///
    /// # Errors
    ///
    /// If the server refuses it.
    pub fn end(mut self) -> Result<(), postgres::Error> {
        self.session.client().batch_execute(END)
    }
}

impl Seen {
    /// What was seen since the last time.
    pub(super) fn take(&self) -> Vec<Names> {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
