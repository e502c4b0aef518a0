//! Databases that a run makes beside another one for itself: a later run knows those of runs that were
//! killed by their names, and drops them.

use postgres::Error;
use xxhash_rust::xxh3::xxh3_64;

use crate::connect::{Session, quote_ident, quote_literal};

/// A database that belongs to this process, made beside another one.
///
/// Its name says which database it was made beside, for what, and by which process, with a digest of these:
/// nobody else calls a database so. While the process works it holds an advisory lock that belongs to the
/// name, since before there was a database.
pub(crate) struct OwnDatabase {
    name: String,
    key: i64,
}

impl OwnDatabase {
    /// The one for `purpose`, beside the database called `beside`.
    pub(crate) fn beside(beside: &str, purpose: &str) -> Self {
        Self::of_process(beside, purpose, &std::process::id().to_string())
    }

    fn of_process(beside: &str, purpose: &str, process: &str) -> Self {
        let digest = xxh3_64(format!("{beside}\0{purpose}\0{process}").as_bytes());
        let start = start(beside, purpose);
        Self { name: format!("{start}{process}_{:08x}", digest >> 32), key: digest.cast_signed() }
    }

    /// At most 60 bytes, which leaves room for [`second_of`](Self::second_of).
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// Another one of the same process as the one of this name.
    pub(crate) fn second_of(name: &str) -> String {
        format!("{name}{SECOND}")
    }

    /// Shows others that the process is alive, for as long as the session is open.
    pub(crate) fn lock(&self, server: &mut Session) -> Result<(), Error> {
        // Another process of this number, on another machine, holds it as well.
        let lock = format!("SELECT pg_catalog.pg_advisory_lock_shared({})", self.key);
        server.client().batch_execute(&lock)
    }

    /// Drops the databases for `purpose` beside the one called `beside` whose process is gone. Those that
    /// others are connected to, or that belong to another role, stay.
    pub(crate) fn drop_abandoned(
        server: &mut Session,
        beside: &str,
        purpose: &str,
    ) -> Result<(), Error> {
        let start = start(beside, purpose);
        let query = format!(
            "SELECT datname::text FROM pg_catalog.pg_database \
             WHERE pg_catalog.starts_with(datname::text, {}) ORDER BY 1",
            quote_literal(&start)
        );
        for row in server.client().query(&query, &[])? {
            let name: String = row.get(0);
            let first = name.strip_suffix(SECOND).unwrap_or(&name);
            let process = first.strip_prefix(&start).and_then(|rest| rest.split_once('_'));
            let Some((process, _)) = process else { continue };
            let own = Self::of_process(beside, purpose, process);
            if own.name != first || own.is_locked(server)? {
                continue;
            }
            let drop = format!("DROP DATABASE IF EXISTS {}", quote_ident(&name));
            let _ = server.client().batch_execute(&drop);
        }
        Ok(())
    }

    /// Whether any session holds the lock, in whichever database.
    fn is_locked(&self, server: &mut Session) -> Result<bool, Error> {
        let query = format!(
            "SELECT EXISTS (SELECT FROM pg_catalog.pg_locks \
             WHERE locktype = 'advisory' AND objsubid = 1 \
               AND classid::int8 = (({key} >> 32) & 4294967295) \
               AND objid::int8 = ({key} & 4294967295))",
            key = format_args!("'{}'::int8", self.key)
        );
        Ok(server.client().query_one(&query, &[])?.get(0))
    }
}

const SECOND: &str = "_2";

/// How the names start.
fn start(beside: &str, purpose: &str) -> String {
    const LONGEST: usize = 30;
    let mut end = beside.len().min(LONGEST);
    while !beside.is_char_boundary(end) {
        end -= 1;
    }
    format!("{}_pum_{purpose}_", &beside[..end])
}

#[cfg(test)]
mod tests {
    use super::OwnDatabase;

    #[test]
    fn a_name_is_short_enough_and_says_what_it_is_beside() {
        let long = "\u{e4}".repeat(40);
        let own = OwnDatabase::of_process(&long, "measured", "4194304");
        assert!(
            OwnDatabase::second_of(own.name()).len() <= 63,
            "{}",
            OwnDatabase::second_of(own.name())
        );
        assert!(own.name().starts_with(&format!("{}_pum_measured_4194304_", &long[..30])));
        let other = format!("{long}x");
        assert_ne!(own.name(), OwnDatabase::of_process(&other, "measured", "4194304").name());
    }
}
