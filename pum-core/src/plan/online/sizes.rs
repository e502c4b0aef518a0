use std::collections::HashMap;

use crate::catalog::CatalogError;
use crate::connect::Session;

/// How much storage the tables and materialized views of a database take, and how many rows they have.
#[derive(Debug, Clone, Default, PartialEq)]
#[non_exhaustive]
pub struct TableSizes {
    /// By schema and name: bytes, and rows as the server estimates them.
    sizes: HashMap<(String, String), (u64, f64)>,
}

/// A partitioned table is as large as its partitions.
const QUERY: &str = "SELECT n.nspname::text, c.relname::text, \
       CASE WHEN c.relkind = 'p' \
         THEN (SELECT COALESCE(pg_catalog.sum(pg_catalog.pg_relation_size(t.relid)), 0) \
               FROM pg_catalog.pg_partition_tree(c.oid) t)::bigint \
         ELSE pg_catalog.pg_relation_size(c.oid) END, \
       CASE WHEN c.relkind = 'p' \
         THEN (SELECT COALESCE(pg_catalog.sum(p.reltuples), 0) \
               FROM pg_catalog.pg_partition_tree(c.oid) t JOIN pg_catalog.pg_class p ON p.oid = t.relid \
               WHERE t.isleaf)::float8 \
         ELSE c.reltuples::float8 END \
     FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace \
     WHERE c.relkind IN ('r', 'm', 'p') AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'";

impl TableSizes {
    /// Reads them.
    ///
    /// # Errors
    ///
    /// If the server does not answer.
    pub fn read(session: &mut Session) -> Result<Self, CatalogError> {
        let label = session.settings().label().to_owned();
        let rows = session.client().query(QUERY, &[]);
        let rows = rows.map_err(|cause| CatalogError::Query { label, cause })?;
        let sizes = rows.iter().map(|row| {
            // A table that was dropped meanwhile has none.
            let bytes: Option<i64> = row.get(2);
            let bytes = u64::try_from(bytes.unwrap_or_default()).unwrap_or_default();
            ((row.get(0), row.get(1)), (bytes, row.get::<_, f64>(3).max(0.0)))
        });
        Ok(Self { sizes: sizes.collect() })
    }

    /// The storage of a table, in bytes; `None` if there is no such table.
    pub fn bytes(&self, schema: &str, name: &str) -> Option<u64> {
        self.sizes.get(&(schema.to_owned(), name.to_owned())).map(|(bytes, _)| *bytes)
    }

    /// Its rows, as estimated; `None` if there is no such table.
    pub fn rows(&self, schema: &str, name: &str) -> Option<f64> {
        self.sizes.get(&(schema.to_owned(), name.to_owned())).map(|(_, rows)| *rows)
    }
}
