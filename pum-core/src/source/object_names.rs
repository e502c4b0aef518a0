//! The names of objects with their object identifiers, also as they were while a source was built.

use std::collections::BTreeMap;

use postgres::SimpleQueryMessage;

use crate::connect::SessionOn;
use crate::model::{Identity, Kind};

/// What stays the same when an object gets another name: its catalog, its object identifier, and of a
/// column its number.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct ObjectKey {
    pub(crate) catalog: String,
    pub(crate) oid: u32,
    pub(crate) number: i32,
}

/// The name of an object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ObjectName {
    /// Of a value of an enumeration the type.
    pub(crate) identity: Identity,
    /// A value of an enumeration.
    pub(crate) value: Option<String>,
    /// Of a table: the transaction that created it.
    pub(crate) created_by: Option<String>,
}

impl ObjectName {
    /// Whether it is called so.
    pub(crate) fn is_called(&self, other: &Self) -> bool {
        (&self.identity, &self.value) == (&other.identity, &other.value)
    }
}

const QUERY: &str = "
WITH relation AS (
  SELECT c.oid, c.relname, c.relkind, n.nspname
  FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
  WHERE c.relkind IN ('r', 'p', 'f', 'v', 'm', 'S')
    AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
    AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend d
                    WHERE d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.objid = c.oid
                      AND d.objsubid = 0 AND (d.deptype = 'e' OR d.deptype = 'i' AND c.relkind = 'S')))
SELECT 'class', r.oid, 0,
  CASE WHEN r.relkind IN ('r', 'p', 'f') THEN 'table' WHEN r.relkind = 'S' THEN 'sequence' ELSE 'view' END,
  r.nspname, NULL, r.relname,
  (SELECT a.xmin::text FROM pg_catalog.pg_attribute a WHERE a.attrelid = r.oid AND a.attnum = -1)
FROM relation r
UNION ALL
SELECT 'class', r.oid, a.attnum, 'column', r.nspname, r.relname, a.attname, NULL
FROM relation r JOIN pg_catalog.pg_attribute a ON a.attrelid = r.oid
WHERE r.relkind IN ('r', 'p', 'f') AND a.attnum > 0 AND NOT a.attisdropped AND a.attinhcount = 0
UNION ALL
SELECT 'type', t.oid, 0,
  CASE t.typtype WHEN 'e' THEN 'enum type' WHEN 'd' THEN 'domain' ELSE 'composite type' END,
  n.nspname, NULL, t.typname, NULL
FROM pg_catalog.pg_type t JOIN pg_catalog.pg_namespace n ON n.oid = t.typnamespace
WHERE (t.typtype IN ('e', 'd')
       OR t.typtype = 'c' AND (SELECT c.relkind FROM pg_catalog.pg_class c WHERE c.oid = t.typrelid) = 'c')
  AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
  AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend d
                  WHERE d.classid = 'pg_catalog.pg_type'::pg_catalog.regclass AND d.objid = t.oid
                    AND d.deptype = 'e')
UNION ALL
SELECT 'enum', e.oid, 0, 'value', n.nspname, e.enumlabel, t.typname, NULL
FROM pg_catalog.pg_enum e JOIN pg_catalog.pg_type t ON t.oid = e.enumtypid
  JOIN pg_catalog.pg_namespace n ON n.oid = t.typnamespace
WHERE n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
UNION ALL
SELECT 'schema', n.oid, 0, 'schema', '', NULL, n.nspname, NULL
FROM pg_catalog.pg_namespace n
WHERE n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
  AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend d
                  WHERE d.classid = 'pg_catalog.pg_namespace'::pg_catalog.regclass
                    AND d.objid = n.oid AND d.deptype = 'e')
UNION ALL
SELECT 'index', i.indexrelid, 0, 'index', r.nspname, r.relname, c.relname, NULL
FROM relation r JOIN pg_catalog.pg_index i ON i.indrelid = r.oid
  JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid
WHERE NOT c.relispartition
  AND NOT EXISTS (SELECT FROM pg_catalog.pg_constraint x
                  WHERE x.conindid = i.indexrelid AND x.contype IN ('p', 'u', 'x'))
UNION ALL
SELECT 'constraint', x.oid, 0, 'constraint', r.nspname, r.relname, x.conname, NULL
FROM relation r JOIN pg_catalog.pg_constraint x ON x.conrelid = r.oid
WHERE x.contype IN ('p', 'u', 'x', 'c', 'f') AND x.coninhcount = 0 AND x.conparentid = 0";

