use std::fmt;

/// The level of verification.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Level {
    /// Checks of the catalogs; a few seconds at most.
    Quick,
    /// Also reads every table as a dump would, and checks the structure of tables and indexes.
    #[default]
    Standard,
    /// Also looks up every row in every index, and hashes each table's rows.
    Deep,
}

impl Level {
    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Quick => "quick",
            Self::Standard => "standard",
            Self::Deep => "deep",
        }
    }
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A check.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Check {
    /// Indexes are valid and ready.
    Indexes,
    /// Constraints are validated.
    Constraints,
    /// No trigger or rule is disabled.
    Triggers,
    /// Materialized views have data.
    MaterializedViews,
    /// Sequences are not behind the columns that use them.
    Sequences,
    /// Extensions have the default version of the server.
    Extensions,
    /// Collations sort as when the indexes were built.
    Collations,
    /// Data checksums are enabled, and none failed.
    Checksums,
    /// No setting puts data at risk.
    Settings,
    /// Transaction ID counters are far from wraparound.
    Wraparound,
    /// All rows of all tables can be read.
    Tables,
    /// The pages of tables are well formed (`verify_heapam` of `amcheck`).
    Heap,
    /// B-tree indexes are well formed (`bt_index_check` of `amcheck`).
    Btree,
}

impl Check {
    /// All checks, in the order of a report.
    pub const ALL: &[Self] = &[
        Self::Indexes,
        Self::Constraints,
        Self::Triggers,
        Self::MaterializedViews,
        Self::Sequences,
        Self::Extensions,
        Self::Collations,
        Self::Checksums,
        Self::Settings,
        Self::Wraparound,
        Self::Tables,
        Self::Heap,
        Self::Btree,
    ];

    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Indexes => "indexes",
            Self::Constraints => "constraints",
            Self::Triggers => "triggers",
            Self::MaterializedViews => "materialized-views",
            Self::Sequences => "sequences",
            Self::Extensions => "extensions",
            Self::Collations => "collations",
            Self::Checksums => "checksums",
            Self::Settings => "settings",
            Self::Wraparound => "wraparound",
            Self::Tables => "tables",
            Self::Heap => "heap",
            Self::Btree => "btree",
        }
    }

    /// The lowest level that includes it.
    pub fn level(self) -> Level {
        match self {
            Self::Tables | Self::Heap | Self::Btree => Level::Standard,
            _ => Level::Quick,
        }
    }

    /// The query that finds what is wrong, if there is one that does: severity, object, problem,
    /// way out.
    pub(super) fn query(self) -> Option<&'static str> {
        Some(match self {
            Self::Indexes => include_str!("queries/indexes.sql"),
            Self::Constraints => include_str!("queries/constraints.sql"),
            Self::Triggers => include_str!("queries/triggers.sql"),
            Self::MaterializedViews => include_str!("queries/materialized_views.sql"),
            Self::Extensions => include_str!("queries/extensions.sql"),
            Self::Collations => include_str!("queries/collations.sql"),
            Self::Checksums => include_str!("queries/checksums.sql"),
            Self::Settings => include_str!("queries/settings.sql"),
            Self::Wraparound => include_str!("queries/wraparound.sql"),
            Self::Sequences | Self::Tables | Self::Heap | Self::Btree => return None,
        })
    }
}

impl fmt::Display for Check {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
