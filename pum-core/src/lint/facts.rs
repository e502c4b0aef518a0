//! What a database says of the tables that a script changes.

use std::collections::BTreeMap;

use crate::delta::Name;

/// The tables and indexes of a database, as far as they decide what is risky.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct DatabaseFacts {
    /// The tables and materialized views.
    pub tables: Vec<TableFacts>,
    /// For each index, by schema and name, its table, by its place in `tables`.
    pub indexes: BTreeMap<(String, String), usize>,
}

/// A table or materialized view.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct TableFacts {
    /// Its schema.
    pub schema: String,
    /// Its name.
    pub name: String,
    /// What it takes on disk, without its indexes; of a partitioned table what its partitions take.
    pub bytes: u64,
    /// Its rows, as the server estimates them.
    pub rows: u64,
    /// The types of its columns, as the server prints them.
    pub columns: BTreeMap<String, String>,
    /// The constraint or index that is its replica identity.
    pub replica_identity: Option<String>,
}

impl DatabaseFacts {
    /// From which size on a table is large, in bytes: 10 MB.
    pub const LARGE_FROM: u64 = 10_000_000;

    /// The table of a name.
    pub(super) fn table(&self, name: &Name) -> Option<&TableFacts> {
        self.tables.iter().find(|table| Name::of(&table.schema, &table.name).may_be(name))
    }

    /// The table of an index.
    pub(super) fn table_of_index(&self, index: &Name) -> Option<&TableFacts> {
        let mut indexes = self.indexes.iter();
        let (_, at) = indexes.find(|((schema, name), _)| Name::of(schema, name).may_be(index))?;
        self.tables.get(*at)
    }
}

impl TableFacts {
    /// Whether a statement that reads or writes it is done in a moment.
    pub(super) fn is_small(&self) -> bool {
        self.bytes < DatabaseFacts::LARGE_FROM
    }

    /// `12.0 GB, 40,000,000 rows`
    pub(super) fn size(&self) -> String {
        let bytes = crate::humanize::size(self.bytes);
        format!("{bytes}, {}", crate::humanize::count(self.rows, "row"))
    }
}
