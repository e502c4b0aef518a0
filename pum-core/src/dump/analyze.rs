//! Planner statistics, which a dump does not contain.

use std::sync::Mutex;

use super::DumpError;
use crate::Interrupt;
use crate::connect::{Session, Settings, quote_ident};

/// Runs `ANALYZE` on all tables of a database but those of the system, on several connections at
/// once.
pub(super) fn analyze(
    settings: &Settings,
    jobs: usize,
    interrupt: &Interrupt,
) -> Result<(), DumpError> {
    let mut session = Session::open(settings, interrupt)?;
    let failed = |err: postgres::Error| {
        DumpError::server("cannot gather statistics (ANALYZE)".to_owned(), &err)
    };
    // Where the server converts nothing, a name may be bytes that no statement of ours can hold.
    if session.encoding() == "SQL_ASCII" {
        return session.client().batch_execute("ANALYZE").map_err(failed);
    }
    // A partitioned table brings its partitions. What comes last is taken first.
    let query = "SELECT n.nspname::text, c.relname::text FROM pg_catalog.pg_class c \
                 JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace \
                 WHERE c.relkind IN ('r', 'm', 'p') AND NOT c.relispartition \
                   AND n.nspname <> 'information_schema' AND n.nspname !~ '^pg_' \
                 ORDER BY pg_catalog.pg_table_size(c.oid)";
    let rows = session.client().query(query, &[]).map_err(failed)?;
    let table =
        |row: &postgres::Row| format!("{}.{}", quote_ident(row.get(0)), quote_ident(row.get(1)));
    let tables: Mutex<Vec<String>> = Mutex::new(rows.iter().map(table).collect());
    let next = || tables.lock().unwrap_or_else(std::sync::PoisonError::into_inner).pop();
    let work = |session: &mut Session| {
        while let Some(table) = next() {
            interrupt.check()?;
            session.client().batch_execute(&format!("ANALYZE {table}")).map_err(failed)?;
        }
        Ok(())
    };
    std::thread::scope(|scope| {
        let others: Vec<_> = (1..jobs.min(rows.len()))
            .map(|_| {
                scope.spawn(|| {
                    let mut session = Session::open(settings, interrupt)?;
                    work(&mut session)
                })
            })
            .collect();
        let own = work(&mut session);
        let results = others
            .into_iter()
            .map(|other| other.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)));
        results.chain([own]).collect::<Result<(), DumpError>>()
    })
}
