//! Indexes that are built and dropped concurrently; one that is replaced is there until the new one is.

use super::names::{TemporaryNames, full};
use super::way::{Part, Way};
use crate::model::{Identity, Index};
use crate::sql::quote_ident;

/// Builds an index, in the place of one of its name if `old` is one.
pub(super) fn create(
    identity: &Identity,
    (index, old): (&Index, Option<&Index>),
    statements: &[String],
    names: &mut TemporaryNames<'_>,
) -> Option<Way> {
    let (create, others) = statements.split_first()?;
    if is_of_partitioned(index) || old.is_some_and(is_of_partitioned) {
        return None;
    }
    match old {
        None => {
            let build = concurrently(create)?;
            Some(Way::later(vec![Part::alone(build), Part::transaction(others.to_vec())]))
        }
        // What a build that was interrupted left behind.
        Some(old) if !old.valid => Some(Way::later(vec![
            Part::alone(format!("DROP INDEX CONCURRENTLY IF EXISTS {};", full(identity))),
            Part::alone(concurrently(create)?),
            Part::transaction(others.to_vec()),
        ])),
        Some(_) => {
            let new = names.next("pum_new_", identity);
            let gone = names.next("pum_old_", identity);
            let build = renamed(&concurrently(create)?, identity, &new)?;
            let own = quote_ident(&identity.name);
            let schema = quote_ident(&identity.schema);
            let mut switch = vec![
                format!("ALTER INDEX {} RENAME TO {gone};", full(identity)),
                format!("ALTER INDEX {schema}.{new} RENAME TO {own};"),
            ];
            switch.extend_from_slice(others);
            Some(Way::later(vec![
                Part::alone(build),
                Part::transaction(switch),
                Part::alone(format!("DROP INDEX CONCURRENTLY {schema}.{gone};")),
            ]))
        }
    }
}

/// Drops an index.
pub(super) fn drop(identity: &Identity, index: &Index, statements: &[String]) -> Option<Way> {
    let [_] = statements else { return None };
    if is_of_partitioned(index) || index.partition_of.is_some() {
        return None;
    }
    Some(Way::later(vec![Part::alone(drop_sql(identity))]))
}

fn drop_sql(identity: &Identity) -> String {
    format!("DROP INDEX CONCURRENTLY {};", full(identity))
}

/// It has no rows itself, and the server builds none of a partitioned table concurrently.
fn is_of_partitioned(index: &Index) -> bool {
    index.definition.0.contains(" ON ONLY ")
}

pub(super) fn concurrently(create: &str) -> Option<String> {
    ["CREATE UNIQUE INDEX ", "CREATE INDEX "]
        .iter()
        .find_map(|start| Some(format!("{start}CONCURRENTLY {}", create.strip_prefix(start)?)))
}

/// The statement with another name of the index, in quotes.
pub(super) fn renamed(create: &str, identity: &Identity, name: &str) -> Option<String> {
    // As the server prints it: with quotes only where they must be.
    let (before, rest) = create.split_once(" CONCURRENTLY ")?;
    let quoted = quote_ident(&identity.name);
    let rest = rest.strip_prefix(&*quoted).or_else(|| rest.strip_prefix(&*identity.name))?;
    let rest = rest.strip_prefix(" ON ")?;
    Some(format!("{before} CONCURRENTLY {name} ON {rest}"))
}
