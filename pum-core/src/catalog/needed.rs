//! What some objects need, and what that needs: the part of `pg_depend` that counts for them.

use std::collections::{BTreeSet, HashSet};

use postgres::SimpleQueryMessage;

use super::address::Address;
use super::addressed::Addressed;
use super::dependencies::{self, Row};
use super::read::{Frame, ask};
use super::record::Fields;
use super::{CatalogError, Scope};
use crate::connect::SessionOn;
use crate::model::{Dependencies, Identity};

/// What some objects need.
#[derive(Debug)]
pub(crate) struct Needed {
    /// What depends on what, among them and all that they need.
    pub(crate) dependencies: Dependencies,
    /// Whether they need something that was not read.
    pub(crate) is_unread: bool,
}

/// Reads what these objects need, and what that needs in turn. The columns among them stand for
/// their defaults too.
///
/// Of an object whose parts depend on others (the rule of a view, the members of an operator class)
/// they are asked for; so are the casts and operator classes of the types.
pub(super) fn read(
    session: &mut SessionOn<'_>,
    scope: &Scope,
    read: &Addressed,
    of: &BTreeSet<&Identity>,
) -> Result<Needed, CatalogError> {
    let seeds: Vec<Address> = read
        .objects()
        .filter(|(_, object)| of.contains(&object.identity))
        .map(|(address, _)| address)
        .collect();
    let frame = Frame::Transaction;
    let begin = frame.begin(scope, session.version());
    let sql = format!("{begin}{SETTINGS}{};\n{}", query(&seeds), frame.end());
    let messages = ask(session, scope, &sql)?;
    let rows = messages.into_iter().filter_map(|message| match message {
        SimpleQueryMessage::Row(row) => Some(row.get(0)?.to_owned()),
        _ => None,
    });
    let rows: Vec<String> = rows.collect();
    let mentioned: HashSet<Address> = rows.iter().flat_map(|row| addresses_in(row)).collect();
    let known = read
        .objects()
        .filter(|(address, _)| mentioned.contains(address))
        .map(|(address, object)| (address, &object.identity));
    let rows: Vec<Row> = rows.iter().filter_map(|row| Row::read(row)).collect();
    let (dependencies, is_unread) = dependencies::of_rows(known, &rows);
    Ok(Needed { dependencies, is_unread })
}

/// Few rows of a large table, by its indexes. In the query, `OFFSET 0` keeps the look-up of each from being
/// joined the other way round, which takes a thousand times as long, where the table has no statistics yet.
const SETTINGS: &str = "SET LOCAL enable_nestloop = on;\n\
                        SET LOCAL enable_hashjoin = off;\n\
                        SET LOCAL enable_seqscan = off;\n";

fn query(seeds: &[Address]) -> String {
    fn list<T: ToString>(of: impl Iterator<Item = T>) -> String {
        of.map(|item| item.to_string()).collect::<Vec<_>>().join(",")
    }
    let catalogs = list(seeds.iter().map(|(catalog, _, _)| catalog));
    let objects = list(seeds.iter().map(|(_, object, _)| object));
    let columns = list(seeds.iter().map(|(_, _, column)| column));
    format!(
        "WITH RECURSIVE seeds AS MATERIALIZED (
           SELECT * FROM unnest('{{{catalogs}}}'::oid[], '{{{objects}}}'::oid[], '{{{columns}}}'::int[])
             s(catalog, object, number)
         ), needed(catalog, object) AS (
           SELECT s.catalog, s.object FROM seeds s
           UNION
           SELECT f.catalog, f.object
           FROM seeds s, LATERAL (
             SELECT d.classid, d.objid FROM pg_depend d
             WHERE d.refclassid = s.catalog AND d.refobjid = s.object AND d.refobjsubid = s.number
               AND d.classid = 'pg_attrdef'::regclass
             OFFSET 0
           ) f(catalog, object)
           WHERE s.number <> 0
           UNION
           SELECT f.catalog, f.object
           FROM needed n, LATERAL (
             SELECT d.refclassid, d.refobjid FROM pg_depend d
             WHERE d.classid = n.catalog AND d.objid = n.object AND d.deptype <> 'p'
               AND d.refobjid >= 16384
             UNION ALL
             SELECT d.classid, d.objid FROM pg_depend d
             WHERE d.refclassid = n.catalog AND d.refobjid = n.object
               AND (d.deptype = 'i' AND d.refobjsubid = 0
                    AND (d.classid IN ('pg_rewrite'::regclass, 'pg_amop'::regclass,
                                       'pg_amproc'::regclass)
                         OR d.classid = 'pg_class'::regclass
                            AND n.catalog IN ('pg_constraint'::regclass, 'pg_type'::regclass))
                    OR n.catalog = 'pg_type'::regclass
                       AND d.classid IN ('pg_cast'::regclass, 'pg_opclass'::regclass))
             OFFSET 0
           ) f(catalog, object)
         )
         SELECT (d.classid, d.objid, d.objsubid, d.refclassid, d.refobjid, d.refobjsubid,
                 d.deptype)::text
         FROM needed n, LATERAL (
           SELECT * FROM pg_depend d
           WHERE d.classid = n.catalog AND d.objid = n.object AND d.deptype <> 'p'
             AND d.objid >= 16384
             AND (d.refobjid >= 16384 OR d.refclassid = 'pg_namespace'::regclass)
           OFFSET 0
         ) d"
    )
}

fn addresses_in(row: &str) -> impl Iterator<Item = Address> {
    let read = || {
        let mut fields = Fields::of(row)?;
        let from: Address = (fields.number()?, fields.number()?, fields.number()?);
        let to: Address = (fields.number()?, fields.number()?, fields.number()?);
        // A column stands for its table too.
        Some([from, to, (from.0, from.1, 0), (to.0, to.1, 0)])
    };
    read().into_iter().flatten()
}
