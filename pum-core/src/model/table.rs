use std::borrow::Cow;

use super::attribute::{Attribute, AttributeReader};
use super::letters::Persistence;
use super::macros::{attributes, word_attribute, words};
use super::privileges::Privileges;
use super::value::{Sql, Value};
use super::word::{Word, unknown_word};

attributes! {
    /// A table: `pg_class` of relkind `r`, `p` or `f`.
    Table {
        /// `table`, `partitioned table` or `foreign table`.
        relation: TableKind,
        /// The owning role.
        owner: String,
        /// `COMMENT ON TABLE`.
        comment: Option<String>,
        /// Granted privileges, one per role and privilege; the owner's too.
        privileges: Privileges,
        /// `permanent` or `unlogged`.
        persistence: Persistence,
        /// Table access method, `pg_am.amname`.
        access_method: Option<String>,
        /// Tablespace, if it is not the database's own.
        tablespace: Option<String>,
        /// `WITH (…)`, those of its TOAST table with `toast.` before them.
        storage_parameters: Vec<String>,
        /// `default`, `nothing`, `full`, or the index whose columns are used.
        replica_identity: ReplicaIdentity,
        /// Row level security enabled.
        row_security: bool,
        /// Row level security for the owner too.
        force_row_security: bool,
        /// What it gets its columns from.
        inheritance: Inheritance as [inherits, partition_of, partition_bound],
        /// Strategy and columns, `PARTITION BY …`.
        partition_key: Option<Sql>,
        /// The composite type of a typed table.
        of_type: Option<String>,
        /// The index it was last clustered on.
        clustered_on: Option<String>,
        /// Where the rows of a foreign table are.
        foreign: Option<ForeignTable> as [foreign_server, foreign_options],
    }
}

words! {
    /// What sort of table it is: `pg_class.relkind`.
    TableKind {
        /// One with rows.
        Table = "table",
        /// One with partitions.
        PartitionedTable = "partitioned table",
        /// One whose rows are elsewhere.
        ForeignTable = "foreign table",
    }
}

/// By what logical replication finds the rows of a table: `pg_class.relreplident`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ReplicaIdentity {
    /// The primary key.
    Default,
    /// Nothing.
    Nothing,
    /// All columns.
    Full,
    /// The columns of this index.
    Index(String),
    /// A letter that this version of pum does not know, with its column.
    Unknown(String),
}

const INDEX: &str = "index ";

impl Word for ReplicaIdentity {
    const WORDS: &'static [&'static str] = &["default", "nothing", "full", "index t_pkey"];

    fn parse(word: &str) -> Option<Self> {
        match word {
            "default" => Some(Self::Default),
            "nothing" => Some(Self::Nothing),
            "full" => Some(Self::Full),
            other => other.strip_prefix(INDEX).map(|name| Self::Index(name.to_owned())),
        }
    }

    fn unknown(letter: String) -> Self {
        Self::Unknown(letter)
    }

    fn word(&self) -> Cow<'_, str> {
        match self {
            Self::Default => "default".into(),
            Self::Nothing => "nothing".into(),
            Self::Full => "full".into(),
            Self::Index(name) => format!("{INDEX}{name}").into(),
            Self::Unknown(letter) => unknown_word(letter).into(),
        }
    }
}

word_attribute!(ReplicaIdentity);

/// The tables that a table gets columns from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Inheritance {
    /// None.
    None,
    /// Parents, in order (`INHERITS`).
    Parents(Vec<String>),
    /// A partitioned table.
    Partition {
        /// The partitioned table that it is a partition of.
        of: String,
        /// `FOR VALUES …`, or `DEFAULT`.
        bound: Sql,
    },
}

impl Inheritance {
    /// The tables, by name.
    pub fn parents(&self) -> &[String] {
        match self {
            Self::None => &[],
            Self::Parents(parents) => parents,
            Self::Partition { of, .. } => std::slice::from_ref(of),
        }
    }
}

impl Attribute<3> for Inheritance {
    fn read<R: AttributeReader>(
        reader: &mut R,
        [inherits, partition_of, partition_bound]: [&'static str; 3],
    ) -> Result<Self, R::Error> {
        let parents = reader.list(inherits)?;
        let of = reader.text(partition_of)?;
        let bound = reader.text(partition_bound)?;
        match (of, bound) {
            (None, None) if parents.is_empty() => Ok(Self::None),
            (None, None) => Ok(Self::Parents(parents)),
            (Some(of), Some(bound)) if parents.is_empty() => {
                Ok(Self::Partition { of, bound: Sql(bound) })
            }
            _ => Err(reader.invalid(
                partition_bound,
                "a partition must have exactly one partitioned table, a bound, and no parents",
            )),
        }
    }
    fn values(&self) -> [Value; 3] {
        match self {
            Self::None => [Value::List(Vec::new()), Value::None, Value::None],
            Self::Parents(parents) => [Value::List(parents.clone()), Value::None, Value::None],
            Self::Partition { of, bound } => {
                [Value::List(Vec::new()), Value::Text(of.clone()), Value::Sql(bound.0.clone())]
            }
        }
    }
}

/// Where the rows of a foreign table are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ForeignTable {
    /// `SERVER`.
    pub server: String,
    /// `OPTIONS (…)`.
    pub options: Vec<String>,
}

impl Attribute<2> for Option<ForeignTable> {
    fn read<R: AttributeReader>(
        reader: &mut R,
        [foreign_server, foreign_options]: [&'static str; 2],
    ) -> Result<Self, R::Error> {
        let server = reader.text(foreign_server)?;
        let options = reader.list(foreign_options)?;
        match server {
            Some(server) => Ok(Some(ForeignTable { server, options })),
            None if options.is_empty() => Ok(None),
            None => Err(reader.invalid(foreign_options, "a foreign table has a server")),
        }
    }
    fn values(&self) -> [Value; 2] {
        match self {
            Some(ForeignTable { server, options }) => {
                [Value::Text(server.clone()), Value::List(options.clone())]
            }
            None => [Value::None, Value::List(Vec::new())],
        }
    }
}
