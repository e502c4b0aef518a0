use super::facts::{DatabaseFacts, TableFacts};
use crate::connect::{ConnectError, Session};

/// A partitioned table is as large as its partitions.
const TABLES: &str = "SELECT c.oid, n.nspname::text, c.relname::text, \
       CASE WHEN c.relkind = 'p' \
         THEN (SELECT COALESCE(pg_catalog.sum(pg_catalog.pg_relation_size(t.relid)), 0) \
               FROM pg_catalog.pg_partition_tree(c.oid) t)::bigint \
         ELSE pg_catalog.pg_relation_size(c.oid) END, \
       c.reltuples::bigint, \
       (SELECT i.relname::text FROM pg_catalog.pg_index x \
        JOIN pg_catalog.pg_class i ON i.oid = x.indexrelid \
        WHERE x.indrelid = c.oid AND (c.relreplident = 'd' AND x.indisprimary \
          OR c.relreplident = 'i' AND x.indisreplident)) \
     FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace \
     WHERE c.relkind IN ('r', 'm', 'p') AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'";

const COLUMNS: &str = "SELECT a.attrelid, a.attname::text, pg_catalog.format_type(a.atttypid, a.atttypmod) \
     FROM pg_catalog.pg_attribute a JOIN pg_catalog.pg_class c ON c.oid = a.attrelid \
     WHERE c.relkind IN ('r', 'p') AND a.attnum > 0 AND NOT a.attisdropped";

const INDEXES: &str = "SELECT x.indrelid, n.nspname::text, i.relname::text FROM pg_catalog.pg_index x \
     JOIN pg_catalog.pg_class i ON i.oid = x.indexrelid \
     JOIN pg_catalog.pg_namespace n ON n.oid = i.relnamespace";

impl DatabaseFacts {
    /// Reads them from a database.
    ///
    /// # Errors
    ///
    /// If the server does not answer.
    pub fn read(session: &mut Session) -> Result<Self, ConnectError> {
        let label = session.settings().label().to_owned();
        let mut query = |sql: &str| {
            session.client().query(sql, &[]).map_err(|cause| ConnectError::Query {
                label: label.clone(),
                action: "read the sizes of its tables",
                cause,
            })
        };
        let mut facts = Self::default();
        let mut at_of = std::collections::HashMap::new();
        for row in query(TABLES)? {
            at_of.insert(row.get::<_, u32>(0), facts.tables.len());
            let number = |at: usize| row.get::<_, Option<i64>>(at).unwrap_or_default();
            let unsigned = |at: usize| u64::try_from(number(at)).unwrap_or_default();
            facts.tables.push(TableFacts {
                schema: row.get(1),
                name: row.get(2),
                bytes: unsigned(3),
                rows: unsigned(4),
                columns: std::collections::BTreeMap::new(),
                replica_identity: row.get(5),
            });
        }
        for row in query(COLUMNS)? {
            let table = at_of.get(&row.get::<_, u32>(0)).and_then(|at| facts.tables.get_mut(*at));
            if let Some(table) = table {
                table.columns.insert(row.get(1), row.get(2));
            }
        }
        for row in query(INDEXES)? {
            if let Some(at) = at_of.get(&row.get::<_, u32>(0)) {
                facts.indexes.insert((row.get(1), row.get(2)), *at);
            }
        }
        Ok(facts)
    }
}
