//! What scripts that remove something would destroy, found by running them and rolling back.

use std::collections::BTreeMap;

use super::{RunOptions, Upgrade, UpgradeError, UpgradePlan};
use crate::Context;
use crate::connect::{ServerMessage, SessionOn, rows};

/// What is gone after some scripts.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Removal {
    /// The tables and materialized views that are gone, with their schema and in quotes where SQL needs
    /// them, each with its rows; sorted. A foreign table has none.
    pub tables: Vec<(String, u64)>,
    /// The tables that stay and lose rows, each with how many; sorted.
    pub rows: Vec<(String, u64)>,
    /// How many other objects of each kind are gone: "view", "function".
    pub others: Vec<(String, usize)>,
}

/// All relations, routines and types of users: kind, whether it holds rows, and name by identifier.
const OBJECTS: &str = "\
SELECT CASE c.relkind WHEN 'v' THEN 'view' WHEN 'S' THEN 'sequence' WHEN 'f' THEN 'foreign table' \
                      WHEN 'c' THEN 'type' ELSE 'table' END, \
       'c' || c.oid, pg_catalog.format('%I.%I', n.nspname, c.relname) \
FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace \
WHERE c.relkind IN ('r', 'p', 'm', 'f', 'v', 'S', 'c') AND n.nspname !~ '^pg_' \
  AND n.nspname <> 'information_schema' \
UNION ALL \
SELECT 'function', 'p' || p.oid, '' \
FROM pg_catalog.pg_proc p JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace \
WHERE n.nspname !~ '^pg_' AND n.nspname <> 'information_schema' \
UNION ALL \
SELECT 'type', 't' || t.oid, '' \
FROM pg_catalog.pg_type t JOIN pg_catalog.pg_namespace n ON n.oid = t.typnamespace \
WHERE t.typtype IN ('d', 'e', 'r') AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'";

/// The rows that were deleted in this transaction.
const DELETED: &str = "\
SELECT pg_catalog.format('%I.%I', n.nspname, c.relname), \
       pg_catalog.pg_stat_get_xact_tuples_deleted(c.oid) \
FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace \
WHERE c.relkind IN ('r', 'm') AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema' \
  AND pg_catalog.pg_stat_get_xact_tuples_deleted(c.oid) > 0 \
ORDER BY 1";

/// An object: its kind and its name.
type Objects = BTreeMap<String, (String, String)>;

impl Removal {
    /// Runs the plan in one transaction that is rolled back at the end, and says what was gone then. The rows
    /// of these tables are counted after it.
    ///
    /// # Errors
    ///
    /// If the scripts cannot be run, as they could not in earnest, or cannot run in one transaction.
    pub fn by(
        plan: &UpgradePlan,
        session: &mut SessionOn<'_>,
        options: RunOptions,
        context: &mut Context<'_>,
    ) -> Result<Self, UpgradeError> {
        let failed = |err: postgres::Error| {
            UpgradeError::server("cannot read what would be lost".to_owned(), &err)
        };
        let before = objects(session).map_err(failed)?;
        let (mut after, mut deleted) = (Objects::new(), Vec::new());
        let mut rehearsal =
            Upgrade::new(plan).options(options).rehearse(true).verify_before_commit(|session| {
                let failed = |err: postgres::Error| ServerMessage::new(&err).to_string();
                after = objects(session).map_err(failed)?;
                let answer = session.client().simple_query(DELETED).map_err(failed)?;
                let row = |row: &postgres::SimpleQueryRow| {
                    Some((row.get(0)?.to_owned(), row.get(1)?.parse().ok()?))
                };
                deleted = rows(&answer).filter_map(row).collect();
                Ok(())
            });
        rehearsal.check()?;
        rehearsal.run(session, context)?;
        drop(rehearsal);
        let mut removal = Self { rows: deleted, ..Self::default() };
        let mut others: BTreeMap<&str, usize> = BTreeMap::new();
        for (_, (kind, name)) in before.iter().filter(|(oid, _)| !after.contains_key(*oid)) {
            if kind == "table" {
                let count = format!("SELECT pg_catalog.count(*) FROM {name}");
                let answer = session.client().simple_query(&count).map_err(failed)?;
                let count = rows(&answer).next().and_then(|row| row.get(0)?.parse().ok());
                removal.tables.push((name.clone(), count.unwrap_or_default()));
            } else {
                *others.entry(kind).or_default() += 1;
            }
        }
        removal.tables.sort();
        removal.others = others.into_iter().map(|(kind, count)| (kind.to_owned(), count)).collect();
        Ok(removal)
    }
}

fn objects(session: &mut SessionOn<'_>) -> Result<Objects, postgres::Error> {
    let answer = session.client().simple_query(OBJECTS)?;
    let object = |row: &postgres::SimpleQueryRow| {
        Some((row.get(1)?.to_owned(), (row.get(0)?.to_owned(), row.get(2)?.to_owned())))
    };
    Ok(rows(&answer).filter_map(object).collect())
}