/// The functions, with the types of their arguments.
const FUNCTIONS: &str = "
SELECT 'function', p.oid, 0, 'function', n.nspname, NULL, p.proname, NULL,
  pg_catalog.array_to_string(ARRAY(
    SELECT pg_catalog.format_type(u.type, NULL)
    FROM pg_catalog.unnest(p.proargtypes) WITH ORDINALITY u(type, position) ORDER BY u.position), ', ')
FROM pg_catalog.pg_proc p JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace
WHERE n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
  AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend d
                  WHERE d.classid = 'pg_catalog.pg_proc'::pg_catalog.regclass AND d.objid = p.oid
                    AND d.deptype IN ('e', 'i'))";

/// The names of all schemas, tables, columns, indexes, constraints, views, sequences and functions, and of
/// types of one's own.
pub(crate) fn read(
    session: &mut SessionOn<'_>,
) -> Result<BTreeMap<ObjectKey, ObjectName>, postgres::Error> {
    // As the model names types: with their schemas.
    let rows = session.client().simple_query(&format!(
        "SELECT pg_catalog.set_config('pum.search_path', pg_catalog.current_setting('search_path'), true), \
           pg_catalog.set_config('search_path', '', true); \
         {QUERY}; {FUNCTIONS}; \
         SELECT pg_catalog.set_config('search_path', pg_catalog.current_setting('pum.search_path'), true)"
    ))?;
    let rows = rows.iter().filter_map(|message| match message {
        // Of names, not of settings.
        SimpleQueryMessage::Row(row) if row.len() > 2 => Some(row),
        _ => None,
    });
    let named = rows.filter_map(|row| {
        let text = |at| row.get(at).map(str::to_owned);
        let key = ObjectKey {
            catalog: text(0)?,
            oid: row.get(1)?.parse().ok()?,
            number: row.get(2)?.parse().ok()?,
        };
        let word = row.get(3)?;
        let kind = match word {
            "table" => Kind::Table,
            "view" => Kind::View,
            "sequence" => Kind::Sequence,
            "column" => Kind::Column,
            "schema" => Kind::Schema,
            "index" => Kind::Index,
            "constraint" => Kind::Constraint,
            "function" => Kind::Function,
            "domain" => Kind::Domain,
            "composite type" => Kind::CompositeType,
            _ => Kind::EnumType,
        };
        let (parent, value) = if word == "value" { (None, text(5)) } else { (text(5), None) };
        let identity = Identity {
            kind,
            schema: text(4)?,
            parent,
            name: text(6)?,
            arguments: row.try_get(8).ok().flatten().map(str::to_owned),
        };
        Some((key, ObjectName { identity, value, created_by: text(7) }))
    });
    Ok(named.collect())
}

/// The names that objects had while scripts were run: after each of them.
#[derive(Debug, Clone, Default)]
pub(crate) struct NameHistory {
    /// Of each object its names in order, each with the script after which it was first seen.
    names: BTreeMap<ObjectKey, Vec<(ObjectName, String)>>,
    /// The names of objects that are gone.
    gone: Vec<ObjectName>,
}

impl NameHistory {
    /// Looks at the names after a script.
    pub(super) fn look(
        &mut self,
        session: &mut SessionOn<'_>,
        script: &str,
    ) -> Result<(), postgres::Error> {
        let now = read(session)?;
        for (key, names) in std::mem::take(&mut self.names) {
            if now.contains_key(&key) {
                self.names.insert(key, names);
            } else {
                self.gone.extend(names.into_iter().map(|(name, _)| name));
            }
        }
        for (key, name) in now {
            let names = self.names.entry(key).or_default();
            if names.last().is_none_or(|(last, _)| !last.is_called(&name)) {
                names.push((name, script.to_owned()));
            }
        }
        Ok(())
    }

    /// How many objects had a name, at one time or another.
    pub(crate) fn holders_of(&self, name: &ObjectName) -> usize {
        let has =
            |names: &&Vec<(ObjectName, String)>| names.iter().any(|(one, _)| one.is_called(name));
        self.names.values().filter(has).count()
            + self.gone.iter().filter(|one| one.is_called(name)).count()
    }

    /// The names of each object that is still there and was renamed, in order, each with the script
    /// that gave it.
    pub(crate) fn renamed(&self) -> impl Iterator<Item = &[(ObjectName, String)]> {
        self.names.values().filter(|names| names.len() > 1).map(Vec::as_slice)
    }
}
