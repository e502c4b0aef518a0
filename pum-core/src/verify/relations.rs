//! What has storage: tables, their TOAST tables, and indexes.

use super::session::Guarded;
use super::sql::{Row, for_major};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Table,
    MaterializedView,
    Toast,
    Index,
    Foreign,
}

/// A row of `queries/relations.sql`.
#[derive(Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each is a column of its own")]
pub(super) struct Relation {
    pub(super) oid: u32,
    /// As it stands in SQL, with its schema.
    pub(super) name: String,
    pub(super) kind: Kind,
    pub(super) is_temporary: bool,
    pub(super) is_unlogged: bool,
    pub(super) access_method: String,
    /// The table of an index or a TOAST table.
    pub(super) table: Option<String>,
    pub(super) is_catalog: bool,
    /// An index that is valid, a materialized view that is populated.
    pub(super) is_usable: bool,
    pub(super) may_read: bool,
    pub(super) is_unique: bool,
    /// The expressions of its columns, if a dump would read it.
    pub(super) columns: Option<String>,
}

impl Relation {
    fn new(row: &Row) -> Self {
        Self {
            oid: row.number(0),
            name: row.text(1),
            kind: match row.get(2) {
                Some("m") => Kind::MaterializedView,
                Some("t") => Kind::Toast,
                Some("i") => Kind::Index,
                Some("f") => Kind::Foreign,
                _ => Kind::Table,
            },
            is_temporary: row.get(3) == Some("t"),
            is_unlogged: row.get(3) == Some("u"),
            access_method: row.text(5),
            table: row.get(6).map(str::to_owned),
            is_catalog: row.is_true(7),
            is_usable: row.is_true(8),
            may_read: row.is_true(9),
            is_unique: row.is_true(10),
            columns: row.get(11).map(str::to_owned),
        }
    }

    /// For people: `index app.i of table app.t`.
    pub(super) fn object(&self) -> String {
        let name = &self.name;
        match (self.kind, &self.table) {
            (Kind::MaterializedView, _) => format!("materialized view {name}"),
            (Kind::Toast, Some(table)) => format!("TOAST table {name} of table {table}"),
            (Kind::Toast, None) => format!("TOAST table {name}"),
            (Kind::Index, Some(table)) => format!("index {name} of table {table}"),
            (Kind::Index, None) => format!("index {name}"),
            (Kind::Table, _) => format!("table {name}"),
            (Kind::Foreign, _) => format!("foreign table {name}"),
        }
    }
}

/// How the columns of a table are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reading {
    /// Each value is printed and forgotten, unless it is of a type that is always fine.
    Print,
    /// Each row is hashed.
    Hash,
}

/// Values of these types have no other place, and each of their bit patterns is one.
const ALWAYS_FINE: &str = "'boolout', 'charout', 'int2out', 'int4out', 'int8out', 'oidout', \
     'float4out', 'float8out', 'uuid_out', 'xidout', 'cidout', 'tidout'";

/// All of them, the largest first.
pub(super) fn all(
    session: &mut Guarded,
    reading: Reading,
) -> Result<Vec<Relation>, postgres::Error> {
    let (column, separator, wanted) = match reading {
        Reading::Print => (
            "format(', count(%I.%I(x.%I))', fn.nspname, f.proname, a.attname)",
            "''",
            format!("(fn.nspname <> 'pg_catalog' OR f.proname NOT IN ({ALWAYS_FINE}))"),
        ),
        Reading::Hash => (
            "format('%I.%I(x.%I)::pg_catalog.text', fn.nspname, f.proname, a.attname)",
            "', '",
            "true".to_owned(),
        ),
    };
    let query = for_major(include_str!("queries/relations.sql"), session.version().major())
        .replace("{column}", column)
        .replace("{separator}", separator)
        .replace("{wanted}", &wanted);
    let rows = session.ask(&query)?;
    Ok(rows.iter().map(Relation::new).collect())
}

impl Relation {
    /// The query that reads all its rows: how many, and what they hash to. Not one that an index
    /// could answer.
    pub(super) fn reading(&self, reading: Reading) -> Option<String> {
        let columns = self.columns.as_ref()?;
        let what = match reading {
            Reading::Print => format!("count(*){columns}"),
            Reading::Hash => format!(
                "count(*), coalesce(sum(hash_array_extended(ARRAY[{columns}]::pg_catalog.text[], 0)), 0)"
            ),
        };
        Some(format!("SELECT {what} FROM ONLY {} x", self.name))
    }
}
