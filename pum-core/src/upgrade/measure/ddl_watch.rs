//! What each statement makes, changes and drops, as event triggers tell it.

use std::sync::{Arc, Mutex, PoisonError};

use crate::Interrupt;
use crate::connect::{NoticeHandler, Session, Settings, rows};

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

/// What is looked at when a statement is at its end, and what when something was dropped.
const EVENTS: [(&str, &str); 2] = [
    (
        "ddl_command_end",
        "SELECT a.object_names FROM pg_catalog.pg_event_trigger_ddl_commands() c, \
         pg_catalog.pg_identify_object_as_address(c.classid, c.objid, c.objsubid) a \
         WHERE c.objid IS NOT NULL AND a.object_names IS NOT NULL",
    ),
    (
        "sql_drop",
        "SELECT d.address_names FROM pg_catalog.pg_event_trigger_dropped_objects() d \
         WHERE NOT d.is_temporary",
    ),
];

/// The event trigger of an event. It must not fail the statement, whatever the role of that one may
/// do.
///
/// `guarded`: there is something that can fail. A block with an exception clause is a subtransaction,
/// whose end looks at all files that the transaction made: after many statements that takes longer
/// than the statements.
fn trigger(event: &str, names: &str, guarded: bool) -> String {
    let guard = if guarded { "EXCEPTION WHEN others THEN NULL;" } else { "" };
    // INFO reaches the client whatever client_min_messages says.
    format!(
        "CREATE FUNCTION pg_temp.pum_{event}() RETURNS event_trigger LANGUAGE plpgsql \
         SECURITY DEFINER AS $watch$ \
         DECLARE names text[]; \
         BEGIN \
           FOR names IN {names} \
           LOOP RAISE INFO '{TAG}%', pg_catalog.to_json(names); END LOOP; \
         {guard} \
         END $watch$; \
         CREATE EVENT TRIGGER pum_{event} ON {event} EXECUTE FUNCTION pg_temp.pum_{event}();"
    )
}

const END: &str = "DROP EVENT TRIGGER pum_ddl_command_end; DROP EVENT TRIGGER pum_sql_drop";

impl DdlWatch {
    /// Begins to look. `None` where the role may not: event triggers are for superusers.
    pub fn begin(settings: &Settings, interrupt: &Interrupt) -> Option<Self> {
        let mut session = Session::open(settings, interrupt).ok()?;
        // Older servers look for objects that the same statement dropped, and fail. A name in
        // another encoding may have no form in that of the client.
        let answer = session.client().simple_query("SHOW server_encoding").ok()?;
        let is_utf8 = rows(&answer).next().and_then(|row| row.get(0)) == Some("UTF8");
        let guarded = session.version().major() < 14 || !is_utf8;
        let triggers = EVENTS.map(|(event, names)| trigger(event, names, guarded));
        session.client().batch_execute(&triggers.concat()).ok()?;
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
