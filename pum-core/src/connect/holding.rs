//! What is in a database.

use super::rows::rows;
use super::{ConnectError, SessionOn};

/// What a database holds that `initdb` did not put there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Holding {
    Nothing,
    /// Extensions, and schemas in which there is nothing.
    Prerequisites,
    /// This object, which is part of no extension, as `pg_identify_object` names it, and perhaps others.
    Object(String),
}

/// An object that is neither built in nor part of an extension, and whether there is an extension, or a
/// schema beside `public`. What belongs to a table or a type has been found with it. Large objects may have
/// any number.
const HELD: &str = "\
SELECT (SELECT i.type || ' ' || i.identity
FROM (SELECT 'pg_class'::regclass AS class, c.oid, c.relnamespace AS schema FROM pg_catalog.pg_class c
      WHERE c.relkind NOT IN ('i', 'I', 't')
      UNION ALL SELECT 'pg_proc'::regclass, p.oid, p.pronamespace FROM pg_catalog.pg_proc p
      -- An array type is there for its elements.
      UNION ALL SELECT 'pg_type'::regclass, t.oid, t.typnamespace FROM pg_catalog.pg_type t
      WHERE t.typtype IN ('b', 'd', 'e', 'r')
        AND NOT EXISTS (SELECT FROM pg_catalog.pg_type e WHERE e.typarray = t.oid)
      UNION ALL SELECT 'pg_operator'::regclass, x.oid, x.oprnamespace FROM pg_catalog.pg_operator x
      UNION ALL SELECT 'pg_opfamily'::regclass, x.oid, x.opfnamespace FROM pg_catalog.pg_opfamily x
      UNION ALL SELECT 'pg_collation'::regclass, x.oid, x.collnamespace FROM pg_catalog.pg_collation x
      UNION ALL SELECT 'pg_conversion'::regclass, x.oid, x.connamespace FROM pg_catalog.pg_conversion x
      UNION ALL SELECT 'pg_ts_config'::regclass, x.oid, x.cfgnamespace FROM pg_catalog.pg_ts_config x
      UNION ALL SELECT 'pg_ts_dict'::regclass, x.oid, x.dictnamespace FROM pg_catalog.pg_ts_dict x
      UNION ALL SELECT 'pg_ts_parser'::regclass, x.oid, x.prsnamespace FROM pg_catalog.pg_ts_parser x
      UNION ALL SELECT 'pg_ts_template'::regclass, x.oid, x.tmplnamespace FROM pg_catalog.pg_ts_template x
      UNION ALL SELECT 'pg_largeobject'::regclass, x.oid, 0 FROM pg_catalog.pg_largeobject_metadata x
      UNION ALL SELECT 'pg_cast'::regclass, x.oid, 0 FROM pg_catalog.pg_cast x
      UNION ALL SELECT 'pg_transform'::regclass, x.oid, 0 FROM pg_catalog.pg_transform x
      UNION ALL SELECT 'pg_language'::regclass, x.oid, 0 FROM pg_catalog.pg_language x
      UNION ALL SELECT 'pg_am'::regclass, x.oid, 0 FROM pg_catalog.pg_am x
      UNION ALL SELECT 'pg_foreign_data_wrapper'::regclass, x.oid, 0 FROM pg_catalog.pg_foreign_data_wrapper x
      UNION ALL SELECT 'pg_foreign_server'::regclass, x.oid, 0 FROM pg_catalog.pg_foreign_server x
      UNION ALL SELECT 'pg_event_trigger'::regclass, x.oid, 0 FROM pg_catalog.pg_event_trigger x
      UNION ALL SELECT 'pg_publication'::regclass, x.oid, 0 FROM pg_catalog.pg_publication x
      UNION ALL SELECT 'pg_default_acl'::regclass, x.oid, 0 FROM pg_catalog.pg_default_acl x) o
LEFT JOIN pg_catalog.pg_namespace n ON n.oid = o.schema,
     LATERAL pg_catalog.pg_identify_object(o.class, o.oid, 0) i
WHERE (o.oid >= 16384 OR o.class = 'pg_largeobject'::regclass) AND (n.nspname IS NULL OR n.nspname !~ '^pg_' AND n.nspname <> 'information_schema')
  AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend d
                  WHERE d.classid = o.class AND d.objid = o.oid AND d.deptype = 'e')
LIMIT 1),
EXISTS (SELECT FROM pg_catalog.pg_extension e WHERE e.oid >= 16384)
OR EXISTS (SELECT FROM pg_catalog.pg_namespace n
           WHERE n.oid >= 16384 AND n.nspname !~ '^pg_' AND n.nspname NOT IN ('public', 'information_schema'))";

impl SessionOn<'_> {
    /// What this database holds.
    ///
    /// # Errors
    ///
    /// If the server does not answer.
    pub(crate) fn holding(&mut self) -> Result<Holding, ConnectError> {
        let answer = self.client().simple_query(HELD).map_err(|cause| ConnectError::Query {
            label: self.settings().label().to_owned(),
            action: "read what is in the database",
            cause,
        })?;
        let row = rows(&answer).next();
        let field = |at| row.and_then(|row| row.try_get(at).ok().flatten());
        Ok(match (field(0), field(1)) {
            (Some(object), _) => Holding::Object(object.to_owned()),
            (None, Some("t")) => Holding::Prerequisites,
            (None, _) => Holding::Nothing,
        })
    }
}
