//! Who holds the locks that a reading waits for.

use postgres::SimpleQueryMessage;

use crate::connect::SessionOn;

/// The server prints views, indexes and constraints only of relations that it can lock in the
/// weakest mode, which `ACCESS EXCLUSIVE` alone excludes.
const HOLDERS: &str = "
    SELECT quote_ident(n.nspname) || '.' || quote_ident(c.relname) || ' by process ' || l.pid
           || coalesce(' of ' || a.usename, '')
           || coalesce(' (' || nullif(a.application_name, '') || ')', '')
           || coalesce(', in a transaction since ' || a.xact_start::timestamptz(0), '')
           || coalesce(', ' || a.state || ': ' || left(regexp_replace(a.query, '\\s+', ' ', 'g'), 80), '')
    FROM pg_catalog.pg_locks l
    JOIN pg_catalog.pg_class c ON c.oid = l.relation
    JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
    LEFT JOIN pg_catalog.pg_stat_activity a ON a.pid = l.pid
    WHERE l.locktype = 'relation' AND l.granted AND l.mode = 'AccessExclusiveLock'
      AND l.database = (SELECT oid FROM pg_catalog.pg_database WHERE datname = current_database())
      AND c.relkind NOT IN ('i', 'I', 't')
    ORDER BY 1";

/// The holders, a line each; none if they can no longer be determined.
pub(super) fn holders(session: &mut SessionOn<'_>) -> Vec<String> {
    let messages = session.client().simple_query(HOLDERS).unwrap_or_default();
    messages
        .iter()
        .filter_map(|message| match message {
            SimpleQueryMessage::Row(row) => row.try_get(0).ok().flatten().map(str::to_owned),
            _ => None,
        })
        .collect()
}
